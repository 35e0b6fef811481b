//! The documents of `kubeadm.k8s.io/v1beta4`, as far as phases need them
//! (kubeadm `app/apis/kubeadm/v1beta4/types.go`). Rarer fields are in
//! [`crate::Document::configuration`].

mod cluster;
mod init;

use crate::{Fields, Result};

pub use cluster::{
    ClusterConfiguration, ControlPlaneComponent, Dns, Etcd, ExternalEtcd, HostPathMount, LocalEtcd,
    Networking, Proxy,
};
pub use init::{ApiEndpoint, BootstrapToken, InitConfiguration, NodeRegistration, Timeouts};

/// An argument of a component: `--name=value`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Argument {
    pub name: String,
    pub value: String,
}

impl Argument {
    /// Reads it.
    #[inline(never)]
    pub fn read(fields: &Fields<'_>) -> Result<Self> {
        Ok(Self {
            name: fields.text("name")?,
            value: fields.text("value")?,
        })
    }
}
