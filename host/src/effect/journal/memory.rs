//! A journal for a run that leaves nothing behind.

use std::sync::atomic::{AtomicU64, Ordering};

use super::{Entry, Journal, JournalError, Prior, State};
use crate::effect::Change;
use crate::world::MachinePath;

/// Numbers effects and keeps nothing.
#[derive(Default)]
pub struct MemoryJournal {
    next: AtomicU64,
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

    fn wants_touches(&self) -> bool {
        false
    }
}
