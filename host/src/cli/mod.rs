//! The program: one file per command. Arguments in, words out, nothing else.

mod config;
mod configuration;
mod failure;
mod init;
mod init_flags;
mod inputs;
mod machine;
mod node_facts;
mod output;
mod phases;
mod render;
mod render_output;
mod run;
mod sandbox_run;
mod version;

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
    /// Compute what `init` would put on a machine and into a cluster, into a
    /// folder, touching neither.
    Render(Box<render::Render>),
    /// Print, check and convert configuration files.
    Config(config::Config),
    /// List the phases of a distribution: component, digest, needs, grants.
    Phases(phases::Phases),
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
            let code = if error.use_stderr() { 2 } else { 0 };
            // Nothing is left to be told where the terminal is gone.
            let _ = error.print();
            return ExitCode::from(code);
        }
    };
    let output = Output::new(program.common.output, program.common.verbose);
    let result = match program.command {
        Command::Init(command) => command.run(&output),
        Command::Render(command) => command.run(&output),
        Command::Config(command) => command.run(&output),
        Command::Phases(command) => command.run(&output),
        Command::NodeFacts(command) => command.run(&output),
        Command::Version(command) => command.run(&output),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let report = failure::Report::of(&error);
            output.failed(&report);
            ExitCode::from(report.exit_code)
        }
    }
}
