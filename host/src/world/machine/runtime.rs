//! The container runtime of this machine.

use std::sync::Arc;

use super::cri::Cri;
use super::root::Root;
use crate::world::{ContainerRuntime, Door, Pod, RuntimeError, RuntimeState};

/// How often a pull is tried (kubeadm `constants.PullImageRetry`).
const PULL_TRIES: u32 = 5;

/// How often a Pod is removed (kubeadm `constants.RemoveContainerRetry`).
const REMOVE_TRIES: u32 = 5;

/// Container runtimes, each asked through its socket below the root.
pub struct MachineRuntime {
    root: Arc<dyn Root>,
}

impl MachineRuntime {
    pub fn new(root: Arc<dyn Root>) -> Self {
        Self { root }
    }

    async fn connect(&self, socket: &str) -> Result<Cri, RuntimeError> {
        Cri::connect(Arc::clone(&self.root), socket).await
    }
}

impl ContainerRuntime for MachineRuntime {
    fn state<'a>(&'a self, socket: &'a str) -> Door<'a, Result<RuntimeState, RuntimeError>> {
        Box::pin(async move {
            let cri = self.connect(socket).await?;
            Ok(RuntimeState {
                not_ready: cri.not_ready().await?,
                version: cri.version().await?,
                tells_cgroup_driver: cri.tells_cgroup_driver().await?,
                sandbox_image: cri.sandbox_image().await?,
            })
        })
    }

    fn has_image<'a>(
        &'a self,
        socket: &'a str,
        image: &'a str,
    ) -> Door<'a, Result<bool, RuntimeError>> {
        Box::pin(async move { self.connect(socket).await?.has_image(image).await })
    }

    fn pull_image<'a>(
        &'a self,
        socket: &'a str,
        image: &'a str,
    ) -> Door<'a, Result<(), RuntimeError>> {
        Box::pin(async move {
            let cri = self.connect(socket).await?;
            let mut tries = 1;
            loop {
                match cri.pull_image(image).await {
                    Err(error) if tries < PULL_TRIES => {
                        tracing::debug!(image, tries, %error, "pulling again");
                        tries += 1;
                    }
                    result => return result,
                }
            }
        })
    }

    fn pods<'a>(&'a self, socket: &'a str) -> Door<'a, Result<Vec<Pod>, RuntimeError>> {
        Box::pin(async move { self.connect(socket).await?.pods().await })
    }

    fn remove_pod<'a>(
        &'a self,
        socket: &'a str,
        id: &'a str,
    ) -> Door<'a, Result<(), RuntimeError>> {
        Box::pin(async move {
            let cri = self.connect(socket).await?;
            let mut tries = 1;
            loop {
                match cri.remove_pod(id).await {
                    Err(error) if tries < REMOVE_TRIES => {
                        tracing::debug!(id, tries, %error, "removing again");
                        tries += 1;
                    }
                    result => return result,
                }
            }
        })
    }
}
