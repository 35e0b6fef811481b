//! An object of the kube API with sealed values in some of its fields.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde_json::Value;
use zeroize::Zeroize;

use super::content::{SealedValue, SecretKind};
use super::envelopes::Envelopes;
use super::object::{ObjectReference, WrittenObject};
use crate::kube::secrets::{is_secret, mask};

/// The longest pointer, and how deep one leads: an object that is built deeper
/// takes more stack than there is when it is dropped.
const POINTER_BYTES: usize = 1024;
const POINTER_DEPTH: usize = 16;

/// Sealed values of one object.
const MOST_FIELDS: usize = 256;

/// Why an object cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SealedObjectError {
    #[error("the object is not JSON")]
    Syntax(#[source] serde_json::Error),
    #[error("the object lacks apiVersion, kind or metadata.name")]
    Nameless,
    #[error("{reference}: {problem}")]
    Pointer {
        reference: ObjectReference,
        problem: String,
    },
    #[error(
        "{value} cannot go to {pointer} of {reference}: sealed values go into the data of Secrets only, which no component reads back"
    )]
    NotMasked {
        value: String,
        pointer: String,
        reference: ObjectReference,
    },
    #[error("{value} at {pointer} of {reference} is not text; encode it as base64")]
    NotText {
        value: String,
        pointer: String,
        reference: ObjectReference,
    },
    #[error("{0} fields of one object are sealed; the limit is {MOST_FIELDS}")]
    TooMany(usize),
}

/// An object as it lands and as anybody may see it.
pub struct SealedObject {
    object: Wiped,
    masked: Value,
    reference: ObjectReference,
    kinds: BTreeSet<SecretKind>,
    envelopes: Option<Arc<Envelopes>>,
}

impl SealedObject {
    /// Parses an object and puts sealed values where they belong, each at a
    /// JSON pointer (RFC 6901).
    #[expect(
        clippy::result_large_err,
        reason = "made once an object, and the error is told at once"
    )]
    pub fn new(text: &str, sealed: &[(String, SealedValue)]) -> Result<Self, SealedObjectError> {
        let mut object: Value = serde_json::from_str(text).map_err(SealedObjectError::Syntax)?;
        let reference = ObjectReference::of(&object).ok_or(SealedObjectError::Nameless)?;
        if sealed.len() > MOST_FIELDS {
            return Err(SealedObjectError::TooMany(sealed.len()));
        }
        for (pointer, value) in sealed {
            if !is_masked(&object, pointer) {
                return Err(SealedObjectError::NotMasked {
                    value: value.to_string(),
                    pointer: pointer.chars().take(100).collect(),
                    reference,
                });
            }
            set(&mut object, pointer, value.to_string().into()).map_err(|problem| {
                SealedObjectError::Pointer {
                    reference: reference.clone(),
                    problem,
                }
            })?;
        }
        let masked = object.clone();
        let mut object = Wiped(object);
        for (pointer, value) in sealed {
            let secret =
                std::str::from_utf8(value.reveal()).map_err(|_| SealedObjectError::NotText {
                    value: value.to_string(),
                    pointer: pointer.clone(),
                    reference: reference.clone(),
                })?;
            // Where it was set a moment ago.
            if let Some(field) = object.0.pointer_mut(pointer) {
                *field = secret.into();
            }
        }
        let kinds = sealed.iter().flat_map(|(_, value)| value.kinds());
        Ok(Self {
            object,
            masked,
            reference,
            kinds: kinds.copied().collect(),
            envelopes: None,
        })
    }

    /// What of it these encrypted stays as the cluster has it, if that is the same.
    #[must_use]
    pub fn keeping(mut self, envelopes: Arc<Envelopes>) -> Self {
        self.envelopes = Some(envelopes);
        self
    }

    /// All of it, secrets included, in place of an object that is there. Only for what lands.
    pub fn reveal_over(&self, before: Option<&Value>) -> Wiped {
        let mut object = Wiped(self.object.0.clone());
        if let (Some(envelopes), Some(before)) = (&self.envelopes, before) {
            for (name, text) in envelopes.same_in(&self.object.0, before) {
                object.0["data"][&name] = text.into();
            }
        }
        object
    }

    /// All of it, secrets included. Only for what lands.
    pub fn reveal(&self) -> &Value {
        &self.object.0
    }

    /// With `<sealed: LABEL>` in place of each secret.
    pub fn masked(&self) -> &Value {
        &self.masked
    }

    pub fn reference(&self) -> &ObjectReference {
        &self.reference
    }

    /// The kinds of secret in it.
    pub fn kinds(&self) -> impl Iterator<Item = &SecretKind> {
        self.kinds.iter()
    }

    /// As a journal keeps it.
    pub fn written(&self) -> WrittenObject {
        WrittenObject {
            reference: self.reference.clone(),
            content: self.masked.clone(),
        }
    }
}

/// A value whose texts are wiped when it is dropped.
pub struct Wiped(Value);

impl std::ops::Deref for Wiped {
    type Target = Value;

