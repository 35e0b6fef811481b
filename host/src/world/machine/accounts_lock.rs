//! Keeping other programs away while users and groups change.
//!
//! As `lckpwdf(3)` does: a write lock (fcntl) on `/etc/.pwd.lock`, which
//! useradd, passwd and systemd-sysusers wait for. kubeadm locks `/etc/passwd`
//! and `/etc/group` themselves, which nobody else does, and which ends with
//! the first of the two to be opened and closed again.

use std::time::{Duration, Instant};

use rustix::fs::{FlockOperation, Mode, OFlags};
use rustix::io::Errno;

use crate::world::{AccountsLock, NodeError};

const PATH: &str = "/etc/.pwd.lock";
/// As long as kubeadm waits.
const PATIENCE: Duration = Duration::from_secs(5);
const PAUSE: Duration = Duration::from_millis(200);

impl AccountsLock {
    /// Takes the lock of this machine.
    pub async fn take() -> Result<Self, NodeError> {
        Self::take_at(PATH, PATIENCE).await
    }

    async fn take_at(path: &str, patience: Duration) -> Result<Self, NodeError> {
        let failed = |errno: Errno| NodeError::Look {
            what: path.to_owned(),
            source: errno.into(),
        };
        let file = rustix::fs::open(
            path,
            OFlags::WRONLY | OFlags::CREATE | OFlags::CLOEXEC | OFlags::NOFOLLOW,
            Mode::RUSR | Mode::WUSR,
        )
        .map_err(failed)?;
        let begun = Instant::now();
        loop {
            match rustix::fs::fcntl_lock(&file, FlockOperation::NonBlockingLockExclusive) {
                Ok(()) => return Ok(Self { _file: Some(file) }),
                Err(Errno::AGAIN | Errno::ACCESS) if begun.elapsed() >= patience => {
                    return Err(NodeError::AccountsLocked {
                        path: path.to_owned(),
                        after: patience,
                    });
                }
                Err(Errno::AGAIN | Errno::ACCESS) => tokio::time::sleep(PAUSE).await,
                Err(errno) => return Err(failed(errno)),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::os::fd::AsRawFd;

    use super::*;

    #[tokio::test]
    async fn others_are_waited_for_and_told_of() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lock").display().to_string();
        drop(AccountsLock::take_at(&path, Duration::ZERO).await.unwrap());
        // Locks of fcntl are a process's: only one of an open file stands in
        // its own way.
        let other = std::fs::File::create(&path).unwrap();
        // SAFETY: all zeroes is a valid flock: the whole file.
        let mut lock: libc::flock = unsafe { std::mem::zeroed() };
        lock.l_type = libc::F_WRLCK as libc::c_short;
        // SAFETY: the file is open and the lock lives on; nothing else is touched.
        let held = unsafe { libc::fcntl(other.as_raw_fd(), libc::F_OFD_SETLK, &lock) };
        assert_eq!(held, 0);
        let refused = AccountsLock::take_at(&path, Duration::ZERO).await;
        let refused = refused.err().map(|error| error.to_string());
        assert!(refused.unwrap_or_default().contains(&path));
        let waiting = tokio::spawn(async move { AccountsLock::take_at(&path, PATIENCE).await });
        tokio::task::yield_now().await;
        drop(other);
        assert!(waiting.await.unwrap().is_ok());
    }
}
