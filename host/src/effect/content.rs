//! Content with secrets in it that nobody sees before it lands.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Serialize;
use zeroize::Zeroizing;

/// What kind of secret a sealed value holds. Policies judge by it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum SecretKind {
    PrivateKey,
    Token,
    CertificateKey,
    /// Ciphertext of one of the others: safe to store, still not shown.
    Encrypted,
}

/// A secret in the host's keeping, with a name for people.
///
/// A component holds it as a handle. Its bytes leave this type only through
/// [`Content::reveal`], as an effect lands.
#[derive(Clone)]
pub struct SealedValue {
    label: Arc<str>,
    kinds: BTreeSet<SecretKind>,
    /// Whether every secret in it is known for one wherever it turns up: a
    /// private key in PEM is, sixteen random letters are not.
    telltale: bool,
    bytes: Arc<Zeroizing<Vec<u8>>>,
}

impl SealedValue {
    /// Seals bytes. The label is public: it must not hold any of them.
    pub fn new(label: impl Into<Arc<str>>, kind: SecretKind, bytes: Zeroizing<Vec<u8>>) -> Self {
        Self {
            label: label.into(),
            kinds: BTreeSet::from([kind]),
            telltale: kind != SecretKind::CertificateKey,
            bytes: Arc::new(bytes),
        }
    }

    /// One that nobody would take for a secret by its looks.
    #[must_use]
    pub fn without_looks(mut self) -> Self {
        self.telltale = false;
        self
    }

    /// What it is, for a person: `ca key`.
    pub fn label(&self) -> &str {
        &self.label
    }

    /// The kinds of secret in it.
    pub fn kinds(&self) -> &BTreeSet<SecretKind> {
        &self.kinds
    }

    /// The secret itself. Only for what lands or encrypts it.
    pub fn reveal(&self) -> &[u8] {
        &self.bytes
    }
}

impl fmt::Display for SealedValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<sealed: {}>", self.label)
    }
}

impl fmt::Debug for SealedValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// What is done to content as a whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    Plain,
    /// RFC 4648 section 4, with padding.
    Base64,
    /// A JSON string literal with its quotes.
    JsonString,
}

/// A part of some content.
#[derive(Clone, Debug)]
pub enum Piece {
    Plain(Vec<u8>),
    Sealed(SealedValue),
}

/// Why content could not be composed.
#[derive(Debug, thiserror::Error)]
pub enum ContentError {
    #[error("content to be encoded as a JSON string is not UTF-8")]
    NotText,
}

/// Pieces in their order.
#[derive(Clone, Debug, Default)]
pub struct Content(Vec<Piece>);

impl Content {
    pub fn new(pieces: Vec<Piece>) -> Self {
        Self(pieces)
    }

    pub fn plain(bytes: impl Into<Vec<u8>>) -> Self {
        Self(vec![Piece::Plain(bytes.into())])
    }

    /// All bytes, secrets included, for the effect that lands.
    pub fn reveal(&self) -> Zeroizing<Vec<u8>> {
        // Sized first: growing would leave copies of secrets in freed memory.
        let mut bytes = Zeroizing::new(Vec::with_capacity(self.len()));
        for piece in &self.0 {
            bytes.extend_from_slice(match piece {
                Piece::Plain(plain) => plain,
                Piece::Sealed(value) => value.reveal(),
            });
        }
        bytes
    }

