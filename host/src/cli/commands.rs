//! The commands of a distribution, beside those of the program.

use std::ffi::OsString;
use std::process::ExitCode;
use std::sync::Arc;

use clap::{Arg, ArgMatches, Command};

use super::output::Output;
use super::phase_help::with_phases;
use super::{operation, plan, render};
use crate::distribution::{Distribution, DistributionError, MAIN, Operation};

/// The distribution of who names none.
pub const DEFAULT: &str = "kubernetes";

/// Commands that take any operation.
const PLAN: &str = "plan";
const RENDER: &str = "render";

/// Where they stand in the help, before the others.
const FIRST: usize = 0;
const SECOND: usize = 1;

/// Why the commands of a distribution cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum CommandsError {
    #[error(transparent)]
    Distribution(#[from] DistributionError),
    #[error("{distribution}: {problem}")]
    Operation {
        distribution: String,
        problem: String,
    },
}

/// What makes a command of an operation, the last word of its name given.
type Maker = fn(&Operation, &str) -> Result<Command, String>;

/// The commands of a distribution.
pub struct Commands {
    distribution: Arc<Distribution>,
}

impl Commands {
    /// Those of the distribution that the command line names.
    pub fn of(arguments: &[OsString]) -> Result<Self, CommandsError> {
        let words: Vec<&str> = arguments.iter().filter_map(|one| one.to_str()).collect();
        let distribution = Distribution::load(distribution_of(&words))?;
        Ok(Self {
            distribution: Arc::new(distribution),
        })
    }

    /// Adds them to the program's own.
    pub fn add(&self, program: Command, arguments: &[OsString]) -> Result<Command, CommandsError> {
        let wrong = |problem: String| CommandsError::Operation {
            distribution: self.distribution.name.clone(),
            problem,
        };
        self.check(&program).map_err(wrong)?;
        let names = self.names_one(arguments);
        let program = self
            .tree(program, operation::command)
            .and_then(|program| {
                Ok(program.subcommand(
                    self.taking(PLAN, plan::command, names)?
                        .display_order(SECOND),
                ))
            })
            .and_then(|program| {
                Ok(program.subcommand(
                    self.taking(RENDER, render::command, names)?
                        .display_order(SECOND),
                ))
            })
            .map_err(wrong)?;
        Ok(with_phases(program, &self.distribution, arguments))
    }

    /// Names that cannot be those of commands.
    fn check(&self, program: &Command) -> Result<(), String> {
        let names = || self.distribution.operations.keys();
        for name in names() {
            let mut words = name.split(' ');
            let first = words.next().unwrap_or_default();
            let own = program.get_subcommands().map(Command::get_name);
            if own.chain([PLAN, RENDER, "help"]).any(|own| own == first) {
                return Err(format!(
                    "operation {name}: {first} is a command of the program; give it another name"
                ));
            }
            if words.any(|word| word == operation::PHASE) {
                return Err(format!(
                    "operation {name}: `{}` runs one phase of an operation; give it another name",
                    operation::PHASE
                ));
            }
            let all = format!("{name} ");
            if let Some(other) = names().find(|other| other.starts_with(&all)) {
                return Err(format!(
                    "operation {other}: {name} is an operation itself; give one of them another name"
                ));
            }
        }
        Ok(())
    }

    /// Whether the command line names an operation besides its first word, or
    /// asks for help. Where it does not, what is too much is told as that, and
    /// not as the name of an operation.
    fn names_one(&self, arguments: &[OsString]) -> bool {
        let words = arguments.iter().skip(2).filter_map(|one| one.to_str());
        let named = |word: &str| {
            let mut names = self.distribution.operations.keys();
            names.any(|name| name.split(' ').next() == Some(word))
        };
        words
            .into_iter()
            .any(|word| ["-h", "--help", "help"].contains(&word) || named(word))
    }

