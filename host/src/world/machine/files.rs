//! Files below a root directory of this machine.
//!
//! Every path is resolved by the kernel with `openat2(RESOLVE_IN_ROOT)`
//! (Linux 5.6): an absolute symbolic link, as `/var/lib/kubelet -> /data`, is
//! followed as it would be inside a chroot, and nothing (`..`, links, a link
//! swapped while we look) leads out of the root.

mod attributes;

use std::io::{Read, Write};
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use rustix::fs::{AtFlags, FileType, Mode, OFlags, ResolveFlags, StatxFlags};
use rustix::io::Errno;

use zeroize::Zeroizing;

use super::{leftovers, owner};
use crate::world::{
    FileError, FileKind, Files, Identity, LastLink, MachinePath, Metadata, Opened, Owner,
};

/// The files below one directory of this machine.
pub struct MachineFiles {
    root: OwnedFd,
    root_path: PathBuf,
    counter: AtomicU32,
    durable: bool,
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
        Ok(Self::at(fd, root))
    }

    /// A root that is open already; `root` is what it is called.
    pub fn at(fd: OwnedFd, root: &Path) -> Self {
        Self {
            root: fd,
            root_path: root.to_owned(),
            counter: AtomicU32::new(0),
            durable: true,
        }
    }

    /// Whose the root is, and who may change it.
    pub fn root_stat(&self) -> std::io::Result<rustix::fs::Stat> {
        Ok(rustix::fs::fstat(&self.root)?)
    }

    /// Does not wait for the disk: for what can be made again, as a render.
    /// After a power failure files may be empty; otherwise each is still whole
    /// or not there.
    pub fn without_sync(mut self) -> Self {
        self.durable = false;
        self
    }

    /// Waits until a change in this folder would outlast a power failure.
    pub(super) fn settle(
        &self,
        folder: &OwnedFd,
        doing: &'static str,
        path: &MachinePath,
    ) -> Result<(), FileError> {
        if !self.durable {
            return Ok(());
        }
        rustix::fs::fsync(folder).map_err(|errno| failed(doing, path, errno))
    }

    /// The root, as it was opened.
    pub fn root(&self) -> &Path {
        &self.root_path
    }

    pub(super) fn open_at(
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

    /// Writes many files at once: each is whole or not there, as with
    /// [`Files::write`], but all are synced before the first appears. The disk
    /// then commits a few times instead of twice a file.
    pub fn write_all<'a>(
        &self,
        files: impl IntoIterator<Item = (&'a MachinePath, u32, &'a [u8])>,
    ) -> Result<(), FileError> {
        let mut staged = Vec::new();
        let mut swept = std::collections::BTreeSet::new();
        for (path, mode, content) in files {
            let folder = path.parent();
            let above = folder.as_ref().and_then(MachinePath::parent);
            for folder in folder.into_iter().chain(above) {
                if !swept.contains(&folder) {
                    self.remove_leftovers(&folder);
                    swept.insert(folder);
                }
            }
            staged.push(self.stage(path, mode, content)?);
        }
        for one in staged.iter().filter(|_| self.durable) {
            one.sync()?;
        }
        let mut folders = std::collections::BTreeMap::new();
        for one in staged {
            let path = one.path.clone();
            let folder = one.appear()?;
            folders.insert(path.parent(), (path, folder));
        }
        for (path, folder) in folders.into_values() {
            self.settle(&folder, "write", &path)?;
        }
        Ok(())
    }

    pub(super) fn unlink(&self, path: &MachinePath, flags: AtFlags) -> Result<OwnedFd, FileError> {
        let folder = self.open_parent(path, "remove")?;
        rustix::fs::unlinkat(&folder, path.file_name(), flags)
            .map_err(|errno| failed("remove", path, errno))?;
        Ok(folder)
    }

    /// Writes content to a temporary file from which it can appear.
    pub(super) fn stage(
        &self,
        path: &MachinePath,
        mode: u32,
        content: &[u8],
    ) -> Result<Staged<'_>, FileError> {
        let folder = self.open_parent(path, "write")?;
        if let Some(found) = self.stat(path)?
            && found.kind == FileKind::Directory
        {
            return Err(FileError::IsDirectory(path.clone()));
        }
        // One folder up, since the kubelet watches the manifests folder: it
        // must see the file appear whole, and nothing else. Unless that folder
        // is read-only, or another mount: then beside the target, behind
        // a dot, which the kubelet passes over.
        let above = match path.parent().and_then(|folder| folder.parent()) {
            Some(above) => Some(self.open_directory(&above, "write")?),
            None => None,
        };
        let above = above.filter(|above| same_mount(above, &folder));
        let beside = |folder: OwnedFd| self.stage_in(folder, None, path, mode, content);
        let staged = match above {
            Some(above) => match self.stage_in(folder, Some(above), path, mode, content) {
                Err((Errno::ROFS | Errno::ACCESS, folder)) => beside(folder),
                other => other,
            },
            None => beside(folder),
        };
        staged.map_err(|(errno, _)| failed("write", path, errno))
    }

    /// Stages in `above`, or in the folder itself; gives the folder back where
    /// that fails.
    fn stage_in(
        &self,
        folder: OwnedFd,
        above: Option<OwnedFd>,
        path: &MachinePath,
        mode: u32,
        content: &[u8],
    ) -> Result<Staged<'_>, (Errno, OwnedFd)> {
        let temporary = leftovers::name(self.counter.fetch_add(1, Ordering::Relaxed));
        // 0600 until the content is complete: the final mode may be wider.
        let made = rustix::fs::openat(
            above.as_ref().unwrap_or(&folder),
            &temporary,
            OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC,
            Mode::RUSR | Mode::WUSR,
        );
        let mut staged = Staged {
            file: match made {
                Ok(fd) => std::fs::File::from(fd),
                Err(errno) => return Err((errno, folder)),
            },
            temporary,
            above,
            folder: Some(folder),
            path: path.clone(),
            root: std::marker::PhantomData,
        };
        let written = staged
            .file
            .write_all(content)
            .map_err(errno_of)
            .and_then(|()| rustix::fs::fchmod(&staged.file, Mode::from_raw_mode(mode)));
        match (written, staged.folder.take()) {
            (Err(errno), Some(folder)) => {
                staged.forget(&folder);
                Err((errno, folder))
            }
            (_, folder) => {
                staged.folder = folder;
                Ok(staged)
            }
        }
    }
}

