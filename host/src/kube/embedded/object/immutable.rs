//! Changes that an object does not allow.

use serde_json::Value;

use super::{meta_list, text};
use crate::kube::embedded::kinds::Kind;
use crate::kube::embedded::status::Cause;

/// What the change from `old` to `new` may not do.
pub(super) fn forbidden_changes(kind: &Kind, old: &Value, new: &Value) -> Vec<Cause> {
    let mut causes = Vec::new();
    for (pointer, why) in kind.immutable_fields() {
        if !same(pointer, old, new) {
            let value = new.pointer(pointer).unwrap_or(&Value::Null);
            causes.push(Cause::invalid(dotted(pointer), value, why));
        }
    }
    if kind.is("", "Secret") || kind.is("", "ConfigMap") {
        causes.extend(sealed_content(old, new));
    }
    if kind.is("", "Service") {
        causes.extend(cluster_ip(old, new));
    }
    if super::is_terminating(old) {
        causes.extend(new_finalizers(old, new));
    }
    causes
}

fn dotted(pointer: &str) -> String {
    pointer.trim_start_matches('/').replace('/', ".")
}

/// A secret without a type is an `Opaque` one.
fn same(pointer: &str, old: &Value, new: &Value) -> bool {
    let opaque = Value::from("Opaque");
    let at = |object: &Value| match (pointer, object.pointer(pointer)) {
        ("/type", None) => Some(opaque.clone()),
        (_, found) => found.cloned(),
    };
    at(old) == at(new)
}

fn sealed_content(old: &Value, new: &Value) -> Vec<Cause> {
    let why = "field is immutable when `immutable` is set";
    if old.get("immutable") != Some(&Value::Bool(true)) {
        return Vec::new();
    }
    let mut causes = Vec::new();
    if new.get("immutable") != Some(&Value::Bool(true)) {
        causes.push(Cause::forbidden("immutable", why));
    }
    let changed = ["data", "binaryData"]
        .into_iter()
        .filter(|field| old.get(field) != new.get(field));
    causes.extend(changed.map(|field| Cause::forbidden(field, why)));
    causes
}

fn cluster_ip(old: &Value, new: &Value) -> Option<Cause> {
    let (was, is) = (text(old, "/spec/clusterIP"), text(new, "/spec/clusterIP"));
    let released =
        text(new, "/spec/type") == "ExternalName" || text(old, "/spec/type") == "ExternalName";
    let changed = !was.is_empty() && was != is && !released;
    changed.then(|| {
        Cause::invalid(
            "spec.clusterIPs[0]",
            &Value::from(vec![is]),
            "may not change once set",
        )
    })
}

fn new_finalizers(old: &Value, new: &Value) -> Option<Cause> {
    let before = meta_list(old, "finalizers");
    let added: Vec<String> = meta_list(new, "finalizers")
        .into_iter()
        .filter(|name| !before.contains(name))
        .collect();
    let why = format!(
        "no new finalizers can be added if the object is being deleted, found new finalizers {added:?}"
    );
    (!added.is_empty()).then(|| Cause::forbidden("metadata.finalizers", &why))
}
