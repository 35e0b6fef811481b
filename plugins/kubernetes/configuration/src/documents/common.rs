//! Parts that several documents share.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::is_default;
use crate::constants;
use kubewright_values::GoDuration;

/// Where the API server of one node listens.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ApiEndpoint {
    /// The address it advertises. Empty: the address of the default route.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub advertise_address: String,
    /// The port it binds. 0: 6443.
    #[serde(skip_serializing_if = "is_default")]
    pub bind_port: i32,
}

/// How a node registers itself.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct NodeRegistration {
    /// Name of the Node object. Empty: the host name.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// URL of the container runtime's socket.
    #[serde(rename = "criSocket", skip_serializing_if = "String::is_empty")]
    pub cri_socket: String,
    /// `None`: the control plane taint on control plane nodes. Empty: no taint at all.
    pub taints: Option<Vec<Taint>>,
    /// Extra arguments of the kubelet.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub kubelet_extra_args: Vec<Arg>,
    /// Preflight checks whose errors are shown as warnings.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub ignore_preflight_errors: Vec<String>,
    /// `Always`, `IfNotPresent` or `Never`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub image_pull_policy: String,
    /// Whether images are pulled one after the other.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub image_pull_serial: Option<bool>,
}

/// A node taint (core/v1 `Taint`).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Taint {
    /// The taint's key.
    pub key: String,
    /// The taint's value.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub value: String,
    /// `NoSchedule`, `PreferNoSchedule` or `NoExecute`.
    pub effect: String,
    /// When a `NoExecute` taint was added, RFC 3339.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub time_added: Option<String>,
}

/// The taint of control plane nodes.
pub fn control_plane_taint() -> Taint {
    Taint {
        key: constants::CONTROL_PLANE_LABEL.to_owned(),
        effect: "NoSchedule".to_owned(),
        ..Taint::default()
    }
}

/// One command line argument, without the leading dashes. A name may occur several times.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Arg {
    /// The argument's name.
    pub name: String,
    /// Its value.
    pub value: String,
}

/// The last value given for an argument, which is the one the component will use.
pub fn argument<'a>(args: &'a [Arg], name: &str) -> Option<&'a str> {
    args.iter()
        .rev()
        .find(|arg| arg.name == name)
        .map(|arg| arg.value.as_str())
}

/// An environment variable (core/v1 `EnvVar`).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct EnvVar {
    /// The variable's name.
    pub name: String,
    /// Its value.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub value: String,
    /// A core/v1 `EnvVarSource`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value_from: Option<Value>,
}

/// A directory or file of the host mounted into a control plane component.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct HostPathMount {
    /// Name of the volume.
    pub name: String,
    /// Path on the host.
    pub host_path: String,
    /// Path in the container.
    pub mount_path: String,
    /// Whether the container can not write there.
    #[serde(skip_serializing_if = "is_default")]
    pub read_only: bool,
    /// A core/v1 `HostPathType`, such as `DirectoryOrCreate`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub path_type: String,
}

/// Patches for what is written.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Patches {
    /// Directory of files named `target[suffix][+patchtype].extension`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub directory: String,
}

/// How long to wait for what.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Timeouts {
    /// A control plane component being healthy.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub control_plane_component_health_check: Option<GoDuration>,
    /// The kubelet being healthy.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kubelet_health_check: Option<GoDuration>,
    /// A call to the Kubernetes API.
    #[serde(rename = "kubernetesAPICall", skip_serializing_if = "Option::is_none")]
    pub kubernetes_api_call: Option<GoDuration>,
    /// A call to etcd.
    #[serde(rename = "etcdAPICall", skip_serializing_if = "Option::is_none")]
    pub etcd_api_call: Option<GoDuration>,
    /// The kubelet's TLS bootstrap.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tls_bootstrap: Option<GoDuration>,
    /// Discovery of the cluster to join.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub discovery: Option<GoDuration>,
    /// A static pod coming up from its new manifest.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub upgrade_manifests: Option<GoDuration>,
}

impl Timeouts {
    /// Those that are given, with the names of their fields.
    pub fn given(&self) -> impl Iterator<Item = (&'static str, GoDuration)> {
        [
            (
                "controlPlaneComponentHealthCheck",
                self.control_plane_component_health_check,
            ),
            ("kubeletHealthCheck", self.kubelet_health_check),
            ("kubernetesAPICall", self.kubernetes_api_call),
            ("etcdAPICall", self.etcd_api_call),
            ("tlsBootstrap", self.tls_bootstrap),
            ("discovery", self.discovery),
            ("upgradeManifests", self.upgrade_manifests),
        ]
        .into_iter()
        .filter_map(|(name, timeout)| Some((name, timeout?)))
    }
}
