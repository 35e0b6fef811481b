//! A folder of the cluster's, noted.

use std::convert::Infallible;

use serde_json::{Value, json};

use crate::effect::effect::{Effect, Inverse, Landing, Mark};
use crate::effect::event::Change;
use crate::effect::grant::{Denial, FileVerb, Grants};
use crate::effect::place::Place;
use crate::world::{Files, World};

/// Notes in the journal that programs filled a folder, for a run that goes on
/// with this one.
#[derive(Clone, Debug)]
pub struct NoteFolder {
    pub place: Place,
}

impl Effect for NoteFolder {
    fn name(&self) -> &'static str {
        "NoteFolder"
    }

    fn target(&self) -> String {
        self.place.to_string()
    }

    /// Whoever may empty it: that is what it is noted for.
    fn grant(&self, grants: &Grants, files: &dyn Files) -> Result<(), Denial> {
        grants.covers_file(&self.place, FileVerb::Empty, files)
    }

    fn shown(&self) -> Value {
        let Self { place } = self;
        json!({ "path": place.path(), "realPath": place.shown_real() })
    }

    fn inverse(&self) -> Inverse {
        Inverse::Nothing
    }

    fn mark(&self) -> Option<Mark> {
        Some(Mark::Filled(self.place.path().clone()))
    }
}

impl Landing for NoteFolder {
    type Output = ();
    type Error = Infallible;

    async fn land(&self, _world: &World) -> Result<((), Change), Infallible> {
        Ok(((), Change::Unchanged))
    }
}
