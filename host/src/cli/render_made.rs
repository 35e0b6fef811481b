//! Which files of a render hold what, for the next render into the same
//! folder: a component must not read then what it must not read now.

use std::path::Path;

use anyhow::Context;
use serde::{Deserialize, Serialize};

use crate::world::machine::MachineFiles;
use crate::world::sandbox::{Change, SandboxFiles};
use crate::world::{FileError, Files, Identity, MachinePath, Made, Provenance};

/// The file, beside `rootfs/`. Without it a render is gone on with by what its
/// files look like.
pub const FILE: &str = ".made.json";

/// Nothing that a render makes comes near it.
const LIMIT: u64 = 4 << 20;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    identity: Identity,
    made: Made,
}

/// What was recorded in the folder of an earlier render.
pub fn read(folder: &Path) -> anyhow::Result<Provenance> {
    Ok(Provenance::of(
        entries(folder)?
            .into_iter()
            .map(|entry| (entry.identity, entry.made)),
    ))
}

fn entries(folder: &Path) -> anyhow::Result<Vec<Entry>> {
    if !folder.exists() {
        return Ok(Vec::new());
    }
    let shown = folder.join(FILE);
    let files =
        MachineFiles::open(folder).with_context(|| format!("cannot open {}", folder.display()))?;
    let text = match files.read(&path()?, LIMIT) {
        Ok(text) => text,
        Err(FileError::NotFound(_)) => return Ok(Vec::new()),
        Err(error) => {
            return Err(error).with_context(|| format!("cannot read {}", shown.display()));
        }
    };
    serde_json::from_slice(&text).with_context(|| {
        format!(
            "{} is not what a render wrote; render into a new folder, or remove the file if no component that you do not trust renders into this one",
            shown.display()
        )
    })
}

fn path() -> anyhow::Result<MachinePath> {
    Ok(MachinePath::parse(&format!("/{FILE}"))?)
}

/// Records what the files are that a render wrote below `rootfs`, beside what
/// was known before.
pub fn write(
    folder: &Path,
    sandbox: &SandboxFiles,
    rootfs: &MachineFiles,
    known: &Provenance,
) -> anyhow::Result<()> {
    let mut written = Vec::new();
    sandbox.each_change::<FileError>(|path, change| {
        if let Change::File { .. } = change {
            written.push(path.clone());
        }
        Ok(())
    })?;
    let mut list = Vec::new();
    for path in &written {
        let made = sandbox
            .identity(path)?
            .and_then(|identity| known.made(identity));
        if let (Some(made), Some(identity)) = (made, rootfs.identity(path)?) {
            list.push(Entry { identity, made });
        }
    }
    if list.is_empty() {
        return Ok(());
    }
    let mut all = entries(folder).unwrap_or_default();
    all.retain(|entry| list.iter().all(|new| new.identity != entry.identity));
    all.extend(list);
    let files = MachineFiles::open(folder)
        .with_context(|| format!("cannot open {}", folder.display()))?
        .without_sync();
    files
        .write(&path()?, 0o600, &serde_json::to_vec(&all)?)
        .with_context(|| format!("cannot write {}", folder.join(FILE).display()))
}
