//! What a sandbox has before the first phase runs.

use serde_json::Value;

use super::document::SandboxDocument;
use super::sandbox_api;
use crate::kube::embedded::{Behaviour, KindInfo};
use crate::world::{FileError, Files, MachinePath};

/// The state of a prepared machine, as a distribution describes it.
#[derive(Clone, Debug, Default)]
pub struct Sandbox {
    /// Paths and permission bits.
    directories: Vec<(MachinePath, u32)>,
    pub(super) kubernetes_version: Option<String>,
    pub(super) kinds: Vec<KindInfo>,
    /// With variables in them.
    pub(super) objects: Vec<Value>,
    pub(super) behaviours: Vec<Behaviour>,
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
        let kinds = document.kinds.iter().map(sandbox_api::kind);
        Ok(Self {
            directories,
            kubernetes_version: document.kubernetes_version.clone(),
            kinds: kinds.collect::<Result<_, _>>()?,
            objects: sandbox_api::checked_objects(&document.objects)?,
            behaviours: document
                .behaviours
                .iter()
                .map(sandbox_api::behaviour)
                .collect::<Result<_, _>>()?,
        })
    }

    /// What the controllers of its cluster do after a write.
    pub fn behaviours(&self) -> &[Behaviour] {
        &self.behaviours
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
