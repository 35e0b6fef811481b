//! One run at a time.

use std::fs::File;
use std::io::{Read, Seek, Write};
use std::os::fd::OwnedFd;

use rustix::fs::{FlockOperation, Mode, OFlags};
use rustix::io::Errno;

use super::JournalError;

/// The lock of a machine. It is held as long as this lives; the kernel drops
/// it with the process, however that ends.
pub struct Lock {
    _file: File,
}

impl Lock {
    /// Takes the lock, or tells who holds it. `path` is for messages.
    pub fn take(folder: &OwnedFd, path: &str, command: &str) -> Result<Self, JournalError> {
        let io = |doing, source| JournalError::Io {
            doing,
            path: path.to_owned(),
            source,
        };
        let fd = rustix::fs::openat(
            folder,
            "lock",
            OFlags::RDWR | OFlags::CREATE | OFlags::NOFOLLOW | OFlags::CLOEXEC,
            Mode::RUSR | Mode::WUSR,
        )
        .map_err(|errno| io("open", errno.into()))?;
        let mut file = File::from(fd);
        match rustix::fs::flock(&file, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => {}
            Err(Errno::WOULDBLOCK) => return Err(locked(&mut file, path)),
            Err(errno) => return Err(io("lock", errno.into())),
        }
        let owner = format!("{} {command}\n", std::process::id());
        file.set_len(0)
            .and_then(|()| file.rewind())
            .and_then(|()| file.write_all(owner.as_bytes()))
            .map_err(|source| io("write", source))?;
        Ok(Self { _file: file })
    }
}

fn locked(file: &mut File, path: &str) -> JournalError {
    let mut owner = String::new();
    // Whoever holds it may not have written its name yet.
    let _ = file.take(256).read_to_string(&mut owner);
    let (pid, command) = owner.trim().split_once(' ').unwrap_or(("unknown", "run"));
    JournalError::Locked {
        pid: pid.to_owned(),
        command: command.to_owned(),
        path: path.to_owned(),
    }
}
