//! Bootstrap tokens: `<id>.<secret>`, `[a-z0-9]{6}.[a-z0-9]{16}`
//! (the format of `k8s.io/cluster-bootstrap/token/api`). The id is public, the secret is not.

use std::fmt;
use std::str::FromStr;

use super::random::{self, RandomError};
use super::secret::{SEALED, SecretString};

const ALPHABET: &[u8] = b"0123456789abcdefghijklmnopqrstuvwxyz";
const ID_LENGTH: usize = 6;
const SECRET_LENGTH: usize = 16;

/// Why a text is no bootstrap token. The text itself is not repeated: most of it may be a secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// There is not exactly one dot in it.
    #[error(
        "a bootstrap token is <id>.<secret>, with one dot between them: [a-z0-9]{{6}}.[a-z0-9]{{16}}"
    )]
    Shape,
    /// The part before the dot is wrong.
    #[error("the id of a bootstrap token (before the dot) is 6 characters of [a-z0-9]")]
    Id,
    /// The part after the dot is wrong.
    #[error("the secret of a bootstrap token (after the dot) is 16 characters of [a-z0-9]")]
    Secret,
}

/// A bootstrap token. Prints as `<id>.<sealed>`.
#[derive(Clone, PartialEq, Eq)]
pub struct BootstrapToken {
    id: String,
    secret: SecretString,
}

impl BootstrapToken {
    /// A new token of random id and secret.
    pub fn random() -> Result<Self, RandomError> {
        Ok(Self {
            id: random::text(ALPHABET, ID_LENGTH)?.reveal().to_owned(),
            secret: random::text(ALPHABET, SECRET_LENGTH)?,
        })
    }

    /// A new token of hexadecimal digits, as the tokens of 2016 were made.
    pub fn random_hexadecimal() -> Result<Self, RandomError> {
        const DIGITS: &[u8] = b"0123456789abcdef";
        Ok(Self {
            id: random::text(DIGITS, ID_LENGTH)?.reveal().to_owned(),
            secret: random::text(DIGITS, SECRET_LENGTH)?,
        })
    }

    /// A token of parts that were kept apart, as its Secret in the cluster keeps them.
    pub fn from_parts(id: &str, secret: &str) -> Result<Self, TokenError> {
        if !is_token_text(id, ID_LENGTH) {
            return Err(TokenError::Id);
        }
        if !is_token_text(secret, SECRET_LENGTH) {
            return Err(TokenError::Secret);
        }
        Ok(Self {
            id: id.to_owned(),
            secret: SecretString::new(secret.to_owned()),
        })
    }

    /// The public part, which names the token.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The secret part.
    pub fn secret(&self) -> &SecretString {
        &self.secret
    }

    /// Both parts with the dot: what a client presents.
    pub fn whole(&self) -> SecretString {
        // Sized first: growing would leave a copy of the secret in freed memory.
        let mut whole = String::with_capacity(self.id.len() + 1 + self.secret.len());
        whole.extend([&self.id, ".", self.secret.reveal()]);
        SecretString::new(whole)
    }
}

fn is_token_text(text: &str, length: usize) -> bool {
    text.len() == length && text.bytes().all(|byte| ALPHABET.contains(&byte))
}

impl FromStr for BootstrapToken {
    type Err = TokenError;

    fn from_str(text: &str) -> Result<Self, TokenError> {
        match text.split_once('.') {
            Some((id, secret)) if !secret.contains('.') => Self::from_parts(id, secret),
            _ => Err(TokenError::Shape),
        }
    }
}

impl fmt::Display for BootstrapToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{SEALED}", self.id)
    }
}

impl fmt::Debug for BootstrapToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_random_token_reads_back() {
        let token = BootstrapToken::random().unwrap();
        let again: BootstrapToken = token.whole().reveal().parse().unwrap();
        assert!(again == token);
        assert_eq!(
            format!("{token} {token:?}"),
            format!("{0}.<sealed> {0}.<sealed>", token.id())
        );
    }

    #[test]
    fn bad_tokens_are_named_by_their_bad_part() {
        for (name, text, wanted) in [
            ("empty", "", TokenError::Shape),
            ("no dot", "abcdef0123456789abcdef", TokenError::Shape),
            ("two dots", "abcdef.01234567.9abcdef0", TokenError::Shape),
            ("short id", "abcde.0123456789abcdef", TokenError::Id),
            ("upper case id", "ABCDEF.0123456789abcdef", TokenError::Id),
            ("short secret", "abcdef.0123456789abcde", TokenError::Secret),
            (
                "upper case secret",
                "abcdef.0123456789ABCDEF",
                TokenError::Secret,
            ),
            ("new line", "abcdef.0123456789abcdef\n", TokenError::Secret),
            (
                "letters beyond ASCII",
                "abcdef.0123456789abcdé",
                TokenError::Secret,
            ),
        ] {
            assert_eq!(
                text.parse::<BootstrapToken>().unwrap_err(),
                wanted,
                "{name}"
            );
        }
    }
}
