//! Strategic merge patches: `k8s.io/apimachinery/pkg/util/strategicpatch` is what they mean.

use serde_json::{Map, Value};

use crate::kube::embedded::schema::{Patch, Type};

const DIRECTIVE: &str = "$patch";
const RETAIN_KEYS: &str = "$retainKeys";
const DELETE_FROM: &str = "$deleteFromPrimitiveList/";
const ORDER: &str = "$setElementOrder/";

/// What is wrong with a strategic merge patch.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum BadPatch {
    #[error("the patch must be a JSON object")]
    NotAnObject,
    #[error("{DIRECTIVE} must be \"replace\", \"delete\" or absent, not {0}")]
    Directive(Value),
    #[error("{0} must be a list")]
    NotAList(String),
    #[error("{RETAIN_KEYS} must list every key of the patch beside it, {0:?} is missing")]
    NotRetained(String),
    #[error("an item of the list lacks its key {0:?}")]
    NoKey(String),
    #[error("lists of objects without a merge key cannot be merged")]
    NoMergeKey,
    #[error("items of a list must be of one type")]
    MixedTypes,
}

/// `object` with the patch merged into it.
pub(super) fn patched(object: Value, patch: &Value, ty: &Type) -> Result<Value, BadPatch> {
    match (object, patch) {
        (Value::Object(object), Value::Object(patch)) => {
            merge_map(object, patch, ty).map(Value::Object)
        }
        _ => Err(BadPatch::NotAnObject),
    }
}

fn merge_map(
    mut object: Map<String, Value>,
    patch: &Map<String, Value>,
    ty: &Type,
) -> Result<Map<String, Value>, BadPatch> {
    match patch
        .get(DIRECTIVE)
        .map(|directive| (directive, directive.as_str()))
    {
        None => {}
        Some((_, Some("replace"))) => {
            let rest = patch.iter().filter(|(key, _)| *key != DIRECTIVE);
            return Ok(rest
                .map(|(key, value)| (key.clone(), value.clone()))
                .collect());
        }
        Some((_, Some("delete"))) => return Ok(Map::new()),
        Some((other, _)) => return Err(BadPatch::Directive(other.clone())),
    }
    retain_keys(&mut object, patch)?;
    for (key, value) in patch {
        if let Some(name) = key.strip_prefix(DELETE_FROM) {
            let gone = value
                .as_array()
                .ok_or_else(|| BadPatch::NotAList(key.clone()))?;
            if let Some(Value::Array(items)) = object.get_mut(name) {
                items.retain(|item| !gone.contains(item));
            }
        } else if !is_directive(key) {
            merge_member(&mut object, key, value, ty)?;
        }
    }
    for (key, order) in patch {
        if let Some(name) = key.strip_prefix(ORDER) {
            let order = order
                .as_array()
                .ok_or_else(|| BadPatch::NotAList(key.clone()))?;
            let merge_key = ty.field(name).and_then(|field| field.patch.key.as_deref());
            if let Some(Value::Array(items)) = object.get_mut(name) {
                let server = items.clone();
                *items = arranged(std::mem::take(items), order, &server, merge_key);
            }
        }
    }
    Ok(object)
}

fn is_directive(key: &str) -> bool {
    key == DIRECTIVE || key == RETAIN_KEYS || key.starts_with(DELETE_FROM) || key.starts_with(ORDER)
}

fn retain_keys(
    object: &mut Map<String, Value>,
    patch: &Map<String, Value>,
) -> Result<(), BadPatch> {
    let Some(keys) = patch.get(RETAIN_KEYS) else {
        return Ok(());
    };
    let keys: Vec<&str> = keys
        .as_array()
        .ok_or_else(|| BadPatch::NotAList(RETAIN_KEYS.into()))?
        .iter()
        .filter_map(Value::as_str)
        .collect();
    let set = patch
        .iter()
        .filter(|(key, value)| !is_directive(key) && !value.is_null());
    if let Some((key, _)) = set
        .into_iter()
        .find(|(key, _)| !keys.contains(&key.as_str()))
    {
        return Err(BadPatch::NotRetained(key.clone()));
    }
    object.retain(|key, _| keys.contains(&key.as_str()));
    Ok(())
}

fn merge_member(
    object: &mut Map<String, Value>,
    key: &str,
    value: &Value,
    ty: &Type,
) -> Result<(), BadPatch> {
    if value.is_null() {
        object.remove(key);
        return Ok(());
    }
    let default = Patch::default();
    let how = ty.field(key).map_or(&default, |field| &field.patch);
    let merged = match (object.remove(key), value) {
        (Some(Value::Object(old)), Value::Object(patch)) if !how.replace => {
            Some(Value::Object(merge_map(old, patch, ty.member(key))?))
        }
        (Some(Value::Array(old)), Value::Array(patch)) if how.merge => Some(Value::Array(
            merge_list(old, patch, ty.member(key).item(), how.key.as_deref())?,
        )),
        _ => cleaned(value),
    };
    if let Some(merged) = merged {
        object.insert(key.into(), merged);
    }
    Ok(())
}

