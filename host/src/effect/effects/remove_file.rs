//! A file or an empty directory, removed.

use serde_json::{Value, json};

use crate::effect::effect::{Effect, Inverse, Landing};
use crate::effect::event::Change;
use crate::effect::grant::{Denial, FileVerb, Grants};
use crate::effect::place::Place;
use crate::world::{FileError, Files, MachinePath, World};

/// Removes a file, or a directory that is empty; nothing there is no change.
#[derive(Clone, Debug)]
pub struct RemoveFile {
    pub place: Place,
}

impl Effect for RemoveFile {
    fn name(&self) -> &'static str {
        "RemoveFile"
    }

    fn target(&self) -> String {
        self.place.to_string()
    }

    fn grant(&self, grants: &Grants, files: &dyn Files) -> Result<(), Denial> {
        grants.covers_file(&self.place, FileVerb::Remove, files)
    }

    fn shown(&self) -> Value {
        let Self { place } = self;
        json!({ "path": place.path(), "realPath": place.shown_real() })
    }

    fn alters(&self) -> Option<&MachinePath> {
        Some(self.place.path())
    }

    fn inverse(&self) -> Inverse {
        Inverse::Files
    }
}

impl Landing for RemoveFile {
    type Output = ();
    type Error = FileError;

    async fn land(&self, world: &World) -> Result<((), Change), FileError> {
        let path = self.place.path();
        if world.files.stat(path)?.is_none() {
            return Ok(((), Change::Unchanged));
        }
        world.files.remove(path)?;
        Ok(((), Change::Removed))
    }
}
