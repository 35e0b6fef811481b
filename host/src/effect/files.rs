//! Files that effects write.

use std::collections::BTreeMap;

use zeroize::Zeroizing;

use super::event::Change;
use crate::world::{FileError, FileKind, Files, MachinePath, Owner};

/// Makes the missing folders that `path` lies in, 0755 each, as kubeadm's
/// `MkdirAll` does.
pub fn ensure_parents(files: &dyn Files, path: &MachinePath) -> Result<(), FileError> {
    // From the inside out until one is there: mostly the first is.
    let mut missing = Vec::new();
    for folder in path.ancestors().into_iter().rev() {
        if files.stat(&folder)?.is_some() {
            break;
        }
        missing.push(folder);
    }
    for folder in missing.iter().rev() {
        files.make_directory(folder, 0o755)?;
    }
    Ok(())
}

/// Writes a file unless it is so already.
pub fn write_file(
    files: &dyn Files,
    path: &MachinePath,
    mode: u32,
    content: &[u8],
) -> Result<Change, FileError> {
    let change = match files.stat(path)? {
        Some(found) if found.kind == FileKind::Regular => {
            let same = found.mode == mode
                && found.size == content.len() as u64
                && *Zeroizing::new(files.read(path, found.size)?) == content;
            if same {
                return Ok(Change::Unchanged);
            }
            Change::Updated
        }
        Some(_) => Change::Updated,
        None => {
            ensure_parents(files, path)?;
            Change::Created
        }
    };
    files.write(path, mode, content)?;
    Ok(change)
}

/// Gives a file or directory to an owner, with this mode, unless it is so
/// already.
pub fn set_owner(
    files: &dyn Files,
    path: &MachinePath,
    owner: Owner,
    mode: u32,
) -> Result<Change, FileError> {
    let found = files
        .stat(path)?
        .ok_or_else(|| FileError::NotFound(path.clone()))?;
    if found.owner == owner && found.mode == mode {
        return Ok(Change::Unchanged);
    }
    files.set_owner(path, owner, mode)?;
    Ok(Change::Updated)
}

/// Gives a directory and all that lies in it to an owner, unless it is so
/// already.
pub fn set_owner_below(
    files: &dyn Files,
    path: &MachinePath,
    owner: Owner,
) -> Result<Change, FileError> {
    match files.stat(path)? {
        None => return Err(FileError::NotFound(path.clone())),
        Some(found) if found.kind != FileKind::Directory => {
            return Err(FileError::NotDirectory(path.clone()));
        }
        Some(found) if found.owner == owner && owned_by_others(files, path, owner)?.is_empty() => {
            return Ok(Change::Unchanged);
        }
        Some(_) => {}
    }
    files.set_owner_below(path, owner)?;
    Ok(Change::Updated)
}

/// The files and directories below a directory that belong to somebody else
/// than this owner, and to whom.
pub fn owned_by_others(
    files: &dyn Files,
    folder: &MachinePath,
    owner: Owner,
) -> Result<BTreeMap<MachinePath, Owner>, FileError> {
    let mut found = BTreeMap::new();
    for name in files.list(folder)? {
        // A name that no path has is no file of this program's.
        let Ok(path) = folder.join(&name) else {
            continue;
        };
        let Some(there) = files.stat(&path)? else {
            continue;
        };
        if there.kind == FileKind::Directory {
            found.extend(owned_by_others(files, &path, owner)?);
        }
        let is_plain = matches!(there.kind, FileKind::Directory | FileKind::Regular);
        if is_plain && there.owner != owner {
            found.insert(path, there.owner);
        }
    }
    Ok(found)
}