/// A file that is written and has yet to appear. Dropped before that, nothing
/// of it stays.
pub(super) struct Staged<'a> {
    pub(super) file: std::fs::File,
    temporary: String,
    /// Where the temporary file lies, if not beside the target.
    above: Option<OwnedFd>,
    /// Taken once it appeared.
    folder: Option<OwnedFd>,
    path: MachinePath,
    root: std::marker::PhantomData<&'a MachineFiles>,
}

impl Staged<'_> {
    pub(super) fn sync(&self) -> Result<(), FileError> {
        let synced = self.file.sync_all().map_err(errno_of);
        synced.map_err(|errno| failed("write", &self.path, errno))
    }

    /// Renames it to where it belongs; gives the folder, which has to be
    /// synced.
    pub(super) fn appear(mut self) -> Result<OwnedFd, FileError> {
        let Some(folder) = self.folder.take() else {
            return Err(FileError::NotFound(self.path.clone()));
        };
        let from = self.above.as_ref().unwrap_or(&folder);
        match rustix::fs::renameat(from, &self.temporary, &folder, self.path.file_name()) {
            Ok(()) => Ok(folder),
            Err(errno) => {
                self.forget(&folder);
                Err(failed("write", &self.path, errno))
            }
        }
    }

    fn forget(&self, folder: &OwnedFd) {
        let at = self.above.as_ref().unwrap_or(folder);
        // Best effort: the error that counts is the one at hand.
        let _ = rustix::fs::unlinkat(at, &self.temporary, AtFlags::empty());
    }
}

impl Drop for Staged<'_> {
    fn drop(&mut self) {
        if let Some(folder) = self.folder.take() {
            self.forget(&folder);
        }
    }
}

