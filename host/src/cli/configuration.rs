//! From `--config`, flags and facts to a configuration that phases can use.

use std::collections::BTreeMap;
use std::path::PathBuf;

use anyhow::Context;
use clap::Args;
use jiff::Timestamp;

use super::init_flags::{InitArguments, SKIP_PHASES};
use super::inputs::{node_facts, read_text};
use super::output::Output;
use super::phase_help::listing;
use crate::component::{Component, ConfigurationComponent, Engine, Limits};
use crate::configuration::complete::{self, Ask, Completed, Request, Source};
use crate::configuration::error::{CompleteError, ConfigError};
use crate::configuration::finding::{Finding, Findings};
use crate::configuration::prepared::Prepared;
use crate::distribution::{Distribution, Selection};
use crate::world::NodeFacts;

const RUN: &str = "Phases, plugins and policies";

/// What `render`, and whatever else runs phases of `init`, takes.
#[derive(Args)]
pub struct RunArguments {
    #[command(flatten)]
    pub init: InitArguments,
    /// Facts of the machine to render for (see `kubewright node-facts`);
    /// without it those of this machine.
    #[arg(long, value_name = "FILE", help_heading = RUN)]
    node_facts: Option<PathBuf>,
    /// A built-in distribution, or the path of a distribution file.
    #[arg(long, value_name = "NAME|PATH", default_value = "kubernetes", help_heading = RUN)]
    distribution: String,
    /// Run only these phases, as `certs` or `control-plane/apiserver` (see
    /// `kubewright phases`). May be given several times.
    #[arg(long = "phase", value_name = "PHASES", value_delimiter = ',', help_heading = RUN)]
    phases: Vec<String>,
    /// Judge every effect by this policy: a `.wasm` file, or `baseline`. May
    /// be given several times.
    #[arg(long = "policy", value_name = "FILE.wasm|NAME", help_heading = RUN)]
    pub policies: Vec<String>,
}

/// All that a run starts from.
pub struct Inputs {
    pub prepared: Prepared,
    pub facts: NodeFacts,
    pub distribution: Distribution,
    pub selection: Selection,
    /// What the configuration's component ran in; the phases do, too.
    pub engine: Engine,
}

impl RunArguments {
    /// Of a phase that has sub-phases: which there are, in words. None where it
    /// has none, where one is named already, or where there is no such phase.
    pub fn parts_of(&self, phase: &str) -> Option<String> {
        if phase.contains('/') {
            return None;
        }
        let distribution = Distribution::load(&self.distribution).ok()?;
        let phase = distribution.phase_named(phase)?;
        let all = format!("{phase}/");
        let mut parts = distribution.leaves.iter();
        parts.find(|leaf| leaf.name.starts_with(&all))?;
        Some(format!(
            "The phase {phase} has these parts; name one, or `all`:\n{}",
            listing(&distribution, Some(phase))
        ))
    }

    /// Reads and checks everything; tells warnings.
    pub fn load(&self, output: &Output) -> anyhow::Result<Inputs> {
        self.load_phases(output, &self.phases)
    }

    /// As [`load`](Self::load), for these phases alone; all if there is none.
    pub fn load_phases(&self, output: &Output, phases: &[String]) -> anyhow::Result<Inputs> {
        let facts = node_facts(self.node_facts.as_ref())?;
        let distribution = Distribution::load(&self.distribution)?;
        let text = self.init.config.as_deref().map(read_text).transpose()?;
        let source = match (&self.init.config, &text) {
            (Some(file), Some(text)) => Some(Source {
                file,
                text,
                strict: self.init.strict,
                allow_deprecated: false,
            }),
            _ => None,
        };
        let flags = self.init.flags();
        let engine = start_engine()?;
        let request = Request {
            operation: "init",
            ask: Ask::Run,
            source,
            flags: &flags,
            environment: environment(&distribution)?,
            facts: &facts,
            now: Timestamp::now(),
        };
        let prepared = complete(&engine, &distribution, &request, output)?.prepared;
        for warning in &prepared.warnings {
            output.warning(warning);
        }
        if !flags.has(SKIP_PHASES) {
            check_skipped(&distribution, &prepared)?;
        }
        let selection = Selection::new(&distribution, phases, &prepared.skip_phases)?;
        Ok(Inputs {
            prepared,
            facts,
            distribution,
            selection,
            engine,
        })
    }
}

/// Starts what components run in.
pub fn start_engine() -> anyhow::Result<Engine> {
    Ok(Engine::start().map_err(|error| error.context("cannot start the WebAssembly engine"))?)
}

/// Has a distribution's component complete a configuration.
pub fn complete(
    engine: &Engine,
    distribution: &Distribution,
    request: &Request<'_>,
    output: &Output,
) -> anyhow::Result<Completed> {
    let Some(own) = &distribution.configuration else {
        let distribution = distribution.name.clone();
        return Err(CompleteError::None { distribution }.into());
    };
    let component = Component::load(engine, &own.source)?;
    let component = ConfigurationComponent::link(component, output.events(), Limits::default())?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .context("cannot start the runtime")?;
    let completed = complete::complete(distribution, &component, request);
    Ok(runtime.block_on(completed)?)
}

/// Refuses phases of a file that are none.
pub fn check_skipped(distribution: &Distribution, prepared: &Prepared) -> Result<(), ConfigError> {
    let field = match prepared.skip_phases_field.as_str() {
        "" => SKIP_PHASES,
        field => field,
    };
    let findings: Vec<_> = prepared
        .skip_phases
        .iter()
        .enumerate()
        .filter_map(|(at, name)| {
            let error = Selection::check(distribution, name).err()?;
            Some(Finding::stated(format!("{field}[{at}]"), error.to_string()))
        })
        .collect();
    match findings.is_empty() {
        true => Ok(()),
        false => Err(Findings::locate(findings, &prepared.origins).into()),
    }
}

/// The variables that a distribution's configuration depends on, as far as they are set to
/// something.
pub fn environment(distribution: &Distribution) -> anyhow::Result<BTreeMap<String, String>> {
    let own = distribution.configuration.iter();
    let mut values = BTreeMap::new();
    for name in own.flat_map(|own| &own.environment) {
        match std::env::var(name) {
            Ok(value) if value.is_empty() => {}
            Ok(value) => {
                values.insert(name.clone(), value);
            }
            Err(std::env::VarError::NotPresent) => {}
            Err(std::env::VarError::NotUnicode(_)) => {
                anyhow::bail!("the environment variable {name} is not text in UTF-8")
            }
        }
    }
    Ok(values)
}
