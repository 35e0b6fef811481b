//! The phases of a distribution, in the help of the commands that run them.

use std::ffi::OsString;
use std::fmt::Write as _;

use clap::Command;

use crate::component::{Component, Engine, Limits, Source, describe};
use crate::distribution::{Distribution, MAIN, Operation};

/// Where the summaries stand, in characters.
const COLUMN: usize = 30;

/// The commands that take any operation.
const TAKING: [&str; 2] = ["plan", "render"];

/// Adds the phases to the help of the commands, if it is asked for.
pub fn with_phases(
    program: Command,
    distribution: &Distribution,
    arguments: &[OsString],
) -> Command {
    let words: Vec<&str> = arguments.iter().filter_map(|one| one.to_str()).collect();
    let asks = words
        .iter()
        .any(|word| ["-h", "--help", "help"].contains(word));
    let line = words.join(" ");
    let named = distribution.operations.values().find(|one| {
        let name = format!(" {} ", one.name);
        format!(" {line} ").contains(&name)
    });
    let takes = TAKING.iter().any(|word| words.contains(word));
    let main = distribution.operations.get(MAIN).filter(|_| takes);
    let Some(operation) = named.or(main).filter(|_| asks) else {
        return program;
    };
    let phase = words.iter().position(|word| *word == "phase");
    let group = phase.and_then(|at| words.get(at + 1)).copied();
    let group = group.and_then(|word| operation.phase_named(word));
    let all = format!(
        "Phases of {}, in their order:\n{}",
        operation.label(),
        listing(operation, None)
    );
    let of_group = match group {
        Some(group) => format!("Parts of {group}:\n{}", listing(operation, Some(group))),
        None => all.clone(),
    };
    let of_name: Vec<&str> = operation.name.split(' ').collect();
    let mut paths = vec![of_name.clone()];
    for word in TAKING {
        paths.push([&[word], &of_name[..]].concat());
        if operation.name == MAIN {
            paths.push(vec![word]);
        }
    }
    paths.into_iter().fold(program, |program, path| {
        at(program, &path, &|command| {
            let command = before_examples(command, &all);
            match command.find_subcommand("phase").is_some() {
                true => command.mut_subcommand("phase", |one| before_examples(one, &of_group)),
                false => command,
            }
        })
    })
}

/// Changes the command at a path of names, if there is one.
fn at(command: Command, path: &[&str], change: &dyn Fn(Command) -> Command) -> Command {
    match path.split_first() {
        None => change(command),
        Some((first, rest)) if command.find_subcommand(first).is_some() => {
            command.mut_subcommand(first, |inner| at(inner, rest, change))
        }
        Some(_) => command,
    }
}

fn before_examples(command: Command, phases: &str) -> Command {
    let help = match command.get_after_long_help() {
        Some(help) => format!("{phases}\n{help}"),
        None => phases.to_owned(),
    };
    command.after_long_help(help)
}

/// A line for each phase and sub-phase, or for the sub-phases of one phase.
pub fn listing(operation: &Operation, only: Option<&str>) -> String {
    let summaries = Summaries::of(operation);
    let mut text = String::new();
    let mut before = "";
    for leaf in &operation.leaves {
        let (phase, sub) = match leaf.name.split_once('/') {
            Some((phase, sub)) => (phase, Some(sub)),
            None => (leaf.name.as_str(), None),
        };
        if only.is_some_and(|only| only != phase) {
            continue;
        }
        let mut line = |name: String, summary: &str| {
            // Writing to a string does not fail.
            let _ = writeln!(text, "  {name:COLUMN$} {summary}");
        };
        if only.is_none() && phase != before {
            line(phase.to_owned(), summaries.of_phase(phase));
        }
        before = phase;
        if let Some(sub) = sub {
            let indent = if only.is_none() { "  /" } else { "" };
            line(format!("{indent}{sub}"), summaries.of_leaf(&leaf.name));
        }
    }
    text
}

/// What components say of themselves and of their phases. Those from files are
/// not asked: they would have to be compiled for it.
#[derive(Default)]
struct Summaries {
    /// By group.
    phases: Vec<(String, String)>,
    leaves: Vec<(String, String)>,
}

impl Summaries {
    fn of(operation: &Operation) -> Self {
        let mut summaries = Self::default();
        let runtime = tokio::runtime::Builder::new_current_thread().build();
        let (Ok(engine), Ok(runtime)) = (Engine::start(), runtime) else {
            return summaries;
        };
        for group in &operation.groups {
            if !matches!(group.source, Source::BuiltIn(_)) {
                continue;
            }
            let Ok(component) = Component::load(&engine, &group.source) else {
                continue;
            };
            if let Ok(found) = runtime.block_on(describe(&component, Limits::default())) {
                summaries.phases.push((group.name.clone(), found.summary));
                summaries.leaves.extend(found.phases);
            }
        }
        summaries
    }

    fn of_phase(&self, name: &str) -> &str {
        // Several phases may share a component: a phase without sub-phases is
        // told by what the component says of that one.
        let own = self.leaves.iter().find(|(leaf, _)| leaf == name);
        let of_component = self.phases.iter().find(|(phase, _)| phase == name);
        own.or(of_component).map_or("", |(_, summary)| summary)
    }

    fn of_leaf(&self, name: &str) -> &str {
        let found = self.leaves.iter().find(|(leaf, _)| leaf == name);
        found.map_or("", |(_, summary)| summary)
    }
}
