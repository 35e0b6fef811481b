//! Stopping the kubelet.

use super::settings::Phase;
use super::work::{Effect, Work};
use crate::world::machine::{KubeletSettings, ServiceManager};
use crate::world::{NodeError, ServiceOperation};

impl Work<'_> {
    /// Stops it. Where that cannot be done it is told, as kubeadm tells it, and
    /// the reset goes on.
    pub async fn stop_kubelet(&mut self) -> anyhow::Result<()> {
        if !self.machine.is_this {
            return Ok(());
        }
        let files = &*self.machine.files;
        let settings = KubeletSettings::read(files);
        let stopped = match ServiceManager::running() {
            None => Err(NodeError::NoServiceManager.into()),
            Some(manager) => match manager.is_active("kubelet").await {
                Ok(false) => Ok(()),
                // What cannot be asked may still be told.
                Ok(true) | Err(_) => {
                    let effect = Effect {
                        phase: Phase::CleanupNode,
                        action: "StopService",
                        target: "kubelet",
                        words: "stopped the service",
                    };
                    self.land(effect, async {
                        match manager.operate("kubelet", ServiceOperation::Stop).await {
                            Ok(()) | Err(NodeError::NoService(_)) => Ok(()),
                            Err(error) => Err(error.into()),
                        }
                    })
                    .await?
                }
            },
        };
        let Err(error) = stopped else {
            return Ok(());
        };
        self.output.warning(&format!(
            "[reset] The kubelet service could not be stopped by kubewright: {error:#}"
        ));
        self.kubelet_runs = settings.answers(files).await;
        let words = match self.kubelet_runs {
            true => {
                "[reset] Please ensure kubelet is stopped manually: it runs, and puts back what is removed"
            }
            false => "[reset] Please ensure kubelet is stopped manually",
        };
        self.output.warning(words);
        Ok(())
    }
}
