//! The program: one file per command. Arguments in, words out, nothing else.

mod arguments;
mod commands;
mod component;
mod config;
mod configuration;
mod confirm;
mod failure;
mod flags;
mod history;
mod inputs;
mod machine;
mod node_facts;
mod operation;
mod output;
mod phase_help;
mod phases;
mod plan;
mod render;
mod undo;
mod undoing;
mod version;
mod why;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::{Args, CommandFactory, FromArgMatches, Parser, Subcommand};

use crate::run::{answer_signals, may_tell};
use commands::Commands;
pub use failure::Usage;
use output::{Format, Output};

const EXAMPLES: &str = "\
Examples:
  kubewright render --out cluster          A whole control plane, into a folder
  kubewright config print init-defaults    A configuration file to start from
  kubewright plan                          What init would change on this machine
  kubewright init                          Set up the control plane here
  kubewright help render                   All about a command

Exit codes:
  0  done
  1  failed: a file, the machine, a component, a policy
  2  wrong usage: the command line cannot be what was meant
  130, 143  interrupted: Ctrl-C, SIGTERM
  plan: 0 no change, 1 failed or wrong usage, 2 there are changes";

/// Provisions Kubernetes clusters as kubeadm does, each phase a sandboxed
/// WebAssembly component.
#[derive(Parser)]
#[command(
    name = "kubewright",
    version = version::TEXT,
    after_help = "Exit codes: 0 done, 1 failed, 2 wrong usage; of plan: 0 no change, 1 failed, 2 changes.",
    after_long_help = EXAMPLES
)]
struct Program {
    #[command(flatten)]
    common: Common,
    #[command(subcommand)]
    command: Command,
}

const OUTPUT: &str = "Output";

/// What all commands take.
#[derive(Args, Clone, Debug)]
pub struct Common {
    /// How to say what happens: lines for people, or one JSON object a line
    /// (events, then a result). Of a command that only answers, in JSON the
    /// answer stands alone on standard output.
    #[arg(short = 'o', long, global = true, value_enum, default_value = "text", help_heading = OUTPUT)]
    output: Format,
    /// Show every effect as it lands; twice: what components log, too. A level,
    /// as kubeadm takes it, does as well: -v=1 is once, -v=5 and more are twice.
    #[arg(short, long, global = true, action = clap::ArgAction::Count, help_heading = OUTPUT)]
    verbose: u8,
    /// Do not tell of progress: results, warnings and errors only.
    #[arg(short, long, global = true, conflicts_with = "verbose", help_heading = OUTPUT)]
    quiet: bool,
}

// Each command's own documentation is its help: the first paragraph in the list
// of commands, all of it in its `--help`.
#[derive(Subcommand)]
enum Command {
    Undo(undo::Undo),
    History(history::History),
    Why(why::Why),
    Config(config::Config),
    Phases(phases::Phases),
    /// For authors of plugins: make components.
    #[command(subcommand)]
    Component(component::Component),
    NodeFacts(node_facts::NodeFactsCommand),
    Version(version::Version),
}

impl Command {
    fn run(self, output: &Output) -> anyhow::Result<()> {
        match self {
            Self::Undo(command) => command.run(output),
            Self::History(command) => command.run(output),
            Self::Why(command) => command.run(output),
            Self::Config(command) => command.run(output),
            Self::Phases(command) => command.run(output),
            Self::Component(command) => command.run(output),
            Self::NodeFacts(command) => command.run(output),
            Self::Version(command) => command.run(output),
        }
    }
}

/// Whether a command line may name an operation: all but those of the program's
/// own commands, which read no distribution for it.
fn needs_operations(arguments: &[OsString], program: &clap::Command) -> bool {
    match named_command(arguments) {
        None => true,
        Some(name) => program.find_subcommand(name).is_none(),
    }
}

