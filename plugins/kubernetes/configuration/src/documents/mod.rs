//! The kubeadm.k8s.io/v1beta4 documents as types (kubeadm `app/apis/kubeadm/v1beta4/types.go`).
//!
//! Field names and what is left out when empty are those of the Go types, so that what is written
//! equals what kubeadm writes. The host has checked the documents against their schemas; the
//! `Deserialize` here only turns them into types.

mod cluster;
mod common;
mod init;
mod join;
mod kind;
mod read;
mod reset;
mod upgrade;

pub use cluster::{ClusterConfiguration, Etcd, ExternalEtcd, LocalEtcd};
pub use common::{
    ApiEndpoint, Arg, EnvVar, HostPathMount, NodeRegistration, Patches, Timeouts, argument,
    control_plane_taint,
};
pub use init::{BootstrapToken, InitConfiguration};
pub use join::{
    BootstrapTokenDiscovery, Discovery, FileDiscovery, JoinConfiguration, JoinControlPlane,
};
pub use kind::Kind;
pub use read::{Documents, Origins};
pub use reset::ResetConfiguration;
pub use upgrade::UpgradeConfiguration;

/// The API group and version that is written, and the newest that is read.
pub const API_VERSION: &str = "kubeadm.k8s.io/v1beta4";

/// A kubeadm.k8s.io document.
pub trait Document: serde::Serialize {
    /// The value of its `kind` field.
    const KIND: &'static str;

    /// The document as JSON with `apiVersion` and `kind`.
    fn to_value(&self) -> serde_json::Value {
        let mut value = serde_json::to_value(self).unwrap_or_default();
        if let Some(object) = value.as_object_mut() {
            object.insert("apiVersion".into(), API_VERSION.into());
            object.insert("kind".into(), Self::KIND.into());
        }
        value
    }
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}
