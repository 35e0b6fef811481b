//! From `--config`, flags and facts to a configuration that phases can use.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::Context;
use clap::builder::NonEmptyStringValueParser;
use clap::{ArgMatches, Args, FromArgMatches};
use jiff::Timestamp;

use super::failure::Usage;
use super::flags;
use super::inputs::{node_facts, read_text};
use super::output::Output;
use super::phase_help::listing;
use crate::component::{Component, ConfigurationComponent, Engine, Limits};
use crate::configuration::complete::{self, Ask, Completed, Request, Source};
use crate::configuration::error::{CompleteError, ConfigError};
use crate::configuration::finding::{Finding, Findings};
use crate::configuration::flags::GivenFlags;
use crate::configuration::prepared::Prepared;
use crate::distribution::{Distribution, Operation, Selection};
use crate::run::Inputs;
use crate::world::NodeFacts;

/// The flag that leaves phases out.
const SKIP_PHASES: &str = "skip-phases";

const RUN: &str = "Phases, plugins and policies";
const CONFIGURATION: &str = "Configuration";

/// What `render`, and whatever else runs phases of `init`, takes.
#[derive(Args)]
pub struct RunArguments {
    /// Path to a configuration file of the kinds that the distribution takes, as
    /// kubeadm has them; `-` for standard input.
    #[arg(long, value_name = "FILE", value_parser = NonEmptyStringValueParser::new(), help_heading = CONFIGURATION)]
    config: Option<String>,
    /// Refuse what `kubeadm init` only warns about and goes on without: unknown
    /// and repeated fields, and documents of kinds that it does not know. `config
    /// validate` always does. (Kinds that a distribution declares are always read
    /// so.)
    #[arg(long, requires = "config", help_heading = CONFIGURATION)]
    strict: bool,
    /// Facts of the machine to render for (see `kubewright node-facts`);
    /// without it those of this machine.
    #[arg(long, value_name = "FILE", help_heading = RUN)]
    node_facts: Option<PathBuf>,
    /// A built-in distribution, or the path of a distribution file.
    #[arg(long, value_name = "NAME|PATH", default_value = "kubernetes", help_heading = RUN)]
    #[allow(
        dead_code,
        reason = "it is read before the command line is: it makes the commands"
    )]
    distribution: String,
    /// Run only these phases, as `certs` or `control-plane/apiserver` (see
    /// `kubewright phases`). May be given several times.
    #[arg(long = "phase", value_name = "PHASES", value_delimiter = ',', help_heading = RUN)]
    phases: Vec<String>,
    /// Judge every effect by this policy: a `.wasm` file, or `baseline`. May
    /// be given several times.
    #[arg(long = "policy", value_name = "FILE.wasm|NAME", help_heading = RUN)]
    pub policies: Vec<String>,
    /// The operation that is asked for.
    #[arg(skip)]
    operation: Operation,
    /// The distribution that it is of.
    #[arg(skip)]
    loaded: Arc<Distribution>,
    /// The flags that the distribution gives it.
    #[arg(skip)]
    given: GivenFlags,
}

impl RunArguments {
    /// What a command line says of an operation.
    pub fn of(
        distribution: &Arc<Distribution>,
        operation: &Operation,
        matches: &ArgMatches,
    ) -> anyhow::Result<Self> {
        let mut arguments = Self::from_arg_matches(matches)?;
        arguments.operation = operation.clone();
        arguments.loaded = Arc::clone(distribution);
        arguments.given = flags::given(operation, matches);
        for phase in &arguments.phases {
            let useless = flags::refuse_useless(&arguments.given, operation, phase);
            useless.map_err(Usage)?;
        }
        Ok(arguments)
    }

    /// Refuses flags that phases have no use for, if only this one runs.
    pub fn refuse_useless(&self, phase: &str) -> anyhow::Result<()> {
        let useless = flags::refuse_useless(&self.given, &self.operation, phase);
        Ok(useless.map_err(Usage)?)
    }

    /// Of a phase that has sub-phases: which there are, in words. None where it
    /// has none, where one is named already, or where there is no such phase.
    pub fn parts_of(&self, phase: &str) -> Option<String> {
        if phase.contains('/') {
            return None;
        }
        let operation = &self.operation;
        let phase = operation.phase_named(phase)?;
        let all = format!("{phase}/");
        let mut parts = operation.leaves.iter();
        parts.find(|leaf| leaf.name.starts_with(&all))?;
        Some(format!(
            "The phase {phase} has these parts; name one, or `all`:\n{}",
            listing(operation, Some(phase))
        ))
    }

    /// What was asked for, apart from the phases: the distribution, the
    /// operation and its flags.
    pub fn asked(&self) -> (&Arc<Distribution>, &Operation, &GivenFlags) {
        (&self.loaded, &self.operation, &self.given)
    }

    /// The facts of the machine.
    pub fn facts(&self) -> anyhow::Result<NodeFacts> {
        node_facts(self.node_facts.as_ref())
    }

    /// The phases of `--phase`.
    pub fn phases(&self) -> &[String] {
        &self.phases
    }

    /// Has the distribution complete what is asked for. `strict`: what the
    /// program could do without is refused.
    pub fn complete(
        &self,
        engine: &Engine,
        facts: &NodeFacts,
        flags: &GivenFlags,
        strict: bool,
        output: &Output,
    ) -> anyhow::Result<Completed> {
        let text = self.config.as_deref().map(read_text).transpose()?;
        let source = match (&self.config, &text) {
            (Some(file), Some(text)) => Some(Source {
                file,
                text,
                strict,
                allow_deprecated: false,
            }),
            _ => None,
        };
        let request = Request {
            operation: &self.operation.name,
            ask: Ask::Run,
            source,
            flags,
            environment: environment(&self.loaded)?,
            facts,
            now: Timestamp::now(),
        };
        complete(engine, &self.loaded, &request, output)
    }

    /// Reads and checks everything; tells warnings.
    pub fn load(&self, output: &Output) -> anyhow::Result<Inputs> {
        self.load_phases(output, &self.phases)
    }

    /// As [`load`](Self::load), for these phases alone; all if there is none.
    pub fn load_phases(&self, output: &Output, phases: &[String]) -> anyhow::Result<Inputs> {
        let facts = node_facts(self.node_facts.as_ref())?;
        let distribution = &self.loaded;
        let operation = self.operation.clone();
        let flags = &self.given;
        let engine = start_engine()?;
        let completed = self.complete(&engine, &facts, flags, self.strict, output)?;
        let mut prepared = completed.prepared;
        prepared.document["flags"] = flags.values().clone().into();
        for warning in &prepared.warnings {
            output.warning(warning);
        }
        if !flags.has(SKIP_PHASES) {
            check_skipped(&operation, &prepared)?;
        }
        let selection = Selection::new(&operation, phases, &prepared.skip_phases)?;
        Ok(Inputs {
            prepared,
            facts,
            distribution: Arc::clone(distribution),
            operation,
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
pub fn check_skipped(operation: &Operation, prepared: &Prepared) -> Result<(), ConfigError> {
    let field = match prepared.skip_phases_field.as_str() {
        "" => SKIP_PHASES,
        field => field,
    };
    let findings: Vec<_> = prepared
        .skip_phases
        .iter()
        .enumerate()
        .filter_map(|(at, name)| {
            let error = Selection::check(operation, name).err()?;
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
