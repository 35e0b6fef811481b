//! The fields an object has, and those in which two objects differ.

use serde_json::Value;

use super::Unreadable;
use super::list;
use super::set::{Element, Node, Set};
use crate::kube::embedded::schema::{ListKind, Type};

/// The fields of `value`.
pub(super) fn fields(value: &Value, ty: &Type) -> Set {
    node(value, ty).below
}

/// Checks that each list of `value` that is a map or a set names its items, and none twice.
pub(super) fn check(value: &Value, ty: &Type) -> Result<(), Unreadable> {
    match (ty.resolve(), value) {
        (Type::Object(_) | Type::Map(_), Value::Object(members)) => {
            for (name, value) in members {
                check(value, ty.member(name))
                    .map_err(|error| error.below(&Element::Field(name.as_str().into())))?;
            }
        }
        (Type::List(list), Value::Array(items)) if list.kind != ListKind::Atomic => {
            for (element, item) in list::checked(list, items)? {
                check(item, &list.item).map_err(|error| error.below(&element))?;
            }
        }
        _ => {}
    }
    Ok(())
}

fn node(value: &Value, ty: &Type) -> Node {
    match (ty.resolve(), value) {
        (Type::Object(object), _) if object.atomic => Node::leaf(),
        (Type::Map(map), _) if map.atomic => Node::leaf(),
        (Type::Object(_) | Type::Map(_) | Type::Deduced, Value::Object(members)) => {
            let mut below = Set::default();
            for (name, value) in members {
                let mut node = node(value, ty.member(name));
                let nothing =
                    value.is_null() || value.as_object().is_some_and(serde_json::Map::is_empty);
                node.member |= nothing || ty.field(name).is_none();
                below.put(Element::Field(name.as_str().into()), node);
            }
            Node {
                member: false,
                below,
            }
        }
        // A real server forgets an empty list as it stores the object. Here it stays, so it is owned:
        // otherwise the next apply would take it away and the one after that bring it back.
        (Type::List(_), Value::Array(items)) if items.is_empty() => Node::leaf(),
        (Type::List(list), Value::Array(items)) if list.kind != ListKind::Atomic => {
            let mut below = Set::default();
            for (element, item) in list::elements(list, items) {
                let below_item = node(item, &list.item).below;
                below.put(
                    element,
                    Node {
                        member: true,
                        below: below_item,
                    },
                );
            }
            Node {
                member: false,
                below,
            }
        }
        (Type::List(list), _) if list.kind != ListKind::Atomic => Node::default(),
        _ => Node::leaf(),
    }
}

/// The fields in which two objects differ.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Difference {
    pub added: Set,
    pub modified: Set,
    pub removed: Set,
}

impl Difference {
    /// Compares two objects of one type.
    pub fn between(old: &Value, new: &Value, ty: &Type) -> Self {
        let mut difference = Difference::default();
        let (added, modified, removed) = both(old, new, ty);
        (difference.added, difference.modified, difference.removed) =
            (added.below, modified.below, removed.below);
        difference
    }
}

type Nodes = (Node, Node, Node);

fn both(old: &Value, new: &Value, ty: &Type) -> Nodes {
    if old == new {
        return Nodes::default();
    }
    let modified = || (Node::default(), Node::leaf(), Node::default());
    match (ty.resolve(), old, new) {
        (Type::Object(object), ..) if object.atomic => modified(),
        (Type::Map(map), ..) if map.atomic => modified(),
        (Type::Object(_) | Type::Map(_) | Type::Deduced, Value::Object(was), Value::Object(is)) => {
            let mut out = Nodes::default();
            for (name, old) in was {
                join(
                    &mut out,
                    Element::Field(name.as_str().into()),
                    Some(old),
                    is.get(name),
                    ty.member(name),
                );
            }
            for (name, new) in is.iter().filter(|(name, _)| !was.contains_key(*name)) {
                join(
                    &mut out,
                    Element::Field(name.as_str().into()),
                    None,
                    Some(new),
                    ty.member(name),
                );
            }
            out
        }
        (Type::List(list), Value::Array(was), Value::Array(is))
            if list.kind != ListKind::Atomic =>
        {
            let (was, is) = (list::elements(list, was), list::elements(list, is));
            let mut out = Nodes::default();
            for (element, old) in &was {
                let new = is
                    .iter()
                    .find(|(other, _)| other == element)
                    .map(|(_, new)| *new);
                join(&mut out, element.clone(), Some(old), new, &list.item);
            }
            for (element, new) in is
                .iter()
                .filter(|(element, _)| !was.iter().any(|(other, _)| other == element))
            {
                join(&mut out, element.clone(), None, Some(new), &list.item);
            }
            out
        }
        _ => modified(),
    }
}

