//! A run on a machine, with a journal.

use std::sync::Arc;

use anyhow::Context;
use serde_json::{Value, json};

use super::interrupt::{Besides, Interrupted};
use super::{Audience, Finished, Machine, Run, now};
use crate::effect::{
    DiskJournal, FaultyJournal, Folder, Journal, Ledger, Lock, Outcome, RunHeader, RunOperation,
    RunStart,
};
use crate::world::MachinePath;

/// A machine that this run alone may change.
pub struct Held {
    /// Its journals.
    pub folder: Arc<Folder>,
    lock: Lock,
    /// As journals name the run.
    command: String,
}

impl Held {
    /// Takes the lock, or says who has it.
    pub fn take(machine: &Machine, command: String) -> anyhow::Result<Self> {
        let folder = Arc::new(machine.folder());
        let lock = folder.lock(&command)?;
        Ok(Self {
            folder,
            lock,
            command,
        })
    }

    /// The journals and the lock.
    pub(super) fn parts(self) -> (Arc<Folder>, Lock) {
        (self.folder, self.lock)
    }
}

/// A run that came to its end.
pub struct Journaled {
    pub journal: Arc<DiskJournal>,
    /// What came of it, or why it failed.
    pub finished: anyhow::Result<Finished>,
}

/// Runs phases on a machine. The error is of what is around them: the journal,
/// or an interruption.
pub fn carry_out(
    machine: &Machine,
    mut run: Run,
    held: Held,
    audience: &dyn Audience,
) -> anyhow::Result<Journaled> {
    let started = now()?;
    let Held {
        folder,
        lock,
        command,
    } = held;
    // Before what differs from run to run goes in.
    let configuration = run.prepared.document.to_string().into_bytes();
    let ledger = folder.ledger()?;
    tell_owned(&mut run.prepared.document, &ledger);
    let provenance = ledger.provenance(&*machine.files);
    let (name, undoes) = (run.operation.name.clone(), run.operation.undoes);
    let folders = run
        .operation
        .folders(&run.prepared.document["configuration"])?;
    let state_folders = machine.states(folders)?;
    let header = RunHeader {
        operation: Some(RunOperation {
            whole: command == name,
            name: name.clone(),
            undoes,
        }),
        command,
        version: env!("CARGO_PKG_VERSION").to_owned(),
        distribution: run.distribution.clone(),
        components: run.components(),
        policies: run.policies(),
        state_entries: machine.entries(&state_folders)?,
        state_folders,
        started,
        ..RunHeader::default()
    };
    let start = RunStart {
        header,
        configuration,
    };
    let go_on = match (&run.undone_by, undoes) {
        (_, true) => format!("`kubewright {name}` goes on with it"),
        (Some(by), false) => {
            format!("the same command goes on with it, `kubewright {by}` undoes what it did")
        }
        (None, false) => "the same command goes on with it".to_owned(),
    };
    let journal = Arc::new(DiskJournal::begin(folder, lock, start)?);
    if let Some(dead) = journal.continues()
        && !undoes
    {
        audience.line(&format!(
            "Going on with run {dead}, which did not come to its end."
        ));
    }
    let facts = run.facts.clone();
    let finished = recorded(&journal, &go_on, |recording| {
        let finished = run.run(recording, || Ok(machine.world(facts, provenance, started)));
        audience.done();
        finished
    })?;
    Ok(Journaled { journal, finished })
}

/// Runs something with a journal, whose end is recorded. `go_on` says what is
/// done about it if it does not come to that. The outer error is of what is
/// around it: an interruption, or the journal.
pub(super) fn recorded<T>(
    journal: &Arc<DiskJournal>,
    go_on: &str,
    run: impl FnOnce(Arc<dyn Journal>) -> anyhow::Result<T>,
) -> anyhow::Result<anyhow::Result<T>> {
    let to_go_on = format!("run {} did not come to its end: {go_on}", journal.run());
    let besides = Besides::say(to_go_on.clone());
    let finished = run(FaultyJournal::wrap(Arc::clone(journal) as _));
    if let Err(error) = &finished
        && error.is::<Interrupted>()
    {
        // Its end is not recorded: an effect may be half done.
        // What still runs of it may keep this thread from telling.
        std::mem::forget(besides);
        return finished.map(Ok).context(to_go_on);
    }
    let outcome = match &finished {
        Ok(_) => Outcome::Done,
        Err(_) => Outcome::Failed,
    };
    let ended = journal.end(outcome, now()?);
    drop(besides);
    if finished.is_ok() {
        ended.context("the run is through, but its end could not be recorded")?;
    }
    Ok(finished)
}

/// Tells phases which files earlier runs wrote: preflight must not take them,
/// or what runs because of them, for somebody else's.
pub(super) fn tell_owned(document: &mut Value, ledger: &Ledger) {
    let owned: Vec<&str> = ledger.paths().map(MachinePath::as_str).collect();
    document["options"]["owned"] = json!(owned);
    // What proves that the API works need not be proved again.
    document["options"]["completed"] = json!(ledger.completed);
}
