//! A path, made what it was before all runs.

use std::sync::Arc;

use serde_json::{Value, json};

use crate::effect::accounts::{GROUPS, USERS};
use crate::effect::effect::{Effect, Inverse, Landing, Mark, octal};
use crate::effect::event::Change;
use crate::effect::grant::{Denial, Grants};
use crate::effect::journal::{Folder, JournalError, Undo, digest};
use crate::world::{AccountsLock, Files, MachinePath, NodeError, World};

/// Why a path is not what it was.
#[derive(Debug, thiserror::Error)]
pub enum UndoError {
    #[error(transparent)]
    Journal(#[from] JournalError),
    #[error(transparent)]
    Locked(#[from] NodeError),
}

/// Undoes what runs did to a path.
#[derive(Clone)]
pub struct UndoPath {
    pub path: MachinePath,
    /// What that takes.
    pub undo: Undo,
    /// Where copies of what was there are kept; none where nothing is.
    pub copies: Option<Arc<Folder>>,
    /// The one run that is undone; none for all runs. What one run did is
    /// undone by a run that can be undone itself.
    pub of_run: Option<u64>,
}

impl Effect for UndoPath {
    fn name(&self) -> &'static str {
        "Undo"
    }

    fn target(&self) -> String {
        self.path.to_string()
    }

    fn grant(&self, grants: &Grants, _files: &dyn Files) -> Result<(), Denial> {
        grants.covers_undo(&self.path)
    }

    fn shown(&self) -> Value {
        let Self {
            path,
            undo,
            // The host's own folder, named by what is taken out of it.
            copies: _,
            of_run,
        } = self;
        let takes = match undo {
            Undo::Nothing | Undo::Remove => json!({}),
            Undo::Restore {
                mode,
                owner,
                digest,
            } => json!({ "mode": octal(*mode), "owner": owner, "digest": digest }),
            Undo::Rights { mode, owner } => json!({ "mode": octal(*mode), "owner": owner }),
            Undo::Lines {
                names,
                rest,
                changed,
            } => json!({ "lines": names, "digest": digest(rest), "kept": changed }),
            Undo::Folder {
                mode,
                owner,
                within,
            } => json!({ "mode": octal(*mode), "owner": owner, "within": within }),
            Undo::Keep(why) => json!({ "kept": why }),
        };
        json!({ "path": path, "undo": undo.words(), "takes": takes, "run": of_run })
    }

    fn alters(&self) -> Option<&MachinePath> {
        Some(&self.path)
    }

    fn inverse(&self) -> Inverse {
        match self.of_run {
            Some(_) => Inverse::Files,
            None => Inverse::None("it is what undoes"),
        }
    }

    fn mark(&self) -> Option<Mark> {
        let settles = self.of_run.is_none() && self.undo.kept().is_none();
        settles.then(|| Mark::Undone(self.path.clone()))
    }
}

impl Landing for UndoPath {
    type Output = ();
    type Error = UndoError;

    async fn land(&self, world: &World) -> Result<((), Change), UndoError> {
        let is_of_accounts = [USERS, GROUPS].contains(&self.path.as_str());
        let _lock = match is_of_accounts {
            true => world.node.lock_accounts().await?,
            false => AccountsLock::default(),
        };
        let change = match &self.undo {
            Undo::Nothing | Undo::Keep(_) => Change::Unchanged,
            Undo::Remove => Change::Removed,
            _ => Change::Updated,
        };
        if let Some(copies) = &self.copies {
            self.undo.carry_out(copies, &*world.files, &self.path)?;
        }
        Ok(((), change))
    }
}
