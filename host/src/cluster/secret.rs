//! Values that must not be shown: bootstrap token secrets and certificate keys.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

pub use crate::pki::{SEALED, SecretString as SealedString};

/// A bootstrap token, `<id>.<secret>`: 6 and 16 characters of `[a-z0-9]`. The id is public.
///
/// Source: `BootstrapTokenPattern` in k8s.io/cluster-bootstrap token/api.
#[derive(Clone, PartialEq, Eq)]
pub struct SealedToken {
    id: String,
    secret: SealedString,
}

/// The text is no bootstrap token. Says nothing about the text, which may be a real token misspelt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the bootstrap token is not of the form \"[a-z0-9]{{6}}.[a-z0-9]{{16}}\"")]
pub struct TokenError;

impl SealedToken {
    /// Reads `<id>.<secret>`.
    pub fn parse(text: &str) -> Result<Self, TokenError> {
        let (id, secret) = text.split_once('.').ok_or(TokenError)?;
        let well_formed = |part: &str, length: usize| {
            part.len() == length
                && part
                    .bytes()
                    .all(|b| b.is_ascii_digit() || b.is_ascii_lowercase())
        };
        if !well_formed(id, 6) || !well_formed(secret, 16) {
            return Err(TokenError);
        }
        Ok(Self {
            id: id.to_owned(),
            secret: SealedString::new(secret.to_owned()),
        })
    }

    /// The public half, which names the Secret `bootstrap-token-<id>`.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The secret half.
    pub fn secret(&self) -> &SealedString {
        &self.secret
    }

    /// The whole token in the clear.
    pub fn reveal(&self) -> zeroize::Zeroizing<String> {
        zeroize::Zeroizing::new(format!("{}.{}", self.id, self.secret.reveal()))
    }
}

impl fmt::Display for SealedToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{SEALED}", self.id)
    }
}

impl fmt::Debug for SealedToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for SealedToken {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for SealedToken {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = zeroize::Zeroizing::new(String::deserialize(deserializer)?);
        Self::parse(&text).map_err(de::Error::custom)
    }
}

/// Where the token of a `bootstrapTokens` entry comes from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum TokenSource {
    /// The user gave it.
    Given(SealedToken),
    /// The user left it out; the host makes a random one before the token is first used.
    #[default]
    Generate,
}

impl TokenSource {
    /// The token if there is one already.
    pub fn given(&self) -> Option<&SealedToken> {
        match self {
            Self::Given(token) => Some(token),
            Self::Generate => None,
        }
    }
}

impl Serialize for TokenSource {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Given(token) => token.serialize(serializer),
            Self::Generate => serializer.serialize_str(""),
        }
    }
}

impl<'de> Deserialize<'de> for TokenSource {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        SealedToken::deserialize(deserializer).map(Self::Given)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_shows_its_id_only() {
        let token = SealedToken::parse("abcdef.0123456789abcdef").unwrap();
        let key = SealedString::new("c0ffee".into());
        for shown in [
            token.to_string(),
            format!("{token:?}"),
            format!("{:?}", TokenSource::Given(token.clone())),
            serde_json::to_string(&token).unwrap(),
        ] {
            assert!(shown.contains("abcdef.<sealed>"), "{shown}");
            assert!(!shown.contains("0123456789"), "{shown}");
        }
        for shown in [
            key.to_string(),
            format!("{key:?}"),
            serde_json::to_string(&key).unwrap(),
        ] {
            assert!(!shown.contains("c0ffee"), "{shown}");
        }
        assert_eq!(&*token.reveal(), "abcdef.0123456789abcdef");
    }

    #[test]
    fn misspelt_tokens_are_refused() {
        let cases = [
            ("empty", ""),
            ("no dot", "abcdef0123456789abcdef"),
            ("short id", "abcde.0123456789abcdef"),
            ("short secret", "abcdef.0123456789abcde"),
            ("upper case", "ABCDEF.0123456789abcdef"),
            ("two dots", "abcdef.0123456789.bcdef"),
            ("not ASCII", "abcdéf.0123456789abcdef"),
        ];
        for (name, text) in cases {
            assert_eq!(SealedToken::parse(text), Err(TokenError), "{name}");
        }
    }
}
