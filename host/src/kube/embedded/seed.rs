//! Objects that a control plane makes itself.

use serde_json::{Value, json};

/// The namespaces of every cluster and one node, as they are when the API server and the first
/// kubelet have just come up. `node_labels` are added to those a kubelet sets.
pub fn control_plane_seed(node_name: &str, node_labels: &[(&str, &str)]) -> Vec<Value> {
    let mut seeds: Vec<Value> = ["default", "kube-node-lease", "kube-public", "kube-system"]
        .iter()
        .map(|name| namespace(name))
        .collect();
    seeds.push(node(node_name, node_labels));
    seeds
}

/// A namespace as the server makes it, with the label that names it.
pub fn namespace(name: &str) -> Value {
    json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": {"kubernetes.io/metadata.name": name}}})
}

/// A node as a kubelet registers it.
pub fn node(name: &str, labels: &[(&str, &str)]) -> Value {
    let mut all = serde_json::Map::new();
    for (key, value) in [
        ("kubernetes.io/os", "linux"),
        ("beta.kubernetes.io/os", "linux"),
        ("kubernetes.io/hostname", name),
    ]
    .iter()
    .chain(labels)
    {
        all.insert((*key).into(), (*value).into());
    }
    json!({"apiVersion": "v1", "kind": "Node", "metadata": {"name": name, "labels": all}})
}

/// The service that the API server makes for itself.
pub fn kubernetes_service(cluster_ip: &str, port: u16) -> Value {
    json!({
        "apiVersion": "v1", "kind": "Service",
        "metadata": {"name": "kubernetes", "namespace": "default", "labels": {"component": "apiserver", "provider": "kubernetes"}},
        "spec": {
            "clusterIP": cluster_ip, "clusterIPs": [cluster_ip], "type": "ClusterIP",
            "ports": [{"name": "https", "port": 443, "protocol": "TCP", "targetPort": port}],
        },
    })
}
