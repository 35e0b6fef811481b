//! The record of what a run does, written ahead.

use std::sync::{Mutex, PoisonError};

use super::event::Change;

/// One effect, as it is about to land. Holds no secret.
#[derive(Clone, Debug)]
pub struct Entry {
    pub phase: String,
    pub component: String,
    pub digest: String,
    pub action: &'static str,
    pub target: String,
}

/// Why an effect could not be recorded. It does not land then.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    #[error("cannot write the journal {path}")]
    Write {
        path: String,
        #[source]
        source: std::io::Error,
    },
}

/// Where effects are recorded before they land.
pub trait Journal: Send + Sync {
    /// Records that an effect is about to land; gives its number.
    fn begin(&self, entry: &Entry) -> Result<u64, JournalError>;
    /// Records that it landed, and what it changed.
    fn landed(&self, number: u64, change: Change) -> Result<(), JournalError>;
}

/// A journal for a run that leaves nothing behind: it counts what changed.
#[derive(Default)]
pub struct MemoryJournal {
    entries: Mutex<Vec<(Entry, Option<Change>)>>,
}

impl MemoryJournal {
    /// All effects in the order in which they began.
    pub fn entries(&self) -> Vec<(Entry, Option<Change>)> {
        self.lock().clone()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<(Entry, Option<Change>)>> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Journal for MemoryJournal {
    fn begin(&self, entry: &Entry) -> Result<u64, JournalError> {
        let mut entries = self.lock();
        entries.push((entry.clone(), None));
        Ok(entries.len() as u64 - 1)
    }

    fn landed(&self, number: u64, change: Change) -> Result<(), JournalError> {
        // A number that was never given out is a bug of the caller's; there is
        // nothing to record for it.
        if let Ok(at) = usize::try_from(number)
            && let Some(entry) = self.lock().get_mut(at)
        {
            entry.1 = Some(change);
        }
        Ok(())
    }
}
