//! `JoinConfiguration`: how a node finds and joins a cluster.

use serde::{Deserialize, Serialize};

use super::common::{ApiEndpoint, NodeRegistration, Patches, Timeouts};
use super::{Document, is_default};
use crate::sealed::SealedString;

/// The configuration of one `join`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct JoinConfiguration {
    /// Whether nothing is to be changed.
    #[serde(skip_serializing_if = "is_default")]
    pub dry_run: bool,
    /// How this node registers.
    pub node_registration: NodeRegistration,
    /// Where the cluster's CA certificate is put.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub ca_cert_path: String,
    /// How the cluster is found and trusted.
    pub discovery: Discovery,
    /// Set: the node becomes a control plane node.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub control_plane: Option<JoinControlPlane>,
    /// Phases to leave out.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub skip_phases: Vec<String>,
    /// Patches for what is written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub patches: Option<Patches>,
    /// How long to wait for what.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timeouts: Option<Timeouts>,
}

impl Document for JoinConfiguration {
    const KIND: &'static str = "JoinConfiguration";
}

/// What a further control plane node needs.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct JoinControlPlane {
    /// Where this node's API server listens.
    #[serde(rename = "localAPIEndpoint")]
    pub local_api_endpoint: ApiEndpoint,
    /// The AES key of the uploaded certificates, hex.
    #[serde(skip_serializing_if = "SealedString::is_empty")]
    pub certificate_key: SealedString,
}

/// How the cluster is found and trusted: exactly one of token and file.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Discovery {
    /// By a bootstrap token.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bootstrap_token: Option<BootstrapTokenDiscovery>,
    /// By a kubeconfig file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<FileDiscovery>,
    /// The token for the kubelet's TLS bootstrap. Empty: the discovery token.
    #[serde(skip_serializing_if = "SealedString::is_empty")]
    pub tls_bootstrap_token: SealedString,
}

/// Discovery by a bootstrap token. The token is checked by validation, not by the type, so that
/// a bad one is reported with its field.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct BootstrapTokenDiscovery {
    /// The token, `<id>.<secret>`.
    pub token: SealedString,
    /// `host:port` of an API server.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub api_server_endpoint: String,
    /// Pins of the CA's public key, `sha256:<hex>`.
    #[serde(rename = "caCertHashes", skip_serializing_if = "Vec::is_empty")]
    pub ca_cert_hashes: Vec<String>,
    /// Whether to go without pins.
    #[serde(
        rename = "unsafeSkipCAVerification",
        skip_serializing_if = "is_default"
    )]
    pub unsafe_skip_ca_verification: bool,
}

/// Discovery by a kubeconfig file.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct FileDiscovery {
    /// A path or an https URL.
    pub kube_config_path: String,
}
