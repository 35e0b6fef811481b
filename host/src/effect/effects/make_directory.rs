//! A directory, made.

use serde_json::{Value, json};

use crate::effect::effect::{Effect, Inverse, Landing, octal};
use crate::effect::event::Change;
use crate::effect::files::ensure_parents;
use crate::effect::grant::{Denial, FileVerb, Grants};
use crate::effect::place::Place;
use crate::world::{FileError, FileKind, Files, World};

/// Makes a directory and its missing parents, or gives the one that is there
/// this mode.
#[derive(Clone, Debug)]
pub struct MakeDirectory {
    pub place: Place,
    pub mode: u32,
}

impl Effect for MakeDirectory {
    fn name(&self) -> &'static str {
        "MakeDirectory"
    }

    fn target(&self) -> String {
        self.place.to_string()
    }

    fn grant(&self, grants: &Grants, files: &dyn Files) -> Result<(), Denial> {
        grants.covers_file(&self.place, FileVerb::Write, files)
    }

    fn shown(&self) -> Value {
        let Self { place, mode } = self;
        json!({
            "path": place.path(), "realPath": place.shown_real(), "mode": octal(*mode),
        })
    }

    fn inverse(&self) -> Inverse {
        Inverse::Files
    }
}

impl Landing for MakeDirectory {
    type Output = ();
    type Error = FileError;

    async fn land(&self, world: &World) -> Result<((), Change), FileError> {
        let path = self.place.path();
        let change = match world.files.stat(path)? {
            Some(found) if found.kind == FileKind::Directory && found.mode == self.mode => {
                return Ok(((), Change::Unchanged));
            }
            Some(_) => Change::Updated,
            None => Change::Created,
        };
        ensure_parents(&*world.files, path)?;
        world.files.make_directory(path, self.mode)?;
        Ok(((), change))
    }
}
