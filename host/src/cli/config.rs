//! `kubewright config`

use std::path::PathBuf;

use anyhow::Context;
use clap::builder::NonEmptyStringValueParser;
use clap::{Args, Subcommand};
use jiff::Timestamp;
use serde_json::{Value, json};

use super::Usage;
use super::configuration::{check_skipped, complete, environment, start_engine};
use super::inputs::{node_facts, read_text};
use super::output::Output;
use crate::configuration::complete::{Ask, Completed, Request, Source};
use crate::configuration::error::CompleteError;
use crate::configuration::flags::GivenFlags;
use crate::configuration::revealed::Revealed;
use crate::distribution::{Distribution, MAIN};

/// Print, check and convert configuration files: those of kubeadm.k8s.io, or
/// with --distribution those that another distribution takes.
#[derive(Args)]
pub struct Config {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Print the default configuration of a command.
    #[command(subcommand)]
    Print(Print),
    Validate(Validate),
    Migrate(Migrate),
    /// What images a control plane needs.
    #[command(subcommand)]
    Images(Images),
}

#[derive(Subcommand)]
enum Print {
    /// The defaults of `init`. The token in it is a placeholder.
    #[command(name = "init-defaults")]
    Init {
        /// Add the defaults of these: KubeletConfiguration,
        /// KubeProxyConfiguration.
        #[arg(long, value_name = "KINDS", value_delimiter = ',')]
        component_configs: Vec<String>,
        #[command(flatten)]
        of: OfDistribution,
    },
    /// The defaults of `join`. The token in it is a placeholder.
    #[command(name = "join-defaults")]
    Join {
        #[command(flatten)]
        of: OfDistribution,
    },
    /// The defaults of `reset`.
    #[command(name = "reset-defaults")]
    Reset {
        #[command(flatten)]
        of: OfDistribution,
    },
    /// The defaults of `upgrade`.
    #[command(name = "upgrade-defaults")]
    Upgrade {
        #[command(flatten)]
        of: OfDistribution,
    },
}

/// The flag of `config print init-defaults`.
const COMPONENT_CONFIGS: &str = "component-configs";

const VALIDATE_EXAMPLES: &str = "\
Examples:
  kubewright config validate --config cluster.yaml
  kubewright config print init-defaults | kubewright config validate --config -";

/// Read a file as `init` or `join` would and report every problem.
///
/// Strictly: unknown and repeated fields are problems, too. Every one is told
/// with its line, its field and what would be right. Nothing of this machine
/// is looked at but its clock.
///
/// What kubeadm takes and a kubelet or an API server refuses later is a problem
/// here and in `init`: effects of taints, names and types of volumes, dashes
/// before the name of an argument, node names of more than 63 characters, tokens
/// that have expired.
#[derive(Args)]
#[command(after_long_help = VALIDATE_EXAMPLES)]
struct Validate {
    /// Path to a kubeadm configuration file; `-` for standard input.
    #[arg(long, value_name = "FILE")]
    config: String,
    /// Accept versions that are deprecated; without it they give a warning.
    #[arg(long)]
    allow_deprecated_api: bool,
    #[command(flatten)]
    of: OfDistribution,
}

#[derive(Args)]
struct OfDistribution {
    /// A built-in distribution, or the path of a distribution file: its
    /// configuration kinds are meant.
    #[arg(long, value_name = "NAME|PATH", default_value = "kubernetes")]
    distribution: String,
}

const MIGRATE_EXAMPLES: &str = "\
Example:
  kubewright config migrate --old-config v1beta3.yaml --new-config v1beta4.yaml";

/// Convert a file of an older version to the current one.
///
/// Reads kubeadm.k8s.io/v1beta3 and v1beta4, and writes v1beta4 with all
/// defaults filled in but those that depend on the machine. Documents of other
/// kinds (KubeletConfiguration, KubeProxyConfiguration) are not written. Of
/// another distribution its component decides what is converted.
#[derive(Args)]
#[command(after_long_help = MIGRATE_EXAMPLES)]
struct Migrate {
    /// The file to convert; `-` for standard input.
    #[arg(long, value_name = "FILE")]
    old_config: String,
    /// Where to write; standard output if not given. The file may hold
    /// tokens: it is made with mode 0600 (kubeadm: 0644).
    #[arg(long, value_name = "FILE")]
    new_config: Option<PathBuf>,
    #[command(flatten)]
    of: OfDistribution,
}