    /// Adds a command for each operation.
    fn tree(&self, mut parent: Command, maker: Maker) -> Result<Command, String> {
        for operation in self.distribution.operations.values() {
            let words: Vec<&str> = operation.name.split(' ').collect();
            let Some((last, outer)) = words.split_last() else {
                continue;
            };
            parent = put(parent, outer, maker(operation, last)?.display_order(FIRST));
        }
        Ok(parent)
    }

    /// A command that takes any operation, and the main one where none is named.
    fn taking(&self, name: &'static str, maker: Maker, names: bool) -> Result<Command, String> {
        if let Some(main) = self.distribution.operations.get(MAIN)
            && !names
        {
            return maker(main, name);
        }
        let command = match self.distribution.operations.get(MAIN) {
            Some(main) => maker(main, name)?.args_conflicts_with_subcommands(true),
            None => Command::new(name).subcommand_required(true),
        };
        let told: Maker = match name {
            PLAN => |operation, word| {
                let about = format!("Show what `{}` would change", operation.name);
                Ok(plan::command(operation, word)?
                    .about(about)
                    .long_about(None::<&str>))
            },
            _ => |operation, word| {
                let about = format!(
                    "Compute what `{}` would make, into a folder",
                    operation.name
                );
                Ok(render::command(operation, word)?
                    .about(about)
                    .long_about(None::<&str>))
            },
        };
        self.tree(command, told)
    }

    /// Runs the command of an operation; none where it is one of the program's
    /// own.
    pub fn run(&self, matches: &ArgMatches, output: &Output) -> Option<anyhow::Result<ExitCode>> {
        let (name, inner) = matches.subcommand()?;
        let main = || self.distribution.operations.get(MAIN);
        match name {
            PLAN => {
                let (operation, matches) = self.named(inner).or(main().map(|main| (main, inner)))?;
                Some(plan::run(&self.distribution, operation, matches, output))
            }
            RENDER => {
                let (operation, matches) = self.named(inner).or(main().map(|main| (main, inner)))?;
                Some(
                    render::run(&self.distribution, operation, matches, output)
                        .map(|()| ExitCode::SUCCESS),
                )
            }
            _ => {
                let (operation, matches) = self.named(matches)?;
                Some(
                    operation::run(&self.distribution, operation, matches, output)
                        .map(|()| ExitCode::SUCCESS),
                )
            }
        }
    }

    /// The operation that commands within these name.
    fn named<'a>(&self, mut matches: &'a ArgMatches) -> Option<(&Operation, &'a ArgMatches)> {
        let mut name = String::new();
        loop {
            let (word, inner) = matches.subcommand()?;
            name = match name.is_empty() {
                true => word.to_owned(),
                false => format!("{name} {word}"),
            };
            matches = inner;
            if let Some(operation) = self.distribution.operations.get(&name) {
                return Some((operation, matches));
            }
        }
    }
}

/// Puts a command below others by their names, which are made where they are
/// not there.
fn put(parent: Command, outer: &[&str], command: Command) -> Command {
    let Some((first, rest)) = outer.split_first() else {
        return parent.subcommand(command);
    };
    if parent.find_subcommand(first).is_some() {
        return parent.mut_subcommand(first, |between| put(between, rest, command));
    }
    let between = Command::new((*first).to_owned())
        .about(format!("Commands about {first}"))
        .subcommand_required(true)
        .arg_required_else_help(true)
        // Read before the command line is: it makes these commands.
        .arg(Arg::new("distribution").long("distribution").hide(true));
    parent.subcommand(put(between, rest, command))
}

/// The value of `--distribution`, or what it is without one.
fn distribution_of<'a>(words: &[&'a str]) -> &'a str {
    let apart = words.windows(2).find(|two| two[0] == "--distribution");
    let joined = words
        .iter()
        .find_map(|word| word.strip_prefix("--distribution="));
    joined.or(apart.map(|two| two[1])).unwrap_or(DEFAULT)
}
