//! `health`: waiting for what listens.

use std::time::Duration;

use super::bindings::{health, types};
use super::gate::Answer;
use super::refusal::{IntoWit, Refusal, wit_error};
use super::state::PhaseState;
use crate::effect::{Event, FileVerb};
use crate::world::{HealthError, HealthTarget, LastLink, MachinePath, Purpose, Trust};

/// What is read of a CA or a kubeconfig at most.
const FILE_LIMIT: u64 = 1 << 20;

impl IntoWit for HealthError {
    fn into_wit(self) -> types::Error {
        let code = match &self {
            Self::Timeout { .. } => types::ErrorCode::Timeout,
            Self::Target { .. } | Self::TooMany { .. } => types::ErrorCode::Invalid,
        };
        wit_error(code, &self)
    }
}

pub async fn await_healthy(
    state: &mut PhaseState,
    targets: Vec<health::Target>,
    timeout_seconds: u32,
) -> Answer<()> {
    let targets = targets
        .into_iter()
        .map(target)
        .collect::<Result<Vec<_>, _>>()?;
    for target in &targets {
        state.doing = format!("asking {}", target.url);
        state.origin.grants.covers_endpoint(&target.url)?;
        state.trusted(&target.trust)?;
    }
    let names: Vec<&str> = targets.iter().map(|target| target.name.as_str()).collect();
    state.doing = format!("waiting for {}", names.join(", "));
    let (run, phase) = (state.run.clone(), state.origin.phase.clone());
    let tell = |waiting: &[crate::world::Waiting]| {
        run.conduit.tell(Event::Waiting {
            phase: phase.clone(),
            waiting_for: waiting.to_vec(),
        });
    };
    let _waiting = state.wait()?;
    let world = state.world().clone();
    let timeout = Duration::from_secs(timeout_seconds.into());
    world.health.await_healthy(&targets, timeout, &tell).await?;
    state.answer(())
}

impl PhaseState {
    /// Whether what a server is trusted by may be used for that: a kubeconfig
    /// shows a client's certificate.
    fn trusted(&mut self, trust: &Trust) -> Result<(), Refusal> {
        match trust {
            Trust::Plain | Trust::Unverified => Ok(()),
            Trust::CaFile(path) => self.granted(path.as_str(), FileVerb::Read).map(|_| ()),
            Trust::Kubeconfig(path) => {
                let place = self.place(path.as_str(), LastLink::Follow)?;
                let files = &*self.run.conduit.world().files;
                self.origin.grants.covers_kubeconfig(&place, files)?;
                self.open(&place, Purpose::Connect, FILE_LIMIT).map(|_| ())
            }
        }
    }
}

fn target(target: health::Target) -> Result<HealthTarget, Refusal> {
    Ok(HealthTarget {
        name: target.name,
        url: target.url,
        trust: match target.trust {
            health::Trust::Plain => Trust::Plain,
            health::Trust::Unverified => Trust::Unverified,
            health::Trust::CaFile(path) => Trust::CaFile(MachinePath::parse(&path)?),
            health::Trust::Kubeconfig(path) => Trust::Kubeconfig(MachinePath::parse(&path)?),
        },
        workload: target.workload,
    })
}
