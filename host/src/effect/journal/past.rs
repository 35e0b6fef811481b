//! What earlier runs did, for the one that undoes it.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde::Serialize;

use super::{Folder, JournalError, Ledger, Outcome, RecordedObjects, RunRecords, State, Undo};
use crate::world::{FileError, FileKind, Files, MachinePath};

/// Whose doing a machine is, by its journals.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Standing {
    /// Runs of this program, which can be undone.
    Ours,
    /// Nobody's that is known. Resets that did not come to their end may have
    /// noted folders.
    #[default]
    Others,
    /// What runs made of it is undone.
    Settled,
}

/// One thing that was done, for who reads the result.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Step {
    /// What happened to it: `removed the Pod`.
    pub step: String,
    pub target: String,
    /// Why, or why not; empty where that goes without saying.
    pub reason: String,
}

/// What earlier runs did, and what this one undid of it so far.
#[derive(Default)]
pub struct Past {
    standing: Standing,
    ledger: Ledger,
    /// Where their copies are kept; none where there are no journals.
    folder: Option<Arc<Folder>>,
    /// Whether to undo also what others changed since.
    force: bool,
    now: Mutex<Now>,
}

/// Of this run.
#[derive(Default)]
struct Now {
    /// Paths that are through.
    settled: BTreeSet<MachinePath>,
    /// Folders that were noted.
    noted: BTreeSet<MachinePath>,
    /// How many paths stay because others changed them.
    kept: usize,
    steps: Vec<Step>,
    /// Folders that are left as they are, since they are none of a cluster.
    left: BTreeSet<MachinePath>,
}

impl Past {
    /// What the journals of a machine say. `force` also undoes what others did
    /// where nothing of ours is left, and what they changed since.
    pub fn read(folder: Arc<Folder>, force: bool) -> Result<Self, JournalError> {
        let mut ledger = Ledger::default();
        let mut settled = false;
        for run in folder.runs(RecordedObjects::Dropped)? {
            let run = run?;
            settled |= settles(&run);
            ledger.fold(&run);
        }
        let standing = match ledger.is_empty() {
            false => Standing::Ours,
            true if force || !settled => Standing::Others,
            true => Standing::Settled,
        };
        Ok(Self {
            standing,
            ledger,
            folder: Some(folder),
            force,
            now: Mutex::default(),
        })
    }

    pub fn standing(&self) -> Standing {
        self.standing
    }

    pub fn copies(&self) -> Option<Arc<Folder>> {
        self.folder.clone()
    }

    // Only whole entries are ever inserted.
    fn now(&self) -> MutexGuard<'_, Now> {
        self.now.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What a folder that programs filled was before, where that is known. Of
    /// what others made it would be assumed.
    fn before(&self, folder: &MachinePath) -> Option<&State> {
        match self.standing {
            Standing::Ours => self.ledger.state_folders.get(folder),
            Standing::Others | Standing::Settled => None,
        }
    }

    /// Whether nothing was in a folder before the first run.
    pub fn was_empty(&self, folder: &MachinePath) -> bool {
        self.before(folder).is_some_and(was_empty)
    }

    /// Whether a folder was not there before the first run.
    pub fn was_absent(&self, folder: &MachinePath) -> bool {
        self.ledger.state_folders.get(folder) == Some(&State::Absent)
    }

    /// Names of what stays in a folder as its content is removed; none where
    /// all of it does, since what was in it before is not known.
    pub fn stays_in(&self, folder: &MachinePath) -> Option<BTreeSet<String>> {
        match self.before(folder) {
            _ if self.force => Some(BTreeSet::new()),
            None => Some(BTreeSet::new()),
            Some(before) if was_empty(before) => Some(BTreeSet::new()),
            Some(_) => self.ledger.state_entries.get(folder).cloned(),
        }
    }

    /// What runs changed below a folder, and is not through, the last change
    /// first.
    pub fn touched(&self, folder: &MachinePath) -> Vec<MachinePath> {
        let now = self.now();
        let all = self.ledger.backwards().into_iter();
        all.map(|(path, _)| path)
            .filter(|path| path.is_within(folder) && !now.settled.contains(*path))
            .cloned()
            .collect()
    }

    /// Folders that programs filled.
    pub fn filled(&self) -> BTreeSet<MachinePath> {
        let recorded = self.ledger.state_folders.keys().cloned();
        recorded.chain(self.now().noted.iter().cloned()).collect()
    }

    /// What undoing a path takes, of those that runs changed or filled; none
    /// of any other, and of one that is through.
    pub fn undo(&self, files: &dyn Files, path: &MachinePath) -> Result<Option<Undo>, FileError> {
        if self.now().settled.contains(path) {
            return Ok(None);
        }
        match self.ledger.get(path) {
            Some(touched) => Undo::of(files, path, touched, self.force).map(Some),
            None if !self.filled().contains(path) => Ok(None),
            // Nobody made it but the programs that filled it.
            None if self.before(path) == Some(&State::Absent) && is_empty(files, path)? => {
                Ok(Some(Undo::Remove))
            }
            None => Ok(Some(Undo::Nothing)),
        }
    }

    /// A path is through. `kept`: it stays, because others changed it.
    pub fn settle(&self, path: &MachinePath, kept: bool) {
        let mut now = self.now();
        now.settled.insert(path.clone());
        now.kept += usize::from(kept);
    }

    /// A folder was noted.
    pub fn note(&self, folder: &MachinePath) {
        self.now().noted.insert(folder.clone());
    }

    /// A folder is left as it is.
    pub fn leave(&self, folder: &MachinePath) {
        self.now().left.insert(folder.clone());
    }

    /// Whether folders are left as they are.
    pub fn leaves_some(&self) -> bool {
        !self.now().left.is_empty()
    }

    /// Keeps a step for the result.
    pub fn tell(&self, step: &str, target: &str, reason: &str) {
        self.now().steps.push(Step {
            step: step.to_owned(),
            target: target.to_owned(),
            reason: reason.to_owned(),
        });
    }

    /// What was done, and how much of it was kept because others changed it.
    pub fn done(&self) -> (Vec<Step>, usize) {
        let now = self.now();
        (now.steps.clone(), now.kept)
    }
}

/// Whether there is a folder with nothing in it.
fn is_empty(files: &dyn Files, folder: &MachinePath) -> Result<bool, FileError> {
    let found = files.stat(folder)?;
    let is_folder = found.is_some_and(|found| found.kind == FileKind::Directory);
    Ok(is_folder && files.list(folder)?.is_empty())
}

/// Whether nothing was in a folder.
fn was_empty(before: &State) -> bool {
    matches!(before, State::Absent | State::Directory { empty: true, .. })
}

/// Whether a run settles that this machine is not one that others made: it was
/// to make something of it, whether it came to that or not; or it was a whole
/// reset that came to its end. A reset that was killed is gone on with.
fn settles(run: &RunRecords) -> bool {
    let operation = run.header.operation();
    match operation.undoes {
        true => operation.whole && matches!(run.end, Some((Outcome::Done, _))),
        false => true,
    }
}