    fn deref(&self) -> &Value {
        &self.0
    }
}

impl Drop for Wiped {
    fn drop(&mut self) {
        wipe(&mut self.0);
    }
}

fn wipe(value: &mut Value) {
    match value {
        Value::String(text) => text.zeroize(),
        Value::Array(items) => items.iter_mut().for_each(wipe),
        Value::Object(fields) => fields.values_mut().for_each(wipe),
        _ => {}
    }
}

/// Whether a field is one that [`mask`] masks.
fn is_masked(object: &Value, pointer: &str) -> bool {
    if !is_secret(object) {
        return false;
    }
    // Of the fields that decide only: the rest may be large.
    let mut probe = serde_json::json!({"kind": object["kind"], "type": object["type"]});
    if set(&mut probe, pointer, "x".into()).is_err() {
        return false;
    }
    mask(&mut probe, true);
    probe.pointer(pointer).is_some_and(|value| *value != "x")
}

/// Sets a field by its JSON pointer. What it lies in must be there, but for a
/// missing object on the way (`/data` of a Secret without data).
fn set(object: &mut Value, pointer: &str, value: Value) -> Result<(), String> {
    if pointer.len() > POINTER_BYTES || pointer.matches('/').count() > POINTER_DEPTH {
        return Err(format!(
            "a pointer of {} bytes with {} parts; the limits are {POINTER_BYTES} and {POINTER_DEPTH}",
            pointer.len(),
            pointer.matches('/').count()
        ));
    }
    let Some(path) = pointer.strip_prefix('/') else {
        return Err(format!("{pointer:?} is not a JSON pointer to a field"));
    };
    let mut at = object;
    for token in path.split('/') {
        let token = token.replace("~1", "/").replace("~0", "~");
        at = match at {
            Value::Array(items) => {
                let index: usize = token
                    .parse()
                    .map_err(|_| format!("{pointer}: {token:?} is no index of a list"))?;
                items
                    .get_mut(index)
                    .ok_or_else(|| format!("{pointer}: the list has no item {index}"))?
            }
            Value::Object(fields) => fields.entry(token).or_insert(Value::Null),
            // A field that was not there, on the way to a deeper one.
            null @ Value::Null => {
                *null = Value::Object(Default::default());
                match null {
                    Value::Object(fields) => fields.entry(token).or_insert(Value::Null),
                    _ => return Err(format!("{pointer}: cannot be set")),
                }
            }
            _ => return Err(format!("{pointer}: {token:?} lies below a plain value")),
        };
    }
    *at = value;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use zeroize::Zeroizing;

    fn token() -> SealedValue {
        SealedValue::new("token", SecretKind::Token, Zeroizing::new(b"hush".to_vec()))
    }

    #[test]
    fn sealed_fields_are_filled_in_and_masked() {
        let text = json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "x"},
            "data": {"a/b": ""}})
        .to_string();
        let cases = [
            ("escaped", "/data/a~1b", "/data/a~1b"),
            ("new below new", "/stringData/t", "/stringData/t"),
        ];
        for (name, pointer, at) in cases {
            let filled = SealedObject::new(&text, &[(pointer.to_owned(), token())]).unwrap();
            assert_eq!(filled.reveal().pointer(at), Some(&json!("hush")), "{name}");
            assert_eq!(
                filled.masked().pointer(at),
                Some(&json!("<sealed: token>")),
                "{name}"
            );
            assert!(!filled.masked().to_string().contains("hush"), "{name}");
        }
    }

    #[test]
    fn wrong_pointers_and_objects_are_errors() {
        let object =
            r#"{"apiVersion":"v1","kind":"Secret","metadata":{"name":"x"},"l":[1],"s":"t"}"#;
        let token_secret = r#"{"apiVersion":"v1","kind":"Secret","metadata":{"name":"x"},"type":"bootstrap.kubernetes.io/token"}"#;
        let deep = format!("/data{}", "/a".repeat(1_000_000));
        let cases = [
            ("no pointer", object, "data"),
            ("no index", object, "/l/x"),
            ("beyond the list", object, "/l/5"),
            ("below a string", object, "/s/t"),
            ("an annotation", object, "/metadata/annotations/a"),
            ("deep", object, &deep),
            (
                "a public field of a token",
                token_secret,
                "/data/description",
            ),
            (
                "a ConfigMap",
                r#"{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"x"}}"#,
                "/data/a",
            ),
            ("no object", "[", "/x"),
            ("no name", r#"{"apiVersion":"v1","kind":"A"}"#, "/x"),
            (
                "a generated name",
                r#"{"apiVersion":"v1","kind":"Secret","metadata":{"generateName":"x"}}"#,
                "/data/a",
            ),
        ];
        for (name, text, pointer) in cases {
            let got = SealedObject::new(text, &[(pointer.to_owned(), token())]);
            let message = got.err().map(|error| error.to_string()).unwrap_or_default();
            assert!(
                !message.is_empty() && !message.contains("hush"),
                "{name}: {message}"
            );
            assert!(message.len() < 1000, "{name}");
        }
    }
}
