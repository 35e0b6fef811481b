//! What is mounted below a root.

use std::ffi::CString;
use std::os::fd::AsRawFd;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use crate::world::{FileError, MachinePath, UnmountFlag};

use super::MachineFiles;

/// The mount points below a root, as paths of the machine it is the root of.
pub struct Mounts {
    root: PathBuf,
    points: Vec<MachinePath>,
}

/// Why mounts cannot be looked at, or one cannot be taken away.
#[derive(Debug, thiserror::Error)]
pub enum MountError {
    #[error("cannot read {path}")]
    Read {
        path: String,
        #[source]
        source: std::io::Error,
    },
    #[error(transparent)]
    File(#[from] FileError),
    #[error("{path} lies outside of the root folder")]
    Outside { path: String },
    #[error("nothing is mounted at {0}")]
    NotMounted(MachinePath),
    #[error("cannot unmount {path}")]
    Unmount {
        path: MachinePath,
        #[source]
        source: std::io::Error,
    },
}

fn bits(flag: UnmountFlag) -> libc::c_int {
    match flag {
        UnmountFlag::Force => libc::MNT_FORCE,
        UnmountFlag::Detach => libc::MNT_DETACH,
        UnmountFlag::Expire => libc::MNT_EXPIRE,
        UnmountFlag::NoFollow => libc::UMOUNT_NOFOLLOW,
    }
}

impl Mounts {
    /// Of this process' mount namespace (proc(5), `mountinfo`).
    pub fn read(root: &Path) -> Result<Self, MountError> {
        let failed = |path: &Path| {
            let path = path.display().to_string();
            move |source| MountError::Read { path, source }
        };
        let table = Path::new("/proc/self/mountinfo");
        let root = std::fs::canonicalize(root).map_err(failed(root))?;
        let text = std::fs::read_to_string(table).map_err(failed(table))?;
        let points = parse(&text)
            .filter_map(|point| {
                let below = Path::new(&point)
                    .strip_prefix(&root)
                    .ok()?
                    .to_str()?
                    .to_owned();
                MachinePath::parse(&format!("/{below}")).ok()
            })
            .collect();
        Ok(Self { root, points })
    }

    /// Where a folder really is, links followed: mounts are known by that
    /// name alone. None where there is no such folder.
    pub fn real(
        &self,
        files: &MachineFiles,
        folder: &MachinePath,
    ) -> Result<Option<MachinePath>, MountError> {
        let directory = match files.directory(folder) {
            Ok(directory) => directory,
            Err(FileError::Io { source, .. })
                if matches!(
                    source.kind(),
                    std::io::ErrorKind::NotFound | std::io::ErrorKind::NotADirectory
                ) =>
            {
                return Ok(None);
            }
            Err(error) => return Err(error.into()),
        };
        let link = format!("/proc/self/fd/{}", directory.as_raw_fd());
        let path = std::fs::read_link(&link).map_err(|source| MountError::Read {
            path: link.clone(),
            source,
        })?;
        let outside = || MountError::Outside {
            path: path.display().to_string(),
        };
        let below = path
            .strip_prefix(&self.root)
            .ok()
            .and_then(Path::to_str)
            .ok_or_else(outside)?;
        let real = MachinePath::parse(&format!("/{below}")).map_err(|_| outside())?;
        Ok(Some(real))
    }

    pub fn is_mount(&self, path: &MachinePath) -> bool {
        self.points.contains(path)
    }

    /// Those below a folder and not the folder itself, the innermost and last
    /// mounted first.
    pub fn below(&self, folder: &MachinePath) -> Vec<MachinePath> {
        let mut found: Vec<MachinePath> = self
            .points
            .iter()
            .filter(|point| *point != folder && point.is_within(folder))
            .cloned()
            .collect();
        found.reverse();
        found.sort_by_key(|point| std::cmp::Reverse(point.as_str().matches('/').count()));
        found
    }

    /// Unmounts one, following no link. One that is no mount any more, since
    /// it went with its shared peer, is none either.
    pub fn unmount(&self, path: &MachinePath, flags: &[UnmountFlag]) -> Result<(), MountError> {
        let failed = |source| MountError::Unmount {
            path: path.clone(),
            source,
        };
        let target = self.root.join(path.below_root());
        let target =
            CString::new(target.as_os_str().as_bytes()).map_err(|error| failed(error.into()))?;
        let flags = flags
            .iter()
            .fold(libc::UMOUNT_NOFOLLOW, |all, flag| all | bits(*flag));
        // SAFETY: the path is a C string that lives until the call returns,
        // and the kernel only reads it.
        let done = unsafe { libc::umount2(target.as_ptr(), flags) };
        if done == 0 {
            return Ok(());
        }
        match std::io::Error::last_os_error() {
            error if error.raw_os_error() == Some(libc::EINVAL) => Ok(()),
            error => Err(failed(error)),
        }
    }
}

/// The fifth field of each line, octal escapes resolved.
fn parse(text: &str) -> impl Iterator<Item = String> + '_ {
    text.lines()
        .filter_map(|line| line.split(' ').nth(4))
        .map(|field| {
            let mut point = Vec::new();
            let mut rest = field.as_bytes();
            while let Some((&first, after)) = rest.split_first() {
                let escaped = after
                    .get(..3)
                    .filter(|_| first == b'\\')
                    .and_then(|digits| std::str::from_utf8(digits).ok())
                    .and_then(|digits| u8::from_str_radix(digits, 8).ok());
                match escaped {
                    Some(byte) => {
                        point.push(byte);
                        rest = &after[3..];
                    }
                    None => {
                        point.push(first);
                        rest = after;
                    }
                }
            }
            String::from_utf8_lossy(&point).into_owned()
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mount_points_are_read_with_their_escapes() {
        let text = "22 1 8:1 / / rw - ext4 /dev/sda1 rw\n\
                    30 22 0:5 / /var/lib/kubelet/pods/a\\040b rw - tmpfs tmpfs rw\nshort\n";
        let points: Vec<String> = parse(text).collect();
        assert_eq!(points, ["/", "/var/lib/kubelet/pods/a b"]);
    }

    #[test]
    fn the_innermost_comes_first() {
        let points = ["/a", "/a/b", "/a/b/c", "/ab"]
            .map(|text| MachinePath::parse(text).unwrap())
            .to_vec();
        let mounts = Mounts {
            root: PathBuf::from("/"),
            points,
        };
        let below = mounts.below(&MachinePath::parse("/a").unwrap());
        let texts: Vec<&str> = below.iter().map(MachinePath::as_str).collect();
        assert_eq!(texts, ["/a/b/c", "/a/b"]);
    }
}
