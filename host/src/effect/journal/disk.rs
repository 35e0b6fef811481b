//! The journal of a run on this machine.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Write;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use zeroize::Zeroizing;

use super::folder::line;
use super::record::{Outcome, Record, RunHeader, State};
use super::{Entry, Folder, Journal, JournalError, Lock, Prior};
use crate::effect::Change;
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
}

impl DiskJournal {
    /// Begins a run under a lock that is held: closes what died, sweeps up
    /// after it, and writes the header.
    pub fn begin(folder: Arc<Folder>, lock: Lock, start: RunStart) -> Result<Self, JournalError> {
        let RunStart {
            mut header,
            configuration,
        } = start;
        let runs = folder.read()?;
        let mut continues = None;
        for run in runs.iter().filter(|run| run.end.is_none()) {
            folder.sweep(run.records.iter().filter_map(|record| match record {
                Record::Touch { path, .. } => Some(path.clone()),
                _ => None,
            }))?;
            folder.close_dead(run.header.run, header.started)?;
            continues = Some(run.header.run);
        }
        // A run that failed is gone on with just like one that died.
        if let Some(last) = runs.last()
            && matches!(last.end, Some((Outcome::Failed, _)))
            && last.header.command == header.command
        {
            continues = Some(last.header.run);
        }
        let is_whole = matches!(header.command.as_str(), "init" | "reset");
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
            }),
            _lock: lock,
        };
        journal.write(
            &mut journal.writing(),
            &[&Record::Run(Box::new(header))],
            true,
        )?;
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
        let text: String = records.iter().map(|record| line(record)).collect();
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

impl Journal for DiskJournal {
    fn begin(&self, entry: &Entry) -> Result<u64, JournalError> {
        let mut writing = self.writing();
        let number = writing.next;
        writing.next += 1;
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
            object: entry.object.clone().map(Box::new),
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
        if writing.pending.remove(&number).is_some() {
            return Ok(());
        }
        // Not synchronised: if it is lost, the run is found a step further
        // than its journal says, and that is looked at anyway.
        let landed = Record::Landed {
            effect: number,
            change,
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
        if writing.pending.remove(&number).is_some() {
            return Ok(());
        }
        self.write(&mut writing, &[&Record::Failed { effect: number }], false)
    }
}