/// Runs the program with the arguments of this process.
pub fn main() -> ExitCode {
    if crate::component::asked_to_help(std::env::args_os()) {
        return crate::component::help();
    }
    let arguments = match arguments::normal(std::env::args_os()) {
        Ok(arguments) => arguments::distribution_behind(arguments),
        Err(usage) => {
            let arguments: Vec<_> = std::env::args_os().collect();
            let mut report = failure::Report::of(&usage.into());
            if asks_for_plan(&arguments) {
                report.exit_code = 1;
            }
            let format = if asks_for_json(&arguments) {
                Format::Json
            } else {
                Format::Text
            };
            answering(Output::new(format, 0), &arguments).failed(&report);
            return ExitCode::from(report.exit_code);
        }
    };
    let mut command = Program::command();
    let mut commands = None;
    if needs_operations(&arguments, &command) {
        let added = Commands::of(&arguments).and_then(|found| {
            let command = found.add(command.clone(), &arguments)?;
            Ok((found, command))
        });
        match added {
            Ok((found, with_operations)) => {
                commands = Some(found);
                command = with_operations;
            }
            Err(error) => {
                let report = failure::Report::of(&error.into());
                let format = match asks_for_json(&arguments) {
                    true => Format::Json,
                    false => Format::Text,
                };
                answering(Output::new(format, 0), &arguments).failed(&report);
                return ExitCode::from(report.exit_code);
            }
        }
    }
    let parsed = command
        .try_get_matches_from(&arguments)
        .and_then(|matches| {
            let common = Common::from_arg_matches(&matches)?;
            let name = matches.subcommand_name().unwrap_or_default();
            let own = match Command::has_subcommand(name) {
                true => Some(Program::from_arg_matches(&matches)?.command),
                false => None,
            };
            Ok((common, own, matches))
        });
    let (common, own, matches) = match parsed {
        Ok(parsed) => parsed,
        Err(error) => {
            // Help and version are no errors; everything else is wrong usage.
            // Of a plan, 2 says that there are changes.
            let wrong = if asks_for_plan(&arguments) { 1 } else { 2 };
            let code = if error.use_stderr() { wrong } else { 0 };
            if code != 0 && asks_for_json(&arguments) {
                let report = failure::Report::of_usage(&error.render().to_string(), code);
                answering(Output::new(Format::Json, 0), &arguments).failed(&report);
            } else {
                // Nothing is left to be told where the terminal is gone.
                let _ = error.print();
            }
            return ExitCode::from(code);
        }
    };
    let mut output = answering(Output::new(common.output, common.verbose), &arguments);
    if common.quiet {
        output = output.quiet();
    }
    let heard = output.clone();
    answer_signals(move |error| heard.failed(&failure::Report::of(error)));
    let done = |()| ExitCode::SUCCESS;
    let planned = asks_for_plan(&arguments);
    let result = match own {
        None => {
            let run = commands.and_then(|commands| commands.run(&matches, &output));
            run.unwrap_or_else(|| Err(anyhow::anyhow!("there is no such command")))
        }
        Some(own) => own.run(&output).map(done),
    };
    match result.and_then(|code| output.finish().map(|()| code)) {
        Ok(code) => code,
        Err(error) => {
            let mut report = failure::Report::of(&error);
            // Of a plan, 2 says that there are changes.
            if planned && report.exit_code == 2 {
                report.exit_code = 1;
            }
            if may_tell() {
                output.failed(&report);
            } else {
                // Who tells why ends the program.
                loop {
                    std::thread::park();
                }
            }
            ExitCode::from(report.exit_code)
        }
    }
}

/// Whether the arguments ask for JSON, however wrong they are otherwise.
fn asks_for_json(arguments: &[OsString]) -> bool {
    let joined = ["-ojson", "-o=json", "--output=json"];
    arguments
        .iter()
        .any(|one| joined.iter().any(|all| one == all))
        || arguments
            .windows(2)
            .any(|two| (two[0] == "-o" || two[0] == "--output") && two[1] == "json")
}

/// Of a command that answers with one object, that one alone is on standard
/// output.
fn answering(output: Output, arguments: &[OsString]) -> Output {
    const ANSWERS: [&str; 7] = [
        "component",
        "config",
        "history",
        "node-facts",
        "phases",
        "version",
        "why",
    ];
    match named_command(arguments).is_some_and(|command| ANSWERS.contains(&command)) {
        true => output.answering(),
        false => output,
    }
}

/// Whether the arguments are those of `plan`, however wrong.
fn asks_for_plan(arguments: &[OsString]) -> bool {
    named_command(arguments) == Some("plan")
}

/// The command that the arguments name, however wrong they are.
fn named_command(arguments: &[OsString]) -> Option<&str> {
    let mut arguments = arguments.iter().skip(1).filter_map(|one| one.to_str());
    while let Some(argument) = arguments.next() {
        match argument {
            // Their value is no command.
            "-o" | "--output" => drop(arguments.next()),
            flag if flag.starts_with('-') => {}
            command => return Some(command),
        }
    }
    None
}
