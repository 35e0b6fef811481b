//! The ranges that numbers of system accounts come from (login.defs(5)).

use super::{AccountsError, LIMIT, LOGIN_DEFS, at};
use crate::world::{FileKind, Files};

/// Lowest and highest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Limits {
    pub uids: (u32, u32),
    pub gids: (u32, u32),
}

impl Default for Limits {
    /// kubeadm's, where nothing is said.
    fn default() -> Self {
        Self {
            uids: (100, 999),
            gids: (100, 999),
        }
    }
}

impl Limits {
    /// Those of a machine. Some distributions of Linux have no such file.
    pub fn read(files: &dyn Files) -> Result<Self, AccountsError> {
        let path = at(LOGIN_DEFS);
        match files.stat(&path)? {
            Some(found) if found.kind != FileKind::Directory => {
                Self::parse(&String::from_utf8_lossy(&files.read(&path, LIMIT)?))
            }
            _ => Ok(Self::default()),
        }
    }

    /// A user's number, if it is one of a system account: people get nothing.
    pub fn check_uid(&self, name: &str, uid: u32) -> Result<u32, AccountsError> {
        let (min, max) = self.uids;
        match (min..=max).contains(&uid) {
            true => Ok(uid),
            false => Err(AccountsError::UserRange {
                name: name.to_owned(),
                uid,
                min,
                max,
            }),
        }
    }

    /// The same for a group's.
    pub fn check_gid(&self, name: &str, gid: u32) -> Result<u32, AccountsError> {
        let (min, max) = self.gids;
        match (min..=max).contains(&gid) {
            true => Ok(gid),
            false => Err(AccountsError::GroupRange {
                name: name.to_owned(),
                gid,
                min,
                max,
            }),
        }
    }

    pub fn parse(text: &str) -> Result<Self, AccountsError> {
        let mut limits = Self::default();
        for (at, line) in text.lines().enumerate() {
            let mut words = line.split_whitespace();
            let (Some(name), value) = (words.next(), words.next()) else {
                continue;
            };
            let limit = match name {
                "SYS_UID_MIN" => &mut limits.uids.0,
                "SYS_UID_MAX" => &mut limits.uids.1,
                "SYS_GID_MIN" => &mut limits.gids.0,
                "SYS_GID_MAX" => &mut limits.gids.1,
                _ => continue,
            };
            let value = value.unwrap_or_default();
            *limit = value.parse().map_err(|_| AccountsError::Line {
                path: LOGIN_DEFS,
                line: at + 1,
                problem: format!("could not parse value for {name}: {value:?} is no number"),
            })?;
        }
        Ok(limits)
    }
}
