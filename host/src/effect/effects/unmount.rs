//! A mount, taken away.

use serde_json::{Value, json};

use super::empty_folder::LeftoverError;
use crate::effect::effect::{Effect, Inverse, Landing};
use crate::effect::event::Change;
use crate::effect::grant::{Denial, Grants};
use crate::effect::place::Place;
use crate::world::machine::MountError;
use crate::world::{Files, MachinePath, UnmountFlag, World};

/// Unmounts what is mounted in a folder of a cluster.
#[derive(Clone, Debug)]
pub struct Unmount {
    /// The folder that was granted.
    pub folder: Place,
    /// Where it is mounted: the folder, or in it.
    pub path: MachinePath,
    pub flags: Vec<UnmountFlag>,
    /// Whether nothing was in the folder before the cluster was made, by the
    /// journal.
    pub was_empty: bool,
}

impl Effect for Unmount {
    fn name(&self) -> &'static str {
        "Unmount"
    }

    fn target(&self) -> String {
        self.path.to_string()
    }

    fn grant(&self, grants: &Grants, files: &dyn Files) -> Result<(), Denial> {
        grants.covers_mounts(&self.folder, files)?;
        match self.path.is_within(self.folder.real()) {
            true => Ok(()),
            false => Err(Denial {
                what: format!("unmount {}: it is not in {}", self.path, self.folder),
                line: format!("node: {{mounts: [\"{}\"]}}", self.path),
            }),
        }
    }

    fn shown(&self) -> Value {
        let Self {
            folder,
            path,
            flags,
            was_empty,
        } = self;
        let flags: Vec<_> = flags.iter().map(|flag| flag.name()).collect();
        json!({
            "path": path,
            "folder": folder.path(),
            "realFolder": folder.shown_real(),
            "flags": flags,
            "folderWasEmpty": was_empty,
        })
    }

    fn inverse(&self) -> Inverse {
        Inverse::None("what was mounted there, and with which options, is not recorded")
    }
}

impl Landing for Unmount {
    type Output = ();
    type Error = LeftoverError;

    async fn land(&self, world: &World) -> Result<((), Change), LeftoverError> {
        let mounts = world.node.mounts();
        let emptiable = mounts.emptiable(&*world.files, self.folder.path(), self.was_empty)?;
        // By a link that came meanwhile it may be another.
        if emptiable.is_none_or(|folder| !self.path.is_within(folder.path())) {
            return Err(MountError::NotMounted(self.path.clone()).into());
        }
        if !mounts.is_mount(&self.path)? {
            return Ok(((), Change::Unchanged));
        }
        mounts.unmount(&self.path, &self.flags)?;
        world.files.unmounted(&self.path);
        Ok(((), Change::Removed))
    }
}
