//! A run of phases in the sandbox: what `render` does, without the writing.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError};

use anyhow::Context;
use serde_json::Value;

use super::configuration::Inputs;
use super::output::Output;
use crate::capability::{OperatorPatches, RunContext, RunSecrets};
use crate::cluster::constants;
use crate::component::{BuiltIn, Component, Engine, Limits, PolicyComponent, Source};
use crate::distribution::Runner;
use crate::effect::{Change, Conduit, Content, Entry, Events, MemoryJournal, Policy};
use crate::kube::embedded::{self, EmbeddedApi};
use crate::kube::objects::FIELD_MANAGER;
use crate::world::sandbox::{SandboxApi, SandboxFiles, SandboxHealth, SandboxNode};
use crate::world::{Files, World};

/// What a run in the sandbox is made of.
pub struct SandboxRun<'a> {
    pub inputs: Inputs,
    /// What lies under the sandbox; none for an empty machine.
    pub base: Option<Arc<dyn Files>>,
    /// Objects that are in the cluster already.
    pub objects: Vec<Value>,
    /// Paths of policies, or `baseline`.
    pub policies: &'a [String],
    pub limits: Limits,
    pub now: i64,
}

/// What came out of it.
pub struct Outcome {
    pub files: Arc<SandboxFiles>,
    pub api: EmbeddedApi,
    pub effects: Vec<(Entry, Option<Change>)>,
    /// What phases want the operator to see.
    pub shown: Vec<(String, Content)>,
}

impl SandboxRun<'_> {
    /// Runs it. Everything that can be found wrong before a phase runs is.
    pub fn run(self, output: &Output) -> anyhow::Result<Outcome> {
        let Inputs {
            prepared,
            facts,
            distribution,
            selection,
        } = self.inputs;
        let engine = Engine::start()
            .map_err(|error| error.context("cannot start the WebAssembly engine"))?;
        let targets = distribution.patch_targets.clone();
        let sandbox = distribution.sandbox.clone();
        let runner = Runner::prepare(
            &engine,
            distribution,
            selection,
            &prepared.document["configuration"],
            self.limits,
        )?;
        let events = output.events();
        let policies = self
            .policies
            .iter()
            .map(|name| load_policy(&engine, name, &events, self.limits))
            .collect::<anyhow::Result<Vec<_>>>()?;
        let (patches, passed_over) = read_patches(&prepared.patches_directory, &targets)?;
        for path in passed_over {
            output.warning(&format!(
                "{} is passed over: patches are files named TARGET[SUFFIX][+strategic|+merge|+json].yaml or .json, TARGET being one of {}",
                path.display(),
                targets.join(", ")
            ));
        }

        let runtime = tokio::runtime::Builder::new_multi_thread()
            .enable_all()
            .build()
            .context("cannot start the runtime")?;
        let files = Arc::new(SandboxFiles::over(self.base));
        sandbox
            .prepare(&*files)
            .context("cannot prepare the sandbox")?;
        let journal = Arc::new(MemoryJournal::default());
        let mut options = api_options(self.now)?;
        sandbox
            .describe_api(
                &mut options,
                &prepared.document["configuration"],
                &prepared.node_name,
                &facts,
            )
            .context("cannot prepare the sandbox")?;
        let api = EmbeddedApi::new(&options).context("cannot start the embedded API")?;
        api.import(&self.objects, FIELD_MANAGER)
            .context("the objects of the earlier render cannot be used")?;
        runtime.block_on(async {
            let world = World {
                files: Arc::<SandboxFiles>::clone(&files),
                kube: Arc::new(SandboxApi::new(api.client())),
                node: Arc::new(SandboxNode::new(facts)),
                health: Arc::new(SandboxHealth),
                now: self.now,
            };
            let conduit = Conduit::new(
                world,
                policies,
                Arc::<MemoryJournal>::clone(&journal),
                events,
                prepared.policy_context,
            );
            let secrets = RunSecrets::new(prepared.secrets);
            let run = Arc::new(RunContext::new(conduit, secrets, patches));
            runner
                .run(Arc::clone(&run), prepared.document.to_string().into())
                .await?;
            let shown =
                std::mem::take(&mut *run.shown.lock().unwrap_or_else(PoisonError::into_inner));
            Ok(Outcome {
                files,
                api,
                effects: journal.entries(),
                shown,
            })
        })
    }
}

fn api_options(now: i64) -> anyhow::Result<embedded::Options> {
    let time = jiff::Timestamp::from_second(now).context("the clock of this machine")?;
    // Nothing of an object's identity comes out of a render: numbers that
    // follow from a seed make it repeatable.
    let mut options = embedded::Options::repeatable(time, 1);
    options.version = constants::KUBERNETES_RELEASE.to_owned();
    Ok(options)
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
        None => Source::read(Path::new(name))
            .with_context(|| format!("--policy {name}: neither a file nor a built-in policy"))?,
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
        folder => Ok(OperatorPatches::read(Path::new(folder), targets)?),
    }
}

/// How many effects changed what, by change.
pub fn count(effects: &[(Entry, Option<Change>)]) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for (_, change) in effects {
        if let Some(change) = change {
            *counts.entry(change.to_string()).or_default() += 1;
        }
    }
    counts
}