/// Whether a file can be renamed from one to the other: not even between two
/// mounts of one file system (Linux 5.8 tells mounts apart; before, nothing is
/// known and nothing assumed).
fn same_mount(one: &OwnedFd, other: &OwnedFd) -> bool {
    let mount = |fd: &OwnedFd| {
        let found = rustix::fs::statx(fd, "", AtFlags::EMPTY_PATH, StatxFlags::MNT_ID).ok()?;
        let known = StatxFlags::from_bits_retain(found.stx_mask).contains(StatxFlags::MNT_ID);
        known.then_some(found.stx_mnt_id)
    };
    mount(one).is_some_and(|id| mount(other) == Some(id))
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
            owner: owner::of(&stat),
            size: match kind {
                FileKind::Regular => u64::try_from(stat.st_size).unwrap_or(0),
                _ => 0,
            },
        }))
    }

    fn open(&self, path: &MachinePath, limit: u64) -> Result<Opened, FileError> {
        // NONBLOCK, so that a FIFO put there does not hang the run.
        let fd = self.open_at(path, OFlags::RDONLY | OFlags::NONBLOCK, "read")?;
        let (identity, size) = match look(&fd, path)? {
            Looked::File { identity, size } => (identity, size),
            Looked::Directory => return Err(FileError::IsDirectory(path.clone())),
            Looked::Other => return Err(FileError::NotRegular(path.clone())),
        };
        // Sized first: growing would leave copies of secrets in freed memory.
        let room = size.min(limit).saturating_add(1);
        let mut content = Zeroizing::new(Vec::with_capacity(
            usize::try_from(room).unwrap_or_default(),
        ));
        // One byte more than allowed shows that there is too much, whatever
        // the size said (files below /proc say 0).
        std::fs::File::from(fd)
            .take(limit.saturating_add(1))
            .read_to_end(&mut content)
            .map_err(|source| FileError::Io {
                doing: "read",
                path: path.clone(),
                source,
            })?;
        if content.len() as u64 > limit {
            return Err(FileError::TooLarge {
                path: path.clone(),
                size: size.max(limit.saturating_add(1)),
                limit,
            });
        }
        Ok(Opened { content, identity })
    }

    fn identity(&self, path: &MachinePath) -> Result<Option<Identity>, FileError> {
        let fd = match self.open_at(path, OFlags::PATH, "look at") {
            Ok(fd) => fd,
            Err(FileError::NotFound(_) | FileError::NotDirectory(_)) => return Ok(None),
            Err(error) => return Err(error),
        };
        Ok(match look(&fd, path)? {
            Looked::File { identity, .. } => Some(identity),
            Looked::Directory | Looked::Other => None,
        })
    }

    fn link(&self, path: &MachinePath) -> Result<Option<String>, FileError> {
        let fd = match self.open_at(path, OFlags::PATH | OFlags::NOFOLLOW, "look at") {
            Ok(fd) => fd,
            Err(FileError::NotFound(_) | FileError::NotDirectory(_)) => return Ok(None),
            Err(error) => return Err(error),
        };
        match rustix::fs::readlinkat(&fd, "", Vec::new()) {
            Ok(target) => Ok(Some(target.to_string_lossy().into_owned())),
            // Not a link.
            Err(Errno::NOENT | Errno::INVAL) => Ok(None),
            Err(errno) => Err(failed("look at", path, errno)),
        }
    }

    fn real(&self, path: &MachinePath, last: LastLink) -> Result<MachinePath, FileError> {
        let flags = match last {
            LastLink::Follow => OFlags::PATH,
            LastLink::Keep => OFlags::PATH | OFlags::NOFOLLOW,
        };
        // Mostly there is no link, and one question tells.
        let opened = rustix::fs::openat2(
            &self.root,
            path.below_root(),
            flags | OFlags::CLOEXEC,
            Mode::empty(),
            ResolveFlags::IN_ROOT | ResolveFlags::NO_SYMLINKS,
        );
        match opened {
            Ok(_) | Err(Errno::NOENT | Errno::NOTDIR) => Ok(path.clone()),
            Err(Errno::LOOP) => {
                crate::world::links::resolve(path, last, &mut |path| self.link(path))
            }
            Err(errno) => Err(failed("look at", path, errno)),
        }
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
        self.write_all([(path, mode, content)])
    }

    fn rewrite(&self, path: &MachinePath, content: &[u8]) -> Result<(), FileError> {
        self.replace_content(path, content)
    }

    fn set_owner(&self, path: &MachinePath, owner: Owner, mode: u32) -> Result<(), FileError> {
        self.give(path, owner, mode)
    }

    fn set_owner_below(&self, path: &MachinePath, owner: Owner) -> Result<(), FileError> {
        self.give_all(path, owner)
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
        self.settle(&folder, "make directory", path)
    }

    fn remove(&self, path: &MachinePath) -> Result<(), FileError> {
        let flags = match self.stat(path)? {
            None => return Err(FileError::NotFound(path.clone())),
            Some(found) if found.kind == FileKind::Directory => AtFlags::REMOVEDIR,
            Some(_) => AtFlags::empty(),
        };
        let folder = self.unlink(path, flags)?;
        self.settle(&folder, "remove", path)
    }
}

/// What a handle leads to.
enum Looked {
    File { identity: Identity, size: u64 },
    Directory,
    Other,
}

fn look(fd: &OwnedFd, path: &MachinePath) -> Result<Looked, FileError> {
    let wanted = StatxFlags::BASIC_STATS | StatxFlags::BTIME;
    let found = rustix::fs::statx(fd, "", AtFlags::EMPTY_PATH, wanted)
        .map_err(|errno| failed("look at", path, errno))?;
    let knows_birth = StatxFlags::from_bits_retain(found.stx_mask).contains(StatxFlags::BTIME);
    Ok(match FileType::from_raw_mode(found.stx_mode.into()) {
        FileType::RegularFile => Looked::File {
            identity: Identity {
                device: rustix::fs::makedev(found.stx_dev_major, found.stx_dev_minor),
                inode: found.stx_ino,
                born: knows_birth.then_some((found.stx_btime.tv_sec, found.stx_btime.tv_nsec)),
            },
            size: found.stx_size,
        },
        FileType::Directory => Looked::Directory,
        _ => Looked::Other,
    })
}

fn errno_of(error: std::io::Error) -> Errno {
    Errno::from_io_error(&error).unwrap_or(Errno::IO)
}

pub(super) fn failed(doing: &'static str, path: &MachinePath, errno: Errno) -> FileError {
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
mod tests;
