//! Defaults, exactly kubeadm's: the static ones of the API (`fixed`) and those that depend on the
//! node and on other fields (`dynamic`).

mod dynamic;
mod fixed;

pub use dynamic::{
    ClusterDefaultsError, advertise_address, cluster as cluster_dynamic, cri_socket,
    node_registration, usable_address,
};
pub use fixed::{cluster, init, join, reset, upgrade};

#[cfg(test)]
mod tests;
