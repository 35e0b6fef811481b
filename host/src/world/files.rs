//! The files door.

use serde::{Deserialize, Serialize};

use super::MachinePath;

/// What lies at a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileKind {
    Regular,
    Directory,
    SymbolicLink,
    Other,
}

/// Whom something belongs to, by numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Owner {
    pub uid: u32,
    pub gid: u32,
}

impl Owner {
    /// The user and group of this process: whom what it makes belongs to.
    pub fn of_process() -> Self {
        Self {
            uid: rustix::process::geteuid().as_raw(),
            gid: rustix::process::getegid().as_raw(),
        }
    }
}

/// Kind, permission bits, owner and size of what lies at a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Metadata {
    pub kind: FileKind,
    /// The lower twelve bits of `st_mode`.
    pub mode: u32,
    pub owner: Owner,
    /// Bytes; 0 for anything but a regular file.
    pub size: u64,
}

/// Why a file operation did not happen.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    #[error("{0} is not there")]
    NotFound(MachinePath),
    #[error("{0} is a directory")]
    IsDirectory(MachinePath),
    #[error("{0} is not a directory")]
    NotDirectory(MachinePath),
    #[error("{0} is a directory that is not empty")]
    NotEmpty(MachinePath),
    #[error("{path} has {size} bytes: more than the {limit} that are read at most")]
    TooLarge {
        path: MachinePath,
        size: u64,
        limit: u64,
    },
    #[error(
        "{0} is a link, a device or a socket: only a file or a directory is changed where it is"
    )]
    Special(MachinePath),
    #[error("{path} leads out of the root folder through a symbolic link")]
    Escapes { path: MachinePath },
    #[error("cannot {doing} {path}")]
    Io {
        doing: &'static str,
        path: MachinePath,
        #[source]
        source: std::io::Error,
    },
}

/// Files below a root. Writing is atomic: after any failure a path holds what
/// it held before, or all of what was to be written.
pub trait Files: Send + Sync {
    /// What is at `path`; a link itself where it is one.
    fn stat(&self, path: &MachinePath) -> Result<Option<Metadata>, FileError>;
    /// A regular file of at most `limit` bytes.
    fn read(&self, path: &MachinePath, limit: u64) -> Result<Vec<u8>, FileError>;
    /// Names of a directory's entries, sorted.
    fn list(&self, path: &MachinePath) -> Result<Vec<String>, FileError>;
    /// Writes a whole file. Its directory must be there.
    fn write(&self, path: &MachinePath, mode: u32, content: &[u8]) -> Result<(), FileError>;
    /// Replaces the content of a file that is there; mode, owner and labels
    /// stay.
    fn rewrite(&self, path: &MachinePath, content: &[u8]) -> Result<(), FileError>;
    /// Gives a file or directory to an owner, with this mode. Links are not
    /// followed.
    fn set_owner(&self, path: &MachinePath, owner: Owner, mode: u32) -> Result<(), FileError>;
    /// Gives a directory and the files and directories below it to an owner;
    /// modes stay. Links are not followed.
    fn set_owner_below(&self, path: &MachinePath, owner: Owner) -> Result<(), FileError>;
    /// Makes one directory, or gives the one that is there this mode.
    fn make_directory(&self, path: &MachinePath, mode: u32) -> Result<(), FileError>;
    /// Removes a file or an empty directory.
    fn remove(&self, path: &MachinePath) -> Result<(), FileError>;
}
