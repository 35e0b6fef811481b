//! `kubewright why`

use std::sync::Arc;

use anyhow::Context;
use clap::Args;
use serde_json::{Value, json};

use super::history::time;
use super::machine::MachineArguments;
use super::output::Output;
use crate::component::BuiltIn;
use crate::distribution::Distribution;
use crate::effect::{Record, RecordedObjects, RunHeader, RunRecords, WrittenObject, state_of};
use crate::kube::changes;
use crate::kube::objects::{FIELD_MANAGER, Objects, Resource};
use crate::run::Machine;
use crate::visible::Visible;
use crate::world::machine::MachineApi;
use crate::world::{KubeAccess, MachinePath};

/// How long the API server is given to say what an object is now.
const PATIENCE: std::time::Duration = std::time::Duration::from_secs(5);

/// Tell which run wrote a file or an object.
///
/// Tells which run, phase, component and configuration wrote a file or an
/// object, and whether it has been changed since.
#[derive(Args)]
pub struct Why {
    #[command(flatten)]
    machine: MachineArguments,
    /// A path, or KIND/NAME or KIND/NAMESPACE/NAME of an object.
    #[arg(value_name = "PATH|KIND/NAME")]
    what: String,
    /// The kubeconfig to look at an object with; else that of the operation
    /// which wrote it, as its distribution says.
    #[arg(long, value_name = "FILE")]
    kubeconfig: Option<String>,
}

/// An effect on what is asked for.
struct Found {
    header: RunHeader,
    effect: u64,
    phase: String,
    component: String,
    digest: String,
    action: String,
    target: String,
    object: Option<Box<WrittenObject>>,
    /// Whether there was an object that was too large to be recorded.
    too_large: bool,
}

impl Why {
    pub fn run(&self, output: &Output) -> anyhow::Result<()> {
        let machine = self.machine.open()?;
        machine.require_root("why")?;
        let mut found = Vec::new();
        for run in machine.folder().runs(RecordedObjects::Kept)? {
            found.extend(self.effects(&run?)?);
        }
        for one in &found {
            let header = &one.header;
            output.line(&format!(
                "run {} ({}, {}): phase {}, component {} {}",
                header.run,
                header.command,
                time(header.started),
                one.phase,
                one.component,
                one.digest,
            ));
            output.line(&format!("  {} {}", one.action, one.target));
            output.line(&format!("  configuration {}", header.configuration));
        }
        anyhow::ensure!(
            !found.is_empty(),
            "no run on this machine wrote {}; for objects give KIND/NAME, as ConfigMap/kubeadm-config",
            self.what
        );
        let (since, changes) = match self.what.starts_with('/') {
            true => (self.file_since(&machine)?, Value::Null),
            false => self.object_since(&machine, &found)?,
        };
        output.lines(&since);
        let effects: Vec<_> = found.iter().map(Found::to_value).collect();
        output.result(&json!({ "effects": effects, "since": since, "changes": changes }));
        Ok(())
    }

    /// Effects of a run on what is asked for.
    fn effects(&self, run: &RunRecords) -> anyhow::Result<Vec<Found>> {
        if self.what.starts_with('/') {
            let wanted = MachinePath::parse(&self.what)?;
            let touched = run.records.iter().filter_map(|record| match record {
                Record::Touch { effect, path, .. } if *path == wanted => Some(*effect),
                _ => None,
            });
            return Ok(touched.filter_map(|effect| begun(run, effect)).collect());
        }
        let wanted = self.what.to_lowercase();
        let Some((kind, name)) = wanted.split_once('/') else {
            anyhow::bail!(
                "{:?} is neither an absolute path nor KIND/NAME, as ConfigMap/kubeadm-config",
                self.what
            );
        };
        let is_wanted = |target: &str| {
            let target = target.to_lowercase();
            target.split_once(' ').is_some_and(|(its_kind, its_name)| {
                let bare = its_name.split_once('/').map(|(_, bare)| bare);
                its_kind == kind && (its_name == name || bare == Some(name))
            })
        };
        Ok(run
            .records
            .iter()
            .filter_map(|record| match record {
                Record::Begin { effect, target, .. } if is_wanted(target) => begun(run, *effect),
                _ => None,
            })
            // What did not land did nothing.
            .filter(|found| {
                !run.records.iter().any(
                    |record| matches!(record, Record::Failed { effect } if *effect == found.effect),
                )
            })
            .collect())
    }

    fn file_since(&self, machine: &Machine) -> anyhow::Result<String> {
        let path = MachinePath::parse(&self.what)?;
        let ledger = machine.ledger()?;
        let Some(touched) = ledger.get(&path) else {
            return Ok("it was reset since".to_owned());
        };
        let now = state_of(&*machine.files, &path)?;
        let same = touched.made.last().is_some_and(|made| made.same_as(&now));
        Ok(match same {
            true => "not changed since",
            false => "changed since by somebody else",
        }
        .to_owned())
    }

