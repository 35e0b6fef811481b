//! Operations that take back what runs, or others, made of a machine: `reset`.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, bail};
use serde_json::{Value, json};

use super::configuration::RunArguments;
use super::confirm::{confirm, privileged};
use super::inputs::read_text;
use super::output::Output;
use crate::cluster::documents::{ResetConfiguration, Timeouts};
use crate::cluster::duration::GoDuration;
use crate::cluster::facts::NodeDefaults;
use crate::cluster::load;
use crate::cluster::plugin_document::{API_VERSION, KIND};
use crate::cluster::prepared::Prepared;
use crate::component::FailureKind;
use crate::distribution::{Operation, RunError, Selection};
use crate::effect::{Past, outer};
use crate::run::{Finished, Held, Inputs, Machine, Run, carry_out, in_memory};
use crate::world::machine::{KubeletSettings, MachineMounts, read_facts};
use crate::world::{MachinePath, Mounting};

/// An API server that is down is no reason to wait: what it would say is found
/// on the machine as well.
const API_TIMEOUT: Duration = Duration::from_secs(5);

/// What phases may wait for Pods to stop, besides what the configuration gives
/// them for etcd.
const WAITING: Duration = Duration::from_secs(15 * 60);

/// The kubeconfig of who names none.
const KUBECONFIG: &str = "/etc/kubernetes/admin.conf";

/// Reads and checks what is asked for; tells warnings. `alone`: the one phase
/// that is to run.
pub fn load(
    arguments: &RunArguments,
    machine: &Machine,
    alone: Option<&str>,
    dry_run: bool,
    output: &Output,
) -> anyhow::Result<Inputs> {
    let (distribution, operation, given, file) = arguments.asked();
    let text = file.map(read_text).transpose()?;
    let source = match (file, &text) {
        (Some(file), Some(text)) => Some(load::Source {
            file,
            text,
            // What is taken away does not come back.
            strict: true,
        }),
        _ => None,
    };
    let loaded = load::reset(source, &given.reset(dry_run), &runtimes(machine)?)?;
    for warning in &loaded.warnings {
        output.warning(warning);
    }
    let reset = loaded.reset;
    check_certificates(machine, &reset, loaded.names_certificates_dir)?;
    let listens =
        machine.is_this || loaded.names_cri_socket || has_socket(machine, &reset.cri_socket);
    let kubeconfig = given.text("kubeconfig");
    let kubeconfig = kubeconfig.as_deref().unwrap_or(KUBECONFIG);
    let kubeconfig = MachinePath::parse(kubeconfig).context("--kubeconfig")?;
    let only: Vec<String> = match alone {
        Some(phase) => vec![phase.to_owned()],
        None => arguments.phases().to_vec(),
    };
    let selection = Selection::new(operation, &only, &reset.skip_phases)?;
    let of_user = [
        (loaded.names_certificates_dir, "certificatesDir"),
        (loaded.names_cri_socket, "criSocket"),
    ];
    let of_user: Vec<&str> = of_user
        .into_iter()
        .filter_map(|(given, name)| given.then_some(name))
        .collect();
    let document = json!({
        "apiVersion": API_VERSION,
        "kind": KIND,
        "operation": operation.name,
        "configuration": {
            "ResetConfiguration": reset,
            "ResetOptions": { "kubeconfig": kubeconfig },
        },
        "options": {
            "force": reset.force,
            "dryRun": reset.dry_run,
            "live": machine.is_this,
            "runtimeListens": listens,
            "phases": phases(operation, &selection),
            "given": of_user,
        },
    });
    let waiting = timeout(&reset, |timeouts| timeouts.etcd_api_call);
    let prepared = Prepared {
        policy_context: json!({ "certificatesDir": reset.certificates_dir }),
        skip_phases: reset.skip_phases.clone(),
        api_call_timeout: Some(
            timeout(&reset, |timeouts| timeouts.kubernetes_api_call).min(API_TIMEOUT),
        ),
        waiting: WAITING.saturating_add(waiting.saturating_mul(3)),
        ..Prepared::of(document)
    };
    Ok(Inputs {
        prepared,
        facts: arguments.facts()?,
        distribution: Arc::clone(distribution),
        operation: operation.clone(),
        selection,
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

fn timeout(reset: &ResetConfiguration, of: impl Fn(&Timeouts) -> Option<GoDuration>) -> Duration {
    let given = reset.timeouts.as_ref().and_then(of);
    given.and_then(GoDuration::to_std).unwrap_or_default()
}

/// Refuses a folder of certificates that is none.
fn check_certificates(
    machine: &Machine,
    reset: &ResetConfiguration,
    is_named: bool,
) -> anyhow::Result<()> {
    let certificates =
        MachinePath::parse(&reset.certificates_dir).context("--cert-dir, certificatesDir")?;
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

/// The container runtime that the kubelet uses; else those that are found.
fn runtimes(machine: &Machine) -> anyhow::Result<NodeDefaults> {
    let kubelets = KubeletSettings::read(&*machine.files).runtime_endpoint;
    let cri_sockets = match (kubelets, machine.is_this) {
        (Some(socket), _) => vec![socket],
        (None, true) => read_facts()?.cri_sockets,
        (None, false) => Vec::new(),
    };
    Ok(NodeDefaults {
        cri_sockets,
        ..load::no_node()
    })
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
        let (_, _, given, _) = arguments.asked();
        confirm(past.standing(), force || given.is_set("yes"))?;
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
