//! Removing what the container runtime runs (kubeadm
//! `app/util/runtime/runtime.go`, `RemoveContainers`).

use kubewright_leaving::{Settings, Teller};
use kubewright_plugin::{Result, pods};

/// Removes all Pods with their containers. A runtime that is not there has
/// none; that is told, and the reset goes on. `runs`: whether the kubelet does.
pub fn remove(settings: &Settings, runs: bool, teller: Teller) -> Result<()> {
    let socket = settings.socket.as_str();
    if socket.is_empty() {
        return Ok(());
    }
    let found = match pods::all(socket) {
        Ok(found) => found,
        Err(error) => {
            teller.warning(&format!(
                "Failed to remove containers: {}; start the container runtime or name its socket with --cri-socket, and reset once more with --force",
                error.message
            ));
            return Ok(());
        }
    };
    for pod in &found {
        match pods::remove(socket, &pod.id) {
            Ok(_) => teller.step("removed the Pod", &pod.name, ""),
            Err(error) => teller.warning(&format!(
                "Failed to remove the Pod {} ({}): {}",
                pod.name, pod.id, error.message
            )),
        }
    }
    if runs {
        let back = pods::all(socket).map_or(0, |pods| pods.len());
        if back > 0 {
            teller.warning(&format!(
                "{back} Pods are back, since the kubelet still runs; stop it, and reset once more with --force"
            ));
        }
    }
    Ok(())
}
