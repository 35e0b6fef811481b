//! Files whose changes are recorded before they happen.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};

use zeroize::Zeroizing;

use super::{Journal, JournalError, Prior, State, digest, limits};
use crate::effect::files::owned_by_others;
use crate::effect::holds_secret;
use crate::world::{
    FileError, FileKind, Files, Identity, LastLink, MachinePath, Made, Metadata, Opened, Owner,
    Provenance,
};

/// The files of one effect.
pub struct RecordedFiles {
    inner: Arc<dyn Files>,
    journal: Arc<dyn Journal>,
    number: u64,
    private: BTreeSet<MachinePath>,
    provenance: Arc<Provenance>,
    failure: Mutex<Option<JournalError>>,
}

impl RecordedFiles {
    /// For an effect that began with this number; `private` are the files it
    /// puts secrets into, `provenance` knows those that others did.
    pub fn new(
        inner: Arc<dyn Files>,
        journal: Arc<dyn Journal>,
        number: u64,
        private: BTreeSet<MachinePath>,
        provenance: Arc<Provenance>,
    ) -> Self {
        Self {
            inner,
            journal,
            number,
            private,
            provenance,
            failure: Mutex::default(),
        }
    }

    /// Why recording failed, if it did: the path's error, not the world's.
    pub fn take_failure(&self) -> Option<JournalError> {
        self.failure
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take()
    }

    /// Whether no copy of a file is kept, whatever it looks like.
    fn is_private(&self, path: &MachinePath) -> bool {
        let known = || {
            let identity = self.inner.identity(path).ok()??;
            self.provenance.made(identity)
        };
        self.private.contains(path) || known().is_some_and(Made::is_sealed)
    }

    fn record(&self, path: &MachinePath, after: &State) -> Result<(), FileError> {
        with_prior(&*self.inner, path, &|path| self.is_private(path), |prior| {
            self.touch(path, prior, after)
        })
    }

    fn touch(&self, path: &MachinePath, prior: &Prior<'_>, after: &State) -> Result<(), FileError> {
        self.journal
            .touch(self.number, path, prior, after)
            .map_err(|error| {
                let told = FileError::Io {
                    doing: "record what is done to",
                    path: path.clone(),
                    source: std::io::Error::other("the journal cannot be written"),
                };
                *self.failure.lock().unwrap_or_else(PoisonError::into_inner) = Some(error);
                told
            })
    }
}

/// What is at a path now, as a journal records it; no copy is kept.
pub fn state_of(files: &dyn Files, path: &MachinePath) -> Result<State, FileError> {
    with_prior(files, path, &|_| false, |prior| Ok(prior.state(false)))
}

fn with_prior<T>(
    files: &dyn Files,
    path: &MachinePath,
    is_private: &dyn Fn(&MachinePath) -> bool,
    with: impl FnOnce(&Prior<'_>) -> Result<T, FileError>,
) -> Result<T, FileError> {
    let Some(found) = files.stat(path)? else {
        return with(&Prior::Absent);
    };
    match found.kind {
        FileKind::Regular => {
            let content = Zeroizing::new(files.read(path, limits::COPY)?);
            with(&Prior::File {
                mode: found.mode,
                owner: found.owner,
                private: is_private(path) || holds_secret(&content),
                content: &content,
            })
        }
        FileKind::Directory => with(&Prior::Directory {
            mode: found.mode,
            owner: found.owner,
            empty: files.list(path)?.is_empty(),
            within: BTreeMap::new(),
        }),
        FileKind::SymbolicLink | FileKind::Other => with(&Prior::Other),
    }
}

/// The lines that a text has more than another, if that is all: then what is
/// undone later is these lines.
fn added(old: &[u8], new: &[u8]) -> Vec<String> {
    let more = new.strip_prefix(old).map(std::str::from_utf8);
    let lines = match more {
        Some(Ok(more)) => more.lines().filter(|line| !line.is_empty()),
        _ => return Vec::new(),
    };
    lines.map(str::to_owned).collect()
}

impl Files for RecordedFiles {
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
        self.record(path, &State::written(mode, content))?;
        self.inner.write(path, mode, content)
    }

    fn rewrite(&self, path: &MachinePath, content: &[u8]) -> Result<(), FileError> {
        with_prior(&*self.inner, path, &|path| self.is_private(path), |prior| {
            let Prior::File {
                mode,
                owner,
                content: old,
                ..
            } = prior
            else {
                return Err(FileError::Special(path.clone()));
            };
            let after = State::File {
                mode: *mode,
                digest: digest(content),
                copy: false,
                owner: Some(*owner),
                added: added(old, content),
            };
            self.touch(path, prior, &after)
        })?;
        self.inner.rewrite(path, content)
    }

    fn set_owner(&self, path: &MachinePath, owner: Owner, mode: u32) -> Result<(), FileError> {
        with_prior(&*self.inner, path, &|path| self.is_private(path), |prior| {
            self.touch(path, prior, &prior.state(false).given(owner, mode))
        })?;
        self.inner.set_owner(path, owner, mode)
    }

    fn set_owner_below(&self, path: &MachinePath, owner: Owner) -> Result<(), FileError> {
        let within = owned_by_others(&*self.inner, path, owner)?;
        with_prior(&*self.inner, path, &|path| self.is_private(path), |prior| {
            let Prior::Directory {
                mode,
                owner: before,
                empty,
                ..
            } = prior
            else {
                return Err(FileError::NotDirectory(path.clone()));
            };
            let prior = Prior::Directory {
                mode: *mode,
                owner: *before,
                empty: *empty,
                within,
            };
            self.touch(path, &prior, &prior.state(false).given(owner, *mode))
        })?;
        self.inner.set_owner_below(path, owner)
    }

    fn make_directory(&self, path: &MachinePath, mode: u32) -> Result<(), FileError> {
        let after = State::made(mode);
        match self.inner.stat(path)? {
            Some(found) if found.kind == FileKind::Directory && found.mode == mode => {}
            _ => self.record(path, &after)?,
        }
        self.inner.make_directory(path, mode)
    }

    fn remove(&self, path: &MachinePath) -> Result<(), FileError> {
        self.record(path, &State::Absent)?;
        self.inner.remove(path)
    }

    fn unmounted(&self, path: &MachinePath) {
        self.inner.unmounted(path);
    }
}
