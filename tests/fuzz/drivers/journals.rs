//! Journals of anybody's make: they are read, folded, and what undoing them
//! would do is worked out.

use std::path::Path;
use std::sync::Arc;

use kubewright::effect::{Folder, RecordedObjects, Undo};
use kubewright::world::machine::MachineFiles;

use super::Driver;

pub struct Journals {
    folder: tempfile::TempDir,
}

impl Driver for Journals {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let runs = folder.path().join("var/lib/kubewright/runs");
        std::fs::create_dir_all(runs).expect("folders can be made");
        Self { folder }
    }

    fn take(&self, input: &[u8]) {
        let root: &Path = self.folder.path();
        // One or two runs, the second of which may go on with the first.
        let halves: Vec<&[u8]> = input.splitn(2, |byte| *byte == 0).collect();
        for at in 0..2 {
            let path = root.join(format!("var/lib/kubewright/runs/{:06}.jsonl", at + 1));
            match halves.get(at) {
                Some(half) => std::fs::write(path, half).expect("files can be written"),
                None => drop(std::fs::remove_file(path)),
            }
        }
        let files = Arc::new(MachineFiles::open(root).expect("the folder is there"));
        let folder = Folder::of(Arc::clone(&files));
        for objects in [RecordedObjects::Kept, RecordedObjects::Dropped] {
            let Ok(runs) = folder.runs(objects) else {
                continue;
            };
            runs.for_each(drop);
        }
        let Ok(ledger) = folder.ledger() else {
            return;
        };
        ledger.provenance(&*files);
        for (path, touched) in ledger.backwards() {
            for force in [false, true] {
                if let Ok(undo) = Undo::of(&*files, path, touched, force) {
                    undo.words();
                }
            }
        }
    }
}
