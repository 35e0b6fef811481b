//! Files below a root directory of this machine.
//!
//! Every path is resolved by the kernel with `openat2(RESOLVE_IN_ROOT)`
//! (Linux 5.6): an absolute symbolic link, as `/var/lib/kubelet -> /data`, is
//! followed as it would be inside a chroot, and nothing (`..`, links, a link
//! swapped while we look) leads out of the root.

use std::io::{Read, Write};
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use rustix::fs::{AtFlags, FileType, Mode, OFlags, ResolveFlags};
use rustix::io::Errno;

use crate::world::{FileError, FileKind, Files, MachinePath, Metadata};

/// Where temporary files lie, by their names. The kubelet ignores names that
/// begin with a dot, wherever it watches.
const TEMPORARY_PREFIX: &str = ".kubewright-";

/// The files below one directory of this machine.
pub struct MachineFiles {
    root: OwnedFd,
    root_path: PathBuf,
    counter: AtomicU32,
}

impl MachineFiles {
    /// Opens a root; `/` for the machine itself, another for `--rootfs` or the
    /// output of a render.
    pub fn open(root: &Path) -> std::io::Result<Self> {
        let fd = rustix::fs::open(
            root,
            OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC,
            Mode::empty(),
        )?;
        Ok(Self {
            root: fd,
            root_path: root.to_owned(),
            counter: AtomicU32::new(0),
        })
    }

    /// The root, as it was opened.
    pub fn root(&self) -> &Path {
        &self.root_path
    }

    fn open_at(
        &self,
        path: &MachinePath,
        flags: OFlags,
        doing: &'static str,
    ) -> Result<OwnedFd, FileError> {
        rustix::fs::openat2(
            &self.root,
            path.below_root(),
            flags | OFlags::CLOEXEC,
            Mode::empty(),
            ResolveFlags::IN_ROOT | ResolveFlags::NO_MAGICLINKS,
        )
        .map_err(|errno| failed(doing, path, errno))
    }

    fn open_directory(
        &self,
        path: &MachinePath,
        doing: &'static str,
    ) -> Result<OwnedFd, FileError> {
        self.open_at(path, OFlags::RDONLY | OFlags::DIRECTORY, doing)
    }

    /// The directory a path lies in. The root has none: acting on it is an
    /// error like acting on any directory that must not be touched.
    fn open_parent(&self, path: &MachinePath, doing: &'static str) -> Result<OwnedFd, FileError> {
        match path.parent() {
            Some(parent) => self.open_directory(&parent, doing),
            None => Err(FileError::IsDirectory(path.clone())),
        }
    }

    /// Writes a temporary file beside (or, better, one folder above) the
    /// target and renames it there.
    fn write_in(
        &self,
        folder: &OwnedFd,
        temporary_folder: &OwnedFd,
        path: &MachinePath,
        mode: u32,
        content: &[u8],
    ) -> Result<(), Errno> {
        let temporary = format!(
            "{TEMPORARY_PREFIX}{}-{}",
            std::process::id(),
            self.counter.fetch_add(1, Ordering::Relaxed)
        );
        // 0600 until the content is complete: the final mode may be wider.
        let fd = rustix::fs::openat(
            temporary_folder,
            &temporary,
            OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC,
            Mode::RUSR | Mode::WUSR,
        )?;
        let written = (|| {
            let mut file = std::fs::File::from(fd);
            file.write_all(content).map_err(errno_of)?;
            rustix::fs::fchmod(&file, Mode::from_raw_mode(mode))?;
            file.sync_all().map_err(errno_of)?;
            rustix::fs::renameat(temporary_folder, &temporary, folder, path.file_name())?;
            rustix::fs::fsync(folder)
        })();
        if written.is_err() {
            // Best effort: the error that counts is the one at hand.
            let _ = rustix::fs::unlinkat(temporary_folder, &temporary, AtFlags::empty());
        }
        written
    }
}

impl Files for MachineFiles {
    fn stat(&self, path: &MachinePath) -> Result<Option<Metadata>, FileError> {
        let fd = match self.open_at(path, OFlags::PATH | OFlags::NOFOLLOW, "look at") {
            Ok(fd) => fd,
            Err(FileError::NotFound(_) | FileError::NotDirectory(_)) => return Ok(None),
            Err(error) => return Err(error),
        };
        let stat = rustix::fs::fstat(&fd).map_err(|errno| failed("look at", path, errno))?;
        let kind = match FileType::from_raw_mode(stat.st_mode) {
            FileType::RegularFile => FileKind::Regular,
            FileType::Directory => FileKind::Directory,
            FileType::Symlink => FileKind::SymbolicLink,
            _ => FileKind::Other,
        };
        Ok(Some(Metadata {
            kind,
            mode: stat.st_mode & 0o7777,
            size: match kind {
                FileKind::Regular => u64::try_from(stat.st_size).unwrap_or(0),
                _ => 0,
            },
        }))
    }

