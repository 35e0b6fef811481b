//! Operations that take back what runs, or others, made of a machine: `reset`.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, bail};
use kubewright_values::GoDuration;
use serde::Deserialize;
use serde_json::{Value, json};

use super::configuration::{RunArguments, start_engine};
use super::confirm::{confirm, privileged};
use super::output::Output;
use crate::component::FailureKind;
use crate::configuration::prepared::Prepared;
use crate::distribution::{Operation, RunError, Selection};
use crate::effect::{Past, outer};
use crate::run::{Finished, Held, Inputs, Machine, Run, carry_out, in_memory};
use crate::world::machine::{KubeletSettings, MachineMounts};
use crate::world::{MachinePath, Mounting, NodeFacts};

/// An API server that is down is no reason to wait: what it would say is found
/// on the machine as well.
const API_TIMEOUT: Duration = Duration::from_secs(5);

/// What phases may wait for Pods to stop, besides what the configuration gives
/// them for etcd.
const WAITING: Duration = Duration::from_secs(15 * 60);

/// What the host itself needs of the configuration of an operation that undoes.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Leaving {
    certificates_dir: String,
    cri_socket: String,
    dry_run: bool,
    force: bool,
    timeouts: BTreeMap<String, String>,
}

impl Leaving {
    fn timeout(&self, of: &str) -> Duration {
        let timeout = self.timeouts.get(of);
        let timeout = timeout.and_then(|text| text.parse::<GoDuration>().ok());
        timeout.and_then(GoDuration::to_std).unwrap_or_default()
    }
}

/// Reads and checks what is asked for; tells warnings. `alone`: the one phase
/// that is to run.
pub fn load(
    arguments: &RunArguments,
    machine: &Machine,
    alone: Option<&str>,
    dry_run: bool,
    output: &Output,
) -> anyhow::Result<Inputs> {
    let (distribution, operation, given) = arguments.asked();
    let mut flags = given.clone();
    flags.switch("dry-run", dry_run);
    let engine = start_engine()?;
    let facts = arguments.facts()?;
    let of_runtime = facts_of_runtime(&facts, machine);
    // What is taken away does not come back.
    let completed = arguments.complete(&engine, &of_runtime, &flags, true, output)?;
    let completed = completed.prepared;
    for warning in &completed.warnings {
        output.warning(warning);
    }
    let options = &completed.document["options"];
    let names_certificates = options["namesCertificatesDir"] == true;
    let names_socket = options["namesCRISocket"] == true;
    let mut configuration = completed.document["configuration"].clone();
    // An operation of another distribution may undo without one.
    let mut leaving = Leaving::default();
    if let Some(reset) = configuration.get_mut("ResetConfiguration") {
        // The checks that are ignored are those of flags and file together.
        if options["ignorePreflightErrors"].is_array() {
            reset["ignorePreflightErrors"] = options["ignorePreflightErrors"].clone();
        }
        leaving = serde_json::from_value(reset.clone()).context("the ResetConfiguration")?;
        check_certificates(machine, &leaving.certificates_dir, names_certificates)?;
    }
    leaving.dry_run |= dry_run;
    leaving.force |= given.has("force");
    let listens = machine.is_this || names_socket || has_socket(machine, &leaving.cri_socket);
    let kubeconfig = given.values().get("kubeconfig").and_then(Value::as_str);
    let kubeconfig = match kubeconfig {
        Some(path) => Some(MachinePath::parse(path).context("--kubeconfig")?),
        None => operation.kubeconfigs(&configuration)?.into_iter().next(),
    };
    let only: Vec<String> = match alone {
        Some(phase) => vec![phase.to_owned()],
        None => arguments.phases().to_vec(),
    };
    let selection = Selection::new(operation, &only, &completed.skip_phases)?;
    let of_user = [
        (names_certificates, "certificatesDir"),
        (names_socket, "criSocket"),
    ];
    let of_user: Vec<&str> = of_user
        .into_iter()
        .filter_map(|(given, name)| given.then_some(name))
        .collect();
    configuration["ResetOptions"] = json!({ "kubeconfig": kubeconfig });
    let document = json!({
        "apiVersion": completed.document["apiVersion"],
        "kind": completed.document["kind"],
        "operation": operation.name,
        "configuration": configuration,
        "flags": given.values(),
        "options": {
            "force": leaving.force,
            "dryRun": leaving.dry_run,
            "live": machine.is_this,
            "runtimeListens": listens,
            "phases": phases(operation, &selection),
            "given": of_user,
        },
    });
    let waiting = leaving.timeout("etcdAPICall");
    let prepared = Prepared {
        document,
        policy_context: json!({ "certificatesDir": leaving.certificates_dir }),
        api_call_timeout: Some(leaving.timeout("kubernetesAPICall").min(API_TIMEOUT)),
        waiting: WAITING.saturating_add(waiting.saturating_mul(3)),
        ..completed
    };
    Ok(Inputs {
        prepared,
        facts,
        distribution: Arc::clone(distribution),
        operation: operation.clone(),
        selection,
        engine,
    })
}

