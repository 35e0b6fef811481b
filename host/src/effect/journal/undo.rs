//! Making a path what it was before all runs.

use std::collections::BTreeMap;

use super::files::state_of;
use super::{Folder, JournalError, State, Touched, added};
use crate::effect::files::set_owner;
use crate::world::{FileError, Files, MachinePath, Owner};

/// What undoing a path takes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Undo {
    /// It is what it was.
    Nothing,
    /// A file of ours, or an empty folder that we made.
    Remove,
    /// A file whose earlier content is kept.
    Restore {
        mode: u32,
        owner: Option<Owner>,
        digest: String,
    },
    /// A file that had another mode or owner, and has the same content.
    Rights { mode: u32, owner: Owner },
    /// A file of others, less the lines that we added.
    Lines {
        /// What they are of: `kubeadm-etcd`.
        names: Vec<String>,
        rest: Vec<u8>,
        /// Names of those that others changed since: they stay.
        changed: Vec<String>,
    },
    /// A folder that had another mode or owner, or that we removed; and what
    /// lies in it and had another owner.
    Folder {
        mode: u32,
        owner: Option<Owner>,
        within: BTreeMap<MachinePath, Owner>,
    },
    /// It stays as it is, for this reason.
    Keep(String),
}

impl Undo {
    /// Decides. `force` also undoes what others changed since.
    pub fn of(
        files: &dyn Files,
        path: &MachinePath,
        touched: &Touched,
        force: bool,
    ) -> Result<Self, FileError> {
        let now = state_of(files, path)?;
        if now.same_as(&touched.original) {
            // A run that died may have given away some of what lies in it.
            return Ok(match Self::folder(files, touched)? {
                Some(Self::Folder { within, .. }) if within.is_empty() => Self::Nothing,
                Some(undo) => undo,
                None => Self::Nothing,
            });
        }
        if let Some(undo) = added::undo(files, path, touched, &now, force)? {
            return Ok(undo);
        }
        let ours = force || touched.made.iter().any(|made| made.same_as(&now));
        let changed = || Self::Keep("it has been changed since".to_owned());
        Ok(match (&touched.original, &now) {
            (State::Absent, State::Directory { .. }) => match files.list(path)?.as_slice() {
                [] => Self::Remove,
                [first, rest @ ..] => Self::Keep(match rest.len() {
                    0 => format!("{first} lies in it"),
                    more => format!("{first} and {more} more lie in it"),
                }),
            },
            (State::Absent, _) if ours => Self::Remove,
            (
                State::File {
                    mode,
                    digest,
                    owner,
                    ..
                },
                State::File {
                    digest: found,
                    owner: now,
                    ..
                },
            ) if ours && digest == found => Self::Rights {
                mode: *mode,
                owner: owner.or(*now).unwrap_or_else(Owner::of_process),
            },
            (State::File { copy: false, .. }, _) => {
                Self::Keep("what it was held a secret, and no copy of that is kept".to_owned())
            }
            (State::File { .. }, State::Directory { .. }) => {
                Self::Keep("it has become a directory since".to_owned())
            }
            (
                State::File {
                    mode,
                    owner,
                    digest,
                    ..
                },
                _,
            ) if ours => Self::Restore {
                mode: *mode,
                owner: *owner,
                digest: digest.clone(),
            },
            (State::Directory { .. }, State::Directory { .. } | State::Absent) if ours => {
                Self::folder(files, touched)?.unwrap_or_else(changed)
            }
            (State::Other, _) => {
                Self::Keep("it was neither a file nor a directory before".to_owned())
            }
            _ => changed(),
        })
    }

    /// What undoing takes of what was a folder; none of anything else.
    fn folder(files: &dyn Files, touched: &Touched) -> Result<Option<Self>, FileError> {
        let State::Directory {
            mode,
            owner,
            within,
            ..
        } = &touched.original
        else {
            return Ok(None);
        };
        Ok(Some(Self::Folder {
            mode: *mode,
            owner: *owner,
            within: still_given(files, within, touched)?,
        }))
    }

    /// Does it.
    pub fn carry_out(
        &self,
        folder: &Folder,
        files: &dyn Files,
        path: &MachinePath,
    ) -> Result<(), JournalError> {
        match self {
            Self::Nothing | Self::Keep(_) => {}
            Self::Remove => files.remove(path)?,
            Self::Restore {
                mode,
                owner,
                digest,
            } => {
                files.write(path, *mode, &folder.read_copy(digest)?)?;
                give_back(files, path, *owner, *mode)?;
            }
            Self::Rights { mode, owner } => files.set_owner(path, *owner, *mode)?,
            Self::Lines { rest, .. } => files.rewrite(path, rest)?,
            Self::Folder {
                mode,
                owner,
                within,
            } => {
                files.make_directory(path, *mode)?;
                give_back(files, path, *owner, *mode)?;
                for (path, owner) in within {
                    if let Some(found) = files.stat(path)? {
                        files.set_owner(path, *owner, found.mode)?;
                    }
                }
            }
        }
        Ok(())
    }

    /// Why something of it stays; none where nothing does.
    pub fn kept(&self) -> Option<String> {
        match self {
            Self::Keep(why) => Some(why.clone()),
            Self::Lines { changed, .. } if !changed.is_empty() => Some(added::kept(changed)),
            _ => None,
        }
    }

    /// In a few words.
    pub fn words(&self) -> &'static str {
        match self {
            Self::Nothing => "is as it was",
            Self::Remove => "removed",
            Self::Restore { .. } => "restored",
            Self::Rights { .. } | Self::Folder { .. } => "mode and owner restored",
            Self::Lines { .. } => "removed our lines from",
            Self::Keep(_) => "kept",
        }
    }
}

/// Gives it to whom it belonged, where that is known and another, and where
/// this user may: who is not root made no other owner either.
fn give_back(
    files: &dyn Files,
    path: &MachinePath,
    owner: Option<Owner>,
    mode: u32,
) -> Result<(), FileError> {
    match owner {
        Some(owner) if Owner::of_process().uid == 0 => {
            set_owner(files, path, owner, mode).map(drop)
        }
        _ => Ok(()),
    }
}

/// What of this still belongs to whom it was given with its folder.
fn still_given(
    files: &dyn Files,
    within: &BTreeMap<MachinePath, Owner>,
    touched: &Touched,
) -> Result<BTreeMap<MachinePath, Owner>, FileError> {
    let given: Vec<Owner> = touched.made.iter().filter_map(State::owner).collect();
    let mut still = BTreeMap::new();
    for (path, owner) in within {
        if let Some(found) = files.stat(path)?
            && given.contains(&found.owner)
        {
            still.insert(path.clone(), *owner);
        }
    }
    Ok(still)
}

#[cfg(test)]
mod tests;
