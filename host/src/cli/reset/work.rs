//! A reset at work: the phases in kubeadm's order.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use anyhow::bail;
use serde_json::{Value, json};

use super::member::LocalEtcd;
use super::settings::{Phase, Settings};
use super::target::Target;
use crate::cli::machine::Machine;
use crate::cli::output::Output;
use crate::effect::{Change, DiskJournal, Entry, FaultyJournal, Ledger};
use crate::world::sandbox::SandboxFiles;
use crate::world::{Files, MachinePath};

/// What kubeadm says at the end of a reset.
const NOT_CLEANED: &str = "
The reset process does not perform cleanup of CNI plugin configuration,
network filtering rules and kubeconfig files.

For information on how to perform this cleanup manually, please see:
    https://k8s.io/docs/reference/setup-tools/kubeadm/kubeadm-reset/
";

pub struct Work<'a> {
    pub machine: &'a Machine,
    pub settings: &'a Settings,
    pub output: &'a Output,
    pub target: Target,
    /// A dry run undoes in memory what a real one undoes on the machine.
    pub files: Arc<dyn Files>,
    /// None in a dry run.
    pub journal: Option<Arc<DiskJournal>>,
    /// Paths of the journal that are through.
    pub settled: BTreeSet<MachinePath>,
    /// Whether the kubelet could not be stopped.
    pub kubelet_runs: bool,
    pub kept: usize,
    /// Where this machine's etcd keeps its data, by its static Pod.
    pub etcd_data: Option<MachinePath>,
    /// What was unmounted; in a dry run it is still there.
    pub unmounted: BTreeSet<MachinePath>,
    /// Folders that nothing but such mounts keeps from being empty.
    pub emptied: BTreeSet<MachinePath>,
    /// Folders that may not be emptied, and are left as they are.
    pub left: BTreeSet<MachinePath>,
    done: Vec<Value>,
}

/// What is known before anything is undone.
pub struct Start {
    pub target: Target,
    /// Where this machine's etcd keeps its data, by its static Pod.
    pub etcd_data: Option<MachinePath>,
}

impl Start {
    pub fn look(machine: &Machine, settings: &Settings) -> anyhow::Result<Self> {
        Ok(Self {
            target: Target::of(machine, settings.force())?,
            etcd_data: match LocalEtcd::read(machine) {
                Ok(local) => local.map(|local| local.data),
                // Told where the member is to be removed.
                Err(_) => None,
            },
        })
    }
}

impl<'a> Work<'a> {
    pub fn new(
        machine: &'a Machine,
        settings: &'a Settings,
        output: &'a Output,
        start: Start,
        journal: Option<Arc<DiskJournal>>,
    ) -> Self {
        let files: Arc<dyn Files> = match journal {
            None => Arc::new(SandboxFiles::over(Some(Arc::clone(&machine.files) as _))),
            Some(_) => Arc::clone(&machine.files) as _,
        };
        Self {
            machine,
            settings,
            output,
            target: start.target,
            files,
            journal,
            settled: BTreeSet::new(),
            kubelet_runs: false,
            kept: 0,
            etcd_data: start.etcd_data,
            unmounted: BTreeSet::new(),
            emptied: BTreeSet::new(),
            left: BTreeSet::new(),
            done: Vec::new(),
        }
    }

    pub async fn run(mut self) -> anyhow::Result<()> {
        let cleanup = self.settings.runs(Phase::CleanupNode);
        if !matches!(self.target, Target::Nothing) {
            let cluster = self.read_cluster().await;
            if self.settings.runs(Phase::RemoveEtcdMember) {
                self.remove_member().await?;
            }
            if cleanup {
                self.stop_kubelet().await?;
                // A kubelet that still runs would bring its Pods back.
                self.remove_manifests()?;
                // Before anything is unmounted: a program that still ran would
                // write below a mount point what is then removed with it.
                self.remove_pods().await?;
                self.unmount().await?;
            }
            self.empty_folders(&cluster)?;
            if cleanup {
                let _lock = self.lock_accounts(&cluster).await?;
                self.undo_files()?;
                if cluster.is_rootless {
                    self.remove_accounts();
                }
            }
        }
        self.tell_end();
        let left: Vec<&str> = self.left.iter().map(MachinePath::as_str).collect();
        if !left.is_empty() {
            bail!(
                "not all of this machine is reset: {} {} left as they are, for the reasons told above",
                left.join(", "),
                if left.len() == 1 {
                    "and what is in it are"
                } else {
                    "and what is in them are"
                }
            );
        }
        Ok(())
    }

    pub fn ledger(&self) -> Option<&Ledger> {
        self.target.ledger()
    }

    /// Whether anything is changed.
    pub fn is_real(&self) -> bool {
        self.journal.is_some()
    }

    /// Tells a step, and keeps it for the result.
    pub fn tell(&mut self, what: &dyn std::fmt::Display, step: &str, why: &str) {
        let reason = match why {
            "" => String::new(),
            why => format!(": {why}"),
        };
        let topic = match self.is_real() {
            true => "reset",
            false => "dryrun",
        };
        self.output
            .line(&format!("[{topic}] {step} {what}{reason}"));
        self.done
            .push(json!({ "step": step, "target": what.to_string(), "reason": why }));
    }

    /// An effect on something else than files: recorded, done, recorded. In a
    /// dry run it is only told. The outer error is the journal's.
    pub async fn land(
        &mut self,
        effect: Effect<'_>,
        landing: impl Future<Output = anyhow::Result<()>>,
    ) -> anyhow::Result<anyhow::Result<()>> {
        let Some(journal) = self.journal.clone() else {
            self.tell(&effect.target, effect.words, "");
            return Ok(Ok(()));
        };
        let journal = FaultyJournal::wrap(journal as _);
        let number = journal.begin(&Entry {
            phase: effect.phase.name().to_owned(),
            component: "kubewright".to_owned(),
            digest: String::new(),
            action: effect.action,
            target: effect.target.to_owned(),
            of_files: false,
            writes: BTreeMap::new(),
            object: None,
        })?;
        let landed = landing.await;
        match &landed {
            Ok(()) => {
                journal.landed(number, Change::Removed)?;
                self.tell(&effect.target, effect.words, "");
            }
            Err(_) => journal.failed(number)?,
        }
        Ok(landed)
    }

    fn tell_end(&self) {
        let line = match (self.done.is_empty(), self.is_real()) {
            (true, _) => {
                "Nothing of kubewright's is left to undo; --force removes what others left, as kubeadm reset does."
            }
            (false, false) => "This is what would be done; nothing was.",
            (false, true) if !self.left.is_empty() => {
                "This machine is reset, but for what is left as it is."
            }
            (false, true) => "This machine is reset.",
        };
        self.output.line(line);
        if self.kept > 0 {
            self.output.line(&format!(
                "{} kept because others changed them; --force undoes these as well.",
                self.kept
            ));
        }
        let is_nothing = matches!(self.target, Target::Nothing);
        if self.settings.runs(Phase::CleanupNode) && !is_nothing {
            self.output.lines(NOT_CLEANED);
        }
        // Where something is left that is an error, which ends the events.
        if !self.left.is_empty() {
            return;
        }
        self.output
            .result(&json!({ "dryRun": !self.is_real(), "kept": self.kept, "steps": self.done }));
    }
}

/// What is done to something else than files.
pub struct Effect<'a> {
    pub phase: Phase,
    /// As journals name it: `RemovePod`.
    pub action: &'static str,
    pub target: &'a str,
    /// What happened to it: `removed the Pod`.
    pub words: &'a str,
}
