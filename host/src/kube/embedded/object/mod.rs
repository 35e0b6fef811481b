//! Objects as JSON: their metadata, what makes them valid, what the server fills in.

mod immutable;
mod names;
pub(super) mod prepare;
pub(super) mod rules;
pub(super) mod service;
mod validate;

pub(super) use names::{is_label_key, is_label_value};

use serde_json::{Map, Value};

/// The metadata, if it is there.
pub(super) fn meta(object: &Value) -> Option<&Map<String, Value>> {
    object.get("metadata")?.as_object()
}

/// The metadata, made if it is not there. Anything else in its place, or an object that is none, is replaced.
pub(super) fn meta_mut(object: &mut Value) -> &mut Map<String, Value> {
    members(members(object).entry("metadata").or_insert(Value::Null))
}

/// The members of a JSON object; anything else is replaced by an empty one.
pub(super) fn members(value: &mut Value) -> &mut Map<String, Value> {
    if !value.is_object() {
        *value = Value::Object(Map::new());
    }
    match value {
        Value::Object(members) => members,
        _ => unreachable!("just made an object"),
    }
}

/// The text of a metadata field, empty when there is none.
pub(super) fn meta_text<'a>(object: &'a Value, key: &str) -> &'a str {
    meta(object)
        .and_then(|meta| meta.get(key)?.as_str())
        .unwrap_or_default()
}

/// The text at a JSON pointer, empty when there is none.
pub(super) fn text<'a>(object: &'a Value, pointer: &str) -> &'a str {
    object
        .pointer(pointer)
        .and_then(Value::as_str)
        .unwrap_or_default()
}

/// The texts of a list of the metadata.
pub(super) fn meta_list(object: &Value, key: &str) -> Vec<String> {
    let list = meta(object).and_then(|meta| meta.get(key)?.as_array());
    list.into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .map(str::to_owned)
        .collect()
}

/// Whether the object waits to be deleted.
pub(super) fn is_terminating(object: &Value) -> bool {
    meta(object).is_some_and(|meta| meta.contains_key("deletionTimestamp"))
}

/// The uids of its owners.
pub(super) fn owners(object: &Value) -> impl Iterator<Item = &str> {
    let list = meta(object).and_then(|meta| meta.get("ownerReferences")?.as_array());
    list.into_iter()
        .flatten()
        .filter_map(|owner| owner.get("uid")?.as_str())
}
