//! A file, written.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::effect::content::Content;
use crate::effect::effect::{Effect, Inverse, Landing, octal};
use crate::effect::event::Change;
use crate::effect::files::write_file;
use crate::effect::grant::{Denial, FileVerb, Grants};
use crate::effect::made::made_of;
use crate::effect::place::Place;
use crate::world::{FileError, Files, MachinePath, Made, World};

/// Writes a whole file with these permission bits.
#[derive(Clone, Debug)]
pub struct WriteFile {
    pub place: Place,
    pub mode: u32,
    pub content: Content,
}

impl Effect for WriteFile {
    fn name(&self) -> &'static str {
        "WriteFile"
    }

    fn target(&self) -> String {
        self.place.to_string()
    }

    fn grant(&self, grants: &Grants, files: &dyn Files) -> Result<(), Denial> {
        grants.covers_file(&self.place, FileVerb::Write, files)
    }

    fn shown(&self) -> Value {
        let Self {
            place,
            mode,
            content,
        } = self;
        json!({
            "path": place.path(), "realPath": place.shown_real(), "mode": octal(*mode),
            "content": content.redacted(), "sealed": content.kinds(),
        })
    }

    fn writes(&self) -> BTreeMap<MachinePath, Made> {
        [(self.place.path().clone(), made_of(&self.content))].into()
    }

    fn inverse(&self) -> Inverse {
        Inverse::Files
    }
}

impl Landing for WriteFile {
    type Output = ();
    type Error = FileError;

    async fn land(&self, world: &World) -> Result<((), Change), FileError> {
        let content = self.content.reveal();
        write_file(&*world.files, self.place.path(), self.mode, &content).map(|change| ((), change))
    }
}
