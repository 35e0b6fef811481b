//! `kubewright plan`

use std::process::ExitCode;
use std::sync::Arc;

use clap::{ArgMatches, Args, Command, FromArgMatches};
use serde_json::json;

use super::configuration::RunArguments;
use super::flags;
use super::machine::MachineArguments;
use super::operation::MakingArguments;
use super::output::Output;
use crate::distribution::{Distribution, Operation};
use crate::run::{Difference, Finished, Machine, Run, in_memory, of_files, of_objects};

const EXAMPLES: &str = "\
Examples:
  kubewright plan
      What init would change on this machine, and in its cluster
  kubewright plan --config cluster.yaml -o json
      For a program: events, and a result at the end
  kubewright plan --rootfs DIR
      On a folder instead

Exit codes: 0 no change; 1 failed, or wrong usage; 2 changes.";

/// Show what `init` would change on this machine and in its cluster.
///
/// Runs the phases of `init` over this machine as it is, changing nothing, and
/// prints what `init` would: files, certificates, objects, services. What would
/// stop `init` stops a plan: what preflight finds wrong with the machine is told
/// as there, and --ignore-preflight-errors shows the rest all the same.
#[derive(Args)]
#[command(after_long_help = EXAMPLES)]
struct Plan {
    #[command(flatten)]
    machine: MachineArguments,
    #[command(flatten)]
    run: RunArguments,
}

/// The command, for an operation.
pub fn command(operation: &Operation, word: &str) -> Result<Command, String> {
    let command = MakingArguments::add(Command::new(word.to_owned()), operation);
    flags::add(Plan::augment_args(command), operation)
}

/// Plans an operation, and says by the exit code whether anything would change.
pub fn run(
    distribution: &Arc<Distribution>,
    operation: &Operation,
    matches: &ArgMatches,
    output: &Output,
) -> anyhow::Result<ExitCode> {
    let mut arguments = Plan::from_arg_matches(matches)?;
    arguments.run = RunArguments::of(distribution, operation, matches)?;
    let machine = arguments.machine.open()?;
    machine.require_root("plan")?;
    let inputs = match operation.undoes {
        true => super::undoing::load(&arguments.run, &machine, None, false, output)?,
        false => arguments.run.load(output)?,
    };
    // What phases say as they go is what they would say in earnest.
    let making = MakingArguments::of(operation, matches)?;
    let mut run = making.prepare(inputs, &arguments.run.policies, output, &output.quiet())?;
    if operation.undoes {
        run.past = super::undoing::past(&machine, &run)?;
    }
    let changes = plan(&machine, run, output)?;
    Ok(match changes {
        true => ExitCode::from(2),
        false => ExitCode::SUCCESS,
    })
}

/// Plans, prints, and says whether anything would change.
pub fn plan(machine: &Machine, run: Run, output: &Output) -> anyhow::Result<bool> {
    let operation = run.operation.name.clone();
    let planned = in_memory(machine, run, output)?;
    let finished = &planned.finished;
    let files = of_files(
        &planned.files,
        &*machine.files,
        &finished.redacted,
        &planned.provenance,
    )?;
    let objects = of_objects(&planned.objects)?;
    let live = planned.live;
    Ok(print(&operation, &files, &objects, finished, live, output))
}

fn print(
    operation: &str,
    files: &[Difference],
    objects: &[Difference],
    finished: &Finished,
    live: Option<String>,
    output: &Output,
) -> bool {
    let certificates: Vec<_> = finished
        .landed
        .iter()
        .filter(|one| matches!(one.action, "IssueCertificate" | "CreateKey"))
        .collect();
    let services: Vec<_> = finished
        .landed
        .iter()
        .filter(|one| one.action == "Service" && one.changes())
        .collect();
    section(output, "Files", files);
    if !certificates.is_empty() {
        output.line("\nCertificates and keys");
    }
    for one in &certificates {
        let word = match one.changes() {
            true => "issued",
            false => "kept",
        };
        output.line(&format!("  {word}: {} ({})", one.target, one.phase));
    }
    section(output, "Objects", objects);
    if !objects.is_empty() {
        output.line(match &live {
            Some(_) => "  (by a dry run of the API server of this machine)",
            None => "  (no API server answers: compared with a new cluster)",
        });
    }
    let images: Vec<_> = finished
        .landed
        .iter()
        .filter(|one| one.action == "PullImage" && one.changes())
        .collect();
    if !images.is_empty() {
        output.line("\nImages");
    }
    for one in &images {
        output.line(&format!("  pulled: {} ({})", one.target, one.phase));
    }
    let others: Vec<_> = finished
        .landed
        .iter()
        .filter(|one| {
            ["RemoveEtcdMember", "RemovePod", "Unmount"].contains(&one.action) && one.changes()
        })
        .collect();
    for (action, title, word) in [
        ("RemoveEtcdMember", "Members of etcd", "removed"),
        ("RemovePod", "Pods", "removed"),
        ("Unmount", "Mounts", "unmounted"),
    ] {
        let of_action = others.iter().filter(|one| one.action == action);
        for (at, one) in of_action.enumerate() {
            if at == 0 {
                output.line(&format!("\n{title}"));
            }
            output.line(&format!("  {word}: {} ({})", one.target, one.phase));
        }
    }
    if !services.is_empty() {
        output.line("\nServices");
    }
    for one in &services {
        output.line(&format!("  {} ({})", one.target, one.phase));
    }
    // What is listed: a file that one phase changes and another one changes
    // back is none.
    let changes = [
        files.len(),
        objects.len(),
        images.len(),
        others.len(),
        services.len(),
    ] != [0; 5];
    match changes {
        true => output.line(&format!(
            "\nThis is what `kubewright {operation}` would change; nothing was changed."
        )),
        false => output.line("No change: this machine is already so."),
    }
    let values = |list: &[Difference]| list.iter().map(Difference::to_value).collect::<Vec<_>>();
    let effects: Vec<_> = finished
        .landed
        .iter()
        .map(|one| {
            json!({
                "phase": one.phase, "action": one.action,
                "target": one.target, "change": one.change,
            })
        })
        .collect();
    output.result(&json!({
        "changed": changes,
        "apiServer": live,
        "files": values(files),
        "objects": values(objects),
        "effects": effects,
    }));
    changes
}

fn section(output: &Output, title: &str, differences: &[Difference]) {
    if !differences.is_empty() {
        output.line(&format!("\n{title}"));
    }
    for one in differences {
        let modes = match (one.modes.0.as_str(), one.modes.1.as_str()) {
            ("", "") => String::new(),
            ("", after) => format!(" {after}"),
            (before, "") => format!(" {before}"),
            (before, after) if before == after => format!(" {after}"),
            (before, after) => format!(" {before} -> {after}"),
        };
        let owners = match (one.owners.0.as_str(), one.owners.1.as_str()) {
            ("", "") => String::new(),
            ("", after) => format!(", {after}"),
            (before, after) => format!(", {before} -> {after}"),
        };
        output.line(&format!("  {}: {}{modes}{owners}", one.change, one.target));
        if !one.text.is_empty() {
            output.lines(one.text.trim_end());
        }
    }
}