/// A value of the patch that has nothing to be merged into: without directives and `null`s.
fn cleaned(value: &Value) -> Option<Value> {
    match value {
        Value::Null => None,
        Value::Object(members) => {
            if members.get(DIRECTIVE).and_then(Value::as_str) == Some("delete") {
                return None;
            }
            let kept = members.iter().filter(|(key, _)| !is_directive(key));
            Some(Value::Object(
                kept.filter_map(|(key, value)| Some((key.clone(), cleaned(value)?)))
                    .collect(),
            ))
        }
        Value::Array(items) => Some(Value::Array(items.iter().filter_map(cleaned).collect())),
        scalar => Some(scalar.clone()),
    }
}

fn merge_list(
    old: Vec<Value>,
    patch: &[Value],
    item: &Type,
    key: Option<&str>,
) -> Result<Vec<Value>, BadPatch> {
    let objects = patch
        .iter()
        .chain(&old)
        .filter(|item| item.is_object())
        .count();
    if objects == 0 {
        let mut merged = old.clone();
        for value in patch {
            if !merged.contains(value) {
                merged.push(value.clone());
            }
        }
        return Ok(arranged(merged, patch, &old, None));
    }
    if objects != patch.len() + old.len() {
        return Err(BadPatch::MixedTypes);
    }
    let key = key.ok_or(BadPatch::NoMergeKey)?;
    let (mut merged, mut plain, mut replace) = (old.clone(), Vec::new(), false);
    for value in patch {
        match value
            .get(DIRECTIVE)
            .map(|directive| (directive, directive.as_str()))
        {
            None => plain.push(value.clone()),
            Some((_, Some("replace"))) => replace = true,
            Some((_, Some("delete"))) => {
                let id = value.get(key).ok_or_else(|| BadPatch::NoKey(key.into()))?;
                merged.retain(|item| item.get(key) != Some(id));
            }
            Some((other, _)) => return Err(BadPatch::Directive(other.clone())),
        }
    }
    if replace {
        return Ok(plain.iter().filter_map(cleaned).collect());
    }
    for value in &plain {
        let id = value.get(key).ok_or_else(|| BadPatch::NoKey(key.into()))?;
        match merged.iter_mut().find(|item| item.get(key) == Some(id)) {
            Some(found) => *found = patched(std::mem::take(found), value, item)?,
            None => merged.extend(cleaned(value)),
        }
    }
    Ok(arranged(merged, &plain, &old, Some(key)))
}

