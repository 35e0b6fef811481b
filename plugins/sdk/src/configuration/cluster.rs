//! `ClusterConfiguration`.

use super::Argument;
use crate::{Duration, Error, Fields, Result};
use serde_json::Value;
use std::collections::BTreeMap;

/// What concerns the cluster as a whole.
#[derive(Debug, Clone, Default)]
pub struct ClusterConfiguration {
    pub etcd: Etcd,
    pub networking: Networking,
    pub kubernetes_version: String,
    /// Whether the version is that of a CI build, which the document says with
    /// `ci/` before it.
    pub is_ci_version: bool,
    pub control_plane_endpoint: String,
    pub api_server: ControlPlaneComponent,
    pub controller_manager: ControlPlaneComponent,
    pub scheduler: ControlPlaneComponent,
    pub dns: Dns,
    pub proxy: Proxy,
    pub certificates_dir: String,
    pub image_repository: String,
    pub feature_gates: BTreeMap<String, bool>,
    pub cluster_name: String,
    pub encryption_algorithm: String,
    pub certificate_validity_period: Option<Duration>,
    pub ca_certificate_validity_period: Option<Duration>,
}

impl ClusterConfiguration {
    /// Reads it.
    #[inline(never)]
    pub fn read(fields: &Fields<'_>) -> Result<Self> {
        let component = |name: &str| ControlPlaneComponent::read(&fields.object(name)?);
        let version = fields.text("kubernetesVersion")?;
        let ci_version = version.strip_prefix("ci/");
        Ok(Self {
            etcd: Etcd::read(&fields.object("etcd")?)?,
            networking: Networking::read(&fields.object("networking")?)?,
            is_ci_version: ci_version.is_some(),
            kubernetes_version: ci_version.unwrap_or(&version).to_owned(),
            control_plane_endpoint: fields.text("controlPlaneEndpoint")?,
            api_server: component("apiServer")?,
            controller_manager: component("controllerManager")?,
            scheduler: component("scheduler")?,
            dns: Dns::read(&fields.object("dns")?)?,
            proxy: Proxy::read(&fields.object("proxy")?)?,
            certificates_dir: fields.text("certificatesDir")?,
            image_repository: fields.text("imageRepository")?,
            feature_gates: fields.flags("featureGates")?,
            cluster_name: fields.text("clusterName")?,
            encryption_algorithm: fields.text("encryptionAlgorithm")?,
            certificate_validity_period: fields.duration("certificateValidityPeriod")?,
            ca_certificate_validity_period: fields.duration("caCertificateValidityPeriod")?,
        })
    }

    /// Whether the container runtime's socket is kept on each node, and not in
    /// an annotation of its Node. It is, unless the gate is turned off.
    pub fn has_node_local_cri_socket(&self) -> bool {
        let gate = self.feature_gates.get("NodeLocalCRISocket");
        gate.copied().unwrap_or(true)
    }
}

/// Exactly one of the two is set.
#[derive(Debug, Clone, Default)]
pub struct Etcd {
    pub local: Option<LocalEtcd>,
    pub external: Option<ExternalEtcd>,
}

impl Etcd {
    /// Reads it.
    #[inline(never)]
    pub fn read(fields: &Fields<'_>) -> Result<Self> {
        let part = |name: &str| fields.has(name).then(|| fields.object(name)).transpose();
        Ok(Self {
            local: part("local")?
                .map(|fields| LocalEtcd::read(&fields))
                .transpose()?,
            external: part("external")?
                .map(|fields| ExternalEtcd::read(&fields))
                .transpose()?,
        })
    }
}

/// etcd as a static Pod on this node.
#[derive(Debug, Clone, Default)]
pub struct LocalEtcd {
    pub image_repository: String,
    pub image_tag: String,
    pub data_dir: String,
    pub extra_args: Vec<Argument>,
    /// `core/v1` EnvVar.
    pub extra_envs: Vec<Value>,
    pub server_cert_sans: Vec<String>,
    pub peer_cert_sans: Vec<String>,
}

impl LocalEtcd {
    /// Reads it.
    #[inline(never)]
    pub fn read(fields: &Fields<'_>) -> Result<Self> {
        Ok(Self {
            image_repository: fields.text("imageRepository")?,
            image_tag: fields.text("imageTag")?,
            data_dir: fields.text("dataDir")?,
            extra_args: fields.list("extraArgs", Argument::read)?,
            extra_envs: fields.values("extraEnvs")?,
            server_cert_sans: fields.texts("serverCertSANs")?,
            peer_cert_sans: fields.texts("peerCertSANs")?,
        })
    }
}

/// An etcd cluster that somebody else runs.
#[derive(Debug, Clone, Default)]
pub struct ExternalEtcd {
    pub endpoints: Vec<String>,
    /// Where it answers HTTP, if not at the endpoints.
    pub http_endpoints: Vec<String>,
    pub ca_file: String,
    pub cert_file: String,
    pub key_file: String,
}

impl ExternalEtcd {
    /// Reads it.
    #[inline(never)]
    pub fn read(fields: &Fields<'_>) -> Result<Self> {
        Ok(Self {
            endpoints: fields.texts("endpoints")?,
            http_endpoints: fields.texts("httpEndpoints")?,
            ca_file: fields.text("caFile")?,
            cert_file: fields.text("certFile")?,
            key_file: fields.text("keyFile")?,
        })
    }
}