#[derive(Subcommand)]
enum Images {
    List(ImagesList),
}

const IMAGES_EXAMPLES: &str = "\
Examples:
  kubewright config images list
  kubewright config images list --config cluster.yaml
  kubewright config images list --kubernetes-version v1.35.4 --image-repository mirror.example/k8s";

/// Print the images that a control plane needs, one a line.
///
/// They are what `init` pulls: without those of addons that the configuration
/// disables or skips (kubeadm lists the skipped ones).
#[derive(Args)]
#[command(after_long_help = IMAGES_EXAMPLES)]
struct ImagesList {
    /// Path to a kubeadm configuration file; `-` for standard input.
    #[arg(long, value_name = "FILE", value_parser = NonEmptyStringValueParser::new())]
    config: Option<String>,
    /// A set of key=value pairs that describe feature gates.
    #[arg(long, value_name = "GATES")]
    feature_gates: Option<String>,
    /// A container registry to pull control plane images from
    /// [default: registry.k8s.io].
    #[arg(long, value_name = "REGISTRY")]
    image_repository: Option<String>,
    /// A specific Kubernetes version for the control plane. Labels such as
    /// `stable-1` mean the version of this program: nothing is looked up, and one
    /// of another minor release, or of CI, is an error.
    #[arg(long, value_name = "VERSION")]
    kubernetes_version: Option<String>,
    #[command(flatten)]
    of: OfDistribution,
}

impl Config {
    pub fn run(&self, output: &Output) -> anyhow::Result<()> {
        match &self.command {
            Command::Print(which) => which.run(output),
            Command::Validate(command) => command.run(output),
            Command::Migrate(command) => command.run(output),
            Command::Images(Images::List(arguments)) => list_images(arguments, output),
        }
    }
}

impl OfDistribution {
    /// Asks the distribution's component; tells what it warns about.
    fn ask(
        &self,
        ask: Ask,
        operation: &str,
        source: Option<Source<'_>>,
        flags: &GivenFlags,
        output: &Output,
    ) -> anyhow::Result<(Distribution, Completed)> {
        let distribution = Distribution::load(&self.distribution)?;
        let facts = node_facts(None)?;
        let request = Request {
            operation,
            ask,
            source,
            flags,
            environment: environment(&distribution)?,
            facts: &facts,
            now: Timestamp::now(),
        };
        let completed = complete(&start_engine()?, &distribution, &request, output)?;
        // Of what the user did not write there is nothing to tell.
        if ask != Ask::Defaults {
            for warning in &completed.prepared.warnings {
                output.warning(warning);
            }
        }
        Ok((distribution, completed))
    }
}

impl Print {
    fn run(&self, output: &Output) -> anyhow::Result<()> {
        let mut flags = GivenFlags::default();
        let (operation, of) = match self {
            Self::Init {
                component_configs,
                of,
            } => {
                flags.texts(COMPONENT_CONFIGS, component_configs);
                (MAIN, of)
            }
            Self::Join { of } => ("join", of),
            Self::Reset { of } => ("reset", of),
            Self::Upgrade { of } => ("upgrade", of),
        };
        let (distribution, completed) = of.ask(Ask::Defaults, operation, None, &flags, output)?;
        let documents = match completed.documents {
            Some(documents) => documents,
            None if flags.has(COMPONENT_CONFIGS) => {
                return Err(Usage(format!(
                    "--{COMPONENT_CONFIGS}: the distribution {} takes {}",
                    distribution.name,
                    kinds(&distribution).join(", ")
                ))
                .into());
            }
            None if operation != "init" => {
                return Err(not_answered(&distribution, "it has no such defaults"));
            }
            None => documents(&distribution, &completed.prepared.document["configuration"]),
        };
        let text = Revealed::new(documents, &completed.prepared.secrets).to_yaml()?;
        product(output, &text)
    }
}

/// The kinds that a distribution reads, in full.
fn kinds(distribution: &Distribution) -> Vec<String> {
    let own = distribution.configuration.iter();
    own.flat_map(|own| &own.kinds)
        .map(|kind| kind.full())
        .collect()
}

/// What a distribution's component makes of nothing, in the kinds that it reads.
fn documents(distribution: &Distribution, configuration: &Value) -> Vec<Value> {
    let own = distribution.configuration.iter();
    let mut documents = Vec::new();
    for kind in own.flat_map(|own| &own.kinds) {
        if let Value::Object(fields) = &configuration[&kind.name] {
            let mut document = json!({ "apiVersion": kind.api_version, "kind": kind.name });
            for (field, value) in fields {
                document[field] = value.clone();
            }
            documents.push(document);
        }
    }
    documents
}

