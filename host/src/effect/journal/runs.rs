//! Reading journals: run by run, line by line.

use std::fs::File;
use std::io::{BufRead, BufReader};

use rustix::fs::OFlags;
use serde::de::Error as _;

use super::record::{Outcome, Record, RunHeader};
use super::{Folder, JournalError, limits};

/// All that is recorded of one run.
#[derive(Clone, Debug)]
pub struct RunRecords {
    pub header: RunHeader,
    /// Without the header and the end.
    pub records: Vec<Record>,
    /// How it ended and when; none where its process died or is at work.
    pub end: Option<(Outcome, i64)>,
}

/// Whether the objects that effects wrote are of interest: they are most of a
/// journal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RecordedObjects {
    Kept,
    Dropped,
}

/// Runs, oldest first, one at a time.
pub struct Runs<'a> {
    folder: &'a Folder,
    numbers: std::vec::IntoIter<u64>,
    objects: RecordedObjects,
}

impl Iterator for Runs<'_> {
    type Item = Result<RunRecords, JournalError>;

    fn next(&mut self) -> Option<Self::Item> {
        // One that could not even write its header did nothing.
        self.numbers
            .by_ref()
            .find_map(|run| self.folder.read_run(run, self.objects).transpose())
    }
}

impl Folder {
    /// All runs. A last line that is torn was being written when the process
    /// died: what it was about did not happen.
    pub fn runs(&self, objects: RecordedObjects) -> Result<Runs<'_>, JournalError> {
        Ok(Runs {
            folder: self,
            numbers: self.numbers()?.into_iter(),
            objects,
        })
    }

    /// One run; none where there is none of this number, or where it did not
    /// come to its first record.
    pub fn run(
        &self,
        run: u64,
        objects: RecordedObjects,
    ) -> Result<Option<RunRecords>, JournalError> {
        match self.numbers()?.contains(&run) {
            true => self.read_run(run, objects),
            false => Ok(None),
        }
    }

    fn read_run(
        &self,
        run: u64,
        objects: RecordedObjects,
    ) -> Result<Option<RunRecords>, JournalError> {
        let mut found: Option<RunRecords> = None;
        let mut lines = Lines::of(self.open(run, OFlags::RDONLY)?);
        loop {
            let line = match lines.next() {
                Ok(Some(line)) => line,
                Ok(None) => return Ok(found),
                Err(source) => return Err(self.failed("read", run, source)),
            };
            let record = match line {
                Line::Empty => continue,
                Line::Whole(line) => serde_json::from_slice(line),
                Line::TooLong => Err(serde_json::Error::custom(format_args!(
                    "it is longer than {} bytes",
                    limits::LINE
                ))),
            };
            let record = record.map_err(|source| JournalError::Malformed {
                path: self.run_path(run),
                line: lines.number,
                source,
            })?;
            match (record, &mut found) {
                (Record::Run(header), _) => {
                    found = Some(RunRecords {
                        header: *header,
                        records: Vec::new(),
                        end: None,
                    });
                }
                (Record::End { outcome, at }, Some(found)) => found.end = Some((outcome, at)),
                (mut record, Some(found)) => {
                    if objects == RecordedObjects::Dropped {
                        record.drop_object();
                    }
                    found.records.push(record);
                }
                (_, None) => {}
            }
        }
    }

    /// Bytes of the whole lines of a run's file.
    pub(super) fn whole_length(&self, run: u64) -> Result<u64, JournalError> {
        let mut lines = Lines::of(self.open(run, OFlags::RDONLY)?);
        loop {
            match lines.next() {
                Ok(Some(_)) => {}
                Ok(None) => return Ok(lines.whole),
                Err(source) => return Err(self.failed("read", run, source)),
            }
        }
    }
}

/// A line of a journal that ends in a line break.
enum Line<'a> {
    Empty,
    Whole(&'a [u8]),
    /// Longer than any that was written; what comes after it is not read.
    TooLong,
}

/// The lines of a file, no more than one of them in memory.
struct Lines {
    file: BufReader<File>,
    line: Vec<u8>,
    /// Of the line that was read last, from 1.
    number: usize,
    /// Bytes of all lines so far that end in a line break.
    whole: u64,
}

impl Lines {
    fn of(file: File) -> Self {
        Self {
            file: BufReader::with_capacity(64 << 10, file),
            line: Vec::new(),
            number: 0,
            whole: 0,
        }
    }

    /// The next line; none where the file ends, or where the line does not.
    /// What is torn may end within a character.
    fn next(&mut self) -> std::io::Result<Option<Line<'_>>> {
        self.line.clear();
        self.number += 1;
        let mut length = 0;
        loop {
            let read = self.file.fill_buf()?;
            if read.is_empty() {
                return Ok(None);
            }
            let end = read.iter().position(|byte| *byte == b'\n');
            let part = &read[..end.unwrap_or(read.len())];
            length += part.len();
            if length > limits::LINE {
                return Ok(Some(Line::TooLong));
            }
            self.line.extend_from_slice(part);
            let used = part.len() + usize::from(end.is_some());
            self.file.consume(used);
            if end.is_some() {
                break;
            }
        }
        self.whole += length as u64 + 1;
        Ok(Some(match length {
            0 => Line::Empty,
            _ => Line::Whole(&self.line),
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::io::Write;

    #[expect(clippy::type_complexity, reason = "a list for comparing in tests")]
    fn lines_of(content: &[u8]) -> (Vec<(usize, Option<Vec<u8>>)>, u64) {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(content).unwrap();
        std::io::Seek::rewind(&mut file).unwrap();
        let mut lines = Lines::of(file);
        let mut found = Vec::new();
        loop {
            let line = match lines.next().unwrap() {
                None => return (found, lines.whole),
                Some(Line::Empty) => continue,
                Some(Line::Whole(line)) => Some(line.to_vec()),
                Some(Line::TooLong) => None,
            };
            let is_last = line.is_none();
            found.push((lines.number, line));
            if is_last {
                return (found, lines.whole);
            }
        }
    }

    #[test]
    fn a_line_is_read_up_to_its_limit() {
        for (name, length, wanted) in [
            ("the longest", limits::LINE, &[(1, true), (2, true)][..]),
            ("longer", limits::LINE + 1, &[(1, false)]),
        ] {
            let mut content = vec![b'x'; length];
            content.extend(b"\n{}\ntorn");
            let (lines, _) = lines_of(&content);
            let lines = lines.iter();
            let lines: Vec<_> = lines
                .map(|(number, line)| (*number, line.is_some()))
                .collect();
            assert_eq!(lines, wanted, "{name}");
        }
    }

    proptest! {
        #[test]
        fn lines_are_those_of_the_whole_text(
            parts in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..40), 0..40),
        ) {
            let content = parts.join(&b'\n');
            let end = content.iter().rposition(|byte| *byte == b'\n');
            let whole = &content[..end.map_or(0, |end| end + 1)];
            let wanted: Vec<_> = whole
                .split(|byte| *byte == b'\n')
                .enumerate()
                .filter(|(_, line)| !line.is_empty())
                .map(|(at, line)| (at + 1, Some(line.to_vec())))
                .collect();
            prop_assert_eq!(lines_of(&content), (wanted, whole.len() as u64));
        }
    }
}
