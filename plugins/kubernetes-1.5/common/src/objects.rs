//! Objects as kubeadm wrote them in 2016: extensions/v1beta1, scheduling by
//! annotations.

use crate::{Master, NAMESPACE};
use kubewright_plugin::client::{Client, reference};
use kubewright_plugin::object::Object;
use kubewright_plugin::types::ErrorCode;
use kubewright_plugin::{Error, Result, Value, debug, json};

/// On which nodes pods run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Affinity {
    /// On masters of the architecture of this one.
    Master,
    /// On all nodes of that architecture.
    Architecture,
}

/// The labels of everything that belongs to an addon.
pub fn labels(name: &str) -> Value {
    json!({
        "component": name,
        "name": name,
        "k8s-app": name,
        "kubernetes.io/cluster-service": "true",
        "tier": "node",
    })
}

/// Annotations of pods that tolerate the master's taint. Tolerations and
/// affinity were no fields yet.
pub fn annotations(master: &Master, affinity: Affinity) -> Value {
    let tolerations = r#"[{"key":"dedicated","value":"master","effect":"NoSchedule"}]"#;
    let one = |key: &str, value: &str| {
        format!(r#"{{"key":"{key}","operator":"In","values":["{value}"]}}"#)
    };
    let architecture = one("beta.kubernetes.io/arch", &master.architecture);
    let expressions = match affinity {
        Affinity::Architecture => architecture,
        Affinity::Master => {
            let role = one("kubeadm.alpha.kubernetes.io/role", "master");
            format!("{role},{architecture}")
        }
    };
    let affinity = format!(
        r#"{{"nodeAffinity":{{"requiredDuringSchedulingIgnoredDuringExecution":{{"nodeSelectorTerms":[{{"matchExpressions":[{expressions}]}}]}}}}}}"#
    );
    json!({
        "scheduler.alpha.kubernetes.io/tolerations": tolerations,
        "scheduler.alpha.kubernetes.io/affinity": affinity,
    })
}

/// Creates an object. One that is there already is an error, as it was in
/// 2016, unless this run goes on with one that may have come to it: then it is
/// kept, if it is what it should be.
pub fn create(client: &Client, master: &Master, object: &Object) -> Result<()> {
    let error = match client.create(object) {
        Ok(_) => return Ok(()),
        Err(error) => error,
    };
    if error.code() != Some(ErrorCode::AlreadyExists) || master.begun.is_empty() {
        return Err(error);
    }
    let wanted = object.json();
    let text = |pointer: &str| wanted.pointer(pointer).and_then(Value::as_str);
    let (kind, name) = (text("/kind"), text("/metadata/name"));
    let (kind, name) = (kind.unwrap_or_default(), name.unwrap_or_default());
    let version = text("/apiVersion").unwrap_or_default();
    let namespace = text("/metadata/namespace");
    let found = client.get(&reference(version, kind, namespace, name))?;
    match found.map(|found| differs(wanted, &found, "")) {
        Some(None) => {
            debug!("{} is there, made by the run before", object.describe());
            Ok(())
        }
        Some(Some(field)) => Err(Error::new(format!(
            "{} is there already, and its {field} is not as it should be",
            object.describe()
        ))
        .hint("somebody changed it, or made it before; delete it, and run the same command again")),
        None => Err(error),
    }
}

/// The first field of `wanted` that is otherwise in `found`, if there is one.
/// What the server added does not count, nor values that are not shown.
fn differs(wanted: &Value, found: &Value, at: &str) -> Option<String> {
    match (wanted, found) {
        (Value::Object(wanted), Value::Object(found)) => wanted.iter().find_map(|(key, value)| {
            let at = match at {
                "" => key.clone(),
                at => format!("{at}.{key}"),
            };
            match found.get(key) {
                // Values of a Secret are not shown.
                Some(_) if at.starts_with("data.") => None,
                Some(found) => differs(value, found, &at),
                None => Some(at),
            }
        }),
        (Value::Array(wanted), Value::Array(found)) if wanted.len() == found.len() => wanted
            .iter()
            .zip(found)
            .enumerate()
            .find_map(|(number, (wanted, found))| {
                differs(wanted, found, &format!("{at}[{number}]"))
            }),
        (wanted, found) => (wanted != found).then(|| at.to_owned()),
    }
}

/// A Deployment of one replica.
pub fn deployment(name: &str, annotations: Option<Value>, pod: Value) -> Object {
    let mut metadata = json!({"labels": labels(name)});
    if let Some(annotations) = annotations {
        metadata["annotations"] = annotations;
    }
    Object::new("extensions/v1beta1", "Deployment", name)
        .namespace(NAMESPACE)
        .set(
            "spec",
            json!({
                "replicas": 1,
                "selector": {"matchLabels": labels(name)},
                "template": {"metadata": metadata, "spec": pod},
            }),
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_server_adds_is_no_difference() {
        let wanted = json!({"spec": {"replicas": 1, "list": [{"a": 1}]}, "data": {"key": "x"}});
        for (name, found, field) in [
            ("the same", wanted.clone(), None),
            (
                "defaults",
                json!({"spec": {"replicas": 1, "list": [{"a": 1, "b": 2}], "paused": false}, "data": {"key": "<sealed>"}, "status": {}}),
                None,
            ),
            (
                "a value",
                json!({"spec": {"replicas": 2}, "data": {"key": ""}}),
                Some("spec.list"),
            ),
            (
                "in a list",
                json!({"spec": {"replicas": 1, "list": [{"a": 2}]}, "data": {"key": ""}}),
                Some("spec.list[0].a"),
            ),
            (
                "another length",
                json!({"spec": {"replicas": 1, "list": []}, "data": {"key": ""}}),
                Some("spec.list"),
            ),
            (
                "a key",
                json!({"spec": wanted["spec"], "data": {}}),
                Some("data.key"),
            ),
        ] {
            assert_eq!(differs(&wanted, &found, "").as_deref(), field, "{name}");
        }
    }
}
