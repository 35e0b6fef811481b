//! Where things lie on a node of kubeadm's (`constants.go`).

/// Folder of the kubeconfig files and of the manifests.
pub const KUBERNETES: &str = "/etc/kubernetes";
/// Folder whose Pods the kubelet runs.
pub const MANIFESTS: &str = "/etc/kubernetes/manifests";
/// The kubelet's folder.
pub const KUBELET: &str = "/var/lib/kubelet";

/// Joins without doubling the slash: `join("/etc/", "x")` is `/etc/x`.
pub fn join(folder: &str, name: &str) -> String {
    format!("{}/{name}", folder.trim_end_matches('/'))
}
