//! JSON patches (RFC 6902), with limits on what they can make of an object.

use json_patch::{PatchError, PatchOperation};
use serde_json::Value;

/// As many operations as a real server takes.
const MAX_OPERATIONS: usize = 10_000;
/// How many values `copy` and `move` may multiply, all in all.
const MAX_COPIED: usize = 100_000;
/// How deep an object may become; a request's JSON is no deeper.
const MAX_DEPTH: usize = 128;

/// Why a JSON patch is not carried out.
#[derive(Debug, thiserror::Error)]
pub(super) enum Refused {
    #[error("error decoding patch: {0}")]
    Unreadable(#[source] serde_json::Error),
    #[error("the allowed maximum operations in a JSON patch is {MAX_OPERATIONS}, got {0}")]
    TooMany(usize),
    #[error("the patch copies more than {MAX_COPIED} values or nests them deeper than {MAX_DEPTH}")]
    TooMuch,
    #[error("{0}")]
    Impossible(#[source] PatchError),
}

/// `object` with the operations of the patch carried out.
pub(super) fn patched(mut object: Value, patch: &Value) -> Result<Value, Refused> {
    let patch: json_patch::Patch =
        serde_json::from_value(patch.clone()).map_err(Refused::Unreadable)?;
    if patch.0.len() > MAX_OPERATIONS {
        return Err(Refused::TooMany(patch.0.len()));
    }
    let mut left = MAX_COPIED;
    for operation in &patch.0 {
        let taken = match operation {
            PatchOperation::Copy(copy) => object.pointer(copy.from.as_str()),
            PatchOperation::Move(moved) => object.pointer(moved.from.as_str()),
            _ => None,
        };
        let steps = operation.path().as_str().matches('/').count();
        let room = MAX_DEPTH.checked_sub(steps).ok_or(Refused::TooMuch)?;
        if let Some(taken) = taken {
            left = left
                .checked_sub(count(taken, room).ok_or(Refused::TooMuch)?)
                .ok_or(Refused::TooMuch)?;
        }
        json_patch::patch(&mut object, std::slice::from_ref(operation))
            .map_err(Refused::Impossible)?;
    }
    Ok(object)
}

/// The values within a value, or `None` if it is deeper than `depth`.
fn count(value: &Value, depth: usize) -> Option<usize> {
    let below = |value: &Value| count(value, depth.checked_sub(1)?);
    let inner = match value {
        Value::Array(items) => items.iter().map(below).sum::<Option<usize>>()?,
        Value::Object(members) => members.values().map(below).sum::<Option<usize>>()?,
        _ => 0,
    };
    Some(inner + 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn patches_by_case() {
        let copies = |number: usize| {
            Value::from(vec![
                json!({"op": "copy", "from": "", "path": "/a"});
                number
            ])
        };
        let doubling = Value::from(vec![
            json!({"op": "copy", "from": "/l", "path": "/l/-"});
            40
        ]);
        let deep = json!([{"op": "add", "path": "/a".repeat(200), "value": 1}]);
        let cases = [
            ("a copy", copies(1), true),
            ("ever deeper", copies(200), false),
            ("ever more", doubling, false),
            ("a deep place", deep, false),
            (
                "too many",
                Value::from(vec![
                    json!({"op": "test", "path": "/x", "value": 1});
                    MAX_OPERATIONS + 1
                ]),
                false,
            ),
            ("no operation", json!([{"op": "fly"}]), false),
        ];
        for (name, patch, good) in cases {
            assert_eq!(
                patched(json!({"x": 1, "l": [1, 2]}), &patch).is_ok(),
                good,
                "{name}"
            );
        }
    }
}
