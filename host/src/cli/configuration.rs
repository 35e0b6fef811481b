//! From `--config`, flags and facts to a configuration that phases can use.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::Context;
use clap::builder::NonEmptyStringValueParser;
use clap::{ArgMatches, Args, FromArgMatches};
use jiff::Timestamp;

use super::failure::Usage;
use super::flags::Given;
use super::inputs::{node_facts, read_text};
use super::output::Output;
use super::phase_help::listing;
use crate::cluster::declared;
use crate::cluster::error::ConfigError;
use crate::cluster::facts::NodeDefaults;
use crate::cluster::flags::InitFlags;
use crate::cluster::load;
use crate::cluster::prepared::Prepared;
use crate::cluster::validation::{Finding, Findings, Origins};
use crate::component::{Component, ConfigurationComponent, Engine, Limits};
use crate::distribution::{DeclaredConfiguration, Distribution, Operation, Selection};
use crate::run::Inputs;
use crate::world::NodeFacts;

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
    given: Given,
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
        arguments.given = Given::of(operation, matches).map_err(ConfigError::from)?;
        for phase in &arguments.phases {
            let useless = arguments.given.refuse_useless(operation, phase);
            useless.map_err(Usage)?;
        }
        Ok(arguments)
    }

    /// Refuses flags that phases have no use for, if only this one runs.
    pub fn refuse_useless(&self, phase: &str) -> anyhow::Result<()> {
        let useless = self.given.refuse_useless(&self.operation, phase);
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
    /// operation, its flags, and the file of `--config`.
    pub fn asked(&self) -> (&Arc<Distribution>, &Operation, &Given, Option<&str>) {
        let (distribution, operation) = (&self.loaded, &self.operation);
        (distribution, operation, &self.given, self.config.as_deref())
    }

    /// The facts of the machine.
    pub fn facts(&self) -> anyhow::Result<NodeFacts> {
        node_facts(self.node_facts.as_ref())
    }

    /// The phases of `--phase`.
    pub fn phases(&self) -> &[String] {
        &self.phases
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
        let text = self.config.as_deref().map(read_text).transpose()?;
        let source = match (&self.config, &text) {
            (Some(file), Some(text)) => Some(load::Source {
                file,
                text,
                strict: self.strict,
            }),
            _ => None,
        };
        let flags = self.given.init();
        let mut prepared = match &distribution.configuration {
            Some(own) => {
                let request = declared::Request {
                    source,
                    flags: &flags,
                    environment: environment(&own.environment)?,
                    facts: &facts,
                };
                complete(distribution, own, &request, output)?
            }
            None => {
                let (init, options) = load::init(source, &flags, &defaults_from(&facts))?;
                let resolved = facts.active_services.contains("systemd-resolved");
                Prepared::from_init(&init, &options, resolved)
            }
        };
        prepared.document["operation"] = operation.name.clone().into();
        prepared.document["flags"] = self.given.values.clone().into();
        for warning in &prepared.warnings {
            output.warning(warning);
        }
        if flags.skip_phases.is_empty() {
            check_skipped(&operation, &prepared.skip_phases, &prepared.origins)?;
        }
        let selection = Selection::new(&operation, phases, &prepared.skip_phases)?;
        Ok(Inputs {
            prepared,
            facts,
            distribution: Arc::clone(distribution),
            operation,
            selection,
        })
    }
}

/// The configuration that a distribution's own component makes of a file, or
/// of none; nothing where the distribution takes kubeadm's kinds as they are.
pub fn declared_by(
    distribution: &Distribution,
    source: Option<load::Source<'_>>,
    output: &Output,
) -> anyhow::Result<Option<Prepared>> {
    let Some(own) = &distribution.configuration else {
        return Ok(None);
    };
    let facts = node_facts(None)?;
    let request = declared::Request {
        source,
        flags: &InitFlags::default(),
        environment: environment(&own.environment)?,
        facts: &facts,
    };
    complete(distribution, own, &request, output).map(Some)
}

/// Has a distribution's component complete the configuration.
fn complete(
    distribution: &Distribution,
    own: &DeclaredConfiguration,
    request: &declared::Request<'_>,
    output: &Output,
) -> anyhow::Result<Prepared> {
    let engine =
        Engine::start().map_err(|error| error.context("cannot start the WebAssembly engine"))?;
    let component = Component::load(&engine, &own.source)?;
    let component = ConfigurationComponent::link(component, output.events(), Limits::default())?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .context("cannot start the runtime")?;
    let completed = declared::load(distribution, own, &component, request);
    Ok(runtime.block_on(completed)?)
}

/// Refuses phases of a file that are none.
pub fn check_skipped(
    operation: &Operation,
    skipped: &[String],
    origins: &Origins,
) -> Result<(), ConfigError> {
    let findings: Vec<_> = skipped
        .iter()
        .enumerate()
        .filter_map(|(at, name)| {
            let error = Selection::check(operation, name).err()?;
            let path = format!("InitConfiguration.skipPhases[{at}]");
            Some(Finding::stated(path, error.to_string()))
        })
        .collect();
    match findings.is_empty() {
        true => Ok(()),
        false => Err(Findings::locate(findings, origins).into()),
    }
}

/// Those of these variables that are set to something.
fn environment(names: &[String]) -> anyhow::Result<BTreeMap<String, String>> {
    let mut values = BTreeMap::new();
    for name in names {
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

/// What defaults need of the facts.
pub fn defaults_from(facts: &NodeFacts) -> NodeDefaults {
    NodeDefaults {
        hostname: facts.hostname.clone(),
        default_address: facts.default_address,
        loopback_address: facts.loopback_address,
        systemd_resolved: facts.active_services.contains("systemd-resolved"),
        cri_sockets: facts.cri_sockets.clone(),
        now: Some(Timestamp::now()),
    }
}
