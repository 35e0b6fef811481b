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

/// How deep compositions nest.
const MOST_LAYERS: usize = 32;

/// The longest label; the rest of a longer one is cut off.
const LONGEST_LABEL: usize = 256;

/// A secret in the host's keeping, or what a component composed of some, with
/// a name for people.
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
    composed: Option<Arc<Composition>>,
}

/// What a value was composed of.
struct Composition {
    content: Content,
    encoding: Encoding,
    /// Compositions within it, at most.
    layers: usize,
    /// Bytes of what is shown of it.
    shown: usize,
}

impl SealedValue {
    /// Seals bytes. The label is public: it must not hold any of them.
    pub fn new(label: impl AsRef<str>, kind: SecretKind, bytes: Zeroizing<Vec<u8>>) -> Self {
        Self {
            label: shortened(label.as_ref()),
            kinds: BTreeSet::from([kind]),
            telltale: kind != SecretKind::CertificateKey,
            bytes: Arc::new(bytes),
            composed: None,
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

    /// The kinds of secret in it. None: it was composed of what is public.
    pub fn kinds(&self) -> &BTreeSet<SecretKind> {
        &self.kinds
    }

    /// The secret that this is, however encoded, with nothing before or after
    /// it.
    fn secret(&self) -> Option<&Self> {
        match &self.composed {
            None => Some(self),
            Some(composed) => composed.content.sole_piece()?.secret(),
        }
    }

    /// The secret that this is under the given encodings, the outermost first,
    /// with nothing before or after it. None where it is anything else.
    pub fn sole(&self, encodings: &[Encoding]) -> Option<&Self> {
        match (&self.composed, encodings) {
            (None, []) => Some(self),
            (None, _) => None,
            (Some(composed), _) => {
                let inner = composed.content.sole_piece()?;
                match (composed.encoding, encodings) {
                    (Encoding::Plain, _) => inner.sole(encodings),
                    (encoding, [first, rest @ ..]) if encoding == *first => inner.sole(rest),
                    _ => None,
                }
            }
        }
    }

    /// The secret itself. Only for what lands or encrypts it.
    pub fn reveal(&self) -> &[u8] {
        &self.bytes
    }

    /// Bytes of what is shown of it.
    fn shown_len(&self) -> usize {
        match &self.composed {
            None => self.label.len() + "<sealed: >".len(),
            Some(composed) => composed.shown + "<base64 of: >".len(),
        }
    }

    fn layers(&self) -> usize {
        self.composed.as_ref().map_or(0, |composed| composed.layers)
    }
}

/// The value as anybody may see it: the secrets in it by their labels, all
/// that stands around them as it is.
impl fmt::Display for SealedValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(composed) = &self.composed else {
            return write!(f, "<sealed: {}>", self.label);
        };
        // Encoded or not, that is all there is to say of one secret.
        if self.secret().is_some() {
            return write!(f, "<sealed: {}>", self.label);
        }
        let inner = composed.content.redacted();
        match composed.encoding {
            Encoding::Plain => f.write_str(&inner),
            Encoding::Base64 => write!(f, "<base64 of: {inner}>"),
            Encoding::JsonString => write!(f, "<JSON string of: {inner}>"),
        }
    }
}

impl fmt::Debug for SealedValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<sealed: {}>", self.label)
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
    #[error("compositions nest {0} deep; the limit is {MOST_LAYERS}")]
    TooDeep(usize),
}

/// Pieces in their order.
#[derive(Clone, Debug, Default)]
pub struct Content(Vec<Piece>);

impl Content {
    /// Of pieces. What holds no secret is no secret: it stands there as it is,
    /// whoever composed it.
    pub fn new(pieces: Vec<Piece>) -> Self {
        let pieces = pieces.into_iter().map(|piece| match piece {
            Piece::Sealed(value) if value.kinds.is_empty() => Piece::Plain(value.bytes.to_vec()),
            piece => piece,
        });
        Self(pieces.collect())
    }

    /// The one sealed value that this is.
    fn sole_piece(&self) -> Option<&SealedValue> {
        let is_empty = |piece: &&Piece| matches!(piece, Piece::Plain(plain) if plain.is_empty());
        let mut pieces = self.0.iter().filter(|piece| !is_empty(piece));
        match (pieces.next(), pieces.next()) {
            (Some(Piece::Sealed(value)), None) => Some(value),
            _ => None,
        }
    }

