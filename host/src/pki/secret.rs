//! Values that must not be seen: key material, token secrets, passwords.
//!
//! Both types wipe their memory when dropped, print as `<sealed>` whatever the formatter asks
//! for, and serialise as that or not at all. The bytes come out through one method, `reveal`, so
//! that every place that looks at a secret can be found by searching for that word.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use zeroize::Zeroizing;

/// What a secret prints as, in logs, plans, errors and debuggers.
pub const SEALED: &str = "<sealed>";

/// Secret bytes: a key as DER or PEM, a symmetric key, a file that holds one.
#[derive(Clone)]
pub struct SecretBytes(Zeroizing<Vec<u8>>);

impl SecretBytes {
    /// Takes ownership of the bytes; the caller's buffer is moved, not copied.
    pub fn new(bytes: Vec<u8>) -> Self {
        Self(Zeroizing::new(bytes))
    }

    /// The bytes themselves. Whoever calls this answers for where they go.
    pub fn reveal(&self) -> &[u8] {
        &self.0
    }

    /// The number of bytes, which is not a secret.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are no bytes at all.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl From<Vec<u8>> for SecretBytes {
    fn from(bytes: Vec<u8>) -> Self {
        Self::new(bytes)
    }
}

impl From<SecretString> for SecretBytes {
    fn from(mut text: SecretString) -> Self {
        Self::new(std::mem::take(&mut *text.0).into_bytes())
    }
}

/// Secret text: a token secret, a certificate key in hexadecimal. Read as text, written as
/// `<sealed>`.
#[derive(Clone, Default)]
pub struct SecretString(Zeroizing<String>);

impl SecretString {
    /// Takes ownership of the text; the caller's buffer is moved, not copied.
    pub fn new(text: String) -> Self {
        Self(Zeroizing::new(text))
    }

    /// The text itself. Whoever calls this answers for where it goes.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// Whether there is no text, which is how an unset key is written.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Length in bytes, which is not a secret.
    pub fn len(&self) -> usize {
        self.0.len()
    }
}

impl Serialize for SecretString {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(SEALED)
    }
}

impl<'de> Deserialize<'de> for SecretString {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(Self::new)
    }
}

impl From<String> for SecretString {
    fn from(text: String) -> Self {
        Self::new(text)
    }
}

/// Equality without an early exit, so that comparing a presented secret with the stored one does
/// not tell how much of it was right.
fn same(left: &[u8], right: &[u8]) -> bool {
    aws_lc_rs::constant_time::verify_slices_are_equal(left, right).is_ok()
}

impl PartialEq for SecretBytes {
    fn eq(&self, other: &Self) -> bool {
        same(&self.0, &other.0)
    }
}

impl Eq for SecretBytes {}

impl PartialEq for SecretString {
    fn eq(&self, other: &Self) -> bool {
        same(self.0.as_bytes(), other.0.as_bytes())
    }
}

impl Eq for SecretString {}

macro_rules! prints_sealed {
    ($($secret:ty),*) => {$(
        impl fmt::Debug for $secret {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(SEALED)
            }
        }

        impl fmt::Display for $secret {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(SEALED)
            }
        }
    )*};
}

prints_sealed!(SecretBytes, SecretString);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_way_to_print_is_sealed() {
        let text = SecretString::new("hunter2".into());
        let bytes = SecretBytes::new(b"hunter2".to_vec());
        for printed in [
            format!("{text}"),
            format!("{text:?}"),
            format!("{text:#?}"),
            format!("{bytes}"),
            format!("{bytes:?}"),
            format!("{bytes:#?}"),
        ] {
            assert_eq!(printed, SEALED);
        }
    }

    #[test]
    fn equality_looks_at_the_whole_value() {
        let secret = SecretString::new("abc".into());
        assert_eq!(secret, SecretString::new("abc".into()));
        assert_ne!(secret, SecretString::new("abd".into()));
        assert_ne!(secret, SecretString::new("abcd".into()));
        assert_eq!(SecretBytes::from(secret).reveal(), b"abc");
    }
}
