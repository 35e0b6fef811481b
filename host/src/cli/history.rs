//! `kubewright history` and `kubewright why`

use clap::Args;
use serde_json::{Value, json};

use super::machine::MachineArguments;
use super::output::Output;
use crate::effect::{Outcome, Record, RunRecords, state_of};
use crate::world::MachinePath;

/// Lists the runs on this machine, or the effects of one.
#[derive(Args)]
pub struct History {
    #[command(flatten)]
    machine: MachineArguments,
    /// The number of a run, to list its effects.
    run: Option<u64>,
}

impl History {
    pub fn run(&self, output: &Output) -> anyhow::Result<()> {
        let machine = self.machine.open()?;
        machine.require_root("history")?;
        let mut runs = machine.folder().read()?;
        if let Some(wanted) = self.run {
            runs.retain(|run| run.header.run == wanted);
            anyhow::ensure!(!runs.is_empty(), "there is no run {wanted} on this machine");
        }
        if runs.is_empty() {
            output.line("No run on this machine so far.");
        }
        let mut listed = Vec::new();
        for run in &runs {
            output.line(&headline(run));
            let mut value = json!({
                "header": run.header,
                "outcome": run.end.map(|(outcome, _)| outcome),
                "ended": run.end.map(|(_, at)| at),
            });
            if self.run.is_some() {
                for record in &run.records {
                    output.line(&format!("  {}", effect_line(record)));
                }
                value["records"] = json!(run.records);
            }
            listed.push(value);
        }
        output.result(&json!({ "runs": listed }));
        Ok(())
    }
}

fn time(seconds: i64) -> String {
    jiff::Timestamp::from_second(seconds).map_or_else(|_| seconds.to_string(), |at| at.to_string())
}

fn headline(run: &RunRecords) -> String {
    let outcome = match run.end {
        Some((Outcome::Done, _)) => "done",
        Some((Outcome::Failed, _)) => "failed",
        Some((Outcome::Died, _)) => "died",
        None => "did not come to its end",
    };
    let landed = run
        .records
        .iter()
        .filter(|record| matches!(record, Record::Landed { .. }))
        .count();
    let undone = run
        .records
        .iter()
        .filter(|record| matches!(record, Record::Undone { .. }))
        .count();
    let what = match undone {
        0 => format!("{landed} effects"),
        _ => format!("{undone} paths undone"),
    };
    format!(
        "run {}: {}  {}  {outcome}, {what}",
        run.header.run,
        time(run.header.started),
        run.header.command
    )
}

fn effect_line(record: &Record) -> String {
    match record {
        Record::Begin {
            effect,
            phase,
            action,
            target,
            ..
        } => format!("{effect}: {action} {target} ({phase})"),
        Record::Touch { effect, path, .. } => format!("{effect}: touches {path}"),
        Record::Landed { effect, change } => format!("{effect}: {change}"),
        Record::Failed { effect } => format!("{effect}: failed"),
        Record::Undone { path } => format!("undone: {path}"),
        Record::Run(_) | Record::End { .. } => String::new(),
    }
}

/// Tells which run, phase, component and configuration wrote a file or an
/// object, and whether the file has been changed since.
#[derive(Args)]
pub struct Why {
    #[command(flatten)]
    machine: MachineArguments,
    /// A path, or KIND/NAME or KIND/NAMESPACE/NAME of an object.
    #[arg(value_name = "PATH|KIND/NAME")]
    what: String,
}

impl Why {
    pub fn run(&self, output: &Output) -> anyhow::Result<()> {
        let machine = self.machine.open()?;
        machine.require_root("why")?;
        let runs = machine.folder().read()?;
        let mut found = Vec::new();
        for run in &runs {
            for (effect, action) in self.effects(run)? {
                let Some(Record::Begin {
                    phase,
                    component,
                    digest,
                    target,
                    ..
                }) = run.records.iter().find(
                    |record| matches!(record, Record::Begin { effect: at, .. } if *at == effect),
                )
                else {
                    continue;
                };
                output.line(&format!(
                    "run {} ({}, {}): phase {phase}, component {component} {digest}\n  {action} {target}\n  configuration {}",
                    run.header.run,
                    run.header.command,
                    time(run.header.started),
                    run.header.configuration,
                ));
                found.push(json!({
                    "run": run.header.run, "command": run.header.command,
                    "started": run.header.started, "effect": effect, "phase": phase,
                    "component": component, "digest": digest, "action": action,
                    "target": target, "configuration": run.header.configuration,
                }));
            }
        }
        anyhow::ensure!(
            !found.is_empty(),
            "no run on this machine wrote {}; for objects give KIND/NAME, as ConfigMap/kubeadm-config",
            self.what
        );
        let mut since = Value::Null;
        if let Ok(path) = MachinePath::parse(&self.what) {
            let ledger = machine.ledger()?;
            let words = match ledger.get(&path) {
                None => "it was reset since",
                Some(touched) => {
                    let now = state_of(&*machine.files, &path)?;
                    match touched.made.last().is_some_and(|made| made.same_as(&now)) {
                        true => "not changed since",
                        false => "changed since by somebody else",
                    }
                }
            };
            output.line(words);
            since = json!(words);
        }
        output.result(&json!({ "effects": found, "since": since }));
        Ok(())
    }

    /// Effects of a run on what is asked for, with their actions.
    fn effects(&self, run: &RunRecords) -> anyhow::Result<Vec<(u64, String)>> {
        let action_of = |effect: u64| {
            run.records.iter().find_map(|record| match record {
                Record::Begin {
                    effect: at, action, ..
                } if *at == effect => Some(action.clone()),
                _ => None,
            })
        };
        if self.what.starts_with('/') {
            let wanted = MachinePath::parse(&self.what)?;
            return Ok(run
                .records
                .iter()
                .filter_map(|record| match record {
                    Record::Touch { effect, path, .. } if *path == wanted => {
                        Some((*effect, action_of(*effect)?))
                    }
                    _ => None,
                })
                .collect());
        }
        let wanted = self.what.to_lowercase();
        let Some((kind, name)) = wanted.split_once('/') else {
            anyhow::bail!(
                "{:?} is neither an absolute path nor KIND/NAME, as ConfigMap/kubeadm-config",
                self.what
            );
        };
        Ok(run
            .records
            .iter()
            .filter_map(|record| match record {
                Record::Begin {
                    effect,
                    action,
                    target,
                    ..
                } => {
                    let target = target.to_lowercase();
                    let (its_kind, its_name) = target.split_once(' ')?;
                    let named = its_name == name
                        || its_name
                            .split_once('/')
                            .is_some_and(|(_, its_name)| its_name == name);
                    (its_kind == kind && named).then(|| (*effect, action.clone()))
                }
                _ => None,
            })
            .collect())
    }
}
