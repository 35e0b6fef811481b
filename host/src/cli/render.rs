//! `kubewright render`

use std::path::PathBuf;
use std::sync::Arc;

use clap::{ArgMatches, Args, Command, FromArgMatches};
use serde_json::json;

use super::configuration::RunArguments;
use super::flags;
use super::output::Output;
use crate::distribution::{Distribution, Operation};
use crate::run::{RenderOutput, Rendered, Run, Written, now, sandboxed};

const EXAMPLES: &str = "\
Examples:
  kubewright render --out cluster
      A single-node cluster for this machine
  kubewright render --config cluster.yaml --out cluster -v
      As a kubeadm configuration file says; every effect as it lands
  kubewright render --pod-network-cidr 10.244.0.0/16 --node-name cp1 --out cluster
      As the flags of kubeadm init say
  kubewright node-facts > cp1.yaml; kubewright render --node-facts cp1.yaml --out cluster
      For the machine where the facts were taken
  kubewright render --phase certs --out cluster
      Keys and certificates alone
  kubewright render --policy baseline --policy ours.wasm --out cluster
      With every effect judged by two policies before it lands
  kubewright render --distribution distribution.yaml --out cluster
      With other phases, or the same from other components

Exit codes: 0 rendered, or nothing to change; 1 failed; 2 wrong usage. Nothing is written unless all of it worked.";

/// Compute what `init` would put on a machine and into a cluster, into a
/// folder, touching neither.
///
/// Runs all phases of `init` in a sandbox and leaves `DIR/rootfs/**` (the files
/// with their modes) and `DIR/objects.yaml` (the objects in the order applied,
/// without what a server fills in). Without --config and flags it renders a
/// single-node cluster for this machine.
///
/// A second render into the same DIR changes nothing, and says so: keys,
/// certificates and tokens that exist and are sound are kept. What is not
/// sound (a truncated key, a certificate of another CA, or for other names) is
/// an error that names it; nothing is overwritten.
///
/// A distribution may refuse to find what it made before, and say so: render
/// into another folder then.
#[derive(Args)]
#[command(after_long_help = EXAMPLES)]
struct Render {
    /// The folder to render into: a new or empty one, or that of an earlier
    /// render.
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    #[command(flatten)]
    arguments: RunArguments,
}

/// The command, for an operation.
pub fn command(operation: &Operation, word: &str) -> Result<Command, String> {
    flags::add(
        Render::augment_args(Command::new(word.to_owned())),
        operation,
    )
}

/// Renders what an operation makes.
pub fn run(
    distribution: &Arc<Distribution>,
    operation: &Operation,
    matches: &ArgMatches,
    output: &Output,
) -> anyhow::Result<()> {
    let mut arguments = Render::from_arg_matches(matches)?;
    super::undoing::refuse_render(operation)?;
    arguments.arguments = RunArguments::of(distribution, operation, matches)?;
    arguments.run(&operation.name, output)
}

impl Render {
    fn run(&self, operation: &str, output: &Output) -> anyhow::Result<()> {
        let inputs = self.arguments.load(output)?;
        let folder = RenderOutput::open(&self.out)?;
        let run = Run::prepare(inputs, &self.arguments.policies, output)?;
        output.progress(&format!(
            "Rendering what `{operation}` would do: what follows happens in a sandbox, not on this machine."
        ));
        let outcome = sandboxed(
            run,
            folder.base()?,
            folder.provenance()?,
            &folder.objects()?,
            now()?,
        )?;
        let written = folder.write(&outcome.files, &outcome.api, &outcome.provenance)?;
        output.done();
        if !outcome.finished.shown.is_empty() {
            output.line(&format!("\nAt its end `{operation}` would say:\n"));
        }
        output.shows(&outcome.finished);
        self.summary(output, &outcome, &written);
        Ok(())
    }

    fn summary(&self, output: &Output, outcome: &Rendered, written: &Written) {
        let folder = self.out.display();
        if written.files == 0 && written.objects == 0 {
            output.line(&format!("Nothing changed: {folder} is already so."));
        } else {
            output.line(&format!(
                "Rendered into {folder}: {} and {} changed.",
                counted(written.files, "file"),
                counted(written.objects, "object"),
            ));
        }
        output.result(&json!({
            "folder": self.out,
            "changed": written.files > 0 || written.objects > 0,
            "filesChanged": written.files,
            "objectsChanged": written.objects,
            "effects": outcome.finished.count(),
            "shown": outcome.finished.shown_sealed(),
        }));
    }
}

/// `no file`, `1 file`, `34 files`
fn counted(number: usize, what: &str) -> String {
    match number {
        0 => format!("no {what}"),
        1 => format!("1 {what}"),
        several => format!("{several} {what}s"),
    }
}
