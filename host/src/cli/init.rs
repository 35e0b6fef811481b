//! `kubewright init`

use std::sync::Arc;

use anyhow::Context;
use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::configuration::{Inputs, RunArguments};
use super::interrupt::{Besides, Interrupted};
use super::machine::{Machine, MachineArguments};
use super::output::Output;
use super::run::{Finished, Run, now};
use crate::effect::{DiskJournal, FaultyJournal, Ledger, Outcome, RunHeader, RunStart};
use crate::world::MachinePath;

const EXAMPLES: &str = "\
Examples:
  kubewright init
      Set up a single-node cluster on this machine
  kubewright init --config cluster.yaml
      As a kubeadm configuration file says
  kubewright init phase certs all --config cluster.yaml
      One phase alone
  kubewright init --skip-phases addon/kube-proxy
      All but one";

/// Set up the control plane on this machine.
///
/// Every effect is written to a journal below /var/lib/kubewright before it
/// lands. A run that was interrupted goes on with the same command: what is
/// done is kept. `kubewright plan` shows what it would do, `kubewright reset`
/// undoes it.
#[derive(Args)]
#[command(args_conflicts_with_subcommands = true, after_long_help = EXAMPLES)]
pub struct Init {
    #[command(flatten)]
    arguments: InitCommand,
    #[command(subcommand)]
    phase: Option<PhaseCommand>,
}

/// The flags of `init` and of `init phase`.
#[derive(Args)]
struct InitCommand {
    #[command(flatten)]
    machine: MachineArguments,
    /// Don't apply any changes; just output what would be done.
    #[arg(long)]
    dry_run: bool,
    /// Overwrite fields of objects that somebody else has set since; without
    /// it that is an error, which says who and what.
    #[arg(long)]
    force_conflicts: bool,
    /// Leave out the phases that need a kubelet or a cluster at work: for a
    /// folder that will be the root of a machine some day.
    #[arg(long, requires = "rootfs")]
    offline: bool,
    #[command(flatten)]
    run: RunArguments,
}

#[derive(Subcommand)]
enum PhaseCommand {
    /// Run one phase alone, as `init phase certs ca` or `init phase
    /// control-plane all`.
    Phase(Box<OnePhase>),
}

#[derive(Args)]
struct OnePhase {
    /// The phase, and a sub-phase or `all`. Of a phase with sub-phases, alone,
    /// they are listed.
    #[arg(required = true, num_args = 1..=2, value_name = "PHASE")]
    names: Vec<String>,
    #[command(flatten)]
    arguments: InitCommand,
}

impl Init {
    pub fn run(&self, output: &Output) -> anyhow::Result<()> {
        match &self.phase {
            None => self.arguments.run(output, None),
            Some(PhaseCommand::Phase(one)) => one.arguments.run(output, Some(one.names.join("/"))),
        }
    }
}

impl InitCommand {
    fn run(&self, output: &Output, phase: Option<String>) -> anyhow::Result<()> {
        if let Some(parts) = phase.as_deref().and_then(|phase| self.run.parts_of(phase)) {
            output.lines(parts.trim_end());
            return Ok(());
        }
        let machine = self.machine.open()?;
        let command = match &phase {
            None => "init".to_owned(),
            Some(phase) => format!("init phase {}", phase.replace('/', " ")),
        };
        let mut inputs = match phase {
            None => self.run.load(output)?,
            Some(phase) => self.run.load_phases(output, &[phase])?,
        };
        if self.offline {
            leave_out_live(&mut inputs, output);
        }
        let dry = self.dry_run || inputs.prepared.document["options"]["dryRun"] == true;
        if dry {
            machine.require_root(&format!("{command} --dry-run"))?;
            let run = Run::prepare(inputs, &self.run.policies, &output.quiet())?;
            super::plan::plan(&machine, self.forced(run), output)?;
            return Ok(());
        }
        machine.require_root("init")?;
        let run = Run::prepare(inputs, &self.run.policies, output)?;
        carry_out(&machine, self.forced(run), command, output)
    }

    fn forced(&self, mut run: Run) -> Run {
        run.force_conflicts = self.force_conflicts;
        run
    }
}

/// Leaves out what needs a machine at work, and says so.
fn leave_out_live(inputs: &mut Inputs, output: &Output) {
    let left_out = inputs.selection.leave_out_live(&inputs.distribution);
    if !left_out.is_empty() {
        output.warning(&format!(
            "--offline: left out is what needs a kubelet or a cluster at work ({})",
            left_out.join(", ")
        ));
    }
}

/// Runs phases on a machine, with a journal.
fn carry_out(
    machine: &Machine,
    mut run: Run,
    command: String,
    output: &Output,
) -> anyhow::Result<()> {
    let started = now()?;
    let folder = Arc::new(machine.folder());
    let lock = folder.lock(&command)?;
    // Before what differs from run to run goes in.
    let configuration = run.prepared.document.to_string().into_bytes();
    let ledger = folder.ledger()?;
    tell_owned(&mut run.prepared.document, &ledger);
    let provenance = ledger.provenance(&*machine.files);
    let state_folders = machine.state_folders(&run.prepared.document)?;
    let header = RunHeader {
        command,
        version: env!("CARGO_PKG_VERSION").to_owned(),
        distribution: run.distribution.clone(),
        components: run.components(),
        policies: run.policies(),
        state_entries: machine.entries(&state_folders)?,
        state_folders,
        started,
        ..RunHeader::default()
    };
    let journal = Arc::new(DiskJournal::begin(
        folder,
        lock,
        RunStart {
            header,
            configuration,
        },
    )?);
    if let Some(dead) = journal.continues() {
        output.line(&format!(
            "Going on with run {dead}, which did not come to its end."
        ));
    }
    let to_go_on = format!(
        "run {} did not come to its end: the same command goes on with it, `kubewright reset` undoes what it did",
        journal.run()
    );
    let besides = Besides::say(to_go_on.clone());
    let facts = run.facts.clone();
    let result = run.run(FaultyJournal::wrap(Arc::clone(&journal) as _), || {
        Ok(machine.world(facts, provenance, started))
    });
    output.done();
    if let Err(error) = &result
        && error.is::<Interrupted>()
    {
        // Its end is not recorded: an effect may be half done.
        // What still runs of it may keep this thread from telling.
        std::mem::forget(besides);
        return result.map(drop).context(to_go_on);
    }
    let outcome = match &result {
        Ok(_) => Outcome::Done,
        Err(_) => Outcome::Failed,
    };
    let ended = journal.end(outcome, now()?);
    drop(besides);
    let finished = result?;
    ended.context("the run is through, but its end could not be recorded")?;
    finished.show(output);
    summary(&journal, &finished, output);
    Ok(())
}

fn summary(journal: &DiskJournal, finished: &Finished, output: &Output) {
    if !finished.changed() {
        output.line("Nothing changed: this machine is already so.");
    }
    output.result(&json!({
        "run": journal.run(),
        "continues": journal.continues(),
        "changed": finished.changed(),
        "effects": finished.count(),
        "shown": finished.shown_sealed(),
    }));
}

/// Tells phases which files earlier runs wrote: preflight must not take them,
/// or what runs because of them, for somebody else's.
pub fn tell_owned(document: &mut Value, ledger: &Ledger) {
    let owned: Vec<&str> = ledger.paths().map(MachinePath::as_str).collect();
    document["options"]["owned"] = json!(owned);
    // What proves that the API works need not be proved again.
    document["options"]["completed"] = json!(ledger.completed);
}
