//! Secrets of a configuration, and what a component may know of each.

use serde_json::{Value, json};

use crate::distribution::Scalar;
use crate::pki::{SEALED, SecretString};

/// The text is no bootstrap token. Says nothing about the text, which may be a real token misspelt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the bootstrap token is not of the form \"[a-z0-9]{{6}}.[a-z0-9]{{16}}\"")]
pub struct TokenFormError;

/// The public half of a bootstrap token, `<id>.<secret>`: 6 and 16 characters of `[a-z0-9]`. None if
/// it is none.
///
/// Source: `BootstrapTokenPattern` in k8s.io/cluster-bootstrap token/api.
pub fn token_id(text: &str) -> Option<&str> {
    let (id, secret) = text.split_once('.')?;
    let has_form = |part: &str, length: usize| {
        let is_allowed = |b: u8| b.is_ascii_digit() || b.is_ascii_lowercase();
        part.len() == length && part.bytes().all(is_allowed)
    };
    (has_form(id, 6) && has_form(secret, 16)).then_some(id)
}

/// A secret that was given.
#[derive(Clone, Debug)]
pub struct Sealed {
    /// What it is.
    pub secret: SecretString,
    /// Bytes that it stands for in hexadecimal, if its component may know.
    hexadecimal_bytes: Option<usize>,
}

impl Sealed {
    /// Takes the secret out of a text of this type, and leaves what may be shown of it. None if it
    /// is no secret, or empty.
    pub fn take(scalar: Scalar, text: &mut String) -> Option<Self> {
        if text.is_empty() {
            return None;
        }
        let mut hexadecimal_bytes = None;
        let id = match scalar {
            Scalar::Token | Scalar::LooseToken => token_id(text),
            Scalar::HexKey => {
                let is_hex = text.bytes().all(|b| b.is_ascii_hexdigit());
                let bytes = text.len() / 2;
                hexadecimal_bytes = (is_hex && text.len().is_multiple_of(2)).then_some(bytes);
                None
            }
            Scalar::Secret => None,
            _ => return None,
        };
        let shown = match id {
            Some(id) => format!("{id}.{SEALED}"),
            None => SEALED.to_owned(),
        };
        Some(Self {
            secret: SecretString::new(std::mem::replace(text, shown)),
            hexadecimal_bytes,
        })
    }

    /// What a component may know of it.
    pub fn known(&self) -> Value {
        match self.hexadecimal_bytes {
            Some(bytes) => json!({ "hexadecimalBytes": bytes }),
            None => json!({}),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_shows_what_its_type_allows() {
        let token = "abcdef.0123456789abcdef";
        for (name, scalar, text, expected) in [
            (
                "token",
                Scalar::Token,
                token,
                Some(("abcdef.<sealed>", json!({}))),
            ),
            (
                "loose token",
                Scalar::LooseToken,
                token,
                Some(("abcdef.<sealed>", json!({}))),
            ),
            (
                "loose, no token",
                Scalar::LooseToken,
                "hush",
                Some(("<sealed>", json!({}))),
            ),
            (
                "password",
                Scalar::Secret,
                token,
                Some(("<sealed>", json!({}))),
            ),
            (
                "key",
                Scalar::HexKey,
                "c0ffee",
                Some(("<sealed>", json!({"hexadecimalBytes": 3}))),
            ),
            (
                "odd key",
                Scalar::HexKey,
                "c0ffe",
                Some(("<sealed>", json!({}))),
            ),
            (
                "no hexadecimal",
                Scalar::HexKey,
                "hush",
                Some(("<sealed>", json!({}))),
            ),
            ("empty", Scalar::Secret, "", None),
            ("no secret", Scalar::String, "hush", None),
        ] {
            let mut shown = text.to_owned();
            let sealed = Sealed::take(scalar, &mut shown);
            let got = sealed
                .as_ref()
                .map(|sealed| (shown.as_str(), sealed.known()));
            assert_eq!(got, expected, "{name}");
            if let Some(sealed) = &sealed {
                assert_eq!(sealed.secret.reveal(), text, "{name}");
                assert!(!format!("{sealed:?}").contains(text), "{name}");
            }
        }
    }

    #[test]
    fn misspelt_tokens_are_none() {
        for (name, text) in [
            ("empty", ""),
            ("no dot", "abcdef0123456789abcdef"),
            ("short id", "abcde.0123456789abcdef"),
            ("short secret", "abcdef.0123456789abcde"),
            ("upper case", "ABCDEF.0123456789abcdef"),
            ("two dots", "abcdef.0123456789.bcdef"),
            ("not ASCII", "abcdéf.0123456789abcdef"),
        ] {
            assert_eq!(token_id(text), None, "{name}");
        }
    }
}
