//! The files door.

use serde::{Deserialize, Serialize};

use zeroize::Zeroizing;

use super::{MachinePath, links};

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

/// Which file it is, whatever it is called: two names of one file (links of
/// either kind) have one identity, and a file that took the place of another
/// has another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Identity {
    pub device: u64,
    pub inode: u64,
    /// When it was made, in seconds and nanoseconds, where the file system
    /// tells: numbers of files that are gone are given to new ones.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub born: Option<(i64, u32)>,
}

/// A file's content, and which file it was read from.
pub struct Opened {
    pub content: Zeroizing<Vec<u8>>,
    pub identity: Identity,
}

/// What becomes of a symbolic link at the end of a path. Those on the way are
/// always followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LastLink {
    /// It stands for what it leads to, as when a file is read.
    Follow,
    /// It stands for itself, as when a file is replaced.
    Keep,
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
    #[error("{0} is not a regular file: a device, pipe or socket is not read")]
    NotRegular(MachinePath),
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
    /// A regular file of at most `limit` bytes, and which one it is. Links are
    /// followed.
    fn open(&self, path: &MachinePath, limit: u64) -> Result<Opened, FileError>;
    /// The content of a regular file of at most `limit` bytes.
    fn read(&self, path: &MachinePath, limit: u64) -> Result<Vec<u8>, FileError> {
        let mut opened = self.open(path, limit)?;
        Ok(std::mem::take(&mut *opened.content))
    }
    /// Which file a path leads to; none where that is no regular file.
    fn identity(&self, path: &MachinePath) -> Result<Option<Identity>, FileError>;
    /// Where the link at a path points, as it is written in it; none where
    /// there is no link.
    fn link(&self, path: &MachinePath) -> Result<Option<String>, FileError>;
    /// The path without links on its way: what is there, or would be. Grants
    /// and policies are asked for this one.
    fn real(&self, path: &MachinePath, last: LastLink) -> Result<MachinePath, FileError> {
        links::resolve(path, last, &mut |path| self.link(path))
    }
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
    /// Learns that what was mounted at a path is gone. Files of a machine see
    /// that by themselves; those in memory do not see any more what was there.
    fn unmounted(&self, _path: &MachinePath) {}
}
