//! The door to what is mounted, and to the folders that may be emptied because
//! of what is not.

use super::emptiable::{EmptiableFolder, NotEmptiable, Surroundings};
use super::machine::MountError;
use super::{FileKind, Files, LastLink, MachinePath};

/// The flags of umount2(2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UnmountFlag {
    Force,
    Detach,
    Expire,
    NoFollow,
}

impl UnmountFlag {
    /// The names of all, as umount2(2) and ResetConfiguration have them.
    pub const NAMES: [&str; 4] = ["MNT_FORCE", "MNT_DETACH", "MNT_EXPIRE", "UMOUNT_NOFOLLOW"];

    /// By its name: `MNT_DETACH`.
    pub fn named(name: &str) -> Option<Self> {
        match name {
            "MNT_FORCE" => Some(Self::Force),
            "MNT_DETACH" => Some(Self::Detach),
            "MNT_EXPIRE" => Some(Self::Expire),
            "UMOUNT_NOFOLLOW" => Some(Self::NoFollow),
            _ => None,
        }
    }

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Force => "MNT_FORCE",
            Self::Detach => "MNT_DETACH",
            Self::Expire => "MNT_EXPIRE",
            Self::NoFollow => "UMOUNT_NOFOLLOW",
        }
    }
}

/// What is mounted on a machine. Where there is no machine nothing is, and
/// folders go by their names.
pub trait Mounting: Send + Sync {
    /// Whether something is mounted at a path, and not gone by now.
    fn is_mount(&self, path: &MachinePath) -> Result<bool, MountError>;

    /// What is mounted in a folder, itself left out; the innermost and last
    /// mounted first.
    fn below(&self, folder: &MachinePath) -> Result<Vec<MachinePath>, MountError>;

    /// Unmounts what is mounted at a path, following no link.
    fn unmount(&self, path: &MachinePath, flags: &[UnmountFlag]) -> Result<(), MountError>;

    /// A folder, if there is one and all that is in it may be removed.
    /// `was_empty`: that nothing was in it before the cluster was made.
    fn emptiable(
        &self,
        files: &dyn Files,
        folder: &MachinePath,
        was_empty: bool,
    ) -> Result<Option<EmptiableFolder>, NotEmptiable>;
}

/// Of what is no machine.
pub struct NothingMounted;

impl Mounting for NothingMounted {
    fn is_mount(&self, _path: &MachinePath) -> Result<bool, MountError> {
        Ok(false)
    }

    fn below(&self, _folder: &MachinePath) -> Result<Vec<MachinePath>, MountError> {
        Ok(Vec::new())
    }

    fn unmount(&self, path: &MachinePath, _flags: &[UnmountFlag]) -> Result<(), MountError> {
        Err(MountError::NotMounted(path.clone()))
    }

    fn emptiable(
        &self,
        files: &dyn Files,
        folder: &MachinePath,
        was_empty: bool,
    ) -> Result<Option<EmptiableFolder>, NotEmptiable> {
        EmptiableFolder::check(&ByName(files), folder, was_empty)
    }
}

/// Folders that are known by their names alone.
struct ByName<'a>(&'a dyn Files);

impl Surroundings for ByName<'_> {
    fn files(&self) -> &dyn Files {
        self.0
    }

    fn real(&self, folder: &MachinePath) -> Result<Option<MachinePath>, NotEmptiable> {
        let real = self.0.real(folder, LastLink::Follow);
        let real = real.map_err(NotEmptiable::Look)?;
        let found = self.0.stat(&real).map_err(NotEmptiable::Look)?;
        let is_folder = found.is_some_and(|found| found.kind == FileKind::Directory);
        Ok(is_folder.then_some(real))
    }

    fn identity(&self, _real: &MachinePath) -> Result<Option<(u64, u64)>, NotEmptiable> {
        Ok(None)
    }

    fn is_mount(&self, _path: &MachinePath) -> bool {
        false
    }

    fn mounts_below(&self, _folder: &MachinePath) -> Vec<MachinePath> {
        Vec::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::world::sandbox::SandboxFiles;

    #[test]
    fn without_a_machine_folders_go_by_their_names() {
        let files = SandboxFiles::over(None);
        for folder in [
            "/home",
            "/home/bob",
            "/data",
            "/var",
            "/var/lib",
            "/var/lib/etcd",
        ] {
            let folder = MachinePath::parse(folder).unwrap();
            files.make_directory(&folder, 0o755).unwrap();
        }
        for (folder, wanted) in [
            ("/", Err("it is /, a folder of the system")),
            ("/var/lib", Err("it is /var/lib, a folder of the system")),
            ("/home/bob", Err("it is a home, that of bob")),
            ("/data", Ok(true)),
            ("/var/lib/etcd", Ok(true)),
            ("/none", Ok(false)),
        ] {
            let path = MachinePath::parse(folder).unwrap();
            let found = NothingMounted.emptiable(&files, &path, false);
            let found = found.map(|found| found.is_some());
            let found = found.map_err(|error| error.to_string());
            assert_eq!(found, wanted.map_err(str::to_owned), "{folder}");
        }
    }
}
