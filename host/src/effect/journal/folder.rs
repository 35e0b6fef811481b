//! The folder that journals lie in.
//!
//! ```text
//! /var/lib/kubewright/             0700
//!   lock                           who is at work
//!   runs/000001.jsonl              one a run
//!   copies/sha256/HEX              0600, contents before they were changed
//!   unfinished                     0600, tokens that an unfinished run made;
//!                                  goes when one comes to its end
//! ```

use std::fs::File;
use std::io::Write;
use std::sync::Arc;

use rustix::fs::{AtFlags, Mode, OFlags};
use rustix::io::Errno;
use zeroize::Zeroizing;

use super::record::{Outcome, Record, digest};
use super::{JournalError, Lock, limits};
use crate::effect::ensure_parents;
use crate::world::machine::MachineFiles;
use crate::world::{FileKind, Files, MachinePath, Metadata};

/// Where it lies, below the root.
pub const FOLDER: &str = "/var/lib/kubewright";
const RUNS: &str = "runs";
const COPIES: &str = "copies/sha256";
const UNFINISHED: &str = "unfinished";

/// The journals of a machine.
pub struct Folder {
    files: Arc<MachineFiles>,
    path: MachinePath,
}

impl Folder {
    /// The journals below the root that `files` has. Nothing is made yet.
    pub fn of(files: Arc<MachineFiles>) -> Self {
        let path = MachinePath::parse(FOLDER).unwrap_or_else(|_| unreachable!("a constant"));
        Self { files, path }
    }

    pub fn path(&self) -> &MachinePath {
        &self.path
    }

    /// Where the file of a run lies.
    pub fn run_path(&self, run: u64) -> String {
        format!("{}/{RUNS}/{run:06}.jsonl", self.path)
    }

    /// Makes the folders and takes the lock.
    pub fn lock(&self, command: &str) -> Result<Lock, JournalError> {
        ensure_parents(&*self.files, &self.path)?;
        // Before anything of it is believed.
        self.numbers()?;
        let mut folders = vec![self.path.clone()];
        for below in [RUNS, "copies", COPIES] {
            folders.push(self.below(below)?);
        }
        for folder in &folders {
            let private = self
                .files
                .stat(folder)?
                .is_some_and(|found| found.kind == FileKind::Directory && found.mode == 0o700);
            if !private {
                self.files.make_directory(folder, 0o700)?;
            }
        }
        let path = format!("{}/lock", self.path);
        Lock::take(&self.files.directory(&self.path)?, &path, command)
    }

    fn below(&self, name: &str) -> Result<MachinePath, JournalError> {
        self.path.join(name).map_err(|source| JournalError::Io {
            doing: "name a folder of",
            path: self.path.to_string(),
            source: std::io::Error::other(source),
        })
    }

    pub(super) fn open(&self, run: u64, flags: OFlags) -> Result<File, JournalError> {
        let folder = self.files.directory(&self.below(RUNS)?)?;
        let name = format!("{run:06}.jsonl");
        let file = rustix::fs::openat(
            &folder,
            &name,
            flags | OFlags::NOFOLLOW | OFlags::CLOEXEC,
            Mode::RUSR | Mode::WUSR,
        )
        .map_err(|errno| self.failed("open", run, errno.into()))?;
        if flags.contains(OFlags::CREATE) {
            // The name must be there after a power cut as well.
            rustix::fs::fsync(&folder).map_err(|errno| self.failed("write", run, errno.into()))?;
        }
        Ok(File::from(file))
    }

    pub(super) fn failed(
        &self,
        doing: &'static str,
        run: u64,
        source: std::io::Error,
    ) -> JournalError {
        JournalError::Io {
            doing,
            path: self.run_path(run),
            source,
        }
    }

    /// Makes the file of a new run.
    pub(super) fn create(&self, run: u64) -> Result<File, JournalError> {
        self.open(
            run,
            OFlags::WRONLY | OFlags::APPEND | OFlags::CREATE | OFlags::EXCL,
        )
    }

    /// Numbers of the runs that are recorded, in order.
    pub fn numbers(&self) -> Result<Vec<u64>, JournalError> {
        let runs = self.below(RUNS)?;
        for folder in [&self.path, &runs] {
            match self.files.stat(folder)? {
                None => return Ok(Vec::new()),
                Some(found) if found.kind == FileKind::Directory => own(folder, &found)?,
                Some(_) => {
                    return Err(JournalError::NoFolder {
                        path: folder.to_string(),
                    });
                }
            }
        }
        let mut numbers: Vec<u64> = self
            .files
            .list(&runs)?
            .iter()
            .filter_map(|name| name.strip_suffix(".jsonl")?.parse().ok())
            .collect();
        numbers.sort_unstable();
        Ok(numbers)
    }

