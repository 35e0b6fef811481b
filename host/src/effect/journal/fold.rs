//! What all runs together made of the machine.

use std::collections::{BTreeMap, BTreeSet};

use super::folder::RunRecords;
use super::record::{Outcome, Record, State};
use crate::world::MachinePath;

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
    /// Folders that started programs fill, and what they were before.
    pub state_folders: BTreeMap<MachinePath, State>,
    /// Names of what was in those that were not empty; none of a folder where
    /// that was not recorded.
    pub state_entries: BTreeMap<MachinePath, BTreeSet<String>>,
    /// Whether an `init` came to its end that was not undone since.
    pub completed: bool,
}

impl Ledger {
    /// Folds runs, oldest first.
    pub fn of(runs: &[RunRecords]) -> Self {
        let mut ledger = Self::default();
        let mut order = 0;
        for run in runs {
            for (folder, state) in &run.header.state_folders {
                if ledger.state_folders.contains_key(folder) {
                    continue;
                }
                ledger.state_folders.insert(folder.clone(), state.clone());
                if let Some(names) = run.header.state_entries.get(folder) {
                    ledger.state_entries.insert(folder.clone(), names.clone());
                }
            }
            for record in &run.records {
                match record {
                    Record::Touch {
                        effect,
                        path,
                        prior,
                        after,
                    } => {
                        order += 1;
                        let touched =
                            ledger
                                .touched
                                .entry(path.clone())
                                .or_insert_with(|| Touched {
                                    original: prior.clone(),
                                    made: Vec::new(),
                                    by: (0, 0),
                                    order,
                                });
                        touched.made.push(after.clone());
                        touched.by = (run.header.run, *effect);
                    }
                    Record::Undone { path } => {
                        ledger.touched.remove(path);
                        ledger.state_folders.remove(path);
                        ledger.state_entries.remove(path);
                        ledger.completed = false;
                    }
                    _ => {}
                }
            }
            if run.header.command == "init" && matches!(run.end, Some((Outcome::Done, _))) {
                ledger.completed = true;
            }
        }
        ledger
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
