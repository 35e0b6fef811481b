//! Waiting for what listens, and finding out why it does not yet (kubeadm
//! `app/util/apiclient/wait.go`, which only has a timer).

mod explain;
mod probe;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use futures::future::join_all;
use tokio::time::Instant;

use crate::world::machine::Root;
use crate::world::{Door, Files, Health, HealthError, HealthTarget, Waiting};
use explain::Explainer;
pub use probe::{Prober, shown};

/// How many endpoints can be waited for at once. A control plane has five.
const MOST_TARGETS: usize = 64;

/// How long finding out why may hold up asking again.
const EXPLAIN_TIMEOUT: Duration = Duration::from_secs(10);

/// Between two rounds. A probe of something that does not listen costs next to
/// nothing, and the run waits for the answer.
const INTERVAL: Duration = Duration::from_millis(150);

/// When the container runtime is asked first, and how often: a control plane
/// that comes up as it should is not to be held up by questions.
const EXPLAIN_AFTER: Duration = Duration::from_secs(4);
const EXPLAIN_EVERY: Duration = Duration::from_secs(2);

/// Endpoints of this machine.
pub struct MachineHealth {
    files: Arc<dyn Files>,
    root: Arc<dyn Root>,
}

impl MachineHealth {
    /// `files` has the CA bundles that targets are trusted by, and what tells
    /// why they are not healthy: manifests, logs, the container runtime's
    /// socket.
    pub fn new<F: Files + Root + 'static>(files: Arc<F>) -> Self {
        Self {
            root: Arc::<F>::clone(&files),
            files,
        }
    }

    async fn wait(
        &self,
        targets: &[HealthTarget],
        timeout: Duration,
        tell: &(dyn Fn(&[Waiting]) + Send + Sync),
    ) -> Result<(), HealthError> {
        if targets.len() > MOST_TARGETS {
            return Err(HealthError::TooMany {
                targets: targets.len(),
                limit: MOST_TARGETS,
            });
        }
        let started = Instant::now();
        let deadline = started + timeout;
        let mut waiting = targets
            .iter()
            .map(|target| Prober::new(target, &*self.files))
            .collect::<Result<Vec<_>, _>>()?;
        let workload = |name: &str| {
            let target = targets.iter().find(|target| target.name == name);
            target.map_or("", |target| target.workload.as_str())
        };
        let mut explainer = Explainer::new(&*self.files, Arc::clone(&self.root));
        let workloads: Vec<&str> = targets.iter().map(|one| one.workload.as_str()).collect();
        let mut explanations: BTreeMap<String, String> = BTreeMap::new();
        // What is not waited for, and may be what others wait for: etcd.
        let mut beside: Vec<Waiting> = Vec::new();
        let mut explain_at = started + EXPLAIN_AFTER;
        let mut told: Vec<Waiting> = Vec::new();
        let mut known: BTreeMap<String, String> = BTreeMap::new();
        loop {
            // What was healthy once is not asked again.
            let reasons = join_all(waiting.iter().map(|one| one.ask(deadline))).await;
            // The last question may have had no time: what was known before
            // says more than that there was no answer.
            let is_over = Instant::now() >= deadline;
            let (still, mut unhealthy): (Vec<_>, Vec<_>) = waiting
                .into_iter()
                .zip(reasons)
                .filter_map(|(prober, answer)| {
                    let reason = answer.err()?;
                    let reason = match known.get(prober.name()) {
                        Some(before) if is_over => before.clone(),
                        _ => reason,
                    };
                    known.insert(prober.name().to_owned(), reason.clone());
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
            let last_time = Instant::now() + INTERVAL >= deadline;
            if Instant::now() >= explain_at || last_time {
                explain_at = Instant::now() + EXPLAIN_EVERY;
                explanations.clear();
                let explaining = async {
                    for one in &unhealthy {
                        let workload = workload(&one.name);
                        if !workload.is_empty()
                            && let Some(words) = explainer.explain(workload).await
                        {
                            explanations.insert(one.name.clone(), words);
                        }
                    }
                    beside = explainer.others(&workloads).await;
                };
                // What is known by then is told.
                let _ = tokio::time::timeout(EXPLAIN_TIMEOUT, explaining).await;
            }
            for one in &mut unhealthy {
                if let Some(words) = explanations.get(&one.name) {
                    one.reason = format!("{}; {words}", one.reason);
                }
            }
            unhealthy.extend(beside.iter().cloned());
            if last_time {
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
