//! The kube API of a sandbox, as a distribution describes it.

use serde_json::{Map, Value, json};

use super::document::{BehaviourOn, SandboxBehaviour, SandboxKind};
use super::sandbox::Sandbox;
use super::variables::{Use, VariableError, fill_in};
use crate::effect::ObjectReference;
use crate::kube::embedded::{self, Behaviour, KindInfo, On, Options};
use crate::world::NodeFacts;

/// Why a sandbox cannot be made as its distribution describes it.
#[derive(Debug, thiserror::Error)]
#[error("{at}")]
pub struct SandboxApiError {
    at: String,
    #[source]
    source: VariableError,
}

impl Sandbox {
    /// Adds to the options of an embedded API what the distribution says.
    ///
    /// `configuration` is that of the phases' document, `node_name` what the
    /// node registers as.
    pub fn describe_api(
        &self,
        options: &mut Options,
        configuration: &Value,
        node_name: &str,
        facts: &NodeFacts,
    ) -> Result<(), SandboxApiError> {
        let mut variables = configuration.clone();
        variables["node"] = json!({
            "name": node_name,
            "hostname": facts.hostname,
            "architecture": facts.architecture,
        });
        if let Some(version) = &self.kubernetes_version
            && let Some(version) = fill_in(version, &variables, Use::Text)
                .map_err(failed("sandbox.kubernetesVersion".to_owned()))?
        {
            options.version = version;
        }
        options.kinds.extend(self.kinds.iter().cloned());
        options.behaviours.extend(self.behaviours.iter().cloned());
        options.seeds = embedded::control_plane_seed(node_name, &[]);
        for (at, object) in self.objects.iter().enumerate() {
            let object = filled(object, &variables)
                .map_err(failed(format!("sandbox.objects[{at}]")))?
                .unwrap_or_default();
            let identity = ObjectReference::of(&object);
            options
                .seeds
                .retain(|seed| ObjectReference::of(seed) != identity);
            options.seeds.push(object);
        }
        Ok(())
    }
}

fn failed(at: String) -> impl FnOnce(VariableError) -> SandboxApiError {
    move |source| SandboxApiError { at, source }
}

/// Fills in the variables of all texts, keys among them. A member whose
/// variable has no value in this configuration is left out.
fn filled(value: &Value, variables: &Value) -> Result<Option<Value>, VariableError> {
    Ok(Some(match value {
        Value::String(text) => match fill_in(text, variables, Use::Text)? {
            Some(text) => Value::String(text),
            None => return Ok(None),
        },
        Value::Array(items) => Value::Array(
            items
                .iter()
                .filter_map(|item| filled(item, variables).transpose())
                .collect::<Result<_, _>>()?,
        ),
        Value::Object(members) => {
            let mut object = Map::new();
            for (key, value) in members {
                if let (Some(key), Some(value)) = (
                    fill_in(key, variables, Use::Text)?,
                    filled(value, variables)?,
                ) {
                    object.insert(key, value);
                }
            }
            Value::Object(object)
        }
        other => other.clone(),
    }))
}

/// Checks what can be checked before variables have values.
pub(super) fn checked_objects(objects: &[Value]) -> Result<Vec<Value>, String> {
    for (at, object) in objects.iter().enumerate() {
        if ObjectReference::of(object).is_none() {
            return Err(format!(
                "sandbox.objects[{at}]: an object needs apiVersion, kind and metadata.name"
            ));
        }
    }
    Ok(objects.to_vec())
}

pub(super) fn kind(document: &SandboxKind) -> Result<KindInfo, String> {
    let plain = |text: &str| {
        !text.is_empty()
            && text
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || "-./".contains(c))
    };
    for (field, text) in [
        ("apiVersion", &document.api_version),
        ("kind", &document.kind),
        ("plural", &document.plural),
    ] {
        if !plain(text) {
            return Err(format!(
                "sandbox.kinds: {field} {text:?} of {} is not a name",
                document.kind
            ));
        }
    }
    let mut info = KindInfo::new(
        &document.api_version,
        &document.kind,
        &document.plural,
        document.namespaced,
    );
    info.short_names.clone_from(&document.short_names);
    info.verbs.clone_from(&document.verbs);
    info.merges_like.clone_from(&document.merges_like);
    if let Some(subresources) = &document.subresources {
        info.subresources.clone_from(subresources);
    }
    if let Some(verb) = info
        .verbs
        .iter()
        .find(|verb| !embedded::ALL_VERBS.contains(&verb.as_str()))
    {
        return Err(format!(
            "sandbox.kinds: {verb:?} of {} is not a verb; there are {}",
            document.kind,
            embedded::ALL_VERBS.join(", ")
        ));
    }
    Ok(info)
}

pub(super) fn behaviour(document: &SandboxBehaviour) -> Result<Behaviour, String> {
    if !document.status.is_object() {
        return Err(format!(
            "sandbox.behaviours: the status for {} is not an object",
            document.kind
        ));
    }
    Ok(Behaviour {
        api_version: document.api_version.clone(),
        kind: document.kind.clone(),
        on: match document.on {
            BehaviourOn::Create => On::Create,
            BehaviourOn::Update => On::Update,
            BehaviourOn::Write => On::Write,
        },
        patch_status: document.status.clone(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_and_keys_are_filled_in() {
        let variables = json!({"node": {"name": "cp-1"}, "Kind": {"empty": ""}});
        let object = json!({"metadata": {"name": "${node.name}", "labels": {"host-${node.name}": "x", "none": "${Kind.empty}"}}, "n": 1});
        assert_eq!(
            filled(&object, &variables).unwrap().unwrap(),
            json!({"metadata": {"name": "cp-1", "labels": {"host-cp-1": "x"}}, "n": 1})
        );
        assert!(filled(&json!("${Other.x}"), &variables).is_err());
    }

    #[test]
    fn mistakes_name_the_entry() {
        assert!(
            checked_objects(&[json!({"kind": "Node"})])
                .unwrap_err()
                .contains("objects[0]")
        );
        let wrong: SandboxKind = serde_json::from_value(
            json!({"apiVersion": "x/v1", "kind": "X", "plural": "xs", "verbs": ["look"]}),
        )
        .unwrap();
        assert!(kind(&wrong).unwrap_err().contains("\"look\""));
    }
}
