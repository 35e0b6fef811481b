//! `InitConfiguration`.

use super::Argument;
use crate::{Duration, Error, Fields, Result};
use serde_json::Value;

/// What concerns this node and this run.
#[derive(Debug, Clone, Default)]
pub struct InitConfiguration {
    pub bootstrap_tokens: Vec<BootstrapToken>,
    pub local_api_endpoint: ApiEndpoint,
    pub node_registration: NodeRegistration,
    /// Empty where one is to be made; else it reads `<sealed>`.
    pub certificate_key: String,
    pub timeouts: Timeouts,
}

impl InitConfiguration {
    /// Reads it.
    #[inline(never)]
    pub fn read(fields: &Fields<'_>) -> Result<Self> {
        Ok(Self {
            bootstrap_tokens: fields.list("bootstrapTokens", BootstrapToken::read)?,
            local_api_endpoint: ApiEndpoint::read(&fields.object("localAPIEndpoint")?)?,
            node_registration: NodeRegistration::read(&fields.object("nodeRegistration")?)?,
            certificate_key: fields.text("certificateKey")?,
            timeouts: Timeouts::read(&fields.object("timeouts")?)?,
        })
    }
}

/// A token that nodes may join with.
#[derive(Debug, Clone, Default)]
pub struct BootstrapToken {
    /// `abcdef.<sealed>`, or empty where one is to be made.
    pub token: String,
    pub description: String,
    pub ttl: Option<Duration>,
    /// RFC 3339; takes precedence over `ttl`.
    pub expires: String,
    pub usages: Vec<String>,
    pub groups: Vec<String>,
}

impl BootstrapToken {
    /// Reads it.
    #[inline(never)]
    pub fn read(fields: &Fields<'_>) -> Result<Self> {
        Ok(Self {
            token: fields.text("token")?,
            description: fields.text("description")?,
            ttl: fields.duration("ttl")?,
            expires: fields.text("expires")?,
            usages: fields.texts("usages")?,
            groups: fields.texts("groups")?,
        })
    }
}

/// Where this node's API server listens.
#[derive(Debug, Clone, Default)]
pub struct ApiEndpoint {
    pub advertise_address: String,
    pub bind_port: u16,
}

impl ApiEndpoint {
    /// Reads it.
    #[inline(never)]
    pub fn read(fields: &Fields<'_>) -> Result<Self> {
        Ok(Self {
            advertise_address: fields.text("advertiseAddress")?,
            bind_port: fields.port("bindPort")?,
        })
    }
}

/// How the node registers.
#[derive(Debug, Clone, Default)]
pub struct NodeRegistration {
    pub name: String,
    pub cri_socket: String,
    pub taints: Vec<Value>,
    pub kubelet_extra_args: Vec<Argument>,
    /// `Always`, `IfNotPresent` or `Never`.
    pub image_pull_policy: String,
    /// Whether images are pulled all at once (`imagePullSerial: false`).
    pub image_pull_parallel: bool,
}

impl NodeRegistration {
    /// Reads it.
    #[inline(never)]
    pub fn read(fields: &Fields<'_>) -> Result<Self> {
        Ok(Self {
            name: fields.text("name")?,
            cri_socket: fields.text("criSocket")?,
            taints: fields.values("taints")?,
            kubelet_extra_args: fields.list("kubeletExtraArgs", Argument::read)?,
            image_pull_policy: fields.text("imagePullPolicy")?,
            image_pull_parallel: fields.has("imagePullSerial")
                && !fields.flag("imagePullSerial")?,
        })
    }
}

/// How long to wait.
#[derive(Debug, Clone)]
pub struct Timeouts {
    pub control_plane_component_health_check: Duration,
    pub kubelet_health_check: Duration,
    pub kubernetes_api_call: Duration,
}

impl Timeouts {
    /// Reads it.
    #[inline(never)]
    pub fn read(fields: &Fields<'_>) -> Result<Self> {
        let default = Self::default();
        let read = |name: &str, default: Duration| {
            Ok::<_, Error>(fields.duration(name)?.unwrap_or(default))
        };
        Ok(Self {
            control_plane_component_health_check: read(
                "controlPlaneComponentHealthCheck",
                default.control_plane_component_health_check,
            )?,
            kubelet_health_check: read("kubeletHealthCheck", default.kubelet_health_check)?,
            kubernetes_api_call: read("kubernetesAPICall", default.kubernetes_api_call)?,
        })
    }
}

impl Default for Timeouts {
    fn default() -> Self {
        Self {
            control_plane_component_health_check: Duration::from_seconds(240),
            kubelet_health_check: Duration::from_seconds(240),
            kubernetes_api_call: Duration::from_seconds(60),
        }
    }
}
