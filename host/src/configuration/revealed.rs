//! Documents with their secrets in the clear, for the commands whose purpose is to print them.

use std::collections::BTreeMap;

use serde_json::Value;
use zeroize::{Zeroize, Zeroizing};

use super::yaml::{self, SEPARATOR, WriteError};
use crate::pki::SecretString;

/// Documents that contain secrets; their texts are erased when it is dropped.
pub struct Revealed(Vec<Value>);

impl Revealed {
    /// Puts secrets into documents: by JSON pointer (RFC 6901) into the list of them.
    pub fn new(documents: Vec<Value>, secrets: &BTreeMap<String, SecretString>) -> Self {
        let mut all = Value::Array(documents);
        for (pointer, secret) in secrets {
            if let Some(shown) = all.pointer_mut(pointer) {
                *shown = Value::String(secret.reveal().to_owned());
            }
        }
        match all {
            Value::Array(documents) => Self(documents),
            _ => Self(Vec::new()),
        }
    }

    /// The documents as YAML, one after the other.
    pub fn to_yaml(&self) -> Result<Zeroizing<String>, WriteError> {
        let texts = self
            .0
            .iter()
            .map(|one| yaml::write(one).map(Zeroizing::new));
        let texts: Vec<_> = texts.collect::<Result<_, _>>()?;
        let length = texts.iter().map(|text| text.len() + SEPARATOR.len()).sum();
        let mut joined = Zeroizing::new(String::with_capacity(length));
        for (index, text) in texts.iter().enumerate() {
            if index > 0 {
                joined.push_str(SEPARATOR);
            }
            joined.push_str(text);
        }
        Ok(joined)
    }
}

impl Drop for Revealed {
    fn drop(&mut self) {
        self.0.iter_mut().for_each(erase);
    }
}

fn erase(value: &mut Value) {
    match value {
        Value::String(text) => text.zeroize(),
        Value::Array(items) => items.iter_mut().for_each(erase),
        Value::Object(fields) => fields.values_mut().for_each(erase),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}
