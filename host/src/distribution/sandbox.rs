//! What a sandbox has before the first phase runs.

use super::document::SandboxDocument;
use crate::world::{FileError, Files, MachinePath};

/// The state of a prepared machine, as a distribution describes it.
#[derive(Clone, Debug, Default)]
pub struct Sandbox {
    /// Paths and permission bits.
    directories: Vec<(MachinePath, u32)>,
}

impl Sandbox {
    /// Checks what is written; the error names the entry.
    pub fn new(document: &SandboxDocument) -> Result<Self, String> {
        let directories = document
            .directories
            .iter()
            .map(|one| {
                let path = MachinePath::parse(&one.path)
                    .map_err(|error| format!("sandbox.directories: {error}"))?;
                let mode = u32::from_str_radix(&one.mode, 8)
                    .ok()
                    .filter(|mode| *mode <= 0o777)
                    .ok_or_else(|| {
                        format!(
                            "sandbox.directories: mode {:?} of {path} is not of the form \"0755\"",
                            one.mode
                        )
                    })?;
                Ok((path, mode))
            })
            .collect::<Result<_, String>>()?;
        Ok(Self { directories })
    }

    /// Makes the directories that are not there yet.
    pub fn prepare(&self, files: &dyn Files) -> Result<(), FileError> {
        for (path, mode) in &self.directories {
            if files.stat(path)?.is_none() {
                crate::effect::ensure_parents(files, path)?;
                files.make_directory(path, *mode)?;
            }
        }
        Ok(())
    }
}