    /// Bytes that [`Content::reveal`] would give.
    pub fn len(&self) -> usize {
        self.0
            .iter()
            .map(|piece| match piece {
                Piece::Plain(plain) => plain.len(),
                Piece::Sealed(value) => value.reveal().len(),
            })
            .sum()
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The content with each secret shown as `<sealed: LABEL>`; bytes that
    /// are no text are replaced.
    pub fn redacted(&self) -> String {
        self.with_sealed_as(&SealedValue::to_string)
    }

    /// The content with each secret replaced by a plain word, so that it still
    /// parses as what it is (YAML, JSON).
    pub fn skeleton(&self) -> String {
        self.with_sealed_as(&|_| "sealed".to_owned())
    }

    fn with_sealed_as(&self, shown: &dyn Fn(&SealedValue) -> String) -> String {
        let mut text = String::new();
        for piece in &self.0 {
            match piece {
                Piece::Plain(plain) => text.push_str(&String::from_utf8_lossy(plain)),
                Piece::Sealed(value) => text.push_str(&shown(value)),
            }
        }
        text
    }

    /// The kinds of secret in it.
    pub fn kinds(&self) -> BTreeSet<SecretKind> {
        self.sealed()
            .flat_map(|value| value.kinds.iter().copied())
            .collect()
    }

    /// Whether every secret in it is known for one wherever it turns up.
    pub fn is_telltale(&self) -> bool {
        self.sealed().all(|value| value.telltale)
    }

    /// The sealed values in it.
    pub fn sealed(&self) -> impl Iterator<Item = &SealedValue> {
        self.0.iter().filter_map(|piece| match piece {
            Piece::Plain(_) => None,
            Piece::Sealed(value) => Some(value),
        })
    }

    /// Joins and encodes into a sealed value of its own. Its label names the
    /// secrets it holds.
    pub fn seal(&self, encoding: Encoding) -> Result<SealedValue, ContentError> {
        // Each once: labels of what is composed over and over would grow.
        let labels: BTreeSet<&str> = self
            .sealed()
            .flat_map(|value| value.label().split(", "))
            .collect();
        let labels: Vec<&str> = labels.into_iter().collect();
        let joined = self.reveal();
        let bytes = match encoding {
            Encoding::Plain => joined,
            Encoding::Base64 => Zeroizing::new(STANDARD.encode(&*joined).into_bytes()),
            Encoding::JsonString => {
                let text = std::str::from_utf8(&joined).map_err(|_| ContentError::NotText)?;
                // A string always serialises.
                Zeroizing::new(serde_json::to_vec(text).map_err(|_| ContentError::NotText)?)
            }
        };
        Ok(SealedValue {
            label: labels.join(", ").into(),
            kinds: self.kinds(),
            telltale: self.is_telltale(),
            bytes: Arc::new(bytes),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secret() -> SealedValue {
        let bytes = Zeroizing::new(b"s3\"cret".to_vec());
        SealedValue::new("ca key", SecretKind::PrivateKey, bytes)
    }

    fn content() -> Content {
        Content::new(vec![
            Piece::Plain(b"key: ".to_vec()),
            Piece::Sealed(secret()),
        ])
    }

    #[test]
    fn nothing_but_reveal_shows_a_secret() {
        let content = content();
        assert_eq!(&*content.reveal(), b"key: s3\"cret");
        assert_eq!(content.redacted(), "key: <sealed: ca key>");
        for text in [
            format!("{content:?}"),
            format!("{}", secret()),
            format!("{:?}", secret()),
        ] {
            assert!(!text.contains("cret\""), "{text}");
            assert!(text.contains("<sealed: ca key>"), "{text}");
        }
    }

    #[test]
    fn sealing_encodes_the_whole_and_keeps_the_kinds() {
        let cases = [
            ("plain", Encoding::Plain, "key: s3\"cret"),
            ("base64", Encoding::Base64, "a2V5OiBzMyJjcmV0"),
            ("json", Encoding::JsonString, r#""key: s3\"cret""#),
        ];
        for (name, encoding, wanted) in cases {
            let sealed = content().seal(encoding).unwrap();
            assert_eq!(sealed.reveal(), wanted.as_bytes(), "{name}");
            assert_eq!(sealed.label(), "ca key", "{name}");
            assert!(sealed.kinds().contains(&SecretKind::PrivateKey), "{name}");
        }
    }

    #[test]
    fn a_json_string_must_be_text() {
        let content = Content::plain([0xff, 0xfe]);
        assert!(content.seal(Encoding::JsonString).is_err());
    }
}
