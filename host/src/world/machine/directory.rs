//! Directories of a machine by handle, for what goes beyond [`Files`]:
//! appending, locks, sweeping up.
//!
//! [`Files`]: crate::world::Files

use std::os::fd::OwnedFd;

use rustix::fs::{Mode, OFlags, ResolveFlags};

use super::MachineFiles;
use crate::world::{FileError, MachinePath};

impl MachineFiles {
    /// A handle of a directory, resolved as all paths are: below the root.
    pub fn directory(&self, path: &MachinePath) -> Result<OwnedFd, FileError> {
        let failed = |source| FileError::Io {
            doing: "open",
            path: path.clone(),
            source,
        };
        let flags = OFlags::DIRECTORY | OFlags::CLOEXEC;
        let root = rustix::fs::open(self.root(), OFlags::PATH | flags, Mode::empty())
            .map_err(|errno| failed(errno.into()))?;
        rustix::fs::openat2(
            &root,
            path.below_root(),
            OFlags::RDONLY | flags,
            Mode::empty(),
            ResolveFlags::IN_ROOT | ResolveFlags::NO_MAGICLINKS,
        )
        .map_err(|errno| failed(errno.into()))
    }
}
