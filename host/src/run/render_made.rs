//! Which files of a render hold what, for the next render into the same
//! folder: a component must not read then what it must not read now.
//!
//! A machine has a journal for that. A render has none, and its folder holds
//! nothing but what was rendered; so each file says it itself, in an extended
//! attribute. Where a file system has none of those, files are gone by what
//! they look like.

use anyhow::{Context, bail};
use rustix::io::Errno;

use crate::world::machine::MachineFiles;
use crate::world::sandbox::{Change, SandboxFiles};
use crate::world::{FileKind, Files, Identity, MachinePath, Made, Provenance};

/// Its value is the name of what the file is, as journals have it.
const ATTRIBUTE: &str = "user.kubewright.made";

/// Nothing that a render makes comes near these.
const DEEPEST: usize = 64;
const MOST_FILES: usize = 100_000;

/// What the files of an earlier render say they are.
pub fn read(rootfs: &MachineFiles) -> anyhow::Result<Provenance> {
    let mut found = Vec::new();
    walk(rootfs, &MachinePath::root(), 0, &mut 0, &mut found)
        .with_context(|| format!("cannot look through {}", rootfs.root().display()))?;
    Ok(Provenance::of(found))
}

fn walk(
    files: &MachineFiles,
    folder: &MachinePath,
    depth: usize,
    seen: &mut usize,
    found: &mut Vec<(Identity, Made)>,
) -> anyhow::Result<()> {
    if depth > DEEPEST {
        bail!("folders nest deeper than {DEEPEST}: that is no render");
    }
    for name in files.list(folder)? {
        *seen += 1;
        if *seen > MOST_FILES {
            bail!("it has more than {MOST_FILES} files: that is no render");
        }
        let path = folder.join(&name)?;
        match files.stat(&path)?.map(|found| found.kind) {
            Some(FileKind::Directory) => walk(files, &path, depth + 1, seen, found)?,
            Some(FileKind::Regular) => {
                if let (Some(made), Some(identity)) = (marked(files, &path), files.identity(&path)?)
                {
                    found.push((identity, made));
                }
            }
            _ => {}
        }
    }
    Ok(())
}

fn marked(files: &MachineFiles, path: &MachinePath) -> Option<Made> {
    let value = files.attribute(path, ATTRIBUTE)?;
    let name = std::str::from_utf8(&value).ok()?;
    // Whoever wrote something else there may mean anything.
    Some(serde_json::from_value(name.into()).unwrap_or(Made::OfSealed))
}

/// What files are that a render is about to write: before they land, since what
/// differs is what is there to be known.
pub fn marks(
    sandbox: &SandboxFiles,
    known: &Provenance,
) -> anyhow::Result<Vec<(MachinePath, Made)>> {
    let mut written = Vec::new();
    sandbox.each_change::<std::convert::Infallible>(|path, change| {
        if let Change::File { .. } = change {
            written.push(path.clone());
        }
        Ok(())
    })?;
    let mut marks = Vec::new();
    for path in written {
        let identity = sandbox.identity(&path)?;
        match identity.and_then(|identity| known.made(identity)) {
            None | Some(Made::HostPublic) => {}
            Some(made) => marks.push((path, made)),
        }
    }
    Ok(marks)
}

/// Marks the files that a render wrote below `rootfs`.
pub fn write(rootfs: &MachineFiles, marks: &[(MachinePath, Made)]) -> anyhow::Result<()> {
    for (path, made) in marks {
        let name = serde_json::to_value(made)?;
        let name = name.as_str().unwrap_or_default();
        match rootfs.set_attribute(path, ATTRIBUTE, name.as_bytes()) {
            Ok(()) => {}
            Err(error) if error.raw_os_error() == Some(Errno::OPNOTSUPP.raw_os_error()) => {
                tracing::debug!(%path, "the file system has no extended attributes");
            }
            Err(error) => {
                return Err(error).with_context(|| format!("cannot mark {path}"));
            }
        }
    }
    Ok(())
}
