//! What is mounted on this machine, or below another root.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rustix::fs::fstat;

use super::{MachineFiles, MountError, Mounts};
use crate::world::emptiable::{EmptiableFolder, NotEmptiable, Surroundings};
use crate::world::{FileError, Files, MachinePath, Mounting, UnmountFlag};

/// The mounts of a machine, looked at anew each time.
pub struct MachineMounts {
    files: Arc<MachineFiles>,
    /// Whether unmounting is only planned.
    is_planned: bool,
    /// What would be gone in a plan.
    gone: Mutex<BTreeSet<MachinePath>>,
}

impl MachineMounts {
    /// Of the machine whose root these files lie below.
    pub fn new(files: Arc<MachineFiles>) -> Self {
        Self {
            files,
            is_planned: false,
            gone: Mutex::default(),
        }
    }

    /// For a plan: what is unmounted is gone in memory alone.
    pub fn planned(files: Arc<MachineFiles>) -> Self {
        Self {
            is_planned: true,
            ..Self::new(files)
        }
    }

    fn read(&self) -> Result<Mounts, MountError> {
        Mounts::read(self.files.root())
    }

    // Only whole entries are ever inserted.
    fn gone(&self) -> MutexGuard<'_, BTreeSet<MachinePath>> {
        self.gone.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Mounting for MachineMounts {
    fn is_mount(&self, path: &MachinePath) -> Result<bool, MountError> {
        Ok(self.read()?.is_mount(path) && !self.gone().contains(path))
    }

    fn below(&self, folder: &MachinePath) -> Result<Vec<MachinePath>, MountError> {
        let mut below = self.read()?.below(folder);
        below.retain(|point| !self.gone().contains(point));
        Ok(below)
    }

    fn unmount(&self, path: &MachinePath, flags: &[UnmountFlag]) -> Result<(), MountError> {
        let mounts = self.read()?;
        if !self.is_planned {
            return mounts.unmount(path, flags);
        }
        self.gone().insert(path.clone());
        Ok(())
    }

    fn emptiable(
        &self,
        _files: &dyn Files,
        folder: &MachinePath,
        was_empty: bool,
    ) -> Result<Option<EmptiableFolder>, NotEmptiable> {
        let at = Looked {
            files: &self.files,
            mounts: self.read()?,
            gone: self.gone().clone(),
        };
        EmptiableFolder::check(&at, folder, was_empty)
    }
}

/// A machine as it was looked at.
struct Looked<'a> {
    files: &'a MachineFiles,
    mounts: Mounts,
    gone: BTreeSet<MachinePath>,
}

impl Surroundings for Looked<'_> {
    fn files(&self) -> &dyn Files {
        self.files
    }

    fn real(&self, folder: &MachinePath) -> Result<Option<MachinePath>, NotEmptiable> {
        Ok(self.mounts.real(self.files, folder)?)
    }

    fn identity(&self, real: &MachinePath) -> Result<Option<(u64, u64)>, NotEmptiable> {
        let folder = self.files.directory(real).map_err(NotEmptiable::Look)?;
        let stat = fstat(&folder).map_err(|errno| {
            NotEmptiable::Look(FileError::Io {
                doing: "look at",
                path: real.clone(),
                source: errno.into(),
            })
        })?;
        Ok(Some((stat.st_dev, stat.st_ino)))
    }

    fn is_mount(&self, path: &MachinePath) -> bool {
        self.mounts.is_mount(path) && !self.gone.contains(path)
    }

    fn mounts_below(&self, folder: &MachinePath) -> Vec<MachinePath> {
        let mut below = self.mounts.below(folder);
        below.retain(|point| !self.gone.contains(point));
        below
    }
}