fn join(
    (added, modified, removed): &mut Nodes,
    element: Element,
    old: Option<&Value>,
    new: Option<&Value>,
    ty: &Type,
) {
    match (old, new) {
        (Some(old), Some(new)) => {
            let (more, other, less) = both(old, new, ty);
            added.below.put(element.clone(), more);
            modified.below.put(element.clone(), other);
            removed.below.put(element, less);
        }
        (None, Some(new)) => added.below.put(element, whole(new, ty)),
        (Some(old), None) => removed.below.put(element, whole(old, ty)),
        (None, None) => {}
    }
}

/// A value with all within it, each a member: what appears or disappears as a whole.
fn whole(value: &Value, ty: &Type) -> Node {
    let mut tree = node(value, ty);
    mark(&mut tree);
    tree
}

fn mark(node: &mut Node) {
    node.member = true;
    node.below.0.values_mut().for_each(mark);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kube::embedded::schema::named;
    use serde_json::json;

    #[test]
    fn fields_of_a_service() {
        let service = named("core.v1.Service").expect("built in");
        let value = json!({
            "metadata": {"labels": {"a": "b"}, "finalizers": ["x"]},
            "spec": {"selector": {"k": "v"}, "ports": [{"port": 53, "name": "dns"}, {"port": 53, "protocol": "UDP"}], "externalIPs": ["1.2.3.4"]}
        });
        let wanted = json!({
            "f:metadata": {"f:labels": {"f:a": {}}, "f:finalizers": {"v:\"x\"": {}}},
            "f:spec": {
                "f:selector": {},
                "f:externalIPs": {},
                "f:ports": {
                    "k:{\"port\":53,\"protocol\":\"TCP\"}": {".": {}, "f:port": {}, "f:name": {}},
                    "k:{\"port\":53,\"protocol\":\"UDP\"}": {".": {}, "f:port": {}, "f:protocol": {}}
                }
            }
        });
        assert_eq!(fields(&value, &service).to_json(), wanted);
    }

    #[test]
    fn differences_by_case() {
        let config_map = named("core.v1.ConfigMap").expect("built in");
        let none = json!({});
        let cases = [
            (
                "equal",
                json!({"data": {"a": "1"}}),
                json!({"data": {"a": "1"}}),
                [none.clone(), none.clone(), none.clone()],
            ),
            (
                "added",
                json!({}),
                json!({"data": {"a": "1"}}),
                [
                    json!({"f:data": {".": {}, "f:a": {}}}),
                    none.clone(),
                    none.clone(),
                ],
            ),
            (
                "added beside",
                json!({"data": {"b": "1"}}),
                json!({"data": {"a": "1", "b": "1"}}),
                [json!({"f:data": {"f:a": {}}}), none.clone(), none.clone()],
            ),
            (
                "modified",
                json!({"data": {"a": "1"}}),
                json!({"data": {"a": "2"}}),
                [none.clone(), json!({"f:data": {"f:a": {}}}), none.clone()],
            ),
            (
                "removed",
                json!({"data": {"a": "1"}}),
                json!({"data": {}}),
                [none.clone(), none.clone(), json!({"f:data": {"f:a": {}}})],
            ),
        ];
        for (name, old, new, [added, modified, removed]) in cases {
            let found = Difference::between(&old, &new, &config_map);
            assert_eq!(
                [
                    found.added.to_json(),
                    found.modified.to_json(),
                    found.removed.to_json()
                ],
                [added, modified, removed],
                "{name}"
            );
        }
    }

    #[test]
    fn lists_that_do_not_name_their_items() {
        let pod = named("core.v1.PodSpec").expect("built in");
        let cases = [
            (
                json!({"containers": [{"image": "a"}]}),
                ".containers: element 0: associative list with keys has an element that omits all key fields [\"name\"] (and doesn't have default values for any key fields)",
            ),
            (
                json!({"containers": [{"name": "a"}, {"name": "a"}]}),
                ".containers: duplicate entries for key [name=\"a\"]",
            ),
            (
                json!({"containers": [1]}),
                ".containers: element 0: associative list with keys may not have non-map elements",
            ),
        ];
        for (value, wanted) in cases {
            assert_eq!(
                check(&value, &pod).map_err(|error| error.to_string()),
                Err(wanted.to_owned())
            );
        }
    }
}