    fn read(&self, path: &MachinePath, limit: u64) -> Result<Vec<u8>, FileError> {
        // NONBLOCK, so that a FIFO put there does not hang the run.
        let fd = self.open_at(path, OFlags::RDONLY | OFlags::NONBLOCK, "read")?;
        let file = std::fs::File::from(fd);
        let io = |source| FileError::Io {
            doing: "read",
            path: path.clone(),
            source,
        };
        let size = file.metadata().map_err(io)?;
        if size.is_dir() {
            return Err(FileError::IsDirectory(path.clone()));
        }
        let mut content = Vec::new();
        // One byte more than allowed shows that there is too much, whatever
        // the size said (files below /proc say 0).
        file.take(limit + 1).read_to_end(&mut content).map_err(io)?;
        if content.len() as u64 > limit {
            return Err(FileError::TooLarge {
                path: path.clone(),
                size: size.len().max(limit + 1),
                limit,
            });
        }
        Ok(content)
    }

    fn list(&self, path: &MachinePath) -> Result<Vec<String>, FileError> {
        let fd = self.open_directory(path, "list")?;
        let mut names = Vec::new();
        let entries =
            rustix::fs::Dir::read_from(&fd).map_err(|errno| failed("list", path, errno))?;
        for entry in entries {
            let entry = entry.map_err(|errno| failed("list", path, errno))?;
            let name = entry.file_name().to_string_lossy().into_owned();
            if name != "." && name != ".." {
                names.push(name);
            }
        }
        names.sort();
        Ok(names)
    }

    fn write(&self, path: &MachinePath, mode: u32, content: &[u8]) -> Result<(), FileError> {
        let folder = self.open_parent(path, "write")?;
        if let Some(found) = self.stat(path)?
            && found.kind == FileKind::Directory
        {
            return Err(FileError::IsDirectory(path.clone()));
        }
        // One folder up, since the kubelet watches the manifests folder: it
        // must see the file appear whole, and nothing else.
        let above = path.parent().and_then(|folder| folder.parent());
        let result = match above {
            Some(above) => {
                let temporary = self.open_directory(&above, "write")?;
                match self.write_in(&folder, &temporary, path, mode, content) {
                    // The folder is a mount of its own, or the one above is
                    // read-only: then beside the target, behind a dot.
                    Err(Errno::XDEV | Errno::ROFS | Errno::ACCESS) => {
                        self.write_in(&folder, &folder, path, mode, content)
                    }
                    other => other,
                }
            }
            None => self.write_in(&folder, &folder, path, mode, content),
        };
        result.map_err(|errno| failed("write", path, errno))
    }

    fn make_directory(&self, path: &MachinePath, mode: u32) -> Result<(), FileError> {
        let folder = match self.open_parent(path, "make directory") {
            Ok(folder) => folder,
            // The root itself is always there.
            Err(FileError::IsDirectory(_)) => return Ok(()),
            Err(error) => return Err(error),
        };
        let wanted = Mode::from_raw_mode(mode);
        match rustix::fs::mkdirat(&folder, path.file_name(), wanted) {
            Ok(()) | Err(Errno::EXIST) => {}
            Err(errno) => return Err(failed("make directory", path, errno)),
        }
        // By its own handle, because mkdir's mode goes through the umask.
        let made = self.open_directory(path, "make directory")?;
        rustix::fs::fchmod(&made, wanted).map_err(|errno| failed("make directory", path, errno))?;
        rustix::fs::fsync(&folder).map_err(|errno| failed("make directory", path, errno))
    }

    fn remove(&self, path: &MachinePath) -> Result<(), FileError> {
        let folder = self.open_parent(path, "remove")?;
        let flags = match self.stat(path)? {
            None => return Err(FileError::NotFound(path.clone())),
            Some(found) if found.kind == FileKind::Directory => AtFlags::REMOVEDIR,
            Some(_) => AtFlags::empty(),
        };
        rustix::fs::unlinkat(&folder, path.file_name(), flags)
            .map_err(|errno| failed("remove", path, errno))?;
        rustix::fs::fsync(&folder).map_err(|errno| failed("remove", path, errno))
    }
}

fn errno_of(error: std::io::Error) -> Errno {
    Errno::from_io_error(&error).unwrap_or(Errno::IO)
}

