//! The record of what runs do, written ahead.
//!
//! An effect is recorded before it lands, each file it changes before it is
//! changed, with what was there: so a run that died can go on, and one that
//! should not have been can be undone. No secret is ever in it: of a file that
//! holds one only the hash is kept.

mod added;
mod disk;
mod fault;
mod files;
mod fold;
mod folder;
mod limits;
mod lock;
mod memory;
mod past;
mod record;
mod runs;
mod undo;

pub use disk::{DiskJournal, RunStart};
pub use fault::FaultyJournal;
pub use files::{RecordedFiles, state_of};
pub use fold::{Ledger, Touched};
pub use folder::{FOLDER, Folder};
pub use lock::Lock;
pub use memory::MemoryJournal;
pub use past::{Past, Standing, Step};
pub use record::{Denied, Outcome, Record, RunHeader, RunOperation, State, digest};
pub use runs::{RecordedObjects, RunRecords, Runs};
pub use undo::Undo;

use std::collections::BTreeMap;

use zeroize::Zeroizing;

use super::effect::Mark;
use super::event::Change;
use super::object::WrittenObject;
use crate::world::{FileError, Identity, MachinePath, Made, Owner};

/// One effect, as it is about to land. Holds no secret.
#[derive(Clone, Debug)]
pub struct Entry {
    pub phase: String,
    pub component: String,
    pub digest: String,
    pub action: &'static str,
    pub target: String,
    /// Whether all it can change are files.
    pub of_files: bool,
    /// The files that it writes, and what they are then.
    pub writes: BTreeMap<MachinePath, Made>,
    /// What it makes of an object of the cluster.
    pub object: Option<WrittenObject>,
}

/// What lies at a path before it is changed.
pub enum Prior<'a> {
    Absent,
    File {
        mode: u32,
        owner: Owner,
        content: &'a [u8],
        /// Whether it holds a secret: then only its hash is kept.
        private: bool,
    },
    Directory {
        mode: u32,
        owner: Owner,
        empty: bool,
        /// Owners of what lies in it, where that is given away with it.
        within: BTreeMap<MachinePath, Owner>,
    },
    /// A link, a device, a socket.
    Other,
}

/// Why something could not be recorded. The effect does not land then.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    #[error("cannot {doing} {path}")]
    Io {
        doing: &'static str,
        path: String,
        #[source]
        source: std::io::Error,
    },
    #[error(transparent)]
    File(#[from] FileError),
    #[error(
        "another run is at work on this machine: kubewright {command}, process {pid} (it holds {path})"
    )]
    Locked {
        pid: String,
        command: String,
        path: String,
    },
    #[error(
        "{path}, line {line}, is not a record of this program: the file is damaged, or not one of its journals; move it away to go on without it, and what that run did is not undone by a reset"
    )]
    Malformed {
        path: String,
        line: usize,
        #[source]
        source: serde_json::Error,
    },
    #[error(
        "{path} is not a folder: the journals of this machine belong there; move away what is there"
    )]
    NoFolder { path: String },
    #[error(
        "{path} belongs to another user (uid {uid}), who could have this program believe what never was: the journals of this machine are those of who runs it; move away what is there"
    )]
    Foreign { path: String, uid: u32 },
    #[error(
        "{path} is full: what one run does takes at most {} MiB to record, and what is not recorded is not done",
        limits::RUN >> 20
    )]
    Full { path: String },
    #[error(
        "it takes {bytes} bytes to record what this does, more than the {} that are read of one line of {path}",
        limits::LINE
    )]
    LongLine { path: String, bytes: usize },
    #[error(
        "what this run would keep for one that goes on with it has {bytes} bytes, more than the {} that are kept: too many tokens, keys or UUIDs, or too long names of them",
        limits::UNFINISHED
    )]
    Unfinished { bytes: usize },
    #[error("the copy {path} is not what it was: its content has another hash")]
    Copy { path: String },
}

/// Where effects are recorded before they land.
pub trait Journal: Send + Sync {
    /// Records that an effect is about to land; gives its number.
    fn begin(&self, entry: &Entry) -> Result<u64, JournalError>;
    /// Records that a path is about to become `after`, and what is there now.
    fn touch(
        &self,
        number: u64,
        path: &MachinePath,
        prior: &Prior<'_>,
        after: &State,
    ) -> Result<(), JournalError>;
    /// Records which file an effect wrote and what it is, so that later runs
    /// know it whatever it is called.
    fn wrote(
        &self,
        _number: u64,
        _path: &MachinePath,
        _identity: Identity,
        _made: Made,
    ) -> Result<(), JournalError> {
        Ok(())
    }
    /// Records that it landed, and what it changed.
    fn landed(&self, number: u64, change: Change) -> Result<(), JournalError>;
    /// Records that it did not land.
    fn failed(&self, number: u64) -> Result<(), JournalError>;
    /// Records what else is noted of an effect that landed.
    fn mark(&self, _mark: &Mark) -> Result<(), JournalError> {
        Ok(())
    }
    /// Records that a policy denied an effect.
    fn denied(&self, _denied: Denied) -> Result<(), JournalError> {
        Ok(())
    }
    /// What an unfinished run keeps for the one that goes on with it: secrets
    /// that it made. None where there is no such run.
    fn unfinished(&self) -> Result<Option<Zeroizing<Vec<u8>>>, JournalError> {
        Ok(None)
    }
    /// Keeps this in place of what was kept.
    fn keep_unfinished(&self, _content: &[u8]) -> Result<(), JournalError> {
        Ok(())
    }
    /// Whether it wants to know what is touched: looking costs time.
    fn wants_touches(&self) -> bool {
        true
    }
}
