//! `ClusterConfiguration`: what all nodes of a cluster share.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::common::{Arg, EnvVar, HostPathMount};
use super::{Document, is_default};
use kubewright_values::GoDuration;

/// The cluster-wide configuration, also kept in the ConfigMap `kubeadm-config`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ClusterConfiguration {
    /// Local or external etcd.
    pub etcd: Etcd,
    /// Subnets and the DNS domain.
    pub networking: Networking,
    /// A version or a label such as `stable-1`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub kubernetes_version: String,
    /// `host[:port]` through which all control plane nodes are reached.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub control_plane_endpoint: String,
    /// Settings of kube-apiserver.
    pub api_server: ApiServer,
    /// Settings of kube-controller-manager.
    pub controller_manager: ControlPlaneComponent,
    /// Settings of kube-scheduler.
    pub scheduler: ControlPlaneComponent,
    /// Settings of the CoreDNS addon.
    pub dns: Dns,
    /// Settings of the kube-proxy addon.
    pub proxy: Proxy,
    /// Where certificates are kept.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub certificates_dir: String,
    /// Where images are pulled from.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub image_repository: String,
    /// Feature gates set by the user.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub feature_gates: BTreeMap<String, bool>,
    /// Name of the cluster.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub cluster_name: String,
    /// `RSA-2048`, `RSA-3072`, `RSA-4096`, `ECDSA-P256` or `ECDSA-P384`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub encryption_algorithm: String,
    /// How long leaf certificates are valid.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub certificate_validity_period: Option<GoDuration>,
    /// How long certificate authorities are valid.
    #[serde(
        rename = "caCertificateValidityPeriod",
        skip_serializing_if = "Option::is_none"
    )]
    pub ca_certificate_validity_period: Option<GoDuration>,
    /// Where core images come from if the version is a CI build; found by defaulting.
    #[serde(skip)]
    pub ci_image_repository: Option<String>,
    /// The version as it is kept if it is a CI build; found by defaulting.
    #[serde(skip)]
    pub ci_version: Option<String>,
}

impl Document for ClusterConfiguration {
    const KIND: &'static str = "ClusterConfiguration";
}

impl ClusterConfiguration {
    /// A path in the folder of certificates, or the folder itself for an empty
    /// name; cleaned, as paths are that policies and manifests see.
    pub fn certificate_path(&self, name: &str) -> String {
        let path = format!("{}/{name}", self.certificates_dir);
        // A folder that is no path is refused by validation, with its reason.
        kubewright_values::path::clean(&path).unwrap_or(path)
    }
}

/// Settings of a control plane component.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ControlPlaneComponent {
    /// Extra or overriding arguments.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub extra_args: Vec<Arg>,
    /// Extra host volumes.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub extra_volumes: Vec<HostPathMount>,
    /// Extra environment variables.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub extra_envs: Vec<EnvVar>,
}

/// Settings of kube-apiserver.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ApiServer {
    /// Extra or overriding arguments.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub extra_args: Vec<Arg>,
    /// Extra host volumes.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub extra_volumes: Vec<HostPathMount>,
    /// Extra environment variables.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub extra_envs: Vec<EnvVar>,
    /// Extra names and addresses in the serving certificate.
    #[serde(rename = "certSANs", skip_serializing_if = "Vec::is_empty")]
    pub cert_sans: Vec<String>,
}

/// Settings of the CoreDNS addon.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Dns {
    /// Repository of the image, if not the cluster's.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub image_repository: String,
    /// Tag of the image, if not the tested one.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub image_tag: String,
    /// Whether the addon is left out.
    #[serde(skip_serializing_if = "is_default")]
    pub disabled: bool,
}

/// Settings of the kube-proxy addon.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Proxy {
    /// Whether the addon is left out.
    #[serde(skip_serializing_if = "is_default")]
    pub disabled: bool,
}

/// Subnets and the DNS domain.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Networking {
    /// CIDR of services; two, comma separated, for dual stack.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub service_subnet: String,
    /// CIDR of pods; two, comma separated, for dual stack. Empty: no node CIDRs are allocated.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub pod_subnet: String,
    /// DNS domain of services.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub dns_domain: String,
}

/// Exactly one of the two after defaulting; validation reports anything else.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Etcd {
    /// A static pod on this node.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub local: Option<LocalEtcd>,
    /// A cluster kept by someone else.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub external: Option<ExternalEtcd>,
}

/// etcd as a static pod.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct LocalEtcd {
    /// Repository of the image, if not the cluster's.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub image_repository: String,
    /// Tag of the image, if not the tested one.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub image_tag: String,
    /// Where etcd keeps its data.
    pub data_dir: String,
    /// Extra or overriding arguments.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub extra_args: Vec<Arg>,
    /// Extra environment variables.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub extra_envs: Vec<EnvVar>,
    /// Extra names and addresses in the server certificate.
    #[serde(rename = "serverCertSANs", skip_serializing_if = "Vec::is_empty")]
    pub server_cert_sans: Vec<String>,
    /// Extra names and addresses in the peer certificate.
    #[serde(rename = "peerCertSANs", skip_serializing_if = "Vec::is_empty")]
    pub peer_cert_sans: Vec<String>,
}

/// An etcd cluster kept by someone else.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ExternalEtcd {
    /// URLs of its members (gRPC).
    pub endpoints: Vec<String>,
    /// URLs for metrics and health. Empty: `endpoints`.
    #[serde(rename = "httpEndpoints", skip_serializing_if = "Vec::is_empty")]
    pub http_endpoints: Vec<String>,
    /// The authority that signed its serving certificates.
    pub ca_file: String,
    /// The client certificate.
    pub cert_file: String,
    /// The client certificate's key.
    pub key_file: String,
}
