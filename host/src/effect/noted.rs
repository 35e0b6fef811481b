//! Files whose makers are noted as they are written.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use super::journal::{Journal, JournalError};
use crate::world::{
    FileError, Files, Identity, LastLink, MachinePath, Made, Metadata, Opened, Owner, Provenance,
};

/// The files of one effect, which says what it makes of them.
pub struct NotedFiles {
    inner: Arc<dyn Files>,
    provenance: Arc<Provenance>,
    journal: Arc<dyn Journal>,
    number: u64,
    writes: BTreeMap<MachinePath, Made>,
    failure: Mutex<Option<JournalError>>,
}

impl NotedFiles {
    /// For an effect that began with this number and writes these files.
    pub fn new(
        inner: Arc<dyn Files>,
        provenance: Arc<Provenance>,
        journal: Arc<dyn Journal>,
        number: u64,
        writes: BTreeMap<MachinePath, Made>,
    ) -> Self {
        Self {
            inner,
            provenance,
            journal,
            number,
            writes,
            failure: Mutex::default(),
        }
    }

    /// Notes what was found to be as it should, and therefore not written. Its
    /// identity may not be known yet.
    pub fn note_all(&self) {
        for (path, made) in &self.writes {
            let Ok(Some(identity)) = self.inner.identity(path) else {
                continue;
            };
            if self.provenance.made(identity).is_some() || !made.is_sealed() {
                continue;
            }
            let noted = self
                .provenance
                .noting::<FileError>(*made, || Ok(Some(identity)));
            drop(noted);
            self.record(path, identity, *made);
        }
    }

    /// Why noting failed, if it did: the path's error, not the world's.
    pub fn take_failure(&self) -> Option<JournalError> {
        self.failure
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take()
    }

    fn record(&self, path: &MachinePath, identity: Identity, made: Made) {
        if let Err(error) = self.journal.wrote(self.number, path, identity, made) {
            *self.failure.lock().unwrap_or_else(PoisonError::into_inner) = Some(error);
        }
    }

    fn noting(
        &self,
        path: &MachinePath,
        write: impl FnOnce() -> Result<(), FileError>,
    ) -> Result<(), FileError> {
        let Some(made) = self.writes.get(path).copied() else {
            return write();
        };
        let identity = self.provenance.noting(made, || {
            write()?;
            self.inner.identity(path)
        })?;
        if let Some(identity) = identity {
            self.record(path, identity, made);
        }
        Ok(())
    }
}

impl Files for NotedFiles {
    fn stat(&self, path: &MachinePath) -> Result<Option<Metadata>, FileError> {
        self.inner.stat(path)
    }

    fn open(&self, path: &MachinePath, limit: u64) -> Result<Opened, FileError> {
        self.inner.open(path, limit)
    }

    fn identity(&self, path: &MachinePath) -> Result<Option<Identity>, FileError> {
        self.inner.identity(path)
    }

    fn link(&self, path: &MachinePath) -> Result<Option<String>, FileError> {
        self.inner.link(path)
    }

    fn real(&self, path: &MachinePath, last: LastLink) -> Result<MachinePath, FileError> {
        self.inner.real(path, last)
    }

    fn list(&self, path: &MachinePath) -> Result<Vec<String>, FileError> {
        self.inner.list(path)
    }

    fn write(&self, path: &MachinePath, mode: u32, content: &[u8]) -> Result<(), FileError> {
        self.noting(path, || self.inner.write(path, mode, content))
    }

    fn rewrite(&self, path: &MachinePath, content: &[u8]) -> Result<(), FileError> {
        self.noting(path, || self.inner.rewrite(path, content))
    }

    fn set_owner(&self, path: &MachinePath, owner: Owner, mode: u32) -> Result<(), FileError> {
        self.inner.set_owner(path, owner, mode)
    }

    fn set_owner_below(&self, path: &MachinePath, owner: Owner) -> Result<(), FileError> {
        self.inner.set_owner_below(path, owner)
    }

    fn make_directory(&self, path: &MachinePath, mode: u32) -> Result<(), FileError> {
        self.inner.make_directory(path, mode)
    }

    fn remove(&self, path: &MachinePath) -> Result<(), FileError> {
        self.inner.remove(path)
    }

    fn unmounted(&self, path: &MachinePath) {
        self.inner.unmounted(path);
    }
}
