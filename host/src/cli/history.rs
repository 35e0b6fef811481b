//! `kubewright history`

use anyhow::Context;
use clap::Args;
use serde_json::{Value, json};

use super::machine::MachineArguments;
use super::output::Output;
use crate::effect::{Outcome, Record, RecordedObjects, RunRecords};

/// List the runs on this machine, or the effects of one.
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
        let folder = machine.folder();
        let mut listed = Vec::new();
        match self.run {
            Some(wanted) => {
                let run = folder.run(wanted, RecordedObjects::Kept)?;
                let run =
                    run.with_context(|| format!("there is no run {wanted} on this machine"))?;
                let mut value = told(&run, output);
                for record in &run.records {
                    output.line(&format!("  {}", effect_line(record)));
                }
                value["records"] = json!(run.records);
                listed.push(value);
            }
            None => {
                for run in folder.runs(RecordedObjects::Dropped)? {
                    listed.push(told(&run?, output));
                }
            }
        }
        if listed.is_empty() {
            output.line("No run on this machine so far.");
        }
        output.result(&json!({ "runs": listed }));
        Ok(())
    }
}

/// Tells of a run in a line; gives it for programs.
fn told(run: &RunRecords, output: &Output) -> Value {
    output.line(&headline(run));
    json!({
        "header": run.header,
        "outcome": run.end.map(|(outcome, _)| outcome),
        "ended": run.end.map(|(_, at)| at),
    })
}

pub fn time(seconds: i64) -> String {
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
        Record::Landed { effect, change, .. } => format!("{effect}: {change}"),
        Record::Failed { effect } => format!("{effect}: failed"),
        Record::Undone { path } => format!("undone: {path}"),
        Record::Published { kind, .. } => format!("published: {kind}"),
        Record::Filled { path } => format!("noted: programs filled {path}"),
        Record::Denied(denied) => format!(
            "denied by {}, {}: {} {} ({}): {}",
            denied.policy, denied.rule, denied.action, denied.target, denied.phase, denied.reason
        ),
        // For the program: what the file is, not what became of it.
        Record::Wrote { .. } | Record::Run(_) | Record::End { .. } => String::new(),
    }
}
