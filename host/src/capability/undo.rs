//! `undo`: making paths what they were before all runs, by grant.

use super::bindings::{types, undo};
use super::gate::Answer;
use super::refusal::{IntoWit, Refusal, wit_error};
use super::state::PhaseState;
use crate::effect::{JournalError, NoteFolder, Standing, Undo, UndoError, UndoPath};
use crate::world::{LastLink, MachinePath};

impl IntoWit for JournalError {
    fn into_wit(self) -> types::Error {
        match self {
            Self::File(error) => error.into_wit(),
            error => wit_error(types::ErrorCode::Io, &error),
        }
    }
}

impl IntoWit for UndoError {
    fn into_wit(self) -> types::Error {
        match self {
            Self::Journal(error) => error.into_wit(),
            Self::Locked(error) => error.into_wit(),
        }
    }
}

pub async fn whose(state: &mut PhaseState) -> Answer<undo::Standing> {
    state.answer(match state.run.past.standing() {
        Standing::Ours => undo::Standing::Ours,
        Standing::Others => undo::Standing::Others,
        Standing::Settled => undo::Standing::Settled,
    })
}

pub async fn touched(state: &mut PhaseState, folder: String) -> Answer<Vec<String>> {
    state.doing = format!("looking for what runs changed below {folder}");
    let folder = MachinePath::parse(&folder)?;
    let grants = &state.origin.grants;
    let touched = state.run.past.touched(&folder).into_iter();
    // What was not granted is left, and need not be known.
    let paths: Vec<String> = touched
        .filter(|path| grants.covers_undo(path).is_ok())
        .map(String::from)
        .collect();
    state.budget.spend(paths.iter().map(String::len).sum())?;
    state.answer(paths)
}

pub async fn filled(state: &mut PhaseState) -> Answer<Vec<String>> {
    let filled = state.run.past.filled().into_iter();
    let grants = &state.origin.grants;
    let folders: Vec<String> = filled
        .filter(|path| grants.covers_undo(path).is_ok())
        .map(String::from)
        .collect();
    state.budget.spend(folders.iter().map(String::len).sum())?;
    state.answer(folders)
}

pub async fn restore(state: &mut PhaseState, path: String) -> Answer<undo::Undone> {
    state.doing = format!("undoing what runs did to {path}");
    let path = MachinePath::parse(&path)?;
    state.origin.grants.covers_undo(&path)?;
    let past = &state.run.past;
    let world = state.world();
    let Some(undo) = past.undo(&*world.files, &path)? else {
        return Err(Refusal::Told(types::Error {
            code: types::ErrorCode::NotFound,
            message: format!("no run changed {path}, or it is what it was again"),
            hint: None,
        }));
    };
    // It cannot be removed, and that must not end all the rest.
    if undo == Undo::Remove && world.node.mounts().is_mount(&path)? {
        const WHY: &str = "something is mounted on it";
        past.settle(&path, false);
        past.tell("kept", path.as_str(), WHY);
        return state.answer(undo::Undone {
            change: types::Change::Unchanged,
            words: "kept".to_owned(),
            lines: Vec::new(),
            kept: Some(WHY.to_owned()),
        });
    }
    let (words, kept) = (undo.words(), undo.kept());
    let lines = match &undo {
        Undo::Lines { names, .. } => names.clone(),
        _ => Vec::new(),
    };
    let changes = !matches!(undo, Undo::Nothing | Undo::Keep(_));
    let effect = UndoPath {
        path: path.clone(),
        undo,
        copies: past.copies(),
        of_run: None,
    };
    let ((), change) = state.land(effect).await?;
    let past = &state.run.past;
    past.settle(&path, kept.is_some());
    if changes {
        past.tell(words, path.as_str(), &lines.join(", "));
    }
    if let Some(why) = &kept {
        past.tell("kept", path.as_str(), why);
    }
    state.answer(undo::Undone {
        change: change.into(),
        words: words.to_owned(),
        lines,
        kept,
    })
}

pub async fn note(state: &mut PhaseState, folder: String) -> Answer<()> {
    let place = state.place(&folder, LastLink::Keep)?;
    let path = place.path().clone();
    let ((), _) = state.land(NoteFolder { place }).await?;
    state.run.past.note(&path);
    state.answer(())
}
