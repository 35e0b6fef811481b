//! What the components of the distribution kubernetes-1.5 share.

mod checks;
mod master;
mod objects;

pub use checks::{kubeconfig_taken, nothing_in_the_way};
pub use master::{CONTAINER_KUBERNETES, Master, TOKEN};
pub use objects::{Affinity, annotations, create, deployment, labels};

/// The namespace of everything that is put into the cluster.
pub const NAMESPACE: &str = "kube-system";
/// The clients that get a certificate, in this order.
pub const CLIENTS: [&str; 2] = ["kubelet", "admin"];
/// The SELinux type of containers that reach into the host.
pub const SELINUX_TYPE: &str = "spc_t";
/// How long anything is waited for. In 2016 that was for ever; an hour is as
/// good for people, and ends what nobody watches.
pub const PATIENCE_SECONDS: u32 = 3600;
