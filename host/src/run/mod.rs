//! One operation from its inputs to its report, in whatever world: what every
//! command does around a run of phases, once.

mod audience;
mod difference;
mod finished;
mod inputs;
mod interrupt;
mod journaled;
mod machine;
mod own_folder;
mod planned;
mod render_made;
mod render_output;
mod sandboxed;
mod undone;

pub use audience::Audience;
pub use difference::{Difference, of_files, of_objects};
pub use finished::{Finished, Landed};
pub use inputs::Inputs;
pub use interrupt::{Interrupted, answer_signals, may_tell};
pub use journaled::{Held, Journaled, carry_out};
pub use machine::Machine;
pub use planned::{Planned, in_memory};
pub use render_output::{RenderOutput, Written};
pub use sandboxed::{Rendered, sandboxed};
pub use undone::{Asked as UndoAsked, Undone, undo};

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use self::finished::tally;
use self::interrupt::interrupted;
use anyhow::Context;

use crate::capability::{OperatorPatches, RunContext, RunSecrets};
use crate::component::{BuiltIn, Component, Engine, Limits, PolicyComponent, Source};
use crate::configuration::prepared::Prepared;
use crate::configuration::reader::check_change;
use crate::distribution::{DeclaredConfiguration, Operation, Runner, Sandbox};
use crate::effect::{Conduit, Events, Journal, Past, Policy};
use crate::world::{NodeFacts, World};

/// A run, checked and ready: whatever can be found wrong before a phase runs
/// is.
pub struct Run {
    pub prepared: Prepared,
    pub facts: NodeFacts,
    pub sandbox: Sandbox,
    /// The distribution's name.
    pub distribution: String,
    pub operation: Operation,
    /// The operation of the distribution that undoes others.
    pub undone_by: Option<String>,
    /// Whether objects are applied over what others set in them.
    pub force_conflicts: bool,
    /// What earlier runs did, for phases that undo it.
    pub past: Arc<Past>,
    runner: Runner,
    policies: Vec<Arc<dyn Policy>>,
    patches: OperatorPatches,
    events: Events,
    landed: Arc<Mutex<Vec<Landed>>>,
    runtime: tokio::runtime::Runtime,
}

/// The time, in seconds since 1970-01-01T00:00:00Z.
pub fn now() -> anyhow::Result<i64> {
    let now = std::time::SystemTime::now()
        .duration_since(std::time::SystemTime::UNIX_EPOCH)
        .context("the clock of this machine is before 1970")?;
    i64::try_from(now.as_secs()).context("the clock of this machine")
}

impl Run {
    /// Loads and checks components, policies and patches.
    pub fn prepare(
        inputs: Inputs,
        policies: &[String],
        audience: &dyn Audience,
    ) -> anyhow::Result<Self> {
        let Inputs {
            prepared,
            facts,
            distribution,
            operation,
            selection,
            engine,
        } = inputs;
        let limits = Limits::default();
        let targets = distribution.patch_targets.clone();
        let sandbox = distribution.sandbox.clone();
        let name = distribution.name.clone();
        let mut all = distribution.operations.values();
        let undone_by = all.find(|one| one.undoes).map(|one| one.name.clone());
        // What costs least first: components are compiled.
        let configuration = distribution.configuration.clone();
        let read = read_patches(&prepared.patches_directory, &targets, configuration);
        let (patches, passed_over) = read.context(
            "the patches (--patches, or patches.directory of the configuration) cannot be used",
        )?;
        for path in passed_over {
            audience.warning(&format!(
                "{} is passed over: patches are files named TARGET[SUFFIX][+strategic|+merge|+json].yaml or .json, TARGET being one of {}",
                path.display(),
                targets.join(", ")
            ));
        }
        let runner = Runner::prepare(
            &engine,
            operation.clone(),
            selection,
            &prepared.document["configuration"],
            limits,
        )?;
        let (events, landed) = tally(audience.events());
        let policies = policies
            .iter()
            .map(|name| load_policy(&engine, name, &events, limits))
            .collect::<anyhow::Result<Vec<_>>>()?;
        // One thread for all phases: their own code takes milliseconds, what
        // they wait for is waited for side by side, and RSA keys are made on
        // threads of their own. More threads would cost more than they save.
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .context("cannot start the runtime")?;
        Ok(Self {
            prepared,
            facts,
            sandbox,
            distribution: name,
            operation,
            undone_by,
            force_conflicts: false,
            past: Arc::default(),
            runner,
            policies,
            patches,
            events,
            landed,
            runtime,
        })
    }

