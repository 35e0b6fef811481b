//! The configuration as phases see it: one JSON document, versioned, secrets sealed.

use serde_json::{Value, json};

use super::component_configs::{self, ComponentConfig};
use super::documents::Document;
use super::load::{self, Init, Join};
use super::options::Options;
use super::{derived, images};

/// `apiVersion` of the document.
pub const API_VERSION: &str = "kubewright.dev/v1alpha1";
/// `kind` of the document.
pub const KIND: &str = "ProvisionDocument";

/// The document of an `init`. A token still to be made is `""`, others `abcdef.<sealed>`.
/// `systemd_resolved` is a fact of the node that its kubelet's configuration depends on.
pub fn init(loaded: &Init, options: &Options, systemd_resolved: bool) -> Value {
    let kubelet = component_configs::kubelet_on_node(&loaded.kubelet, systemd_resolved);
    let supplied = |config: &ComponentConfig| json!({ "userSupplied": config.user_supplied });
    json!({
        "apiVersion": API_VERSION,
        "kind": KIND,
        "operation": "init",
        "configuration": {
            "InitConfiguration": loaded.init.to_sealed_value(),
            "ClusterConfiguration": load::uploaded_cluster_configuration(&loaded.cluster),
            "KubeletConfiguration": loaded.kubelet.document,
            "KubeProxyConfiguration": loaded.kube_proxy.document,
        },
        "componentConfigs": {
            "kubelet": supplied(&loaded.kubelet),
            "kubeProxy": supplied(&loaded.kube_proxy),
        },
        "node": { "KubeletConfiguration": kubelet.document },
        "images": images::by_component(&loaded.cluster),
        "encryptionAlgorithm": derived::encryption_algorithm(&loaded.cluster).name(),
        "options": options,
    })
}

/// The document of a `join`. What the cluster says comes later, by discovery.
pub fn join(loaded: &Join, options: &Options) -> Value {
    json!({
        "apiVersion": API_VERSION,
        "kind": KIND,
        "operation": "join",
        "configuration": { "JoinConfiguration": loaded.join.to_sealed_value() },
        "options": options,
    })
}
