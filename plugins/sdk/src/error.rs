//! Errors that become words for a person.

use crate::types;
use std::fmt;

/// What the functions of a plugin return.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why a phase failed: what it was doing, then what went wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Error {
    /// What was being done, innermost first.
    contexts: Vec<String>,
    message: String,
    hint: Option<String>,
    code: Option<types::ErrorCode>,
}

impl Error {
    /// An error of the plugin's own, in one sentence that names the thing and
    /// says what is wrong with it.
    pub fn new(message: impl Into<String>) -> Self {
        Self {
            contexts: Vec::new(),
            message: message.into(),
            hint: None,
            code: None,
        }
    }

    /// Adds what a person can do about it. An earlier hint is kept: it knows
    /// better.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint.get_or_insert_with(|| hint.into());
        self
    }

    /// The host's code, where the host is the one who refused.
    pub fn code(&self) -> Option<types::ErrorCode> {
        self.code
    }
}

impl fmt::Display for Error {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        for context in self.contexts.iter().rev() {
            write!(out, "{context}: ")?;
        }
        out.write_str(&self.message)
    }
}

impl std::error::Error for Error {}

impl From<types::Error> for Error {
    fn from(error: types::Error) -> Self {
        Self {
            contexts: Vec::new(),
            message: error.message,
            hint: error.hint,
            code: Some(error.code),
        }
    }
}

impl From<Error> for types::Failure {
    fn from(error: Error) -> Self {
        Self {
            message: error.to_string(),
            hint: error.hint,
        }
    }
}

/// Says what was being done when an error came up.
pub trait Context<T> {
    /// `writing /etc/motd: <the error>`
    fn context(self, doing: impl Into<String>) -> Result<T>;
    /// The same, with words that are only made when they are needed.
    fn with_context(self, doing: impl FnOnce() -> String) -> Result<T>;
}

impl<T, E: Into<Error>> Context<T> for std::result::Result<T, E> {
    fn context(self, doing: impl Into<String>) -> Result<T> {
        self.with_context(|| doing.into())
    }

    fn with_context(self, doing: impl FnOnce() -> String) -> Result<T> {
        self.map_err(|error| {
            let mut error = error.into();
            error.contexts.push(doing());
            error
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn contexts_read_from_the_outside_in() {
        let host = types::Error {
            code: types::ErrorCode::Denied,
            message: "not granted".into(),
            hint: Some("grant it".into()),
        };
        let error = Err::<(), _>(host)
            .context("writing /etc/motd")
            .context("greeting")
            .unwrap_err();
        assert_eq!(
            error.to_string(),
            "greeting: writing /etc/motd: not granted"
        );
        assert_eq!(error.code(), Some(types::ErrorCode::Denied));
        let failure = types::Failure::from(error.hint("another"));
        assert_eq!(failure.hint.as_deref(), Some("grant it"));
    }
}
