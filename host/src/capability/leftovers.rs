//! `leftovers`: what programs of a cluster left, removed by grant.

use super::bindings::{leftovers, types};
use super::gate::Answer;
use super::state::PhaseState;
use crate::effect::{Change, DiscardFile, EmptyFolder, FileVerb, Place};
use crate::world::LastLink;

pub async fn empty(state: &mut PhaseState, folder: String) -> Answer<leftovers::Emptied> {
    let place = state.place(&folder, LastLink::Follow)?;
    state.doing = format!("emptying {folder}");
    // What it is comes first, for names that the component was given: where a
    // link leads elsewhere, that says why it is left.
    let grants = &state.origin.grants;
    let granted = grants.covers_file(&place, FileVerb::Empty, &*state.world().files);
    if !grants.names_file(&place, FileVerb::Empty) {
        granted.clone()?;
    }
    let past = &state.run.past;
    let was_empty = past.was_empty(place.path());
    let stays = past.stays_in(place.path());
    let answer = |change: types::Change, stays, left| leftovers::Emptied {
        change,
        stays,
        left,
    };
    let unchanged = |stays| answer(types::Change::Unchanged, stays, Vec::new());
    let world = state.world();
    let found = world
        .node
        .mounts()
        .emptiable(&*world.files, place.path(), was_empty)
        .inspect_err(|_| past.leave(place.path()))?;
    granted?;
    let names = match &found {
        Some(found) if world.files.stat(found.path())?.is_some() => {
            world.files.list(found.path())?
        }
        _ => Vec::new(),
    };
    if names.is_empty() {
        return state.answer(unchanged(leftovers::Stays::Nothing));
    }
    let Some(stays) = stays else {
        past.tell(
            "kept the contents of",
            &folder,
            "something was in it before",
        );
        return state.answer(unchanged(leftovers::Stays::Everything));
    };
    if names.iter().all(|name| stays.contains(name)) {
        return state.answer(unchanged(leftovers::Stays::Earlier));
    }
    let kept = match stays.is_empty() {
        true => leftovers::Stays::Nothing,
        false => leftovers::Stays::Earlier,
    };
    let effect = EmptyFolder {
        place,
        was_empty,
        stays,
    };
    let (left, change) = state.land(effect).await?;
    state.run.past.tell("emptied", &folder, "");
    state.budget.spend(left.iter().map(String::len).sum())?;
    state.answer(answer(change.into(), kept, left))
}

pub async fn discard(state: &mut PhaseState, file: String) -> Answer<types::Change> {
    let place: Place = state.place(&file, LastLink::Keep)?;
    let ((), change) = state.land(DiscardFile { place }).await?;
    if change != Change::Unchanged {
        state.run.past.tell("removed", &file, "");
    }
    state.answer(change.into())
}
