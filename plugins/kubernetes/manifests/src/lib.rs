//! The phases `etcd/local` and `control-plane/*`: static Pod manifests
//! (kubeadm `app/phases/{etcd/local,controlplane/manifests,controlplane/volumes}.go`).

mod apiserver;
mod ca_folders;
mod controller_manager;
mod etcd;
mod rootless;
mod scheduler;
mod volumes;
mod write;

#[cfg(test)]
mod tests;

kubewright_plugin::phases! {
    summary: "Static Pod manifests of etcd and the control plane",
    "etcd/local": "Generate the static Pod manifest file for a local, single-node local etcd instance" => etcd::run,
    "control-plane/apiserver": "Generates the kube-apiserver static Pod manifest" => apiserver::run,
    "control-plane/controller-manager": "Generates the kube-controller-manager static Pod manifest"
        => controller_manager::run,
    "control-plane/scheduler": "Generates the kube-scheduler static Pod manifest" => scheduler::run,
}
