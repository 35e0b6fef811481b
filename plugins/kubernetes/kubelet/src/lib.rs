//! The phases `kubelet-start` and `kubelet-finalize/*` (kubeadm
//! `app/phases/kubelet`, `app/cmd/phases/init/kubelet{,finalize}.go`).

mod finalize;
mod flags;
mod service;
mod start;

kubewright_plugin::phases! {
    summary: "Settings of the kubelet, and its service",
    "kubelet-start": "Write kubelet settings and (re)start the kubelet" => start::run,
    "kubelet-finalize/enable-client-cert-rotation": "Enable kubelet client certificate rotation" => finalize::run,
}
