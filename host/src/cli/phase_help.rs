//! The phases of a distribution, in the help of the commands that run them.

use std::ffi::OsString;
use std::fmt::Write as _;

use clap::Command;

use crate::component::{Component, Engine, Limits, Source, describe};
use crate::distribution::Distribution;

/// Where the summaries stand, in characters.
const COLUMN: usize = 30;

/// The commands that run the phases of a distribution.
const RUN_PHASES: [&str; 3] = ["init", "plan", "render"];

/// Adds the phases to the help of the commands, if it is asked for. Of a
/// distribution that cannot be read the help has none: what is wrong with it is
/// told when it is used.
pub fn with_phases(command: Command, arguments: &[OsString]) -> Command {
    let words: Vec<&str> = arguments.iter().filter_map(|one| one.to_str()).collect();
    let asks = words
        .iter()
        .any(|word| ["-h", "--help", "help"].contains(word));
    if !asks || !words.iter().any(|word| RUN_PHASES.contains(word)) {
        return command;
    }
    let name = distribution_of(&words);
    let Ok(distribution) = Distribution::load(name) else {
        return command;
    };
    let phase = words.iter().position(|word| *word == "phase");
    let group = phase.and_then(|at| words.get(at + 1)).copied();
    let group = group.and_then(|word| distribution.phase_named(word));
    let all = format!(
        "Phases of {}, in their order:\n{}",
        distribution.name,
        listing(&distribution, None)
    );
    let of_group = match group {
        Some(group) => format!("Parts of {group}:\n{}", listing(&distribution, Some(group))),
        None => all.clone(),
    };
    RUN_PHASES.iter().fold(command, |command, name| {
        command.mut_subcommand(name, |run| {
            let run = before_examples(run, &all);
            match run.find_subcommand("phase").is_some() {
                true => run.mut_subcommand("phase", |phase| before_examples(phase, &of_group)),
                false => run,
            }
        })
    })
}

fn before_examples(command: Command, phases: &str) -> Command {
    let help = match command.get_after_long_help() {
        Some(help) => format!("{phases}\n{help}"),
        None => phases.to_owned(),
    };
    command.after_long_help(help)
}

/// The value of `--distribution`, or what it is without one.
fn distribution_of<'a>(words: &[&'a str]) -> &'a str {
    let apart = words.windows(2).find(|two| two[0] == "--distribution");
    let joined = words
        .iter()
        .find_map(|word| word.strip_prefix("--distribution="));
    joined.or(apart.map(|two| two[1])).unwrap_or("kubernetes")
}

/// A line for each phase and sub-phase, or for the sub-phases of one phase.
pub fn listing(distribution: &Distribution, only: Option<&str>) -> String {
    let summaries = Summaries::of(distribution);
    let mut text = String::new();
    let mut before = "";
    for leaf in &distribution.leaves {
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
    fn of(distribution: &Distribution) -> Self {
        let mut summaries = Self::default();
        let runtime = tokio::runtime::Builder::new_current_thread().build();
        let (Ok(engine), Ok(runtime)) = (Engine::start(), runtime) else {
            return summaries;
        };
        for group in &distribution.groups {
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
