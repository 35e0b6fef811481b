//! Whom files of this machine belong to.

use std::os::fd::OwnedFd;

use rustix::fs::{AtFlags, FileType, Gid, Mode, OFlags, Stat, Uid, XattrFlags};
use rustix::io::Errno;

use super::MachineFiles;
use super::files::failed;
use crate::world::{FileError, FileKind, Files, MachinePath, Owner};

/// No label is longer than the kernel lets them be (`XATTR_SIZE_MAX`).
const LABEL_LIMIT: usize = 64 << 10;

/// The owner that `stat` tells.
pub(super) fn of(stat: &Stat) -> Owner {
    Owner {
        uid: stat.st_uid,
        gid: stat.st_gid,
    }
}

impl MachineFiles {
    /// See [`Files::set_owner`].
    pub(super) fn give(
        &self,
        path: &MachinePath,
        owner: Owner,
        mode: u32,
    ) -> Result<(), FileError> {
        let doing = "give to another owner";
        self.require_plain(path)?;
        let file = self.open_at(
            path,
            OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK,
            doing,
        )?;
        // The owner first: for a moment the mode of before holds for the new
        // owner, and never the new mode for the owner of before.
        chown(&file, owner)
            .and_then(|()| rustix::fs::fchmod(&file, Mode::from_raw_mode(mode)))
            .map_err(|errno| failed(doing, path, errno))?;
        self.settle(&file, doing, path)
    }

    /// See [`Files::set_owner_below`]. From handle to handle: whoever may
    /// write in there cannot lead elsewhere by a link put there meanwhile.
    pub(super) fn give_all(&self, path: &MachinePath, owner: Owner) -> Result<(), FileError> {
        let doing = "give to another owner";
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW;
        self.require_plain(path)?;
        let folder = self.open_at(path, flags, doing)?;
        give_folder(&folder, owner).map_err(|errno| failed(doing, path, errno))?;
        self.settle(&folder, doing, path)
    }

    /// See [`Files::rewrite`].
    pub(super) fn replace_content(
        &self,
        path: &MachinePath,
        content: &[u8],
    ) -> Result<(), FileError> {
        let doing = "write";
        let found = self.require_plain(path)?;
        let old = self.open_at(path, OFlags::RDONLY | OFlags::NOFOLLOW, doing)?;
        let stat = rustix::fs::fstat(&old).map_err(|errno| failed(doing, path, errno))?;
        let staged = self.stage(path, found & 0o600, content)?;
        copy_labels(&old, &staged.file)
            .and_then(|()| chown(&staged.file, of(&stat)))
            .and_then(|()| rustix::fs::fchmod(&staged.file, Mode::from_raw_mode(stat.st_mode)))
            .map_err(|errno| failed(doing, path, errno))?;
        staged.sync()?;
        let folder = staged.appear()?;
        self.settle(&folder, doing, path)
    }

    /// The mode of a file or directory; an error for anything else.
    fn require_plain(&self, path: &MachinePath) -> Result<u32, FileError> {
        match self.stat(path)? {
            None => Err(FileError::NotFound(path.clone())),
            Some(found) => match found.kind {
                FileKind::Regular | FileKind::Directory => Ok(found.mode),
                FileKind::SymbolicLink | FileKind::Other => Err(FileError::Special(path.clone())),
            },
        }
    }
}

fn chown(file: impl std::os::fd::AsFd, owner: Owner) -> Result<(), Errno> {
    // Who is not root may do what changes nothing.
    let stat = rustix::fs::fstat(&file)?;
    if of(&stat) == owner {
        return Ok(());
    }
    rustix::fs::fchown(
        file,
        Some(Uid::from_raw(owner.uid)),
        Some(Gid::from_raw(owner.gid)),
    )
}

fn give_folder(folder: &OwnedFd, owner: Owner) -> Result<(), Errno> {
    for entry in rustix::fs::Dir::read_from(folder)? {
        let entry = entry?;
        let name = entry.file_name();
        if matches!(name.to_bytes(), b"." | b"..") {
            continue;
        }
        let flags = OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let at = match rustix::fs::openat(folder, name, OFlags::PATH | flags, Mode::empty()) {
            // Gone meanwhile: a program may be at work in there.
            Err(Errno::NOENT) => continue,
            at => at?,
        };
        match FileType::from_raw_mode(rustix::fs::fstat(&at)?.st_mode) {
            FileType::Directory => {
                let flags = flags | OFlags::RDONLY | OFlags::DIRECTORY;
                let inner = rustix::fs::openat(&at, ".", flags, Mode::empty())?;
                give_folder(&inner, owner)?;
            }
            FileType::RegularFile => rustix::fs::chownat(
                &at,
                "",
                Some(Uid::from_raw(owner.uid)),
                Some(Gid::from_raw(owner.gid)),
                AtFlags::EMPTY_PATH,
            )?,
            _ => {}
        }
    }
    chown(folder, owner)
}

