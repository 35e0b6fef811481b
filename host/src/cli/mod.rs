//! The program: one file per command. Arguments in, words out, nothing else.

mod component;
mod config;
mod configuration;
mod difference;
mod failure;
mod history;
mod init;
mod init_flags;
mod inputs;
mod machine;
mod node_facts;
mod output;
mod phases;
mod plan;
mod render;
mod render_output;
mod reset;
mod run;
mod sandbox_run;
mod version;
mod why;

use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};

pub use failure::Usage;
use output::{Format, Output};

/// Provisions Kubernetes clusters as kubeadm does, each phase a sandboxed
/// WebAssembly component.
#[derive(Parser)]
#[command(
    name = "kubewright",
    version = version::TEXT,
    after_help = "Exit codes: 0 done, 1 failed, 2 wrong usage."
)]
struct Program {
    #[command(flatten)]
    common: Common,
    #[command(subcommand)]
    command: Command,
}

/// What all commands take.
#[derive(Args, Clone, Debug)]
pub struct Common {
    /// How to say what happens: lines for people, or one JSON object a line
    /// (events, then a result).
    #[arg(short = 'o', long, global = true, value_enum, default_value = "text")]
    output: Format,
    /// Show every effect as it lands; twice: what components log, too.
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
    verbose: u8,
}

#[derive(Subcommand)]
enum Command {
    /// Set up the control plane on this machine.
    Init(Box<init::Init>),
    /// Show what `init` would change on this machine and in its cluster.
    Plan(Box<plan::Plan>),
    /// Undo what `init` did to this machine.
    Reset(Box<reset::Reset>),
    /// List the runs on this machine, or the effects of one.
    History(history::History),
    /// Tell which run wrote a file or an object.
    Why(why::Why),
    /// Compute what `init` would put on a machine and into a cluster, into a
    /// folder, touching neither.
    Render(Box<render::Render>),
    /// Print, check and convert configuration files.
    Config(config::Config),
    /// List the phases of a distribution: component, digest, needs, grants.
    Phases(phases::Phases),
    /// For authors of plugins: make components.
    #[command(subcommand)]
    Component(component::Component),
    /// Print the facts of this machine that a render depends on.
    NodeFacts(node_facts::NodeFactsCommand),
    /// Print the version.
    Version(version::Version),
}

/// Runs the program with the arguments of this process.
pub fn main() -> ExitCode {
    let program = match Program::try_parse() {
        Ok(program) => program,
        Err(error) => {
            // Help and version are no errors; everything else is wrong usage.
            // Of a plan, 2 says that there are changes.
            let wrong = if asks_for_plan() { 1 } else { 2 };
            let code = if error.use_stderr() { wrong } else { 0 };
            // Nothing is left to be told where the terminal is gone.
            let _ = error.print();
            return ExitCode::from(code);
        }
    };
    let output = Output::new(program.common.output, program.common.verbose);
    let done = |()| ExitCode::SUCCESS;
    let planned = matches!(program.command, Command::Plan(_));
    let result = match program.command {
        Command::Init(command) => command.run(&output).map(done),
        Command::Plan(command) => command.run(&output),
        Command::Reset(command) => command.run(&output).map(done),
        Command::History(command) => command.run(&output).map(done),
        Command::Why(command) => command.run(&output).map(done),
        Command::Render(command) => command.run(&output).map(done),
        Command::Config(command) => command.run(&output).map(done),
        Command::Phases(command) => command.run(&output).map(done),
        Command::Component(command) => command.run(&output).map(done),
        Command::NodeFacts(command) => command.run(&output).map(done),
        Command::Version(command) => command.run(&output).map(done),
    };
    match result {
        Ok(code) => code,
        Err(error) => {
            let report = failure::Report::of(&error);
            output.failed(&report);
            // Of a plan, 2 says that there are changes.
            ExitCode::from(match planned {
                true => 1,
                false => report.exit_code,
            })
        }
    }
}

/// Whether the arguments are those of `plan`, however wrong.
fn asks_for_plan() -> bool {
    std::env::args_os()
        .skip(1)
        .find(|argument| !argument.to_string_lossy().starts_with('-'))
        .is_some_and(|command| command == "plan")
}
