//! Objects and patches as components give them.

use serde_json::Value;

use crate::capability::bindings::{kube, types};
use crate::capability::state::wit_error;
use crate::effect::{ObjectReference, PatchKind, SealedValue};
use crate::kube::objects::PatchBody;
use crate::kube::secrets::{is_secret, is_secret_kind};

/// An object with its sealed fields, filled in and masked.
pub struct Filled {
    pub object: Value,
    pub masked: Value,
    pub reference: ObjectReference,
}

fn invalid(message: String) -> types::Error {
    types::Error {
        code: types::ErrorCode::Invalid,
        message,
        hint: None,
    }
}

/// Parses an object and puts sealed values where they belong.
pub fn fill(text: &str, sealed: &[(String, SealedValue)]) -> Result<Filled, types::Error> {
    let mut object: Value =
        serde_json::from_str(text).map_err(|error| wit_error(types::ErrorCode::Invalid, &error))?;
    let reference = ObjectReference::of(&object)
        .ok_or_else(|| invalid("the object lacks apiVersion, kind or metadata.name".to_owned()))?;
    super::names::check(&reference)?;
    let mut masked = object.clone();
    for (pointer, value) in sealed {
        if !is_masked(&object, pointer) {
            return Err(invalid(format!(
                "{value} cannot go to {pointer} of {reference}: sealed values go into the data of Secrets only, which no component reads back"
            )));
        }
        let secret = std::str::from_utf8(value.reveal()).map_err(|_| {
            invalid(format!(
                "{value} at {pointer} of {reference} is not text; encode it as base64"
            ))
        })?;
        set(&mut object, pointer, secret.into())
            .and_then(|()| set(&mut masked, pointer, value.to_string().into()))
            .map_err(|problem| invalid(format!("{reference}: {problem}")))?;
    }
    Ok(Filled {
        object,
        masked,
        reference,
    })
}

/// Whether a field is one that [`mask`](crate::kube::secrets::mask) masks.
fn is_masked(object: &Value, pointer: &str) -> bool {
    let mut probe = object.clone();
    if !is_secret(&probe) || set(&mut probe, pointer, "x".into()).is_err() {
        return false;
    }
    crate::kube::secrets::mask(&mut probe, true);
    probe.pointer(pointer).is_some_and(|value| *value != "x")
}

/// Sets a field by its JSON pointer. What it lies in must be there, but for a
/// missing object on the way (`/data` of a Secret without data).
fn set(object: &mut Value, pointer: &str, value: Value) -> Result<(), String> {
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

/// A patch, as the effect shows it and as the API takes it.
pub fn patch(
    kind: &str,
    patch_type: kube::PatchType,
    text: &str,
) -> Result<(PatchKind, Value, PatchBody), types::Error> {
    // `copy` would move a value to where it is not masked, `test` would tell
    // whether it is right.
    if is_secret_kind(kind) && patch_type == kube::PatchType::Json {
        return Err(invalid(
            "Secrets take merge and strategic patches only: a JSON patch could copy their values"
                .to_owned(),
        ));
    }
    let value: Value =
        serde_json::from_str(text).map_err(|error| wit_error(types::ErrorCode::Invalid, &error))?;
    let (kind, body) = match patch_type {
        kube::PatchType::Json => {
            let patch = serde_json::from_value(value.clone())
                .map_err(|error| wit_error(types::ErrorCode::Invalid, &error))?;
            (PatchKind::Json, PatchBody::Json(patch))
        }
        kube::PatchType::Merge => (PatchKind::Merge, PatchBody::Merge(value.clone())),
        kube::PatchType::Strategic => (PatchKind::Strategic, PatchBody::Strategic(value.clone())),
    };
    Ok((kind, value, body))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::effect::SecretKind;
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
            let filled = fill(&text, &[(pointer.to_owned(), token())]).unwrap();
            assert_eq!(filled.object.pointer(at), Some(&json!("hush")), "{name}");
            assert_eq!(
                filled.masked.pointer(at),
                Some(&json!("<sealed: token>")),
                "{name}"
            );
            assert!(!filled.masked.to_string().contains("hush"), "{name}");
        }
    }

    #[test]
    fn wrong_pointers_and_objects_are_errors() {
        let object =
            r#"{"apiVersion":"v1","kind":"Secret","metadata":{"name":"x"},"l":[1],"s":"t"}"#;
        let token_secret = r#"{"apiVersion":"v1","kind":"Secret","metadata":{"name":"x"},"type":"bootstrap.kubernetes.io/token"}"#;
        let cases = [
            ("no pointer", object, "data"),
            ("no index", object, "/l/x"),
            ("beyond the list", object, "/l/5"),
            ("below a string", object, "/s/t"),
            ("an annotation", object, "/metadata/annotations/a"),
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
        ];
        for (name, text, pointer) in cases {
            let got = fill(text, &[(pointer.to_owned(), token())]);
            let message = got.err().map(|error| error.message).unwrap_or_default();
            assert!(
                !message.is_empty() && !message.contains("hush"),
                "{name}: {message}"
            );
        }
    }
}