/// The names of the phases that run, without their parts.
fn phases(operation: &Operation, selection: &Selection) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for leaf in selection.leaves() {
        let name = outer(&operation.leaves[leaf].name);
        if names.last().is_none_or(|last| last != name) {
            names.push(name.to_owned());
        }
    }
    names
}

/// Refuses a folder of certificates that is none.
fn check_certificates(machine: &Machine, folder: &str, is_named: bool) -> anyhow::Result<()> {
    let certificates = MachinePath::parse(folder).context("--cert-dir, certificatesDir")?;
    if certificates.parent().and_then(|one| one.parent()).is_none() {
        bail!(
            "--cert-dir, certificatesDir: {certificates} is no folder of certificates: all that is in it would be removed"
        );
    }
    if is_named {
        MachineMounts::new(Arc::clone(&machine.files))
            .emptiable(&*machine.files, &certificates, false)
            .with_context(|| {
                format!("--cert-dir, certificatesDir: {certificates} is not emptied")
            })?;
    }
    Ok(())
}

/// Whether there is a socket of a container runtime.
fn has_socket(machine: &Machine, socket: &str) -> bool {
    let path = socket.strip_prefix("unix://").unwrap_or(socket);
    MachinePath::parse(path).is_ok_and(|path| machine.has(&path))
}

/// What is known of the node, with the container runtime that the kubelet uses;
/// else those that are found.
fn facts_of_runtime(facts: &NodeFacts, machine: &Machine) -> NodeFacts {
    let kubelets = KubeletSettings::read(&*machine.files).runtime_endpoint;
    let mut facts = facts.clone();
    match (kubelets, machine.is_this) {
        (Some(socket), _) => facts.cri_sockets = vec![socket],
        (None, true) => {}
        (None, false) => facts.cri_sockets.clear(),
    }
    facts
}

/// Whether the operator is asked, and by which phase of which name.
fn asks(operation: &Operation, inputs: &Value) -> bool {
    let phases = inputs["options"]["phases"].as_array();
    let Some(confirm) = &operation.confirm else {
        return true;
    };
    phases.is_some_and(|phases| phases.iter().any(|one| one == confirm.as_str()))
}

