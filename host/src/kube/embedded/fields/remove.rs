//! Fields taken out of an object.

use serde_json::{Map, Value};

use super::list;
use super::set::{Element, Set};
use crate::kube::embedded::schema::{ListKind, Type};

/// `value` without the fields in `gone`. A value that is emptied stays, empty; a field that is
/// itself in `gone` does not.
pub(super) fn remove(value: &Value, gone: &Set, ty: &Type) -> Value {
    if gone.is_empty() {
        return value.clone();
    }
    match (ty.resolve(), value) {
        (Type::Object(object), _) if object.atomic => value.clone(),
        (Type::Map(map), _) if map.atomic => value.clone(),
        (Type::Object(_) | Type::Map(_) | Type::Deduced, Value::Object(members)) => {
            let mut out = Map::new();
            for (name, value) in members {
                match gone.at(&Element::Field(name.as_str().into())) {
                    Some(node) if node.member => {}
                    Some(node) => {
                        out.insert(name.clone(), remove(value, &node.below, ty.member(name)));
                    }
                    None => {
                        out.insert(name.clone(), value.clone());
                    }
                }
            }
            Value::Object(out)
        }
        (Type::List(list), Value::Array(items)) if list.kind != ListKind::Atomic => {
            let kept = items.iter().filter_map(|item| {
                match list::element(list, item)
                    .ok()
                    .and_then(|element| gone.at(&element))
                {
                    Some(node) if node.member => None,
                    Some(node) => Some(remove(item, &node.below, &list.item)),
                    None => Some(item.clone()),
                }
            });
            Value::Array(kept.collect())
        }
        _ => value.clone(),
    }
}
