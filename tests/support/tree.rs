//! What lies in a folder.

use std::collections::BTreeMap;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;

/// A file or folder, with all by which a change shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    pub mode: u32,
    pub content: Vec<u8>,
    /// Of files only: a folder's changes as files come and go.
    pub modified: Option<(i64, i64)>,
    pub inode: u64,
}

/// Everything below a folder, by its path within; empty where there is none.
pub fn tree(folder: &Path) -> BTreeMap<String, Entry> {
    let mut found = BTreeMap::new();
    walk(folder, folder, &mut found);
    found
}

fn walk(top: &Path, folder: &Path, found: &mut BTreeMap<String, Entry>) {
    let Ok(entries) = std::fs::read_dir(folder) else {
        return;
    };
    for entry in entries {
        let path = entry.expect("folders can be listed").path();
        let metadata = path.symlink_metadata().expect("files can be looked at");
        let is_file = metadata.is_file();
        let name = path.strip_prefix(top).expect("it lies below");
        found.insert(
            name.display().to_string(),
            Entry {
                mode: metadata.permissions().mode() & 0o7777,
                content: match is_file {
                    true => std::fs::read(&path).expect("files can be read"),
                    false => Vec::new(),
                },
                modified: is_file.then(|| (metadata.mtime(), metadata.mtime_nsec())),
                inode: metadata.ino(),
            },
        );
        if metadata.is_dir() {
            walk(top, &path, found);
        }
    }
}

/// Names of what differs.
pub fn differences(
    before: &BTreeMap<String, Entry>,
    after: &BTreeMap<String, Entry>,
) -> Vec<String> {
    let names: std::collections::BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    names
        .into_iter()
        .filter(|name| before.get(*name) != after.get(*name))
        .cloned()
        .collect()
}