fn not_answered(distribution: &Distribution, missing: &'static str) -> anyhow::Error {
    CompleteError::NotAnswered {
        distribution: distribution.name.clone(),
        missing,
    }
    .into()
}

impl Validate {
    fn run(&self, output: &Output) -> anyhow::Result<()> {
        let text = read_text(&self.config)?;
        let source = Source {
            file: &self.config,
            text: &text,
            strict: true,
            allow_deprecated: self.allow_deprecated_api,
        };
        let flags = GivenFlags::default();
        let asked = self
            .of
            .ask(Ask::Validate, MAIN, Some(source), &flags, output);
        let (distribution, completed) = asked?;
        check_skipped(distribution.operation(MAIN)?, &completed.prepared)?;
        output.line("ok");
        output.result(&json!({ "valid": true, "warnings": completed.prepared.warnings }));
        Ok(())
    }
}

impl Migrate {
    fn run(&self, output: &Output) -> anyhow::Result<()> {
        let text = read_text(&self.old_config)?;
        let source = Source {
            file: &self.old_config,
            text: &text,
            strict: true,
            allow_deprecated: true,
        };
        let flags = GivenFlags::default();
        let asked = self
            .of
            .ask(Ask::Migrate, MAIN, Some(source), &flags, output);
        let (distribution, completed) = asked?;
        let Some(documents) = completed.documents else {
            return Err(not_answered(&distribution, "its kinds have one version"));
        };
        let migrated = Revealed::new(documents, &completed.prepared.secrets).to_yaml()?;
        let Some(path) = &self.new_config else {
            return product(output, &migrated);
        };
        write_private(path, migrated.as_bytes())?;
        let warnings = completed.prepared.warnings;
        output.result(&json!({ "written": path, "warnings": warnings }));
        Ok(())
    }
}

/// Writes a file that may hold tokens: whole or not at all, 0600.
fn write_private(path: &std::path::Path, content: &[u8]) -> anyhow::Result<()> {
    use std::io::Write;
    let folder = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => std::path::Path::new("."),
    };
    // Made with mode 0600.
    let mut file = tempfile::NamedTempFile::new_in(folder)
        .with_context(|| format!("cannot write {}", path.display()))?;
    file.write_all(content)
        .and_then(|()| file.as_file().sync_all())
        .with_context(|| format!("cannot write {}", path.display()))?;
    file.persist(path)
        .with_context(|| format!("cannot write {}", path.display()))?;
    Ok(())
}

fn list_images(arguments: &ImagesList, output: &Output) -> anyhow::Result<()> {
    let mut flags = GivenFlags::default();
    for (name, text) in [
        ("feature-gates", &arguments.feature_gates),
        ("image-repository", &arguments.image_repository),
        ("kubernetes-version", &arguments.kubernetes_version),
    ] {
        flags.value(name, text.clone());
        flags.is_alone(name);
    }
    let text = arguments.config.as_deref().map(read_text).transpose()?;
    let source = match (&arguments.config, &text) {
        (Some(file), Some(text)) => Some(Source {
            file,
            text,
            strict: false,
            allow_deprecated: false,
        }),
        _ => None,
    };
    let asked = arguments.of.ask(Ask::Images, MAIN, source, &flags, output);
    let (distribution, completed) = asked?;
    let Some(images) = completed.images else {
        return Err(not_answered(&distribution, "it does not list images"));
    };
    if output.is_json() {
        output.result(&json!({
            "apiVersion": "output.kubeadm.k8s.io/v1alpha3",
            "kind": "Images",
            "images": images,
        }));
    } else {
        output.text(&format!("{}\n", images.join("\n")));
    }
    Ok(())
}

/// YAML text that is the command's product; as JSON documents with `-o json`.
fn product(output: &Output, text: &str) -> anyhow::Result<()> {
    if !output.is_json() {
        output.text(text);
        return Ok(());
    }
    let documents: Vec<serde_json::Value> = serde_saphyr::from_multiple(text)
        .map_err(|_| anyhow::anyhow!("the documents cannot be converted to JSON"))?;
    output.result(&json!({ "documents": documents }));
    Ok(())
}