/// Runs an operation that undoes.
pub fn run(
    arguments: &RunArguments,
    machine: &Machine,
    alone: Option<&str>,
    dry_run: bool,
    output: &Output,
) -> anyhow::Result<()> {
    let inputs = load(arguments, machine, alone, dry_run, output)?;
    let document = &inputs.prepared.document;
    let asked = asks(&inputs.operation, document);
    let options = document["options"].clone();
    if asked {
        privileged(
            machine,
            &inputs.operation.name,
            &document["configuration"]["ResetConfiguration"],
            output,
        )?;
    }
    let command = command(&inputs, alone);
    let mut run = Run::prepare(inputs, &arguments.policies, output)?;
    let force = options["force"] == true;
    if options["dryRun"] == true {
        let past = Arc::new(Past::read(Arc::new(machine.folder()), force)?);
        run.past = Arc::clone(&past);
        let planned = in_memory(machine, run, output);
        let end = End {
            past: &past,
            options: &options,
        };
        return end.tell(planned.map(|planned| planned.finished), output);
    }
    let held = Held::take(machine, command)?;
    // What there is to undo is looked at under the lock.
    let past = Arc::new(Past::read(Arc::clone(&held.folder), force)?);
    if asked {
        let (_, _, given) = arguments.asked();
        confirm(past.standing(), force || given.has("yes"))?;
    }
    run.past = Arc::clone(&past);
    let done = carry_out(machine, run, held, output)?;
    let end = End {
        past: &past,
        options: &options,
    };
    end.tell(done.finished, output)
}

/// As journals name it. Only what undoes everything has the name of the
/// operation alone.
fn command(inputs: &Inputs, alone: Option<&str>) -> String {
    let operation = &inputs.operation;
    if let Some(phase) = alone {
        let phase = operation.phase_named(phase).unwrap_or(phase);
        return format!("{} phase {phase}", operation.name);
    }
    let leaves = (0..operation.leaves.len()).filter(|leaf| !inputs.selection.contains(*leaf));
    let mut without: Vec<&str> = leaves
        .map(|leaf| outer(&operation.leaves[leaf].name))
        // Whether it was asked says nothing of what was undone.
        .filter(|name| operation.confirm.as_deref() != Some(name))
        .collect();
    without.dedup();
    match without.is_empty() {
        true => operation.name.clone(),
        false => format!("{} without {}", operation.name, without.join(", ")),
    }
}

/// The end of an operation that undoes.
struct End<'a> {
    past: &'a Past,
    options: &'a Value,
}

impl End<'_> {
    fn tell(&self, result: anyhow::Result<Finished>, output: &Output) -> anyhow::Result<()> {
        let is_planned = self.options["dryRun"] == true;
        let (steps, kept) = self.past.done();
        let done = !steps.is_empty();
        // Of other failures there is no saying how far it came.
        if let Err(error) = &result
            && !(self.past.leaves_some() && is_reported(error))
        {
            return result.map(drop);
        }
        output.line(match (done, is_planned, &result) {
            (false, ..) => {
                "Nothing of kubewright's is left to undo; --force removes what others left, as kubeadm reset does."
            }
            (true, true, _) => "This is what would be done; nothing was.",
            (true, false, Ok(_)) => "This machine is reset.",
            (true, false, Err(_)) => "This machine is reset, but for what is left as it is.",
        });
        if kept > 0 {
            output.line(&format!(
                "{kept} kept because others changed them; --force undoes these as well."
            ));
        }
        let finished = result?;
        output.shows(&finished);
        output.result(&json!({ "dryRun": is_planned, "kept": kept, "steps": steps }));
        Ok(())
    }
}

/// Whether a phase itself says that it failed.
fn is_reported(error: &anyhow::Error) -> bool {
    matches!(
        error.downcast_ref::<RunError>(),
        Some(RunError::Phase { failure, .. }) if matches!(failure.kind, FailureKind::Reported { .. })
    )
}

/// Refuses to make from nothing what can only be undone.
pub fn refuse_render(operation: &Operation) -> anyhow::Result<()> {
    match operation.undoes {
        false => Ok(()),
        true => bail!(
            "{} undoes what was made of a machine: there is nothing of it to be made in a folder; `kubewright plan {}` shows what it would do",
            operation.name,
            operation.name
        ),
    }
}

/// What a plan goes by: the journals of the machine.
pub fn past(machine: &Machine, run: &Run) -> anyhow::Result<Arc<Past>> {
    let force = run.prepared.document["options"]["force"] == true;
    Ok(Arc::new(Past::read(Arc::new(machine.folder()), force)?))
}
