//! What all runs together made of the machine.

use std::collections::{BTreeMap, BTreeSet};

use super::record::{Outcome, Record, State};
use super::runs::{RecordedObjects, RunRecords};
use super::{Folder, JournalError};
use crate::world::{Files, Identity, MachinePath, Made, Provenance};

/// What became of one path.
#[derive(Clone, Debug)]
pub struct Touched {
    /// What was there before the first run.
    pub original: State,
    /// What it was made by the runs, oldest first; the last is what it should
    /// be now. A run that died may not have come to it.
    pub made: Vec<State>,
    /// Run and effect that touched it last.
    pub by: (u64, u64),
    /// Where it came in the order of first changes.
    pub(super) order: usize,
}

/// What all runs together did that is not undone, by path.
#[derive(Clone, Debug, Default)]
pub struct Ledger {
    touched: BTreeMap<MachinePath, Touched>,
    /// How many changes there were.
    order: usize,
    /// Folders that started programs fill, and what they were before.
    pub state_folders: BTreeMap<MachinePath, State>,
    /// Names of what was in those that were not empty; none of a folder where
    /// that was not recorded.
    pub state_entries: BTreeMap<MachinePath, BTreeSet<String>>,
    /// Files that effects wrote, by identity, oldest first.
    made: Vec<(Identity, Made)>,
    /// Files that an effect was about to put sealed values into when its
    /// process died: what lies there now may be that.
    half_made: BTreeMap<MachinePath, Made>,
    /// Whether an operation came to its end, all of it, that was not undone
    /// since.
    pub completed: bool,
}

impl Ledger {
    /// Folds runs, oldest first.
    pub fn of<'a>(runs: impl IntoIterator<Item = &'a RunRecords>) -> Self {
        let mut ledger = Self::default();
        runs.into_iter().for_each(|run| ledger.fold(run));
        ledger
    }

    /// Adds what the next run did.
    pub fn fold(&mut self, run: &RunRecords) {
        for (folder, state) in &run.header.state_folders {
            if self.state_folders.contains_key(folder) {
                continue;
            }
            self.state_folders.insert(folder.clone(), state.clone());
            if let Some(names) = run.header.state_entries.get(folder) {
                self.state_entries.insert(folder.clone(), names.clone());
            }
        }
        for record in &run.records {
            self.record(run.header.run, record);
        }
        let operation = run.header.operation();
        let changes = |record: &Record| matches!(record, Record::Touch { .. });
        if operation.undoes && run.records.iter().any(changes) {
            self.completed = false;
        }
        let makes_all = operation.whole && !operation.undoes;
        if makes_all && matches!(run.end, Some((Outcome::Done, _))) {
            self.completed = true;
        }
    }

    fn record(&mut self, run: u64, record: &Record) {
        match record {
            Record::Begin { seals, .. } => self.half_made.extend(seals.clone()),
            Record::Wrote {
                path,
                identity,
                made,
                ..
            } => {
                self.half_made.remove(path);
                self.made.push((*identity, *made));
            }
            Record::Touch {
                effect,
                path,
                prior,
                after,
            } => {
                self.order += 1;
                let first = || Touched {
                    original: prior.clone(),
                    made: Vec::new(),
                    by: (0, 0),
                    order: self.order,
                };
                let touched = self.touched.entry(path.clone()).or_insert_with(first);
                remember_within(&mut touched.original, prior);
                touched.made.push(after.clone());
                touched.by = (run, *effect);
            }
            Record::Undone { path } => {
                self.touched.remove(path);
                self.state_folders.remove(path);
                self.state_entries.remove(path);
                self.completed = false;
            }
            Record::Filled { path } => {
                let folder = self.state_folders.entry(path.clone());
                folder.or_insert(State::Absent);
            }
            _ => {}
        }
    }

    /// What is known of who made the machine's files.
    pub fn provenance(&self, files: &dyn Files) -> Provenance {
        let half_made = self.half_made.iter().filter_map(|(path, made)| {
            let identity = files.identity(path).ok().flatten()?;
            Some((identity, *made))
        });
        // What was recorded last of an identity holds.
        Provenance::of(half_made.chain(self.made.iter().copied()))
    }

    pub fn get(&self, path: &MachinePath) -> Option<&Touched> {
        self.touched.get(path)
    }

    pub fn is_empty(&self) -> bool {
        self.touched.is_empty()
    }

    /// Paths that runs made what they are.
    pub fn paths(&self) -> impl Iterator<Item = &MachinePath> {
        self.touched.keys()
    }

    /// In the order in which undoing them works: what was changed first comes
    /// last, so a folder comes after what lies in it.
    pub fn backwards(&self) -> Vec<(&MachinePath, &Touched)> {
        let mut list: Vec<_> = self.touched.iter().collect();
        list.sort_by_key(|(_, touched)| std::cmp::Reverse(touched.order));
        list
    }
}

impl Folder {
    /// What all runs together did, read one at a time.
    pub fn ledger(&self) -> Result<Ledger, JournalError> {
        let mut ledger = Ledger::default();
        for run in self.runs(RecordedObjects::Dropped)? {
            ledger.fold(&run?);
        }
        Ok(ledger)
    }
}

/// What was given away with a folder later on, and was not before, is of what
/// was there first as well.
fn remember_within(original: &mut State, prior: &State) {
    if let (State::Directory { within, .. }, State::Directory { within: more, .. }) =
        (original, prior)
    {
        for (path, owner) in more {
            within.entry(path.clone()).or_insert(*owner);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::record::RunHeader;
    use super::*;
    use crate::world::Owner;

    fn path(text: &str) -> MachinePath {
        MachinePath::parse(text).unwrap()
    }

    #[test]
    fn owners_are_known_from_before_the_first_of_all_runs() {
        let folder = |uid: u32, within: &[(&str, u32)]| State::Directory {
            mode: 0o700,
            empty: false,
            owner: Some(Owner { uid, gid: uid }),
            within: within
                .iter()
                .map(|(at, uid)| {
                    let owner = Owner {
                        uid: *uid,
                        gid: *uid,
                    };
                    (path(at), owner)
                })
                .collect(),
        };
        let run = |number: u64, prior: State| RunRecords {
            header: RunHeader {
                run: number,
                ..RunHeader::default()
            },
            records: vec![Record::Touch {
                effect: 1,
                path: path("/d"),
                prior,
                after: folder(7, &[]),
            }],
            end: None,
        };
        // The first died half way; more came before the second.
        let ledger = Ledger::of(&[
            run(1, folder(0, &[("/d/a", 1), ("/d/b", 2)])),
            run(2, folder(0, &[("/d/b", 2), ("/d/c", 3)])),
            run(3, folder(0, &[("/d/a", 9)])),
        ]);
        let wanted = folder(0, &[("/d/a", 1), ("/d/b", 2), ("/d/c", 3)]);
        assert_eq!(ledger.get(&path("/d")).unwrap().original, wanted);
    }
}
