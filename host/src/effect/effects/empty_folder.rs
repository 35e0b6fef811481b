//! A folder, emptied for good.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::effect::effect::{Effect, Inverse, Landing};
use crate::effect::event::Change;
use crate::effect::grant::{Denial, FileVerb, Grants};
use crate::effect::place::Place;
use crate::world::machine::MountError;
use crate::world::{FileError, Files, MachinePath, NotEmptiable, World};

/// Why what a cluster left stays.
#[derive(Debug, thiserror::Error)]
pub enum LeftoverError {
    #[error(transparent)]
    NotEmptiable(#[from] NotEmptiable),
    #[error(transparent)]
    Mount(#[from] MountError),
    #[error(transparent)]
    File(#[from] FileError),
}

/// Removes what programs of a cluster left in a folder.
#[derive(Clone, Debug)]
pub struct EmptyFolder {
    pub place: Place,
    /// Whether nothing was in it before the cluster was made, by the journal:
    /// then what is mounted there is nobody else's.
    pub was_empty: bool,
    /// Names of what was in it before, and stays.
    pub stays: BTreeSet<String>,
}

impl Effect for EmptyFolder {
    fn name(&self) -> &'static str {
        "EmptyFolder"
    }

    fn target(&self) -> String {
        self.place.to_string()
    }

    fn grant(&self, grants: &Grants, files: &dyn Files) -> Result<(), Denial> {
        grants.covers_file(&self.place, FileVerb::Empty, files)
    }

    fn shown(&self) -> Value {
        let Self {
            place,
            was_empty,
            stays,
        } = self;
        json!({
            "path": place.path(),
            "realPath": place.shown_real(),
            "wasEmpty": was_empty,
            "stays": stays,
        })
    }

    fn alters(&self) -> Option<&MachinePath> {
        Some(self.place.path())
    }

    fn inverse(&self) -> Inverse {
        Inverse::None("no copy is kept of what programs of a cluster left")
    }
}

impl Landing for EmptyFolder {
    /// Names of what is in it all the same.
    type Output = Vec<String>;
    type Error = LeftoverError;

    async fn land(&self, world: &World) -> Result<(Vec<String>, Change), LeftoverError> {
        let files = &*world.files;
        let mounts = world.node.mounts();
        let Some(folder) = mounts.emptiable(files, self.place.path(), self.was_empty)? else {
            return Ok((Vec::new(), Change::Unchanged));
        };
        let real = folder.path();
        let others = |names: Vec<String>| -> Vec<String> {
            let others = names.into_iter();
            others.filter(|name| !self.stays.contains(name)).collect()
        };
        if others(files.list(real)?).is_empty() {
            return Ok((Vec::new(), Change::Unchanged));
        }
        folder.empty(files, &|path| {
            self.stays.contains(path.file_name()) && path.parent().as_ref() == Some(real)
        })?;
        Ok((others(files.list(real)?), Change::Removed))
    }
}