    /// Whether an object is still what the effects made it, in words and for
    /// programs.
    fn object_since(&self, machine: &Machine, found: &[Found]) -> anyhow::Result<(String, Value)> {
        let newest = found.last();
        let Some((header, last)) =
            newest.and_then(|found| Some((&found.header, found.object.as_deref()?)))
        else {
            let words = match newest.is_some_and(|found| found.too_large) {
                true => "what was written is too large to be recorded: only its hash was",
                false => "an earlier version of this program wrote it and kept no record of what",
            };
            return Ok((words.to_owned(), Value::Null));
        };
        let live = match self.live(machine, header, last) {
            Ok(live) => live,
            Err(error) => {
                let words = format!("whether it has been changed since cannot be told: {error:#}");
                return Ok((words, Value::Null));
            }
        };
        let deleted = last.content.is_null();
        let Some(live) = live else {
            let words = match deleted {
                true => "it is gone, as it was left",
                false => "it is not there any more",
            };
            return Ok((words.to_owned(), Value::Null));
        };
        if deleted {
            let words = "it was deleted, and somebody made it again";
            return Ok((words.to_owned(), Value::Null));
        }
        // What came after the object was last written as a whole adds to it.
        let whole = found.iter().rposition(|one| one.action != "Patch");
        let mut changes: Vec<changes::FieldChange> = Vec::new();
        for one in &found[whole.unwrap_or(0)..] {
            let written = one.object.as_ref();
            let written = written.map_or(&Value::Null, |object| &object.content);
            for change in changes::since(written, &live, FIELD_MANAGER) {
                if !changes.contains(&change) {
                    changes.push(change);
                }
            }
        }
        let words = match changes.as_slice() {
            [] => "not changed since".to_owned(),
            changes => {
                let lines: Vec<_> = changes
                    .iter()
                    .map(|one| format!("\n  {}", Visible::line(&one.to_string())))
                    .collect();
                format!("changed since:{}", lines.concat())
            }
        };
        Ok((words, json!(changes)))
    }

    /// The kubeconfig to ask with about what a run wrote. Of a distribution that
    /// is not built in only the file is known that the user names.
    fn kubeconfig(&self, machine: &Machine, header: &RunHeader) -> anyhow::Result<MachinePath> {
        if let Some(path) = &self.kubeconfig {
            return MachinePath::parse(path).context("--kubeconfig");
        }
        let known = || -> anyhow::Result<Option<MachinePath>> {
            if BuiltIn::distribution(&header.distribution).is_none() {
                return Ok(None);
            }
            let distribution = Distribution::load(&header.distribution)?;
            let operation = distribution.operation(&header.operation().name)?;
            let document = machine.folder().read_copy(&header.configuration)?;
            let document: Value = serde_json::from_slice(&document)?;
            let kubeconfigs = operation.kubeconfigs(&document["configuration"])?;
            Ok(kubeconfigs.into_iter().next())
        };
        known()
            .context("cannot find out which kubeconfig to ask with")?
            .context("the distribution of that run does not say which kubeconfig to ask with; give --kubeconfig FILE")
    }

    /// The object as the API server of this machine has it.
    fn live(
        &self,
        machine: &Machine,
        header: &RunHeader,
        wanted: &WrittenObject,
    ) -> anyhow::Result<Option<Value>> {
        let path = self.kubeconfig(machine, header)?;
        let reference = &wanted.reference;
        let resource = Resource::new(
            &reference.api_version,
            &reference.kind,
            reference.namespace.as_deref(),
        );
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .context("cannot start the runtime")?;
        runtime.block_on(async {
            let api = MachineApi::new(Arc::clone(&machine.files) as _);
            let objects = Objects::new(api.client(&path).await?).with_call_timeout(PATIENCE);
            Ok(objects.get(&resource, &reference.name).await?)
        })
    }
}

/// What is recorded of an effect.
fn begun(run: &RunRecords, wanted: u64) -> Option<Found> {
    let mut found = run.records.iter().find_map(|record| match record {
        Record::Begin {
            effect,
            phase,
            component,
            digest,
            action,
            target,
            object,
            object_digest,
            ..
        } if *effect == wanted => Some(Found {
            header: run.header.clone(),
            effect: wanted,
            phase: phase.clone(),
            component: component.clone(),
            digest: digest.clone(),
            action: action.clone(),
            target: target.clone(),
            object: object.clone(),
            too_large: object_digest.is_some(),
        }),
        _ => None,
    })?;
    if found.too_large {
        // A large one follows when it has landed.
        found.object = run.records.iter().find_map(|record| match record {
            Record::Landed { effect, object, .. } if *effect == wanted => object.clone(),
            _ => None,
        });
    }
    Some(found)
}

impl Found {
    fn to_value(&self) -> Value {
        let header = &self.header;
        json!({
            "run": header.run, "command": header.command, "started": header.started,
            "effect": self.effect, "phase": self.phase, "component": self.component,
            "digest": self.digest, "action": self.action, "target": self.target,
            "configuration": header.configuration,
        })
    }
}
