//! The journal of a run on this machine.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Write;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use zeroize::Zeroizing;

use super::folder::line;
use super::record::{Denied, Outcome, Record, RunHeader, State};
use super::{Entry, Folder, Journal, JournalError, Lock, Prior, RecordedObjects, digest, limits};
use crate::effect::{Change, Mark, WrittenObject};
use crate::world::{Identity, MachinePath, Made};

/// What a run begins with.
pub struct RunStart {
    /// `run`, `continues` and `pid` are filled in.
    pub header: RunHeader,
    /// The sealed configuration document; empty where there is none.
    pub configuration: Vec<u8>,
}

/// The journal of a run, with the lock that keeps others out.
pub struct DiskJournal {
    folder: Arc<Folder>,
    run: u64,
    continues: Option<u64>,
    /// Whether it is a run of all phases, or a reset.
    is_whole: bool,
    writing: Mutex<Writing>,
    _lock: Lock,
}

struct Writing {
    file: File,
    /// Bytes of whole records.
    length: u64,
    next: u64,
    /// Effects on files that touched nothing so far.
    pending: BTreeMap<u64, Record>,
    /// Objects of effects under way that are too large to be recorded ahead.
    objects: BTreeMap<u64, Box<WrittenObject>>,
}

impl Writing {
    /// Forgets an effect that is through; gives the object that is not
    /// recorded yet. None where nothing at all is recorded of it.
    fn close(&mut self, number: u64) -> Option<Option<Box<WrittenObject>>> {
        let object = self.objects.remove(&number);
        match self.pending.remove(&number) {
            Some(_) => None,
            None => Some(object),
        }
    }
}

impl DiskJournal {
    /// Begins a run under a lock that is held: closes what died, sweeps up
    /// after it, and writes the header.
    pub fn begin(folder: Arc<Folder>, lock: Lock, start: RunStart) -> Result<Self, JournalError> {
        let RunStart {
            mut header,
            configuration,
        } = start;
        let mut continues = None;
        let mut failed = None;
        for run in folder.runs(RecordedObjects::Dropped)? {
            let run = run?;
            let number = run.header.run;
            failed = matches!(run.end, Some((Outcome::Failed, _)))
                .then_some((number, run.header.command));
            if run.end.is_none() {
                folder.sweep(run.records.iter().filter_map(|record| match record {
                    Record::Touch { path, .. } => Some(path.clone()),
                    _ => None,
                }))?;
                folder.close_dead(number, header.started)?;
                continues = Some(number);
            }
        }
        // A run that failed is gone on with just like one that died.
        if let Some((last, command)) = failed
            && command == header.command
        {
            continues = Some(last);
        }
        let is_whole = header.operation().whole;
        let run = folder.numbers()?.last().copied().unwrap_or(0) + 1;
        header.run = run;
        header.continues = continues;
        header.pid = std::process::id();
        if !configuration.is_empty() {
            folder.keep_copy(&configuration)?;
            header.configuration = super::digest(&configuration);
        }
        let file = folder.create(run)?;
        let journal = Self {
            folder,
            run,
            continues,
            is_whole,
            writing: Mutex::new(Writing {
                file,
                length: 0,
                next: 1,
                pending: BTreeMap::new(),
                objects: BTreeMap::new(),
            }),
            _lock: lock,
        };
        let header = Record::Run(Box::new(header));
        journal.write(&mut journal.writing(), &[&header], true)?;
        Ok(journal)
    }

    pub fn run(&self) -> u64 {
        self.run
    }

    /// The run that died or failed before this one.
    pub fn continues(&self) -> Option<u64> {
        self.continues
    }

    /// Ends the run. What unfinished runs kept is of no use after one that
    /// did all there is to do, or undid it.
    pub fn end(&self, outcome: Outcome, at: i64) -> Result<(), JournalError> {
        self.append(&Record::End { outcome, at })?;
        match self.is_whole && outcome == Outcome::Done {
            true => self.folder.forget_unfinished(),
            false => Ok(()),
        }
    }

    /// Appends a record that is no effect's.
    pub fn append(&self, record: &Record) -> Result<(), JournalError> {
        self.write(&mut self.writing(), &[record], true)
    }

    fn writing(&self) -> MutexGuard<'_, Writing> {
        self.writing.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(
        &self,
        writing: &mut Writing,
        records: &[&Record],
        sync: bool,
    ) -> Result<(), JournalError> {
        let mut text = String::new();
        for record in records {
            let line = line(record);
            if line.len() > limits::LINE {
                return Err(JournalError::LongLine {
                    path: self.folder.run_path(self.run),
                    bytes: line.len(),
                });
            }
            text.push_str(&line);
        }
        // What is done already is recorded in any case.
        let is_ahead = records.iter().any(|record| record.is_ahead());
        if is_ahead && writing.length + text.len() as u64 > limits::RUN {
            return Err(JournalError::Full {
                path: self.folder.run_path(self.run),
            });
        }
        let written = writing
            .file
            .write_all(text.as_bytes())
            .and_then(|()| match sync {
                true => writing.file.sync_data(),
                false => Ok(()),
            });
        if let Err(source) = written {
            // Half a line must not run into the next one, if there is one.
            let _ = writing.file.set_len(writing.length);
            return Err(self.folder.failed("write", self.run, source));
        }
        writing.length += text.len() as u64;
        Ok(())
    }
}

