//! A file, removed for good.

use serde_json::{Value, json};

use crate::effect::effect::{Effect, Inverse, Landing};
use crate::effect::event::Change;
use crate::effect::grant::{Denial, FileVerb, Grants};
use crate::effect::place::Place;
use crate::world::{FileError, FileKind, Files, MachinePath, World};

/// Removes a file that no run made, of which no copy is kept.
#[derive(Clone, Debug)]
pub struct DiscardFile {
    pub place: Place,
}

impl Effect for DiscardFile {
    fn name(&self) -> &'static str {
        "DiscardFile"
    }

    fn target(&self) -> String {
        self.place.to_string()
    }

    fn grant(&self, grants: &Grants, files: &dyn Files) -> Result<(), Denial> {
        grants.covers_file(&self.place, FileVerb::Empty, files)
    }

    fn shown(&self) -> Value {
        let Self { place } = self;
        json!({ "path": place.path(), "realPath": place.shown_real() })
    }

    fn alters(&self) -> Option<&MachinePath> {
        Some(self.place.path())
    }

    fn inverse(&self) -> Inverse {
        Inverse::None("no copy is kept of what others made")
    }
}

impl Landing for DiscardFile {
    type Output = ();
    type Error = FileError;

    async fn land(&self, world: &World) -> Result<((), Change), FileError> {
        let path = self.place.path();
        match world.files.stat(path)? {
            None => Ok(((), Change::Unchanged)),
            Some(found) if found.kind == FileKind::Directory => {
                Err(FileError::IsDirectory(path.clone()))
            }
            Some(_) => {
                world.files.remove(path)?;
                Ok(((), Change::Removed))
            }
        }
    }
}
