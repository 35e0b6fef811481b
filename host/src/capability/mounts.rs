//! `mounts`: what is mounted in folders of a cluster, by grant.

use super::bindings::types;
use super::gate::Answer;
use super::refusal::{IntoWit, Refusal, wit_error};
use super::state::PhaseState;
use crate::effect::{LeftoverError, Place, Unmount};
use crate::world::machine::MountError;
use crate::world::{LastLink, MachinePath, NotEmptiable, UnmountFlag};

impl IntoWit for MountError {
    fn into_wit(self) -> types::Error {
        let code = match &self {
            Self::NotMounted(_) => types::ErrorCode::NotFound,
            Self::Outside { .. } => types::ErrorCode::Denied,
            Self::File(_) | Self::Read { .. } | Self::Unmount { .. } => types::ErrorCode::Io,
        };
        wit_error(code, &self)
    }
}

impl IntoWit for NotEmptiable {
    fn into_wit(self) -> types::Error {
        wit_error(types::ErrorCode::Conflict, &self)
    }
}

impl IntoWit for LeftoverError {
    fn into_wit(self) -> types::Error {
        match self {
            Self::NotEmptiable(error) => error.into_wit(),
            Self::Mount(error) => error.into_wit(),
            Self::File(error) => error.into_wit(),
        }
    }
}

impl PhaseState {
    fn folder_of_mounts(&mut self, folder: &str) -> Result<Place, Refusal> {
        self.doing = format!("looking for what is mounted in {folder}");
        let place = self.place(folder, LastLink::Follow)?;
        let files = &*self.run.conduit.world().files;
        self.origin.grants.covers_mounts(&place, files)?;
        Ok(place)
    }
}

pub async fn in_folder(state: &mut PhaseState, folder: String) -> Answer<Vec<String>> {
    let place = state.folder_of_mounts(&folder)?;
    let past = &state.run.past;
    let (was_empty, was_absent) = (past.was_empty(place.path()), past.was_absent(place.path()));
    let world = state.world();
    let mounts = world.node.mounts();
    // A link may have made it the whole machine.
    let found = mounts
        .emptiable(&*world.files, place.path(), was_empty)
        .inspect_err(|_| past.leave(place.path()))?;
    let Some(found) = found else {
        return state.answer(Vec::new());
    };
    let mut points = mounts.below(found.path())?;
    if was_absent && mounts.is_mount(found.path())? {
        points.push(found.path().clone());
    }
    let points: Vec<String> = points.iter().map(ToString::to_string).collect();
    state.budget.spend(points.iter().map(String::len).sum())?;
    state.answer(points)
}

pub async fn unmount(
    state: &mut PhaseState,
    folder: String,
    path: String,
    options: Vec<String>,
) -> Answer<types::Change> {
    let folder = state.folder_of_mounts(&folder)?;
    let path = MachinePath::parse(&path)?;
    let flag = |name: &String| {
        UnmountFlag::named(name).ok_or_else(|| {
            Refusal::invalid(format!(
                "{name:?} is no flag of umount2(2); there are {}",
                UnmountFlag::NAMES.join(", ")
            ))
        })
    };
    let flags = options.iter().map(flag).collect::<Result<_, _>>()?;
    let effect = Unmount {
        was_empty: state.run.past.was_empty(folder.path()),
        folder,
        path: path.clone(),
        flags,
    };
    let ((), change) = state.land(effect).await?;
    state.run.past.tell("unmounted", path.as_str(), "");
    state.answer(change.into())
}