    /// Digests of the components that run, by name.
    pub fn components(&self) -> BTreeMap<String, String> {
        self.runner.components()
    }

    /// Digests of the policies that are asked, by name.
    pub fn policies(&self) -> BTreeMap<String, String> {
        let each = self.policies.iter();
        each.map(|one| (one.name().to_owned(), one.digest().to_owned()))
            .collect()
    }

    /// Runs a future beside the phases: before, or after.
    pub fn block_on<T>(&self, future: impl Future<Output = T>) -> T {
        self.runtime.block_on(future)
    }

    /// Runs the phases. `world` is made within the runtime.
    pub fn run(
        &mut self,
        journal: Arc<dyn Journal>,
        world: impl FnOnce() -> anyhow::Result<World>,
    ) -> anyhow::Result<Finished> {
        self.runtime.block_on(async {
            let secrets = RunSecrets::new(
                std::mem::take(&mut self.prepared.secrets),
                Arc::clone(&journal),
            )?;
            let conduit = Conduit::new(
                world()?,
                std::mem::take(&mut self.policies),
                journal,
                Arc::clone(&self.events),
                std::mem::take(&mut self.prepared.policy_context),
            );
            let patches = std::mem::take(&mut self.patches);
            let run = RunContext::new(conduit, secrets, patches)
                .with_call_timeout(self.prepared.api_call_timeout)
                .with_waiting(self.prepared.waiting)
                .with_force_conflicts(self.force_conflicts)
                .with_past(Arc::clone(&self.past));
            let run = Arc::new(run);
            let phases = self
                .runner
                .run(Arc::clone(&run), self.prepared.document.to_string().into());
            tokio::select! {
                ended = phases => ended?,
                interrupted = interrupted() => return Err(interrupted.into()),
            }
            let shown = run.shown.take();
            let landed =
                std::mem::take(&mut *self.landed.lock().unwrap_or_else(PoisonError::into_inner));
            Ok(Finished {
                landed,
                shown,
                redacted: run.redacted_files(),
            })
        })
    }
}

/// Loads a policy: a `.wasm` file, or a built-in one by name.
fn load_policy(
    engine: &Engine,
    name: &str,
    events: &Events,
    limits: Limits,
) -> anyhow::Result<Arc<dyn Policy>> {
    let source = match BuiltIn::named(&format!("policies/{name}")) {
        Some(built_in) => Source::BuiltIn(built_in),
        None => Source::read(Path::new(name)).with_context(|| {
            format!("--policy {name}: neither a component file nor a built-in policy (baseline)")
        })?,
    };
    let component = Component::load(engine, &source)?;
    let linked = PolicyComponent::link(component, Arc::clone(events), limits).map_err(|error| {
        anyhow::anyhow!("{error:#}").context(format!(
            "--policy {name} is not a component of the world `policy`"
        ))
    })?;
    Ok(Arc::new(linked))
}

fn read_patches(
    folder: &str,
    targets: &[String],
    configuration: Option<DeclaredConfiguration>,
) -> anyhow::Result<(OperatorPatches, Vec<PathBuf>)> {
    match folder {
        "" => Ok(Default::default()),
        folder => Ok(OperatorPatches::read(
            Path::new(folder),
            targets,
            Arc::new(move |before, after| match &configuration {
                Some(configuration) => check_change(configuration, before, after),
                None => Vec::new(),
            }),
        )?),
    }
}
