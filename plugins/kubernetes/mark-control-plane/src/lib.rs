//! The phase `mark-control-plane` (kubeadm
//! `app/phases/markcontrolplane/markcontrolplane.go`).

use kubewright_plugin::client::{Client, Condition, PatchType, reference};
use kubewright_plugin::{Document, Error, Result, Value, json, progress};

const LABELS: [&str; 2] = [
    "node-role.kubernetes.io/control-plane",
    "node.kubernetes.io/exclude-from-external-load-balancers",
];

/// Tells kubeadm's `upgrade` and `reset` the container runtime's socket.
const SOCKET: &str = "kubeadm.alpha.kubernetes.io/cri-socket";

kubewright_plugin::phases! {
    summary: "Labels and taints of a control plane node",
    "mark-control-plane": "Mark a node as a control-plane" => run,
}

fn run(document: &Document) -> Result<()> {
    let init = document.init()?;
    let (name, taints) = (&init.node_registration.name, &init.node_registration.taints);
    let words: Vec<_> = taints.iter().map(words).collect();
    progress!(
        "Marking the node {name} as control-plane by adding the labels: [{}]",
        LABELS.join(" ")
    );
    if !words.is_empty() {
        progress!(
            "Marking the node {name} as control-plane by adding the taints [{}]",
            words.join(" ")
        );
    }
    let client = Client::admin(document)?;
    let node = reference("v1", "Node", None, name);
    client
        .wait(
            &node,
            &Condition::Exists,
            init.timeouts.kubernetes_api_call.seconds_u32(),
        )
        .map_err(|error| {
            error.hint("the kubelet registers the node: see 'journalctl -xeu kubelet'")
        })?;
    let current = client
        .get(&node)?
        .ok_or_else(|| Error::new(format!("the Node {name} has gone")))?;
    let mut patch = patch(&current, taints);
    // kubeadm writes it with the kubelets' configuration, to the same Node.
    if !document.cluster()?.has_node_local_cri_socket() {
        patch["metadata"]["annotations"][SOCKET] = json!(init.node_registration.cri_socket);
    }
    client.patch(&node, PatchType::Strategic, &patch)?;
    Ok(())
}

/// Labels and taints, as far as they are not as they should be. The list of
/// taints has no merge key, so all of them are in it.
fn patch(node: &Value, taints: &[Value]) -> Value {
    let mut patch = json!({"metadata": {"labels": {}}});
    for label in LABELS {
        patch["metadata"]["labels"][label] = json!("");
    }
    let current = node["spec"]["taints"]
        .as_array()
        .map_or(&[][..], Vec::as_slice);
    let mut wanted = taints.to_vec();
    wanted.extend(
        current
            .iter()
            .filter(|taint| !taints.contains(taint))
            .cloned(),
    );
    if wanted != current {
        patch["spec"] = json!({"taints": wanted});
    }
    patch
}

/// `key=value:effect`, without what is not there.
fn words(taint: &Value) -> String {
    let part = |name: &str, before: &str| match taint[name].as_str() {
        None | Some("") => String::new(),
        Some(text) => format!("{before}{text}"),
    };
    format!(
        "{}{}{}",
        part("key", ""),
        part("value", "="),
        part("effect", ":")
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn taints_of_others_stay() {
        let ours = json!({"key": "node-role.kubernetes.io/control-plane", "effect": "NoSchedule"});
        let other = json!({"key": "node.kubernetes.io/not-ready", "effect": "NoSchedule"});
        let node = |taints: Value| json!({"spec": {"taints": taints}});
        for (name, node, wanted, taints) in [
            (
                "a new node",
                json!({"spec": {}}),
                vec![ours.clone()],
                Some(json!([ours])),
            ),
            (
                "a taint of another",
                node(json!([other])),
                vec![ours.clone()],
                Some(json!([ours, other])),
            ),
            (
                "marked already",
                node(json!([ours, other])),
                vec![ours.clone()],
                None,
            ),
            ("no taints wanted", node(json!([other])), vec![], None),
        ] {
            let patch = patch(&node, &wanted);
            assert_eq!(patch["metadata"]["labels"][LABELS[0]], "", "{name}");
            assert_eq!(
                patch.get("spec").map(|spec| spec["taints"].clone()),
                taints,
                "{name}"
            );
        }
    }

    #[test]
    fn taints_read_as_kubectl_writes_them() {
        for (taint, text) in [
            (
                json!({"key": "a", "value": "b", "effect": "NoExecute"}),
                "a=b:NoExecute",
            ),
            (json!({"key": "a", "effect": "NoSchedule"}), "a:NoSchedule"),
            (json!({"key": "a", "value": ""}), "a"),
        ] {
            assert_eq!(words(&taint), text);
        }
    }
}
