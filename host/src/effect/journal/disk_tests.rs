use std::collections::BTreeMap;

use serde_json::json;

use super::*;
use crate::effect::ObjectReference;
use crate::effect::journal::RecordedFiles;
use crate::world::machine::MachineFiles;
use crate::world::{Files, Made, Provenance};

struct Place {
    root: tempfile::TempDir,
    folder: Arc<Folder>,
}

impl Place {
    fn new() -> Self {
        let root = tempfile::tempdir().unwrap();
        let files = MachineFiles::open(root.path()).unwrap().without_sync();
        Self {
            root,
            folder: Arc::new(Folder::of(Arc::new(files))),
        }
    }

    fn begin(&self) -> DiskJournal {
        let start = RunStart {
            header: RunHeader {
                command: "init".to_owned(),
                ..RunHeader::default()
            },
            configuration: Vec::new(),
        };
        let lock = self.folder.lock("init").unwrap();
        DiskJournal::begin(Arc::clone(&self.folder), lock, start).unwrap()
    }

    fn size(&self) -> u64 {
        let path = self.folder.run_path(1);
        let path = self.root.path().join(path.trim_start_matches('/'));
        std::fs::metadata(path).unwrap().len()
    }

    fn records(&self) -> Vec<Record> {
        let run = self.folder.run(1, RecordedObjects::Kept).unwrap();
        run.unwrap().records
    }
}

/// An effect that writes an object with a text of so many bytes.
fn entry(bytes: usize) -> Entry {
    Entry {
        phase: "p".to_owned(),
        component: "c".to_owned(),
        digest: "sha256:0".to_owned(),
        action: "Patch",
        target: "ConfigMap a/b".to_owned(),
        of_files: false,
        writes: BTreeMap::new(),
        object: Some(WrittenObject {
            reference: ObjectReference {
                api_version: "v1".to_owned(),
                kind: "ConfigMap".to_owned(),
                namespace: Some("a".to_owned()),
                name: "b".to_owned(),
            },
            content: json!({"data": {"x": "y".repeat(bytes)}}),
        }),
    }
}

#[test]
fn large_objects_are_recorded_once_they_have_landed() {
    for (name, bytes, ahead, after) in [
        ("small", 100, true, false),
        ("large", limits::OBJECT_AHEAD, false, true),
        ("too large", limits::OBJECT, false, false),
    ] {
        let place = Place::new();
        let journal = place.begin();
        let number = journal.begin(&entry(bytes)).unwrap();
        let wanted = entry(bytes).object.unwrap();
        let Record::Begin {
            object,
            object_digest,
            ..
        } = &place.records()[0]
        else {
            panic!("{name}");
        };
        let hash = super::digest(wanted.content.to_string().as_bytes());
        assert_eq!(object.is_some(), ahead, "{name}");
        assert_eq!(*object_digest, (!ahead).then_some(hash), "{name}");
        journal.landed(number, Change::Updated).unwrap();
        let Record::Landed { object, .. } = &place.records()[1] else {
            panic!("{name}");
        };
        assert_eq!(object.as_deref(), after.then_some(&wanted), "{name}");
    }
}

#[test]
fn what_fails_leaves_little() {
    let place = Place::new();
    let journal = place.begin();
    for _ in 0..60 {
        let number = journal.begin(&entry(1 << 20)).unwrap();
        journal.failed(number).unwrap();
    }
    assert!(place.size() < 60 * 1024, "{}", place.size());
    journal.end(Outcome::Failed, 1).unwrap();
}

#[test]
fn a_journal_that_is_full_ends_what_is_done_and_is_read() {
    let place = Place::new();
    let journal = place.begin();
    let mut begun = Vec::new();
    let error = loop {
        let mut long = entry(1);
        long.target = "x".repeat(limits::LINE / 3);
        match journal.begin(&long) {
            Ok(number) => begun.push(number),
            Err(error) => break error,
        }
    };
    assert!(matches!(error, JournalError::Full { .. }), "{error}");
    assert!(error.to_string().contains("at most 64 MiB"), "{error}");
    assert!(place.size() <= limits::RUN);
    for number in &begun {
        journal.landed(*number, Change::Created).unwrap();
    }
    journal.end(Outcome::Failed, 7).unwrap();
    drop(journal);
    let run = place
        .folder
        .run(1, RecordedObjects::Dropped)
        .unwrap()
        .unwrap();
    assert_eq!(run.end, Some((Outcome::Failed, 7)));
    assert_eq!(run.records.len(), 2 * begun.len());
    // The next run has room of its own.
    let next = place.begin();
    assert_eq!(next.continues(), Some(1));
    next.begin(&entry(1)).unwrap();
}

#[test]
fn a_line_that_could_not_be_read_is_not_written() {
    let place = Place::new();
    let journal = place.begin();
    let mut long = entry(1);
    long.target = "x".repeat(limits::LINE);
    let error = journal.begin(&long).unwrap_err();
    assert!(matches!(error, JournalError::LongLine { .. }), "{error}");
    journal.begin(&entry(1)).unwrap();
    assert_eq!(place.records().len(), 1);
}

#[test]
fn what_an_unfinished_run_keeps_is_read_by_the_next() {
    let place = Place::new();
    let journal = place.begin();
    let most = vec![b'x'; limits::UNFINISHED];
    journal.keep_unfinished(&most).unwrap();
    let error = journal
        .keep_unfinished(&vec![b'x'; limits::UNFINISHED + 1])
        .unwrap_err();
    assert!(matches!(error, JournalError::Unfinished { .. }), "{error}");
    // What was kept before is there still.
    assert_eq!(*journal.unfinished().unwrap().unwrap(), most);
    // Of an earlier version, or somebody else's: it keeps nobody from work.
    let path = place.root.path().join("var/lib/kubewright/unfinished");
    std::fs::write(path, vec![b'x'; limits::UNFINISHED + 1]).unwrap();
    assert!(journal.unfinished().unwrap().is_none());
}

/// A certificate key in a file looks like nothing in particular.
#[test]
fn of_what_was_made_from_sealed_values_no_copy_is_kept() {
    for (made, is_kept) in [
        (Made::OfText, true),
        (Made::OfSealed, false),
        (Made::HostKey, false),
    ] {
        let place = Place::new();
        let files = MachineFiles::open(place.root.path())
            .unwrap()
            .without_sync();
        let path = MachinePath::parse("/it").unwrap();
        let content = b"3f1c9d0be27a48565d90a1b2c3d4e5f6";
        files.write(&path, 0o600, content).unwrap();
        let identity = files.identity(&path).unwrap().unwrap();
        let recorded = RecordedFiles::new(
            Arc::new(files),
            Arc::new(place.begin()),
            1,
            std::collections::BTreeSet::new(),
            Arc::new(Provenance::of([(identity, made)])),
        );
        recorded.remove(&path).unwrap();
        let copy = place.folder.read_copy(&super::super::digest(content));
        assert_eq!(copy.is_ok(), is_kept, "{made:?}");
    }
}