/// Bytes of an object as JSON.
fn size(object: &WrittenObject) -> usize {
    struct Counted(usize);
    impl Write for Counted {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0 += bytes.len();
            Ok(bytes.len())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    let mut counted = Counted(0);
    // It is a JSON value, and counting does not fail.
    let _ = serde_json::to_writer(&mut counted, object);
    counted.0
}

impl Journal for DiskJournal {
    fn denied(&self, denied: Denied) -> Result<(), JournalError> {
        self.append(&Record::Denied(Box::new(denied)))
    }

    fn mark(&self, mark: &Mark) -> Result<(), JournalError> {
        self.append(&match mark.clone() {
            Mark::Undone(path) => Record::Undone { path },
            Mark::Filled(path) => Record::Filled { path },
            Mark::Published(kind, document) => Record::Published { kind, document },
        })
    }

    fn begin(&self, entry: &Entry) -> Result<u64, JournalError> {
        let mut writing = self.writing();
        let number = writing.next;
        writing.next += 1;
        let (mut object, mut object_digest) = (entry.object.clone().map(Box::new), None);
        if let Some(large) = object.take_if(|object| size(object) > limits::OBJECT_AHEAD) {
            object_digest = Some(digest(large.content.to_string().as_bytes()));
            if size(&large) <= limits::OBJECT {
                writing.objects.insert(number, large);
            }
        }
        let record = Record::Begin {
            effect: number,
            phase: entry.phase.clone(),
            component: entry.component.clone(),
            digest: entry.digest.clone(),
            action: entry.action.to_owned(),
            target: entry.target.clone(),
            seals: entry
                .writes
                .iter()
                .filter(|(_, made)| made.is_sealed())
                .map(|(path, made)| (path.clone(), *made))
                .collect(),
            object,
            object_digest,
        };
        match entry.of_files {
            // Written with the first file that it touches.
            true => {
                writing.pending.insert(number, record);
            }
            false => self.write(&mut writing, &[&record], true)?,
        }
        Ok(number)
    }

    fn touch(
        &self,
        number: u64,
        path: &MachinePath,
        prior: &Prior<'_>,
        after: &State,
    ) -> Result<(), JournalError> {
        let copy = match prior {
            Prior::File {
                content,
                private: false,
                ..
            } => {
                self.folder.keep_copy(content)?;
                true
            }
            _ => false,
        };
        let touch = Record::Touch {
            effect: number,
            path: path.clone(),
            prior: prior.state(copy),
            after: after.clone(),
        };
        let mut writing = self.writing();
        let begin = writing.pending.remove(&number);
        let records: Vec<&Record> = begin.iter().chain([&touch]).collect();
        self.write(&mut writing, &records, true)
    }

    fn wrote(
        &self,
        number: u64,
        path: &MachinePath,
        identity: Identity,
        made: Made,
    ) -> Result<(), JournalError> {
        let wrote = Record::Wrote {
            effect: number,
            path: path.clone(),
            identity,
            made,
        };
        let mut writing = self.writing();
        let begin = writing.pending.remove(&number);
        let records: Vec<&Record> = begin.iter().chain([&wrote]).collect();
        self.write(&mut writing, &records, made.is_sealed())
    }

    fn landed(&self, number: u64, change: Change) -> Result<(), JournalError> {
        let mut writing = self.writing();
        let Some(mut object) = writing.close(number) else {
            return Ok(());
        };
        // It is done: that there is no room left for the object must not hide it.
        let room = limits::RUN.saturating_sub(writing.length);
        object.take_if(|object| size(object) as u64 > room);
        // Not synchronised: if it is lost, the run is found a step further
        // than its journal says, and that is looked at anyway.
        let landed = Record::Landed {
            effect: number,
            change,
            object,
        };
        self.write(&mut writing, &[&landed], false)
    }

    fn unfinished(&self) -> Result<Option<Zeroizing<Vec<u8>>>, JournalError> {
        self.folder.unfinished()
    }

    fn keep_unfinished(&self, content: &[u8]) -> Result<(), JournalError> {
        self.folder.keep_unfinished(content)
    }

    fn failed(&self, number: u64) -> Result<(), JournalError> {
        let mut writing = self.writing();
        if writing.close(number).is_none() {
            return Ok(());
        }
        self.write(&mut writing, &[&Record::Failed { effect: number }], false)
    }
}

#[cfg(test)]
#[path = "disk_tests.rs"]
mod tests;
