//! An applied object merged into the live one.

use serde_json::{Map, Value};

use super::list;
use super::set::Element;
use crate::kube::embedded::schema::{List, ListKind, Type};

/// `live` with everything `applied` says.
pub(super) fn merge(live: &Value, applied: &Value, ty: &Type) -> Value {
    match (ty.resolve(), live, applied) {
        (Type::Object(object), ..) if object.atomic => applied.clone(),
        (Type::Map(map), ..) if map.atomic => applied.clone(),
        (Type::Object(_) | Type::Map(_) | Type::Deduced, Value::Object(was), Value::Object(is)) => {
            let mut out = Map::new();
            for (name, old) in was {
                let value = is
                    .get(name)
                    .map_or_else(|| old.clone(), |new| merge(old, new, ty.member(name)));
                out.insert(name.clone(), value);
            }
            for (name, new) in is.iter().filter(|(name, _)| !was.contains_key(*name)) {
                out.insert(name.clone(), new.clone());
            }
            Value::Object(out)
        }
        (Type::List(list), Value::Array(was), Value::Array(is))
            if list.kind != ListKind::Atomic =>
        {
            Value::Array(items(list, was, is))
        }
        _ => applied.clone(),
    }
}

/// Items of both lists: the applied ones in their order, those only in the live list where they
/// stood among the shared ones.
fn items(list: &List, was: &[Value], is: &[Value]) -> Vec<Value> {
    let (was, is) = (list::elements(list, was), list::elements(list, is));
    let live = |element: &Element| -> Vec<&Value> {
        was.iter()
            .filter(|(other, _)| other == element)
            .map(|(_, item)| *item)
            .collect()
    };
    let applied = |element: &Element| is.iter().any(|(other, _)| other == element);
    let merged = |element: &Element, new: &Value| {
        // An item that the live list has twice is replaced.
        match live(element).as_slice() {
            [old] => merge(old, new, &list.item),
            _ => new.clone(),
        }
    };
    let mut out = Vec::with_capacity(was.len().max(is.len()));
    let mut shared = is
        .iter()
        .map(|(element, _)| element)
        .filter(|element| !live(element).is_empty());
    let mut awaited = shared.next();
    let (mut left, mut right) = (was.iter().peekable(), is.iter().peekable());
    loop {
        match (left.peek(), right.peek()) {
            (None, None) => return out,
            (Some((old, _)), Some((new, value))) if old == new => {
                out.push(merged(new, value));
                left.next();
                right.next();
                awaited = shared.next();
            }
            (Some((old, item)), _) if !applied(old) => {
                out.push((*item).clone());
                left.next();
            }
            (Some((old, _)), Some((new, value))) => {
                if awaited.is_none_or(|awaited| awaited == old) {
                    // An applied item that stands before the next shared one, or the shared one out of its live place.
                    out.push(merged(new, value));
                    right.next();
                } else {
                    // Shared, but its turn comes later, or it is merged already.
                    left.next();
                }
            }
            (Some(_), None) => {
                left.next();
            }
            (None, Some((new, value))) => {
                out.push(merged(new, value));
                right.next();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kube::embedded::schema::named;
    use serde_json::json;

    #[test]
    fn list_order_by_case() {
        let spec = named("core.v1.PodSpec").expect("built in");
        let list = |names: &str| json!({"containers": names.chars().map(|name| json!({"name": name.to_string()})).collect::<Vec<_>>()});
        for (live, applied, wanted) in [
            ("", "ab", "ab"),
            ("ab", "ab", "ab"),
            ("ab", "ba", "ba"),
            ("abc", "b", "abc"),
            ("abc", "d", "abcd"),
            ("abc", "ca", "bca"),
            ("abc", "bd", "abcd"),
            ("ab", "cab", "cab"),
        ] {
            assert_eq!(
                merge(&list(live), &list(applied), &spec),
                list(wanted),
                "{live} + {applied}"
            );
        }
    }

    #[test]
    fn values_by_case() {
        let pod = named("core.v1.Pod").expect("built in");
        let cases = [
            (
                "maps are merged",
                json!({"metadata": {"labels": {"a": "1"}}}),
                json!({"metadata": {"labels": {"b": "2"}}}),
                json!({"metadata": {"labels": {"a": "1", "b": "2"}}}),
            ),
            (
                "one-value maps are replaced",
                json!({"spec": {"nodeSelector": {"a": "1"}}}),
                json!({"spec": {"nodeSelector": {"b": "2"}}}),
                json!({"spec": {"nodeSelector": {"b": "2"}}}),
            ),
            (
                "one-value lists are replaced",
                json!({"spec": {"tolerations": [{"key": "a"}]}}),
                json!({"spec": {"tolerations": []}}),
                json!({"spec": {"tolerations": []}}),
            ),
            (
                "sets are joined",
                json!({"metadata": {"finalizers": ["a", "b"]}}),
                json!({"metadata": {"finalizers": ["c", "b"]}}),
                json!({"metadata": {"finalizers": ["a", "c", "b"]}}),
            ),
        ];
        for (name, live, applied, wanted) in cases {
            assert_eq!(merge(&live, &applied, &pod), wanted, "{name}");
        }
    }
}
