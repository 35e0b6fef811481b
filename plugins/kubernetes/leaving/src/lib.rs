//! What the phases of `reset` share: what a node leaves, how it was asked for,
//! and the words that steps are told in.

mod folders;
mod node;
mod settings;
mod tell;

pub use folders::Folders;
pub use node::{KIND, Node};
pub use settings::Settings;
pub use tell::{Teller, join};

/// The kubelet's folder.
pub const KUBELET: &str = "/var/lib/kubelet";
/// Where kubeadm keeps temporary copies.
pub const TEMPORARY: &str = "/etc/kubernetes/tmp";
/// kubeadm's default.
pub const ETCD_DATA: &str = "/var/lib/etcd";
/// kubeadm's default.
pub const CERTIFICATES_DIR: &str = "/etc/kubernetes/pki";
