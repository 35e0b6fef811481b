//! What is wrong with accounts.

use super::{GROUPS, LOGIN_DEFS, SHELL, USERS};
use crate::world::{FileError, NodeError};

/// Why there are no such accounts.
#[derive(Debug, thiserror::Error)]
pub enum AccountsError {
    #[error(transparent)]
    File(#[from] FileError),
    #[error(transparent)]
    Locked(#[from] NodeError),
    #[error(
        "there are no accounts here: nothing can be given to the user {user} and the group {group}"
    )]
    NoAccounts { user: String, group: String },
    #[error(
        "{0:?} is no name for a system account: one has up to 32 of a-z, 0-9, \"_\" and \"-\", the first a letter or \"_\""
    )]
    Name(String),
    #[error("{path}, line {line}: {problem}")]
    Line {
        path: &'static str,
        line: usize,
        problem: String,
    },
    #[error("UID {uid} for user {name:?} is outside the system UID range: {min} - {max}")]
    UserRange {
        name: String,
        uid: u32,
        min: u32,
        max: u32,
    },
    #[error("GID {gid} for group {name:?} is outside the system GID range: {min} - {max}")]
    GroupRange {
        name: String,
        gid: u32,
        min: u32,
        max: u32,
    },
    #[error("user {name:?} has unexpected shell {shell:?}; expected {SHELL:?}")]
    Shell { name: String, shell: String },
    #[error("user {name:?} has GID {gid} but the group with that GID is not named {name:?}")]
    OtherGroup { name: String, gid: u32 },
    #[error("could not find group with GID {gid} for user {name:?}")]
    NoGroup { name: String, gid: u32 },
    #[error("user {0:?} can not be made without a group {0:?}")]
    GroupNotAsked(String),
    #[error("expected users {wanted:?} for group {name:?}; got {found:?}")]
    Members {
        name: String,
        wanted: String,
        found: String,
    },
    #[error(
        "could not allocate {count} IDs based on existing entries of {path} in the range: {min} - {max}"
    )]
    NoIds {
        path: &'static str,
        count: usize,
        min: u32,
        max: u32,
    },
    #[error("there is no {what} {name:?} in {path}")]
    Absent {
        what: &'static str,
        name: String,
        path: &'static str,
    },
}

impl AccountsError {
    /// What a person can do about it.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::UserRange { name, .. }
            | Self::GroupRange { name, .. }
            | Self::Shell { name, .. }
            | Self::OtherGroup { name, .. }
            | Self::NoGroup { name, .. }
            | Self::Members { name, .. } => Some(format!(
                "it was there before; remove {name} from {USERS} and {GROUPS} to have it made anew"
            )),
            Self::NoIds { .. } => Some(format!(
                "widen the range (SYS_UID_MIN, SYS_UID_MAX, SYS_GID_MIN, SYS_GID_MAX) in {LOGIN_DEFS}"
            )),
            Self::Line { path, .. } => Some(format!("nothing was changed; correct {path}")),
            _ => None,
        }
    }
}