    /// Bytes that [`Content::redacted`] would give.
    pub fn shown_len(&self) -> usize {
        self.0.iter().fold(0_usize, |length, piece| {
            length.saturating_add(match piece {
                // What is no text is replaced by three bytes each.
                Piece::Plain(plain) => plain.len().saturating_mul(3),
                Piece::Sealed(value) => value.shown_len(),
            })
        })
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

    /// The content with each sealed value replaced by the word that `name`
    /// gives for it and its place among them, so that it still parses as what
    /// it is (YAML, JSON).
    pub fn with_words(&self, mut word: impl FnMut(usize) -> String) -> String {
        let mut at = 0;
        let mut text = String::new();
        for piece in &self.0 {
            match piece {
                Piece::Plain(plain) => text.push_str(&String::from_utf8_lossy(plain)),
                Piece::Sealed(_) => {
                    text.push_str(&word(at));
                    at += 1;
                }
            }
        }
        text
    }

    /// The content with each secret shown as `<sealed: LABEL>`; bytes that
    /// are no text are replaced.
    pub fn redacted(&self) -> String {
        let mut text = String::new();
        for piece in &self.0 {
            match piece {
                Piece::Plain(plain) => text.push_str(&String::from_utf8_lossy(plain)),
                Piece::Sealed(value) => text.push_str(&value.to_string()),
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
        let layers = 1 + self.sealed().map(SealedValue::layers).max().unwrap_or(0);
        if layers > MOST_LAYERS {
            return Err(ContentError::TooDeep(layers));
        }
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
            label: shortened(&labels.join(", ")),
            kinds: self.kinds(),
            telltale: self.is_telltale(),
            bytes: Arc::new(bytes),
            composed: Some(Arc::new(Composition {
                content: self.clone(),
                encoding,
                layers,
                shown: self.shown_len(),
            })),
        })
    }
}

fn shortened(label: &str) -> Arc<str> {
    let mut end = label.len().min(LONGEST_LABEL);
    while !label.is_char_boundary(end) {
        end -= 1;
    }
    label[..end].into()
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
    fn what_is_public_of_a_composition_shows() {
        let public = Content::plain("privileged: true")
            .seal(Encoding::Base64)
            .unwrap();
        let twice = content().seal(Encoding::Plain).unwrap();
        let key = Content::new(vec![Piece::Sealed(secret())])
            .seal(Encoding::Base64)
            .unwrap();
        let cases = [
            ("no secret", public, "cHJpdmlsZWdlZDogdHJ1ZQ=="),
            ("text around", twice.clone(), "key: <sealed: ca key>"),
            ("nothing around", key, "<sealed: ca key>"),
            (
                "encoded with text around",
                Content::new(vec![Piece::Sealed(twice)])
                    .seal(Encoding::Base64)
                    .unwrap(),
                "<base64 of: key: <sealed: ca key>>",
            ),
            (
                "encoded at once",
                content().seal(Encoding::Base64).unwrap(),
                "<base64 of: key: <sealed: ca key>>",
            ),
        ];
        for (name, value, wanted) in cases {
            let content = Content::new(vec![Piece::Sealed(value)]);
            assert_eq!(content.redacted(), wanted, "{name}");
            assert!(content.shown_len() >= wanted.len(), "{name}");
        }
    }

    #[test]
    fn one_secret_is_known_under_its_encodings() {
        let wrap = |value, encoding| {
            Content::new(vec![Piece::Sealed(value)])
                .seal(encoding)
                .unwrap()
        };
        let encoded = wrap(wrap(secret(), Encoding::Base64), Encoding::Plain);
        assert!(encoded.sole(&[Encoding::Base64]).is_some());
        assert!(encoded.sole(&[]).is_none());
        let more = content().seal(Encoding::Base64).unwrap();
        assert!(more.sole(&[Encoding::Base64]).is_none());
    }

    #[test]
    fn compositions_nest_to_a_bound() {
        let mut value = secret();
        let mut sealed = 0;
        while let Ok(next) = Content::new(vec![Piece::Sealed(value)]).seal(Encoding::Plain) {
            value = next;
            sealed += 1;
        }
        assert_eq!(sealed, MOST_LAYERS);
    }

    #[test]
    fn a_json_string_must_be_text() {
        let content = Content::plain([0xff, 0xfe]);
        assert!(content.seal(Encoding::JsonString).is_err());
    }
}
