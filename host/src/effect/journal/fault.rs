//! Death on order, for tests of what becomes of a run that is killed.
//!
//! Only in builds with debug assertions: a program that is given out has none
//! of it.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use zeroize::Zeroizing;

use super::{Denied, Entry, Journal, JournalError, Prior, State};
use crate::effect::{Change, Mark};
use crate::world::{Identity, MachinePath, Made};

/// The environment variable: `begin:3`, `begin:RemovePod`, `touch:5`, `landing:2`, `landed:2`.
pub const VARIABLE: &str = "KUBEWRIGHT_CRASH_AT";

/// A journal at which the process kills itself (SIGKILL): right after the Nth
/// effect (or the first of that name) was recorded (`begin`), right after the Nth change of a file was
/// recorded and before it happens (`touch`), when the Nth effect that changed
/// something has landed and before that is recorded (`landing`), or after
/// (`landed`).
pub struct FaultyJournal {
    inner: Arc<dyn Journal>,
    point: String,
    /// Which one; or of which name.
    at: String,
    seen: AtomicU64,
}

impl FaultyJournal {
    /// The journal as it is, or one that dies where the environment says so.
    pub fn wrap(inner: Arc<dyn Journal>) -> Arc<dyn Journal> {
        if !cfg!(debug_assertions) {
            return inner;
        }
        let Ok(value) = std::env::var(VARIABLE) else {
            return inner;
        };
        match value.split_once(':') {
            Some((point, at)) => Arc::new(Self {
                inner,
                point: point.to_owned(),
                at: at.to_owned(),
                seen: AtomicU64::new(0),
            }),
            None => inner,
        }
    }

    fn reached(&self, point: &str, name: &str) {
        let is_meant = self.point == point && {
            let seen = self.seen.fetch_add(1, Ordering::SeqCst) + 1;
            self.at == seen.to_string() || self.at == name
        };
        if is_meant {
            // As the kernel's out-of-memory killer would: no destructor runs.
            let _ = rustix::process::kill_process(
                rustix::process::getpid(),
                rustix::process::Signal::KILL,
            );
        }
    }
}

impl Journal for FaultyJournal {
    fn begin(&self, entry: &Entry) -> Result<u64, JournalError> {
        let number = self.inner.begin(entry)?;
        self.reached("begin", entry.action);
        Ok(number)
    }

    fn touch(
        &self,
        number: u64,
        path: &MachinePath,
        prior: &Prior<'_>,
        after: &State,
    ) -> Result<(), JournalError> {
        self.inner.touch(number, path, prior, after)?;
        self.reached("touch", "");
        Ok(())
    }

    fn wrote(
        &self,
        number: u64,
        path: &MachinePath,
        identity: Identity,
        made: Made,
    ) -> Result<(), JournalError> {
        self.inner.wrote(number, path, identity, made)
    }

    fn landed(&self, number: u64, change: Change) -> Result<(), JournalError> {
        if change != Change::Unchanged {
            self.reached("landing", "");
        }
        self.inner.landed(number, change)?;
        if change != Change::Unchanged {
            self.reached("landed", "");
        }
        Ok(())
    }

    fn failed(&self, number: u64) -> Result<(), JournalError> {
        self.inner.failed(number)
    }

    fn mark(&self, mark: &Mark) -> Result<(), JournalError> {
        self.inner.mark(mark)
    }

    fn denied(&self, denied: Denied) -> Result<(), JournalError> {
        self.inner.denied(denied)
    }

    fn unfinished(&self) -> Result<Option<Zeroizing<Vec<u8>>>, JournalError> {
        self.inner.unfinished()
    }

    fn keep_unfinished(&self, content: &[u8]) -> Result<(), JournalError> {
        self.inner.keep_unfinished(content)
    }

    fn wants_touches(&self) -> bool {
        self.inner.wants_touches()
    }
}
