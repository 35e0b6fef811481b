//! Files of the machine: thin words over the interface `files`.

use crate::bindings::phase::kubewright::provision::files;
use crate::{Content, Context, Result};

pub use crate::types::Change;

/// Writes a whole file. Missing parent directories are made with mode 0755.
pub fn write(path: &str, mode: u32, content: impl Into<Content>) -> Result<Change> {
    let content = content.into();
    files::write(path, mode, &content.pieces()).with_context(|| format!("writing {path}"))
}

/// Makes a directory if there is none. One that exists keeps its mode, as with
/// `mkdir -p`: it may be a mount point whose owner chose that mode.
pub fn ensure_directory(path: &str, mode: u32) -> Result<Change> {
    if exists(path)? {
        return Ok(Change::Unchanged);
    }
    files::make_directory(path, mode).with_context(|| format!("making the directory {path}"))
}

/// Whether anything is at this path.
pub fn exists(path: &str) -> Result<bool> {
    Ok(files::stat(path)
        .with_context(|| format!("looking for {path}"))?
        .is_some())
}

/// Reads a text file.
pub fn read_text(path: &str) -> Result<String> {
    let bytes = files::read(path).with_context(|| format!("reading {path}"))?;
    String::from_utf8(bytes)
        .map_err(|_| crate::Error::new("the file is not UTF-8 text"))
        .with_context(|| format!("reading {path}"))
}

/// Whether a file has this content and mode already.
pub fn is(path: &str, mode: u32, content: &str) -> Result<bool> {
    let found = files::stat(path).with_context(|| format!("looking at {path}"))?;
    let alike = found.is_some_and(|found| found.mode == mode && found.size == content.len() as u64);
    Ok(alike && read_text(path)? == content)
}
