//! Command line flags that are part of the configuration, and how they mix with a file.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use super::secret::{Sealed, TokenFormError, token_id};
use crate::distribution::Scalar;

/// Why flags can not be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FlagsError {
    /// Flags that say the same as the file might.
    #[error("can not mix '--config' with arguments [{}]", .0.join(" "))]
    Mixed(Vec<String>),
    /// One that is a token is none.
    #[error("--{0} can not be used")]
    Token(String, #[source] TokenFormError),
}

/// The flags that were given, by name without dashes.
#[derive(Clone, Debug, Default)]
pub struct GivenFlags {
    names: BTreeSet<String>,
    /// Those that say the same as a file might.
    alone: BTreeSet<String>,
    values: Map<String, Value>,
    secrets: BTreeMap<String, Sealed>,
    /// Those that are tokens and have not the form of one.
    no_tokens: Vec<String>,
}

impl GivenFlags {
    /// A flag with a value, if it was given.
    pub fn value(&mut self, name: &str, value: Option<impl Into<Value>>) {
        if let Some(value) = value {
            self.names.insert(name.to_owned());
            self.values.insert(name.to_owned(), value.into());
        }
    }

    /// A flag that may be given several times; not given if there are none.
    pub fn texts(&mut self, name: &str, texts: &[String]) {
        self.value(name, (!texts.is_empty()).then(|| texts.to_vec()));
    }

    /// A flag that is on if it is given.
    pub fn switch(&mut self, name: &str, is_on: bool) {
        self.value(name, is_on.then_some(true));
    }

    /// A flag whose value no component sees, of a type that is a secret. An empty one says nothing,
    /// but is given.
    pub fn secret(&mut self, name: &str, scalar: Scalar, text: Option<&str>) {
        let Some(text) = text else { return };
        self.names.insert(name.to_owned());
        if scalar == Scalar::Token && !text.is_empty() && token_id(text).is_none() {
            return self.no_tokens.push(name.to_owned());
        }
        let mut shown = text.to_owned();
        if let Some(sealed) = Sealed::take(scalar, &mut shown) {
            self.secrets.insert(name.to_owned(), sealed);
            self.values.insert(name.to_owned(), shown.into());
        }
    }

    /// Says of a flag, if it was given, that it does not go with a file: that says the same.
    pub fn is_alone(&mut self, name: &str) {
        if self.names.contains(name) {
            self.alone.insert(name.to_owned());
        }
    }

    /// Whether one was given.
    pub fn has(&self, name: &str) -> bool {
        self.names.contains(name)
    }

    /// What was given, secrets sealed.
    pub fn values(&self) -> &Map<String, Value> {
        &self.values
    }

    /// What was sealed, by the names of flags.
    pub fn secrets(&self) -> &BTreeMap<String, Sealed> {
        &self.secrets
    }

    /// Refuses those that do not go with a file, if there is one, and those that have not the form
    /// they must have.
    pub fn check(&self, has_file: bool) -> Result<(), FlagsError> {
        if has_file && !self.alone.is_empty() {
            return Err(FlagsError::Mixed(self.alone.iter().cloned().collect()));
        }
        match self.no_tokens.first() {
            Some(name) => Err(FlagsError::Token(name.clone(), TokenFormError)),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mixing_with_a_file() {
        let cases = [
            ("nothing", vec![], None),
            ("allowed ones", vec![("node-name", false)], None),
            (
                "others, sorted",
                vec![
                    ("token", true),
                    ("dry-run", false),
                    ("pod-network-cidr", true),
                ],
                Some("can not mix '--config' with arguments [pod-network-cidr token]"),
            ),
        ];
        for (name, given, expected) in cases {
            let mut flags = GivenFlags::default();
            for (name, is_alone) in given {
                flags.switch(name, true);
                if is_alone {
                    flags.is_alone(name);
                }
            }
            assert_eq!(flags.check(false), Ok(()), "{name}");
            let error = flags.check(true).err().map(|e| e.to_string());
            assert_eq!(error.as_deref(), expected, "{name}");
        }
    }

    #[test]
    fn secrets_are_sealed_and_checked() {
        let mut flags = GivenFlags::default();
        flags.secret("token", Scalar::Token, Some("abcdef.0123456789abcdef"));
        flags.secret("certificate-key", Scalar::HexKey, Some("c0ffee"));
        flags.secret("empty", Scalar::Secret, Some(""));
        flags.secret("other", Scalar::Secret, None);
        let shown = Value::from(flags.values().clone());
        assert_eq!(
            shown,
            serde_json::json!({"token": "abcdef.<sealed>", "certificate-key": "<sealed>"})
        );
        assert_eq!(
            flags.secrets()["token"].secret.reveal(),
            "abcdef.0123456789abcdef"
        );
        assert!(flags.has("empty") && !flags.has("other"));
        assert_eq!(flags.check(false), Ok(()));
        flags.secret("token", Scalar::Token, Some("misspelt"));
        let error = flags.check(false).unwrap_err();
        assert_eq!(error.to_string(), "--token can not be used");
        // With a file that is what is wrong first.
        flags.is_alone("token");
        let error = flags.check(true).unwrap_err();
        assert!(error.to_string().starts_with("can not mix"), "{error}");
    }
}
