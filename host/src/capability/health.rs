//! `health`: waiting for what listens.

use std::time::Duration;

use super::bindings::{health, types};
use super::state::{IntoWit, PhaseState, wit_error};
use crate::effect::Event;
use crate::world::{HealthError, HealthTarget, MachinePath, Trust};

impl IntoWit for HealthError {
    fn into_wit(self) -> types::Error {
        let code = match &self {
            Self::Timeout { .. } => types::ErrorCode::Timeout,
            Self::Target { .. } | Self::TooMany { .. } => types::ErrorCode::Invalid,
        };
        wit_error(code, &self)
    }
}

impl health::Host for PhaseState {
    async fn await_healthy(
        &mut self,
        targets: Vec<health::Target>,
        timeout_seconds: u32,
    ) -> wasmtime::Result<Result<(), types::Error>> {
        self.enter()?;
        let targets = match targets
            .into_iter()
            .map(target)
            .collect::<Result<Vec<_>, _>>()
        {
            Ok(targets) => targets,
            Err(error) => return Ok(Err(error)),
        };
        for target in &targets {
            if let Trust::Kubeconfig(path) = &target.trust
                && let Err(denial) = self.origin.grants.covers_kubeconfig(path)
            {
                return Ok(Err(denial.into_wit()));
            }
        }
        let names: Vec<&str> = targets.iter().map(|target| target.name.as_str()).collect();
        self.doing = format!("waiting for {}", names.join(", "));
        let (run, phase) = (self.run.clone(), self.origin.phase.clone());
        let tell = |waiting: &[crate::world::Waiting]| {
            run.conduit.tell(Event::Waiting {
                phase: phase.clone(),
                waiting_for: waiting.to_vec(),
            });
        };
        let world = self.world().clone();
        Ok(world
            .health
            .await_healthy(&targets, Duration::from_secs(timeout_seconds.into()), &tell)
            .await
            .map_err(IntoWit::into_wit))
    }
}

fn target(target: health::Target) -> Result<HealthTarget, types::Error> {
    Ok(HealthTarget {
        name: target.name,
        url: target.url,
        trust: match target.trust {
            health::Trust::Plain => Trust::Plain,
            health::Trust::Unverified => Trust::Unverified,
            health::Trust::CaFile(path) => {
                Trust::CaFile(MachinePath::parse(&path).map_err(IntoWit::into_wit)?)
            }
            health::Trust::Kubeconfig(path) => {
                Trust::Kubeconfig(MachinePath::parse(&path).map_err(IntoWit::into_wit)?)
            }
        },
        workload: target.workload,
    })
}