fn failed(doing: &'static str, path: &MachinePath, errno: Errno) -> FileError {
    match errno {
        Errno::NOENT => FileError::NotFound(path.clone()),
        Errno::NOTDIR => FileError::NotDirectory(path.clone()),
        Errno::ISDIR => FileError::IsDirectory(path.clone()),
        Errno::NOTEMPTY => FileError::NotEmpty(path.clone()),
        Errno::XDEV | Errno::LOOP if doing != "write" => FileError::Escapes { path: path.clone() },
        errno => FileError::Io {
            doing,
            path: path.clone(),
            source: errno.into(),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::{PermissionsExt, symlink};

    fn path(text: &str) -> MachinePath {
        MachinePath::parse(text).unwrap()
    }

    #[test]
    fn a_file_is_written_whole_with_its_mode() {
        let root = tempfile::tempdir().unwrap();
        let files = MachineFiles::open(root.path()).unwrap();
        files.make_directory(&path("/etc"), 0o755).unwrap();
        files.write(&path("/etc/a"), 0o600, b"one").unwrap();
        files.write(&path("/etc/a"), 0o640, b"two").unwrap();
        assert_eq!(files.read(&path("/etc/a"), 10).unwrap(), b"two");
        assert_eq!(files.stat(&path("/etc/a")).unwrap().unwrap().mode, 0o640);
        assert_eq!(files.list(&path("/etc")).unwrap(), ["a"]);
        assert_eq!(files.list(&path("/")).unwrap(), ["etc"], "no leftovers");
    }

    #[test]
    fn links_stay_below_the_root() {
        let root = tempfile::tempdir().unwrap();
        let outside = tempfile::tempdir().unwrap();
        std::fs::write(outside.path().join("secret"), b"x").unwrap();
        symlink(outside.path(), root.path().join("out")).unwrap();
        symlink("../../../../../../etc", root.path().join("up")).unwrap();
        std::fs::create_dir(root.path().join("data")).unwrap();
        symlink("/data", root.path().join("in")).unwrap();
        let files = MachineFiles::open(root.path()).unwrap();
        assert!(files.read(&path("/out/secret"), 10).is_err());
        assert!(files.read(&path("/up/passwd"), 1 << 20).is_err());
        // An absolute link is followed below the root, as in a chroot.
        files.write(&path("/in/file"), 0o644, b"y").unwrap();
        assert_eq!(std::fs::read(root.path().join("data/file")).unwrap(), b"y");
        assert!(files.write(&path("/out/new"), 0o644, b"z").is_err());
        assert!(!outside.path().join("new").exists());
    }

    #[test]
    fn what_cannot_be_done_says_why() {
        let root = tempfile::tempdir().unwrap();
        let files = MachineFiles::open(root.path()).unwrap();
        files.make_directory(&path("/d"), 0o700).unwrap();
        files.write(&path("/d/f"), 0o644, b"12345").unwrap();
        type Case = (&'static str, Result<(), FileError>, &'static str);
        let cases: [Case; 5] = [
            ("missing", files.read(&path("/x"), 9).map(drop), "not there"),
            (
                "too large",
                files.read(&path("/d/f"), 4).map(drop),
                "more than the 4",
            ),
            (
                "directory",
                files.read(&path("/d"), 4).map(drop),
                "is a directory",
            ),
            ("not empty", files.remove(&path("/d")), "not empty"),
            (
                "over a directory",
                files.write(&path("/d"), 0o600, b""),
                "is a directory",
            ),
        ];
        for (name, got, wanted) in cases {
            let text = got.unwrap_err().to_string();
            assert!(text.contains(wanted), "{name}: {text}");
        }
    }

    #[test]
    fn a_failed_write_leaves_the_old_file_and_no_rest() {
        let root = tempfile::tempdir().unwrap();
        let files = MachineFiles::open(root.path()).unwrap();
        files.make_directory(&path("/d"), 0o755).unwrap();
        files.write(&path("/d/f"), 0o644, b"old").unwrap();
        // A directory in the way of the rename target.
        std::fs::create_dir(root.path().join("d/g")).unwrap();
        assert!(files.write(&path("/d/g"), 0o644, b"new").is_err());
        assert_eq!(files.list(&path("/d")).unwrap(), ["f", "g"]);
        assert_eq!(files.list(&path("/")).unwrap(), ["d"]);
        let mode = std::fs::metadata(root.path().join("d/f"))
            .unwrap()
            .permissions()
            .mode();
        assert_eq!(mode & 0o777, 0o644);
    }
}
