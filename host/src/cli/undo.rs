//! `kubewright undo`

use clap::Args;

use super::confirm::ask;
use super::machine::MachineArguments;
use super::output::Output;
use crate::run::{UndoAsked, Undone, undo};

const EXAMPLES: &str = "\
Examples:
  kubewright history
      Which runs there were
  kubewright undo 3 --dry-run
      What undoing the third would be
  kubewright undo 3
      Undo it, and nothing that others did";

/// Undo what one run did to the files of this machine.
///
/// Backwards, and nothing else: what a later run changed stays, and what others
/// changed since, which --force undoes as well. Objects of a cluster, services
/// and images stay as they are; it says which. Itself a run with a journal: it
/// can be undone, too. To undo all runs there is `kubewright reset`.
#[derive(Args)]
#[command(after_long_help = EXAMPLES)]
pub struct Undo {
    #[command(flatten)]
    machine: MachineArguments,
    /// The number of the run, as `kubewright history` has it.
    run: u64,
    /// Don't apply any changes; just output what would be done.
    #[arg(long)]
    dry_run: bool,
    /// Do not ask, and undo also what others changed since.
    #[arg(long, short)]
    force: bool,
    /// Do not ask; what others changed since is kept.
    #[arg(long, short)]
    yes: bool,
    /// Judge every effect by this policy: a `.wasm` file, or `baseline`. May
    /// be given several times.
    #[arg(long = "policy", value_name = "FILE.wasm|NAME")]
    policies: Vec<String>,
}

impl Undo {
    pub fn run(&self, output: &Output) -> anyhow::Result<()> {
        let machine = self.machine.open()?;
        machine.require_root("undo")?;
        if !self.dry_run && !self.force && !self.yes {
            self.confirm()?;
        }
        let asked = UndoAsked {
            run: self.run,
            force: self.force,
            dry_run: self.dry_run,
            policies: &self.policies,
        };
        let undone = undo(&machine, &asked, output)?;
        output.done();
        self.tell(&undone, output);
        Ok(())
    }

    fn confirm(&self) -> anyhow::Result<()> {
        let run = self.run;
        ask(
            &format!(
                "What run {run} did to the files of this machine will be undone. Proceed? [y/N]: "
            ),
            "",
            "nothing was undone",
        )
    }

    fn tell(&self, undone: &Undone, output: &Output) {
        for one in &undone.steps {
            let reason = match one.reason.as_str() {
                "" => String::new(),
                reason => format!(": {reason}"),
            };
            output.line(&format!("[undo] {} {}{reason}", one.step, one.target));
        }
        let changes = undone.steps.len() > undone.kept;
        output.line(&match (changes, self.dry_run) {
            (false, _) => format!("Nothing of run {} is left to undo.", self.run),
            (true, true) => "This is what would be done; nothing was.".to_owned(),
            (true, false) => format!("Run {} is undone.", self.run),
        });
        if !undone.others.is_empty() {
            let each = undone
                .others
                .iter()
                .map(|(name, count)| format!("{name} {count}"));
            output.line(&format!(
                "Not undone, since it is about something else than files: {} (`kubewright history {}` lists them).",
                each.collect::<Vec<_>>().join(", "),
                self.run
            ));
        }
        output.result(&undone.to_value());
    }
}
