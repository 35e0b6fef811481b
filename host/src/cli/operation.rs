//! The commands of a distribution: `kubewright init`, `kubewright reset`, or
//! whatever its operations are called.

use std::sync::Arc;

use clap::{Arg, ArgMatches, Args, Command, FromArgMatches};
use serde_json::json;

use super::configuration::RunArguments;
use super::flags;
use super::machine::MachineArguments;
use super::output::Output;
use crate::distribution::{Distribution, Operation};
use crate::effect::DiskJournal;
use crate::run::{Finished, Held, Inputs, Run, carry_out};

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
    #[command(flatten)]
    run: RunArguments,
    #[arg(skip)]
    making: MakingArguments,
}

/// The flags of operations that make something of a machine, and do not undo.
#[derive(Args, Clone, Copy, Default)]
pub struct MakingArguments {
    /// Overwrite fields of objects that somebody else has set since; without
    /// it that is an error, which says who and what.
    #[arg(long)]
    force_conflicts: bool,
    /// Leave out the phases that need a kubelet or a cluster at work: for a
    /// folder that will be the root of a machine some day.
    #[arg(long, requires = "rootfs")]
    offline: bool,
}

impl MakingArguments {
    /// Adds them to the command of an operation that has a use for them.
    pub fn add(command: Command, operation: &Operation) -> Command {
        match operation.undoes {
            true => command,
            false => Self::augment_args(command),
        }
    }

    pub fn of(operation: &Operation, matches: &ArgMatches) -> Result<Self, clap::Error> {
        match operation.undoes {
            true => Ok(Self::default()),
            false => Self::from_arg_matches(matches),
        }
    }

    /// Loads and checks components, policies and patches for what is left to
    /// run.
    pub fn prepare(
        self,
        mut inputs: Inputs,
        policies: &[String],
        output: &Output,
        audience: &Output,
    ) -> anyhow::Result<Run> {
        if self.offline {
            leave_out_live(&mut inputs, output);
        }
        let mut run = Run::prepare(inputs, policies, audience)?;
        run.force_conflicts = self.force_conflicts;
        Ok(run)
    }
}

/// The command of an operation, `word` being the last one of its name. The
/// error says what the program cannot make of it.
pub fn command(operation: &Operation, word: &str) -> Result<Command, String> {
    let with_flags = |command: Command| {
        let command = OperationArguments::augment_args(command);
        let command = MakingArguments::add(command, operation);
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
    arguments.making = MakingArguments::of(operation, matches)?;
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
        if operation.undoes {
            if let Some(phase) = &phase {
                self.run.refuse_useless(phase)?;
            }
            let phase = phase.as_deref();
            return super::undoing::run(&self.run, &machine, phase, self.dry_run, output);
        }
        let command = match &phase {
            None => operation.name.clone(),
            Some(phase) => {
                self.run.refuse_useless(phase)?;
                format!("{} phase {}", operation.name, phase.replace('/', " "))
            }
        };
        let inputs = match phase {
            None => self.run.load(output)?,
            Some(phase) => self.run.load_phases(output, &[phase])?,
        };
        let dry = self.dry_run || inputs.prepared.document["options"]["dryRun"] == true;
        if dry {
            machine.require_root(&format!("{command} --dry-run"))?;
            let quiet = output.quiet();
            let run = self
                .making
                .prepare(inputs, &self.run.policies, output, &quiet)?;
            super::plan::plan(&machine, run, output)?;
            return Ok(());
        }
        machine.require_root(&operation.name)?;
        let run = self
            .making
            .prepare(inputs, &self.run.policies, output, output)?;
        let held = Held::take(&machine, command)?;
        let done = carry_out(&machine, run, held, output)?;
        let finished = done.finished?;
        output.shows(&finished);
        summary(&done.journal, &finished, output);
        Ok(())
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
