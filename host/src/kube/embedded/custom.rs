//! CustomResourceDefinitions: the kinds they bring.

use serde_json::{Value, json};

use super::kinds::{Kind, KindInfo, Kinds, Origin};
use super::object::text;
use super::schema::custom::resource_type;

/// Whether objects of this kind define kinds.
pub(super) fn is_definition(kind: &Kind) -> bool {
    kind.is("apiextensions.k8s.io", "CustomResourceDefinition")
}

/// Serves the kinds of a definition, instead of those of an earlier version of it.
pub(super) fn serve(kinds: &mut Kinds, definition: &Value) {
    withdraw(kinds, definition);
    let names = |key: &str| {
        let list = definition
            .pointer(&format!("/spec/names/{key}"))
            .and_then(Value::as_array);
        list.into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .map(str::to_owned)
            .collect::<Vec<_>>()
    };
    let (group, kind, plural) = (
        text(definition, "/spec/group"),
        text(definition, "/spec/names/kind"),
        text(definition, "/spec/names/plural"),
    );
    let singular = Some(text(definition, "/spec/names/singular"))
        .filter(|name| !name.is_empty())
        .map_or_else(|| kind.to_lowercase(), str::to_owned);
    let versions = definition
        .pointer("/spec/versions")
        .and_then(Value::as_array)
        .into_iter()
        .flatten();
    for version in versions.filter(|version| version.get("served") == Some(&Value::Bool(true))) {
        let has = |name: &str| {
            version
                .get("subresources")
                .is_some_and(|all| all.get(name).is_some())
        };
        let info = KindInfo {
            group: group.into(),
            version: text(version, "/name").into(),
            kind: kind.into(),
            plural: plural.into(),
            singular: singular.clone(),
            namespaced: text(definition, "/spec/scope") == "Namespaced",
            short_names: names("shortNames"),
            categories: names("categories"),
            subresources: ["scale", "status"]
                .into_iter()
                .filter(|name| has(name))
                .map(str::to_owned)
                .collect(),
            verbs: Vec::new(),
            merges_like: None,
        };
        let ty = resource_type(version.pointer("/schema/openAPIV3Schema"));
        kinds.add(Kind {
            storage: info.qualified_resource(),
            ty,
            origin: Origin::Custom,
            info,
        });
    }
}

/// Serves the kinds of a definition no more. Returns where their objects are stored.
pub(super) fn withdraw(kinds: &mut Kinds, definition: &Value) -> Option<String> {
    kinds.remove_custom(
        text(definition, "/spec/group"),
        text(definition, "/spec/names/plural"),
    )
}

/// The status of a definition whose kinds are served.
pub(super) fn accepted(definition: &Value, now: &str) -> Value {
    let names = definition
        .pointer("/spec/names")
        .cloned()
        .unwrap_or_default();
    if let Some(conditions) = definition
        .pointer("/status/conditions")
        .filter(|list| list.as_array().is_some_and(|list| !list.is_empty()))
    {
        return json!({"acceptedNames": names, "conditions": conditions, "storedVersions": stored(definition)});
    }
    let condition = |ty: &str, reason: &str, message: &str| json!({"type": ty, "status": "True", "reason": reason, "message": message, "lastTransitionTime": now});
    json!({
        "acceptedNames": names,
        "conditions": [
            condition("NamesAccepted", "NoConflicts", "no conflicts found"),
            condition("Established", "InitialNamesAccepted", "the initial names have been accepted"),
        ],
        "storedVersions": stored(definition),
    })
}

fn stored(definition: &Value) -> Vec<&str> {
    let versions = definition
        .pointer("/spec/versions")
        .and_then(Value::as_array)
        .into_iter()
        .flatten();
    versions
        .filter(|version| version.get("storage") == Some(&Value::Bool(true)))
        .map(|version| text(version, "/name"))
        .collect()
}
