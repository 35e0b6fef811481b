//! Waiting for what listens, and finding out why it does not yet (kubeadm
//! `app/util/apiclient/wait.go`, which only has a timer).

mod probe;
mod unverified;

use std::sync::Arc;
use std::time::Duration;

use futures::future::join_all;
use tokio::time::Instant;

use crate::world::{Door, Files, Health, HealthError, HealthTarget, Waiting};
use probe::Prober;

/// Between two rounds. A probe of something that does not listen costs next to
/// nothing, and the run waits for the answer.
const INTERVAL: Duration = Duration::from_millis(150);

/// Endpoints of this machine.
pub struct MachineHealth {
    files: Arc<dyn Files>,
}

impl MachineHealth {
    /// `files` has the CA bundles that targets are trusted by.
    pub fn new(files: Arc<dyn Files>) -> Self {
        Self { files }
    }

    async fn wait(
        &self,
        targets: &[HealthTarget],
        timeout: Duration,
        tell: &(dyn Fn(&[Waiting]) + Send + Sync),
    ) -> Result<(), HealthError> {
        let started = Instant::now();
        let deadline = started + timeout;
        let mut waiting = targets
            .iter()
            .map(|target| Prober::new(target, &*self.files))
            .collect::<Result<Vec<_>, _>>()?;
        let mut told: Vec<Waiting> = Vec::new();
        loop {
            // What was healthy once is not asked again.
            let reasons = join_all(waiting.iter().map(|one| one.ask(deadline))).await;
            let (still, unhealthy): (Vec<_>, Vec<_>) = waiting
                .into_iter()
                .zip(reasons)
                .filter_map(|(prober, answer)| {
                    let reason = answer.err()?;
                    let waiting = Waiting {
                        name: prober.name().to_owned(),
                        reason,
                    };
                    Some((prober, waiting))
                })
                .unzip();
            waiting = still;
            if unhealthy.is_empty() {
                return Ok(());
            }
            if Instant::now() + INTERVAL >= deadline {
                return Err(HealthError::Timeout {
                    after: timeout,
                    unhealthy,
                });
            }
            if unhealthy != told {
                tell(&unhealthy);
                told = unhealthy;
            }
            tokio::time::sleep(INTERVAL).await;
        }
    }
}

impl Health for MachineHealth {
    fn await_healthy<'a>(
        &'a self,
        targets: &'a [HealthTarget],
        timeout: Duration,
        tell: &'a (dyn Fn(&[Waiting]) + Send + Sync),
    ) -> Door<'a, Result<(), HealthError>> {
        Box::pin(self.wait(targets, timeout, tell))
    }
}

#[cfg(test)]
mod tests;
