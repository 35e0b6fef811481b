//! The commands of a distribution: `kubewright init`, `kubewright reset`, or
//! whatever its operations are called.

use std::sync::Arc;

use anyhow::Context;
use clap::{Arg, ArgMatches, Args, Command, FromArgMatches};
use serde_json::{Value, json};

use super::configuration::{Inputs, RunArguments};
use super::flags;
use super::interrupt::{Besides, Interrupted};
use super::machine::{Machine, MachineArguments};
use super::output::Output;
use super::run::{Finished, Run, now};
use crate::distribution::{Distribution, Operation};
use crate::effect::{
    DiskJournal, FaultyJournal, Ledger, Outcome, RunHeader, RunOperation, RunStart,
};
use crate::world::MachinePath;

/// The sub-command that runs one phase alone.
pub const PHASE: &str = "phase";

/// The names of a phase, as `certs ca`.
const NAMES: &str = "names";

/// The flags that every operation has on a machine.
#[derive(Args)]
struct OperationArguments {
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

/// The command of an operation, `word` being the last one of its name. The
/// error says what the program cannot make of it.
pub fn command(operation: &Operation, word: &str) -> Result<Command, String> {
    let with_flags = |command: Command| {
        let command = OperationArguments::augment_args(command);
        // The flattened groups bring the documentation of their types.
        flags::add(command, operation)
    };
    let one = with_flags(Command::new(PHASE))?
        .about(format!(
            "Run one phase alone, as `{} phase {}`",
            operation.name,
            example(operation)
        ))
        .long_about(None::<&str>)
        .arg(
            Arg::new(NAMES)
                .value_name("PHASE")
                .required(true)
                .num_args(1..=2)
                .help("The phase, and a sub-phase or `all`. Of a phase with sub-phases, alone, they are listed"),
        );
    let command = with_flags(Command::new(word.to_owned()))?
        .args_conflicts_with_subcommands(true)
        .subcommand(one);
    Ok(told(command, operation))
}

/// Puts what the distribution says of an operation into the help of its command.
fn told(command: Command, operation: &Operation) -> Command {
    let (summary, _) = flags::help(&operation.summary);
    let command = command.about(summary).long_about(None::<&str>);
    let command = match operation.about.is_empty() {
        true => command,
        false => {
            let (summary, about) = (&operation.summary, &operation.about);
            let (first, all) = flags::help(&format!("{summary}\n\n{about}"));
            command.long_about(all.unwrap_or(first))
        }
    };
    match operation.examples.is_empty() {
        true => command,
        false => {
            let lines = operation.examples.lines().map(|line| format!("\n  {line}"));
            command.after_long_help(format!("Examples:{}", lines.collect::<String>()))
        }
    }
}

/// The first phase that has parts, and `all`; else the first phase.
fn example(operation: &Operation) -> String {
    let parts = operation
        .leaves
        .iter()
        .find_map(|leaf| leaf.name.split_once('/'));
    match (parts, operation.leaves.first()) {
        (Some((phase, sub)), _) => format!("{phase} {sub}"),
        (None, Some(leaf)) => leaf.name.clone(),
        (None, None) => String::new(),
    }
}

/// Runs an operation.
pub fn run(
    distribution: &Arc<Distribution>,
    operation: &Operation,
    matches: &ArgMatches,
    output: &Output,
) -> anyhow::Result<()> {
    let (matches, phase) = match matches.subcommand() {
        Some((PHASE, matches)) => {
            let names = matches.get_many::<String>(NAMES);
            let names: Vec<&str> = names.into_iter().flatten().map(String::as_str).collect();
            (matches, Some(names.join("/")))
        }
        _ => (matches, None),
    };
    let mut arguments = OperationArguments::from_arg_matches(matches)?;
    arguments.run = RunArguments::of(distribution, operation, matches)?;
    arguments.run(operation, output, phase)
}

impl OperationArguments {
    fn run(
        &self,
        operation: &Operation,
        output: &Output,
        phase: Option<String>,
    ) -> anyhow::Result<()> {
        if let Some(parts) = phase.as_deref().and_then(|phase| self.run.parts_of(phase)) {
            output.lines(parts.trim_end());
            return Ok(());
        }
        let machine = self.machine.open()?;
        let command = match &phase {
            None => operation.name.clone(),
            Some(phase) => {
                self.run.refuse_useless(phase)?;
                format!("{} phase {}", operation.name, phase.replace('/', " "))
            }
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
        machine.require_root(&operation.name)?;
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
    let left_out = inputs.selection.leave_out_live(&inputs.operation);
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
    let folders = run
        .operation
        .folders(&run.prepared.document["configuration"])?;
    let state_folders = machine.states(folders)?;
    let header = RunHeader {
        operation: Some(RunOperation {
            whole: command == run.operation.name,
            name: run.operation.name.clone(),
            undoes: false,
        }),
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