/// Orders a merged list: items of the patch in the order of the patch, the others where they
/// stood among them on the server.
fn arranged(
    merged: Vec<Value>,
    order: &[Value],
    server: &[Value],
    key: Option<&str>,
) -> Vec<Value> {
    let id = |value: &Value| key.map_or_else(|| Some(value.clone()), |key| value.get(key).cloned());
    let place =
        |list: &[Value], value: &Value| list.iter().position(|other| id(other) == id(value));
    let (mut named, mut others): (Vec<Value>, Vec<Value>) = merged
        .into_iter()
        .partition(|item| place(order, item).is_some());
    named.sort_by_key(|item| place(order, item));
    others.sort_by_key(|item| place(server, item).unwrap_or(usize::MAX));
    let mut out = Vec::with_capacity(named.len() + others.len());
    let (mut left, mut right) = (others.into_iter().peekable(), named.into_iter().peekable());
    while let (Some(other), Some(named)) = (left.peek(), right.peek()) {
        let before =
            matches!((place(server, other), place(server, named)), (Some(a), Some(b)) if a < b);
        out.extend(if before { left.next() } else { right.next() });
    }
    out.extend(left);
    out.extend(right);
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kube::embedded::schema::named;
    use serde_json::json;

    #[test]
    fn patches_by_case() {
        let spec = |value: Value| json!({"spec": {"template": {"spec": value}}});
        let cases = [
            (
                "containers merge by name",
                spec(json!({"containers": [{"name": "a", "image": "1"}, {"name": "b"}]})),
                spec(json!({"containers": [{"name": "a", "image": "2"}]})),
                spec(json!({"containers": [{"name": "a", "image": "2"}, {"name": "b"}]})),
            ),
            (
                "env merges by name, volumeMounts by mountPath",
                spec(
                    json!({"containers": [{"name": "a", "env": [{"name": "X", "value": "1"}], "volumeMounts": [{"mountPath": "/a", "name": "v"}]}]}),
                ),
                spec(
                    json!({"containers": [{"name": "a", "env": [{"name": "Y", "value": "2"}], "volumeMounts": [{"mountPath": "/a", "name": "w"}]}]}),
                ),
                spec(
                    json!({"containers": [{"name": "a", "env": [{"name": "Y", "value": "2"}, {"name": "X", "value": "1"}], "volumeMounts": [{"mountPath": "/a", "name": "w"}]}]}),
                ),
            ),
            (
                "tolerations are replaced",
                spec(json!({"tolerations": [{"key": "a"}]})),
                spec(json!({"tolerations": [{"key": "b"}]})),
                spec(json!({"tolerations": [{"key": "b"}]})),
            ),
            (
                "an item is deleted",
                spec(json!({"containers": [{"name": "a"}, {"name": "b"}]})),
                spec(json!({"containers": [{"name": "a", "$patch": "delete"}]})),
                spec(json!({"containers": [{"name": "b"}]})),
            ),
            (
                "a list is replaced",
                spec(json!({"containers": [{"name": "a"}, {"name": "b"}]})),
                spec(json!({"containers": [{"name": "c"}, {"$patch": "replace"}]})),
                spec(json!({"containers": [{"name": "c"}]})),
            ),
            (
                "an object is replaced",
                json!({"metadata": {"labels": {"a": "1", "b": "2"}}}),
                json!({"metadata": {"labels": {"c": "3", "$patch": "replace"}}}),
                json!({"metadata": {"labels": {"c": "3"}}}),
            ),
            (
                "null removes",
                json!({"metadata": {"labels": {"a": "1", "b": "2"}}}),
                json!({"metadata": {"labels": {"a": null, "x": null}}}),
                json!({"metadata": {"labels": {"b": "2"}}}),
            ),
            (
                "primitives leave a list",
                json!({"metadata": {"finalizers": ["a", "b"]}}),
                json!({"metadata": {"$deleteFromPrimitiveList/finalizers": ["a"]}}),
                json!({"metadata": {"finalizers": ["b"]}}),
            ),
            (
                "primitives join a list",
                json!({"metadata": {"finalizers": ["a"]}}),
                json!({"metadata": {"finalizers": ["b", "a"]}}),
                json!({"metadata": {"finalizers": ["b", "a"]}}),
            ),
            (
                "only retained keys stay",
                json!({"spec": {"strategy": {"type": "RollingUpdate", "rollingUpdate": {}}}}),
                json!({"spec": {"strategy": {"$retainKeys": ["type"], "type": "Recreate"}}}),
                json!({"spec": {"strategy": {"type": "Recreate"}}}),
            ),
            (
                "the order is set",
                spec(json!({"containers": [{"name": "a"}, {"name": "b"}]})),
                spec(json!({"$setElementOrder/containers": [{"name": "b"}, {"name": "a"}]})),
                spec(json!({"containers": [{"name": "b"}, {"name": "a"}]})),
            ),
            (
                "directives do not stay in new values",
                json!({}),
                json!({"metadata": {"labels": {"a": "1", "b": null}, "$retainKeys": ["labels"]}}),
                json!({"metadata": {"labels": {"a": "1"}}}),
            ),
        ];
        let deployment = named("apps.v1.Deployment").expect("built in");
        for (name, object, patch, wanted) in cases {
            assert_eq!(patched(object, &patch, &deployment), Ok(wanted), "{name}");
        }
    }

    #[test]
    fn taints_are_replaced() {
        let node = named("core.v1.Node").expect("built in");
        let taint = |key: &str| json!({"spec": {"taints": [{"key": key, "effect": "NoSchedule"}]}});
        assert_eq!(patched(taint("a"), &taint("b"), &node), Ok(taint("b")));
    }

    #[test]
    fn bad_patches_by_case() {
        let deployment = named("apps.v1.Deployment").expect("built in");
        let list = |items: Value| json!({"spec": {"template": {"spec": {"containers": items}}}});
        let cases = [
            ("a list", json!([]), BadPatch::NotAnObject),
            (
                "an unknown directive",
                json!({"$patch": "x"}),
                BadPatch::Directive(json!("x")),
            ),
            (
                "no merge key",
                list(json!([{"image": "a"}])),
                BadPatch::NoKey("name".into()),
            ),
            ("mixed items", list(json!([1])), BadPatch::MixedTypes),
            (
                "retained keys that are none",
                json!({"$retainKeys": 1}),
                BadPatch::NotAList("$retainKeys".into()),
            ),
            (
                "a key not retained",
                json!({"$retainKeys": [], "spec": {}}),
                BadPatch::NotRetained("spec".into()),
            ),
        ];
        for (name, patch, wanted) in cases {
            assert_eq!(
                patched(list(json!([{"name": "a"}])), &patch, &deployment),
                Err(wanted),
                "{name}"
            );
        }
    }
}
