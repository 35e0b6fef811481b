//! Files that effects write.

use zeroize::Zeroizing;

use super::event::Change;
use crate::world::{FileError, FileKind, Files, MachinePath};

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