/// Extended attributes: the label of SELinux is one, and programs that are
/// confined by it cannot read an `/etc/passwd` that lost it.
fn copy_labels(from: &OwnedFd, to: &std::fs::File) -> Result<(), Errno> {
    let mut names = vec![0; LABEL_LIMIT];
    let length = match rustix::fs::flistxattr(from, &mut names) {
        Err(Errno::OPNOTSUPP) => return Ok(()),
        length => length?,
    };
    for name in names[..length].split(|byte| *byte == 0) {
        if name.is_empty() {
            continue;
        }
        let mut value = vec![0; LABEL_LIMIT];
        let length = rustix::fs::fgetxattr(from, name, &mut value)?;
        let mut there = vec![0; LABEL_LIMIT];
        let has = rustix::fs::fgetxattr(to, name, &mut there);
        // Not everybody may set one that it has already.
        if has.is_ok_and(|has| there[..has] == value[..length]) {
            continue;
        }
        rustix::fs::fsetxattr(to, name, &value[..length], XattrFlags::empty())?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};

    use super::*;

    fn path(text: &str) -> MachinePath {
        MachinePath::parse(text).unwrap()
    }

    const SOMEBODY: Owner = Owner { uid: 107, gid: 108 };

    fn is_root() -> bool {
        let is_root = rustix::process::geteuid().is_root();
        if !is_root {
            eprintln!("skipped: only root gives files away");
        }
        is_root
    }

    #[test]
    fn a_file_is_given_away_and_its_content_replaced_where_it_is() {
        if !is_root() {
            return;
        }
        let root = tempfile::tempdir().unwrap();
        let files = MachineFiles::open(root.path()).unwrap();
        files.make_directory(&path("/etc"), 0o755).unwrap();
        files.write(&path("/etc/a"), 0o600, b"one").unwrap();
        files.set_owner(&path("/etc/a"), SOMEBODY, 0o640).unwrap();
        let labelled = std::fs::File::open(root.path().join("etc/a")).unwrap();
        let has_labels =
            rustix::fs::fsetxattr(&labelled, "user.label", b"x", XattrFlags::empty()).is_ok();
        files.rewrite(&path("/etc/a"), b"two").unwrap();
        let found = files.stat(&path("/etc/a")).unwrap().unwrap();
        assert_eq!((found.owner, found.mode), (SOMEBODY, 0o640));
        assert_eq!(files.read(&path("/etc/a"), 9).unwrap(), b"two");
        let rewritten = std::fs::File::open(root.path().join("etc/a")).unwrap();
        let mut value = [0; 8];
        let label = rustix::fs::fgetxattr(&rewritten, "user.label", &mut value);
        assert_eq!(
            label.is_ok_and(|length| value[..length] == *b"x"),
            has_labels
        );
        for wrong in ["/etc/none", "/etc/link"] {
            let _ = symlink("a", root.path().join("etc/link"));
            assert!(files.set_owner(&path(wrong), SOMEBODY, 0o600).is_err());
            assert!(files.rewrite(&path(wrong), b"").is_err());
        }
        assert_eq!(files.read(&path("/etc/a"), 9).unwrap(), b"two");
    }

    #[test]
    fn links_lead_nobody_out_of_a_folder_that_is_given_away() {
        if !is_root() {
            return;
        }
        let root = tempfile::tempdir().unwrap();
        let files = MachineFiles::open(root.path()).unwrap();
        for folder in ["/data", "/data/member", "/other"] {
            files.make_directory(&path(folder), 0o700).unwrap();
        }
        for file in ["/data/member/wal", "/other/secret"] {
            files.write(&path(file), 0o600, b"x").unwrap();
        }
        symlink("../other", root.path().join("data/out")).unwrap();
        symlink("../other/secret", root.path().join("data/file")).unwrap();
        files.set_owner_below(&path("/data"), SOMEBODY).unwrap();
        let owner = |name: &str| {
            let found = std::fs::symlink_metadata(root.path().join(name)).unwrap();
            let mode = found.permissions().mode() & 0o777;
            (found.uid(), found.gid(), mode)
        };
        assert_eq!(owner("data"), (107, 108, 0o700));
        assert_eq!(owner("data/member"), (107, 108, 0o700));
        assert_eq!(owner("data/member/wal"), (107, 108, 0o600));
        assert_eq!(owner("other"), (0, 0, 0o700));
        assert_eq!(owner("other/secret"), (0, 0, 0o600));
        assert!(files.set_owner_below(&path("/data/out"), SOMEBODY).is_err());
    }
}
