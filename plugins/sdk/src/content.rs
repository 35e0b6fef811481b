//! Content with secrets in it that a plugin places and never sees.

use crate::bindings::phase::kubewright::provision::sealed;
use crate::{Context, Result};

/// A secret in the host's keeping: a private key, a token, a certificate key.
pub type Sealed = sealed::Value;

enum Part {
    Text(String),
    Secret(Sealed),
}

/// Text with secrets in between. A string is a content without secrets.
#[derive(Default)]
pub struct Content {
    parts: Vec<Part>,
}

impl Content {
    /// Empty.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds text.
    #[must_use]
    pub fn text(mut self, text: impl Into<String>) -> Self {
        self.parts.push(Part::Text(text.into()));
        self
    }

    /// Adds a secret; the host fills it in when the content lands.
    #[must_use]
    pub fn secret(mut self, value: Sealed) -> Self {
        self.parts.push(Part::Secret(value));
        self
    }

    /// The whole as one secret.
    pub fn seal(self) -> Result<Sealed> {
        self.compose(sealed::Encoding::Plain)
    }

    /// The base64 of the whole, as one secret (`data` of a Secret, keys in a
    /// kubeconfig).
    pub fn base64(self) -> Result<Sealed> {
        self.compose(sealed::Encoding::Base64)
    }

    fn compose(self, encoding: sealed::Encoding) -> Result<Sealed> {
        sealed::compose(&self.pieces(), encoding).context("composing sealed content")
    }

    /// As the interfaces take it.
    pub fn pieces(&self) -> Vec<sealed::Piece<'_>> {
        self.parts
            .iter()
            .map(|part| match part {
                Part::Text(text) => sealed::Piece::Text(text.clone()),
                Part::Secret(value) => sealed::Piece::Sealed(value),
            })
            .collect()
    }
}

impl From<String> for Content {
    fn from(text: String) -> Self {
        Self::new().text(text)
    }
}

impl From<&str> for Content {
    fn from(text: &str) -> Self {
        Self::new().text(text)
    }
}