/// Address ranges and the DNS domain. Two ranges are joined with a comma.
#[derive(Debug, Clone, Default)]
pub struct Networking {
    pub service_subnet: String,
    pub pod_subnet: String,
    pub dns_domain: String,
}

impl Networking {
    /// Reads it.
    #[inline(never)]
    pub fn read(fields: &Fields<'_>) -> Result<Self> {
        Ok(Self {
            service_subnet: fields.text("serviceSubnet")?,
            pod_subnet: fields.text("podSubnet")?,
            dns_domain: fields.text("dnsDomain")?,
        })
    }
}

/// What the user adds to the API server, controller manager or scheduler.
#[derive(Debug, Clone, Default)]
pub struct ControlPlaneComponent {
    pub extra_args: Vec<Argument>,
    pub extra_volumes: Vec<HostPathMount>,
    /// `core/v1` EnvVar.
    pub extra_envs: Vec<Value>,
    /// For the API server only.
    pub cert_sans: Vec<String>,
}

impl ControlPlaneComponent {
    /// Reads it.
    #[inline(never)]
    pub fn read(fields: &Fields<'_>) -> Result<Self> {
        Ok(Self {
            extra_args: fields.list("extraArgs", Argument::read)?,
            extra_volumes: fields.list("extraVolumes", HostPathMount::read)?,
            extra_envs: fields.values("extraEnvs")?,
            cert_sans: fields.texts("certSANs")?,
        })
    }
}

/// A folder or file of the node in a component's container.
#[derive(Debug, Clone, Default)]
pub struct HostPathMount {
    pub name: String,
    pub host_path: String,
    pub mount_path: String,
    pub read_only: bool,
    /// A HostPathType, or empty for no check.
    pub path_type: String,
}

impl HostPathMount {
    /// Reads it.
    #[inline(never)]
    pub fn read(fields: &Fields<'_>) -> Result<Self> {
        Ok(Self {
            name: fields.text("name")?,
            host_path: fields.text("hostPath")?,
            mount_path: fields.text("mountPath")?,
            read_only: fields.flag("readOnly")?,
            path_type: fields.text("pathType")?,
        })
    }
}

/// The cluster DNS addon.
#[derive(Debug, Clone, Default)]
pub struct Dns {
    pub image_repository: String,
    pub image_tag: String,
    pub disabled: bool,
}

impl Dns {
    /// Reads it.
    #[inline(never)]
    pub fn read(fields: &Fields<'_>) -> Result<Self> {
        Ok(Self {
            image_repository: fields.text("imageRepository")?,
            image_tag: fields.text("imageTag")?,
            disabled: fields.flag("disabled")?,
        })
    }
}

/// The kube-proxy addon.
#[derive(Debug, Clone, Default)]
pub struct Proxy {
    pub disabled: bool,
}

impl Proxy {
    /// Reads it.
    #[inline(never)]
    pub fn read(fields: &Fields<'_>) -> Result<Self> {
        Ok(Self {
            disabled: fields.flag("disabled")?,
        })
    }
}

impl ClusterConfiguration {
    /// A feature gate that is not named is off.
    pub fn feature(&self, name: &str) -> bool {
        self.feature_gates.get(name).copied().unwrap_or(false)
    }

    /// The path of a file in the certificates directory.
    pub fn certificate_path(&self, name: &str) -> String {
        crate::paths::join(&self.certificates_dir, name)
    }

    /// The algorithm of all keys. The feature gate PublicKeysECDSA, where it is
    /// named, wins over `encryptionAlgorithm`.
    pub fn key_algorithm(&self) -> Result<crate::pki::Algorithm> {
        use crate::pki::Algorithm;
        if let Some(ecdsa) = self.feature_gates.get("PublicKeysECDSA") {
            return Ok(if *ecdsa {
                Algorithm::EcdsaP256
            } else {
                Algorithm::Rsa2048
            });
        }
        match self.encryption_algorithm.as_str() {
            "" | "RSA-2048" => Ok(Algorithm::Rsa2048),
            "RSA-3072" => Ok(Algorithm::Rsa3072),
            "RSA-4096" => Ok(Algorithm::Rsa4096),
            "ECDSA-P256" => Ok(Algorithm::EcdsaP256),
            "ECDSA-P384" => Ok(Algorithm::EcdsaP384),
            other => Err(Error::new(format!(
                "ClusterConfiguration.encryptionAlgorithm: {other:?} is not known"
            ))
            .hint("RSA-2048, RSA-3072, RSA-4096, ECDSA-P256 and ECDSA-P384 are")),
        }
    }

    /// How long a certificate that is no CA is valid, in seconds (a year).
    pub fn certificate_validity(&self) -> u64 {
        self.certificate_validity_period
            .map_or(8_760 * 3_600, Duration::seconds)
    }

    /// How long a CA is valid, in seconds (ten years).
    pub fn ca_validity(&self) -> u64 {
        self.ca_certificate_validity_period
            .map_or(87_600 * 3_600, Duration::seconds)
    }
}
