//! Objects as kubeadm wrote them in 2016: extensions/v1beta1, scheduling by
//! annotations.

use crate::{Master, NAMESPACE};
use kubewright_plugin::object::Object;
use kubewright_plugin::{Value, json};

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
