//! A journal for a run that leaves nothing behind.

use std::sync::atomic::{AtomicU64, Ordering};

use zeroize::Zeroizing;

use super::{Entry, Journal, JournalError, Prior, State};
use crate::effect::Change;
use crate::world::MachinePath;

/// Numbers effects and keeps nothing.
#[derive(Default)]
pub struct MemoryJournal {
    next: AtomicU64,
    unfinished: Option<Zeroizing<Vec<u8>>>,
}

impl MemoryJournal {
    /// For a run that takes up what an unfinished one kept, and leaves it as
    /// it is.
    pub fn going_on_with(unfinished: Option<Zeroizing<Vec<u8>>>) -> Self {
        Self {
            unfinished,
            ..Self::default()
        }
    }
}

impl Journal for MemoryJournal {
    fn begin(&self, _entry: &Entry) -> Result<u64, JournalError> {
        Ok(self.next.fetch_add(1, Ordering::Relaxed))
    }

    fn touch(
        &self,
        _number: u64,
        _path: &MachinePath,
        _prior: &Prior<'_>,
        _after: &State,
    ) -> Result<(), JournalError> {
        Ok(())
    }

    fn landed(&self, _number: u64, _change: Change) -> Result<(), JournalError> {
        Ok(())
    }

    fn failed(&self, _number: u64) -> Result<(), JournalError> {
        Ok(())
    }

    fn unfinished(&self) -> Result<Option<Zeroizing<Vec<u8>>>, JournalError> {
        Ok(self.unfinished.clone())
    }

    fn wants_touches(&self) -> bool {
        false
    }
}
