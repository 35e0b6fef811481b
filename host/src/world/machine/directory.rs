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

    /// Whether this is the name of a temporary file of this program, running
    /// or dead: `.kubewright-PID-COUNT`.
    pub fn is_temporary(name: &str) -> bool {
        name.strip_prefix(".kubewright-")
            .and_then(|rest| rest.split_once('-'))
            .is_some_and(|(pid, count)| pid.parse::<u32>().is_ok() && count.parse::<u32>().is_ok())
    }
}
