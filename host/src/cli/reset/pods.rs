//! Removing what the container runtime runs (kubeadm
//! `app/util/runtime/runtime.go`, `RemoveContainers`).

use std::sync::Arc;

use anyhow::Context;

use super::settings::Phase;
use super::work::{Effect, Work};
use crate::world::MachinePath;
use crate::world::machine::{Cri, MachineFiles, Pod};

/// How often a Pod is tried (kubeadm `constants.RemoveContainerRetry`).
const TRIES: usize = 5;

impl Work<'_> {
    /// Removes all Pods with their containers. A runtime that is not there has
    /// none; that is told, and the reset goes on.
    pub async fn remove_pods(&mut self) -> anyhow::Result<()> {
        let Some(socket) = self.socket()? else {
            return Ok(());
        };
        let (cri, pods) = match connect(Arc::clone(&self.machine.files), &socket).await {
            Ok(found) => found,
            Err(error) => {
                self.output.warning(&format!(
                    "[reset] Failed to remove containers: {error:#}; start the container runtime or name its socket with --cri-socket, and reset once more with --force"
                ));
                return Ok(());
            }
        };
        for pod in &pods {
            let effect = Effect {
                phase: Phase::CleanupNode,
                action: "RemovePod",
                target: &pod.name,
                words: "removed the Pod",
            };
            let removed = self.land(effect, remove(&cri, pod)).await?;
            if let Err(error) = removed {
                self.output.warning(&format!(
                    "[reset] Failed to remove the Pod {} ({}): {error:#}",
                    pod.name, pod.id
                ));
            }
        }
        if self.kubelet_runs && self.is_real() {
            let back = cri.pods().await.map(|pods| pods.len()).unwrap_or(0);
            if back > 0 {
                self.output.warning(&format!(
                    "[reset] {back} Pods are back, since the kubelet still runs; stop it, and reset once more with --force"
                ));
            }
        }
        Ok(())
    }

    /// The socket, below the root as everything; none where nothing can listen
    /// there.
    fn socket(&self) -> anyhow::Result<Option<String>> {
        let socket = self.settings.socket();
        if self.machine.is_this {
            return Ok(Some(socket.to_owned()));
        }
        let path = socket.strip_prefix("unix://").unwrap_or(socket);
        let path = MachinePath::parse(path).context("--cri-socket, criSocket")?;
        let there = self.machine.has(&path) || self.settings.names_socket;
        Ok(there.then(|| socket.to_owned()))
    }
}

async fn connect(root: Arc<MachineFiles>, socket: &str) -> anyhow::Result<(Cri, Vec<Pod>)> {
    let cri = Cri::connect(root, socket).await?;
    let pods = cri.pods().await?;
    Ok((cri, pods))
}

async fn remove(cri: &Cri, pod: &Pod) -> anyhow::Result<()> {
    let mut tries = 1;
    loop {
        match cri.remove_pod(&pod.id).await {
            Ok(()) => return Ok(()),
            Err(error) if tries >= TRIES => return Err(error.into()),
            Err(error) => {
                tracing::debug!(pod = pod.name, tries, %error, "removing again");
                tries += 1;
            }
        }
    }
}