    /// Closes the journal of a run whose process died.
    pub fn close_dead(&self, run: u64, at: i64) -> Result<(), JournalError> {
        let whole = self.whole_length(run)?;
        let mut file = self.open(run, OFlags::WRONLY | OFlags::APPEND)?;
        let end = Record::End {
            outcome: Outcome::Died,
            at,
        };
        file.set_len(whole)
            .and_then(|()| file.write_all(line(&end).as_bytes()))
            .and_then(|()| file.sync_data())
            .map_err(|source| self.failed("write", run, source))
    }

    /// What an unfinished run keeps for the one that goes on with it.
    pub fn unfinished(&self) -> Result<Option<Zeroizing<Vec<u8>>>, JournalError> {
        let path = self.below(UNFINISHED)?;
        match self.files.stat(&path)? {
            None => Ok(None),
            // Nothing that this program writes: it must not keep every later
            // run from its work.
            Some(found) if found.size > limits::UNFINISHED as u64 => Ok(None),
            Some(found) => {
                own(&path, &found)?;
                let content = self.files.read(&path, limits::UNFINISHED as u64)?;
                Ok(Some(Zeroizing::new(content)))
            }
        }
    }

    pub(super) fn keep_unfinished(&self, content: &[u8]) -> Result<(), JournalError> {
        if content.len() > limits::UNFINISHED {
            return Err(JournalError::Unfinished {
                bytes: content.len(),
            });
        }
        Ok(self.files.write(&self.below(UNFINISHED)?, 0o600, content)?)
    }

    pub(super) fn forget_unfinished(&self) -> Result<(), JournalError> {
        let path = self.below(UNFINISHED)?;
        match self.files.stat(&path)? {
            None => Ok(()),
            Some(_) => Ok(self.files.remove(&path)?),
        }
    }

    /// Keeps a copy of some content; gives nothing where it is kept already.
    pub fn keep_copy(&self, content: &[u8]) -> Result<(), JournalError> {
        let path = self.copy_path(&digest(content))?;
        // One that is there may be torn or tampered with.
        if self
            .read_copy(&digest(content))
            .is_ok_and(|kept| kept == content)
        {
            return Ok(());
        }
        Ok(self.files.write(&path, 0o600, content)?)
    }

    /// A copy, by the digest of its content.
    pub fn read_copy(&self, wanted: &str) -> Result<Vec<u8>, JournalError> {
        let path = self.copy_path(wanted)?;
        let content = self.files.read(&path, limits::COPY)?;
        match digest(&content) == wanted {
            true => Ok(content),
            false => Err(JournalError::Copy {
                path: path.to_string(),
            }),
        }
    }

    fn copy_path(&self, digest: &str) -> Result<MachinePath, JournalError> {
        let hex = digest.strip_prefix("sha256:").unwrap_or(digest);
        self.below(&format!("{COPIES}/{hex}"))
    }

    /// Removes the temporary files that a process which died left beside what
    /// it was about to change.
    pub fn sweep(&self, touched: impl Iterator<Item = MachinePath>) -> Result<usize, JournalError> {
        let mut folders: std::collections::BTreeSet<MachinePath> = [
            self.path.clone(),
            self.below(RUNS)?,
            self.below("copies")?,
            self.below(COPIES)?,
        ]
        .into();
        for path in touched {
            let parent = path.parent();
            folders.extend(parent.as_ref().and_then(MachinePath::parent));
            folders.extend(parent);
        }
        let mut removed = 0;
        for folder in folders {
            let there = self.files.stat(&folder)?;
            if !there.is_some_and(|found| found.kind == FileKind::Directory) {
                continue;
            }
            let directory = self.files.directory(&folder)?;
            for name in self.files.list(&folder)? {
                if !MachineFiles::is_temporary(&name) {
                    continue;
                }
                match rustix::fs::unlinkat(&directory, &name, AtFlags::empty()) {
                    Ok(()) => removed += 1,
                    Err(Errno::NOENT) => {}
                    Err(errno) => {
                        return Err(JournalError::Io {
                            doing: "remove",
                            path: format!("{folder}/{name}"),
                            source: errno.into(),
                        });
                    }
                }
            }
        }
        Ok(removed)
    }
}

/// A record as a line.
pub(super) fn line(record: &Record) -> String {
    // Records hold texts, numbers and maps with text keys: they serialise.
    let mut text = serde_json::to_string(record).unwrap_or_default();
    text.push('\n');
    text
}

/// Whether it is of who runs this program, or of root.
fn own(path: &MachinePath, found: &Metadata) -> Result<(), JournalError> {
    let uid = found.owner.uid;
    match [0, rustix::process::geteuid().as_raw()].contains(&uid) {
        true => Ok(()),
        false => Err(JournalError::Foreign {
            path: path.to_string(),
            uid,
        }),
    }
}
