//! Running a phase.

use std::sync::Arc;

use wasmtime::component::{HasSelf, Linker};
use wasmtime::{Store, UpdateDeadline};

use super::engine::{Engine, TICK};
use super::failure::{Failure, FailureKind, classify};
use super::limits::{LimitReached, Limiter, Limits};
use super::source::Component;
use crate::capability::bindings::phase::{Phase, PhasePre};
use crate::capability::{PhaseState, RunContext, clean_failure, clean_line, clean_message};
use crate::effect::Origin;

/// What a component says of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Description {
    pub summary: String,
    /// Names and sentences.
    pub phases: Vec<(String, String)>,
}

/// What a store holds: the host's side, and the limiter.
pub struct Sandbox<T> {
    pub state: T,
    limiter: Limiter,
}

/// Makes a store: the only place that does, so that no store is without its
/// deadline and limits.
pub fn new_store<T: Send + 'static>(
    component: &Component,
    state: T,
    limits: Limits,
) -> Store<Sandbox<T>> {
    let limiter = Limiter::new(limits);
    let mut store = Store::new(component.engine.inner(), Sandbox { state, limiter });
    store.limiter(|sandbox| &mut sandbox.limiter);
    store.set_hostcall_fuel(limits.call_bytes);
    let allowed = limits.running.as_millis() / TICK.as_millis();
    let mut used = 0;
    store.set_epoch_deadline(1);
    // Called at most once a tick, and only while the component's own code
    // runs: waiting for the host, however long, costs it one tick.
    store.epoch_deadline_callback(move |_| {
        used += 1;
        if used > allowed {
            return Err(wasmtime::Error::new(LimitReached::Running {
                limit: limits.running,
            }));
        }
        // Yields, so that one busy component does not hold up the others.
        Ok(UpdateDeadline::Yield(1))
    });
    store
}

/// A component of the world `phase`, linked and ready.
pub struct PhaseComponent {
    component: Component,
    linked: PhasePre<Sandbox<PhaseState>>,
}

impl PhaseComponent {
    /// Links a component whose imports were checked. Fails where its types
    /// are not those of the contract.
    pub fn link(component: Component) -> Result<Self, wasmtime::Error> {
        let linker = match component.engine.phases.get() {
            Some(linker) => linker,
            None => {
                let linker = contract(&component.engine)?;
                component.engine.phases.get_or_init(|| linker)
            }
        };
        let linked = PhasePre::new(linker.instantiate_pre(&component.inner)?)?;
        Ok(Self { component, linked })
    }

    pub fn component(&self) -> &Component {
        &self.component
    }

    /// Runs one phase in an instance of its own.
    pub async fn run(
        &self,
        run: Arc<RunContext>,
        origin: Origin,
        document: &str,
        limits: Limits,
    ) -> Result<(), Failure> {
        let phase = origin.phase.clone();
        let state = PhaseState::new(run, origin, limits.allowance());
        let clock = state.budget.clock();
        let mut store = new_store(&self.component, state, limits);
        let called = async {
            let instance = self.linked.instantiate_async(&mut store).await?;
            instance.call_run(&mut store, &phase, document).await
        };
        // What a call was doing is dropped half way, as if the process had
        // died: the journal says how far it came.
        let result = tokio::select! {
            result = called => result,
            exceeded = clock.used_up() => Err(wasmtime::Error::new(exceeded)),
        };
        let state = &mut store.data_mut().state;
        let kind = match result {
            Ok(Ok(())) => return Ok(()),
            Ok(Err(failure)) => FailureKind::Reported {
                message: clean_failure(&failure.message),
                hint: failure.hint.as_deref().map(clean_message),
            },
            Err(error) => classify(error, state.panic.take(), &limits),
        };
        // What the phase was doing helps where it could not say so itself.
        let doing = match kind {
            FailureKind::Reported { .. } => String::new(),
            _ => std::mem::take(&mut state.doing),
        };
        Err(Failure {
            phase,
            component: self.component.name.clone(),
            digest: self.component.digest.clone(),
            doing,
            kind,
        })
    }
}

/// All that the world `phase` offers.
fn contract(engine: &Engine) -> wasmtime::Result<Linker<Sandbox<PhaseState>>> {
    let mut linker = Linker::new(engine.inner());
    Phase::add_to_linker::<_, HasSelf<PhaseState>>(&mut linker, |sandbox: &mut Sandbox<_>| {
        &mut sandbox.state
    })?;
    Ok(linker)
}

/// Asks a component what it provides. It gets nothing to work with: every
/// import traps, granted or not.
pub async fn describe(component: &Component, limits: Limits) -> Result<Description, Failure> {
    let mut store = new_store(component, (), limits);
    let result = async {
        let mut linker = Linker::new(component.engine.inner());
        linker.define_unknown_imports_as_traps(&component.inner)?;
        let linked = PhasePre::new(linker.instantiate_pre(&component.inner)?)?;
        let instance = linked.instantiate_async(&mut store).await?;
        instance.call_describe(&mut store).await
    }
    .await;
    match result {
        Ok(description) => Ok(Description {
            summary: clean_line(&description.summary),
            phases: description
                .phases
                .into_iter()
                .map(|phase| (clean_line(&phase.name), clean_line(&phase.summary)))
                .collect(),
        }),
        Err(error) => Err(Failure {
            phase: "describe".to_owned(),
            component: component.name.clone(),
            digest: component.digest.clone(),
            doing: String::new(),
            kind: classify(error, None, &limits),
        }),
    }
}
