//! A run of phases, in whatever world.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::Context;
use serde_json::Value;

use super::configuration::Inputs;
use super::interrupt::interrupted;
use super::output::Output;
use crate::capability::{OperatorPatches, RunContext, RunSecrets};
use crate::cluster::prepared::Prepared;
use crate::cluster::reader::check_change;
use crate::component::{BuiltIn, Component, Engine, Limits, PolicyComponent, Source};
use crate::distribution::{Operation, Runner, Sandbox};
use crate::effect::{Change, Conduit, Content, Event, Events, Journal, Policy};
use crate::world::{MachinePath, NodeFacts, World};

/// A run, checked and ready: whatever can be found wrong before a phase runs
/// is.
pub struct Run {
    pub prepared: Prepared,
    pub facts: NodeFacts,
    pub sandbox: Sandbox,
    /// The distribution's name.
    pub distribution: String,
    pub operation: Operation,
    /// Whether objects are applied over what others set in them.
    pub force_conflicts: bool,
    runner: Runner,
    policies: Vec<Arc<dyn Policy>>,
    patches: OperatorPatches,
    events: Events,
    landed: Arc<Mutex<Vec<Landed>>>,
    runtime: tokio::runtime::Runtime,
}

/// An effect that landed.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Landed {
    pub phase: String,
    pub action: &'static str,
    pub target: String,
    pub change: String,
}

/// What came out of a run.
pub struct Finished {
    pub landed: Vec<Landed>,
    /// What phases want the operator to see.
    pub shown: Vec<(String, Content)>,
    /// Files that got sealed values, with words in place of those.
    pub redacted: BTreeMap<MachinePath, String>,
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
    pub fn prepare(inputs: Inputs, policies: &[String], output: &Output) -> anyhow::Result<Self> {
        let Inputs {
            prepared,
            facts,
            distribution,
            operation,
            selection,
        } = inputs;
        let limits = Limits::default();
        let engine = Engine::start()
            .map_err(|error| error.context("cannot start the WebAssembly engine"))?;
        let targets = distribution.patch_targets.clone();
        let sandbox = distribution.sandbox.clone();
        let name = distribution.name.clone();
        // What costs least first: components are compiled.
        let (patches, passed_over) = read_patches(&prepared.patches_directory, &targets).context(
            "the patches (--patches, or patches.directory of the configuration) cannot be used",
        )?;
        for path in passed_over {
            output.warning(&format!(
                "{} is passed over: patches are files named TARGET[SUFFIX][+strategic|+merge|+json].yaml or .json, TARGET being one of {}",
                path.display(),
                targets.join(", ")
            ));
        }
        let runner = Runner::prepare(
            &engine,
            &distribution,
            operation.clone(),
            selection,
            &prepared.document["configuration"],
            limits,
        )?;
        let (events, landed) = tally(output.events());
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
            force_conflicts: false,
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
            )
            .of(&self.operation.name);
            let patches = std::mem::take(&mut self.patches);
            let run = RunContext::new(conduit, secrets, patches)
                .with_call_timeout(self.prepared.api_call_timeout)
                .with_waiting(self.prepared.waiting)
                .with_force_conflicts(self.force_conflicts);
            let run = Arc::new(run);
            let phases = self
                .runner
                .run(Arc::clone(&run), self.prepared.document.to_string().into());
            tokio::select! {
                ended = phases => ended?,
                interrupted = interrupted() => return Err(interrupted.into()),
            }
            run.conduit.judge().await?;
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

impl Finished {
    /// Whether anything is not as it was before.
    pub fn changed(&self) -> bool {
        self.landed.iter().any(|one| one.changes())
    }

    /// How many effects changed what, by change.
    pub fn count(&self) -> BTreeMap<String, usize> {
        let mut counts = BTreeMap::new();
        for one in &self.landed {
            *counts.entry(one.change.clone()).or_default() += 1;
        }
        counts
    }

    /// What phases want the operator to see, secrets and all. For the
    /// operator's eyes; a program reads the result, where they stay sealed.
    pub fn show(&self, output: &Output) {
        if output.is_json() {
            return;
        }
        for (_, content) in &self.shown {
            let text = content.reveal();
            output.show(&String::from_utf8_lossy(&text));
        }
    }

    /// What phases showed, for programs.
    pub fn shown_sealed(&self) -> Vec<Value> {
        self.shown
            .iter()
            .map(|(phase, content)| {
                serde_json::json!({ "phase": phase, "text": content.redacted() })
            })
            .collect()
    }
}

impl Landed {
    /// Whether it changed something.
    pub fn changes(&self) -> bool {
        self.change != Change::Unchanged.to_string()
    }
}

/// Events on their way to whoever watches, and the effects among them.
fn tally(events: Events) -> (Events, Arc<Mutex<Vec<Landed>>>) {
    let landed: Arc<Mutex<Vec<Landed>>> = Arc::default();
    let list = Arc::clone(&landed);
    let tallied: Events = Arc::new(move |event| {
        if let Event::Effect {
            phase,
            action,
            target,
            change,
        } = &event
        {
            list.lock()
                .unwrap_or_else(PoisonError::into_inner)
                .push(Landed {
                    phase: phase.clone(),
                    action,
                    target: target.clone(),
                    change: change.to_string(),
                });
        }
        events(event);
    });
    (tallied, landed)
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
) -> anyhow::Result<(OperatorPatches, Vec<PathBuf>)> {
    match folder {
        "" => Ok(Default::default()),
        folder => Ok(OperatorPatches::read(
            Path::new(folder),
            targets,
            check_change,
        )?),
    }
}
