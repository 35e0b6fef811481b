//! Flags that are part of the configuration: what each that was given sets.

mod init;
mod join;
mod reset;

use std::ops::Deref;

use serde_json::{Map, Value};

pub use init::{InitFlags, of_field};
pub use join::JoinFlags;
pub use reset::ResetFlags;

use super::features::FeatureError;
use super::sealed::{SealedString, TokenError};
use kubewright_values::duration::DurationError;

/// Why a flag can not be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FlagsError {
    /// `--feature-gates` can not be read.
    #[error(transparent)]
    FeatureGates(FeatureError),
    /// `--token` is no token.
    #[error(transparent)]
    Token(TokenError),
    /// `--token-ttl` is no duration.
    #[error(transparent)]
    TokenTtl(DurationError),
}

/// The flags that were given, by name without dashes.
#[derive(Clone, Debug, Default)]
pub struct Flags(Map<String, Value>);

impl Flags {
    /// Takes the input's.
    pub fn new(flags: Map<String, Value>) -> Self {
        Self(flags)
    }

    /// Whether one was given.
    pub fn given(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    /// The text of one.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.0.get(name)?.as_str()
    }

    /// The texts of one that may be given several times.
    pub fn texts(&self, name: &str) -> Vec<String> {
        let items = self.0.get(name).and_then(Value::as_array);
        let texts = items.into_iter().flatten().filter_map(Value::as_str);
        texts.map(str::to_owned).collect()
    }

    /// Whether one is on.
    pub fn is_on(&self, name: &str) -> bool {
        self.0.get(name).is_some_and(|value| value == true)
    }

    /// The number of one.
    pub fn number(&self, name: &str) -> Option<i32> {
        self.0.get(name)?.as_i64()?.try_into().ok()
    }

    /// The secret of one; none if it is empty.
    pub fn sealed(&self, name: &str) -> Option<SealedString> {
        let text: SealedString = serde_json::from_value(self.0.get(name)?.clone()).ok()?;
        (!text.is_empty()).then_some(text)
    }
}

/// Puts a flag into its field, if it is given.
fn set(field: &mut String, flag: Option<&str>) {
    if let Some(value) = flag {
        value.clone_into(field);
    }
}

macro_rules! flags_of {
    ($($of:ident)*) => {$(
        impl<'a> $of<'a> {
            /// Takes the flags that were given.
            pub fn new(flags: &'a Flags) -> Self {
                Self(flags)
            }
        }

        impl Deref for $of<'_> {
            type Target = Flags;

            fn deref(&self) -> &Flags {
                self.0
            }
        }
    )*};
}

flags_of! { InitFlags JoinFlags ResetFlags }
