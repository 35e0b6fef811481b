//! Items of lists that are maps or sets, found by what identifies them.

use std::collections::BTreeMap;

use serde_json::Value;

use super::Unreadable;
use super::set::Element;
use crate::kube::embedded::schema::{List, ListKind};

/// What identifies an item. Lists that are one value have no such items.
pub(super) fn element(list: &List, item: &Value) -> Result<Element, Unreadable> {
    match &list.kind {
        ListKind::Atomic => Err(Unreadable::here("invalid indexing of non-associative list")),
        ListKind::Set => match item {
            Value::Object(_) => Err(Unreadable::here(
                "associative list without keys has an element that's a map type",
            )),
            Value::Array(_) => Err(Unreadable::here(
                "not supported: associative list with lists as elements",
            )),
            Value::Null => Err(Unreadable::here(
                "associative list without keys has an element that's an explicit null",
            )),
            scalar => Ok(Element::Value(scalar.to_string().into())),
        },
        ListKind::Map(keys) => keyed(list, keys, item),
    }
}

fn keyed(list: &List, keys: &[Box<str>], item: &Value) -> Result<Element, Unreadable> {
    let members = match item {
        Value::Object(members) => members,
        Value::Null => {
            return Err(Unreadable::here(
                "associative list with keys may not have a null element",
            ));
        }
        _ => {
            return Err(Unreadable::here(
                "associative list with keys may not have non-map elements",
            ));
        }
    };
    let mut found: BTreeMap<&str, Value> = BTreeMap::new();
    for key in keys {
        let default = || Some(Value::from(&**list.item.field(key)?.key_default.as_ref()?));
        if let Some(value) = members.get(&**key).cloned().or_else(default) {
            found.insert(key, value);
        }
    }
    if found.is_empty() {
        let names: Vec<String> = keys.iter().map(|key| format!("{key:?}")).collect();
        return Err(Unreadable::here(format!(
            "associative list with keys has an element that omits all key fields [{}] (and doesn't have default values for any key fields)",
            names.join(" ")
        )));
    }
    let json =
        serde_json::to_string(&found).map_err(|error| Unreadable::here(error.to_string()))?;
    Ok(Element::Key(json.into()))
}

/// The items of a list in order, each with what identifies it. Items that nothing identifies are left out.
pub(super) fn elements<'a>(list: &List, items: &'a [Value]) -> Vec<(Element, &'a Value)> {
    items
        .iter()
        .filter_map(|item| Some((element(list, item).ok()?, item)))
        .collect()
}

/// [`elements`] for a list that a client applied, which may hold no item twice and none that
/// nothing identifies.
pub(super) fn checked<'a>(
    list: &List,
    items: &'a [Value],
) -> Result<Vec<(Element, &'a Value)>, Unreadable> {
    let mut out: Vec<(Element, &Value)> = Vec::with_capacity(items.len());
    for (index, item) in items.iter().enumerate() {
        let element = element(list, item)
            .map_err(|error| Unreadable::here(format!("element {index}: {}", error.why)))?;
        if out.iter().any(|(seen, _)| *seen == element) {
            return Err(Unreadable::here(format!(
                "duplicate entries for key {element}"
            )));
        }
        out.push((element, item));
    }
    Ok(out)
}
