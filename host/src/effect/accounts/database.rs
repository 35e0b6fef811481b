//! The files of users (passwd(5)) and groups (group(5)).

use super::{AccountsError, GROUPS, USERS};

/// An entry of `/etc/passwd`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct User {
    pub name: String,
    pub uid: u32,
    pub gid: u32,
    pub shell: String,
}

/// An entry of `/etc/group`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Group {
    pub name: String,
    pub gid: u32,
    /// As they stand there, with commas between.
    pub members: String,
}

/// Reads a file of users.
pub(super) fn users(content: &[u8]) -> Result<Vec<User>, AccountsError> {
    entries(content, USERS, |[name, _, uid, gid, _, _, shell], id| {
        Ok(User {
            name: name.to_owned(),
            uid: id("UID", uid)?,
            gid: id("GID", gid)?,
            shell: shell.to_owned(),
        })
    })
}

/// Reads a file of groups.
pub(super) fn groups(content: &[u8]) -> Result<Vec<Group>, AccountsError> {
    entries(content, GROUPS, |[name, _, gid, members], id| {
        Ok(Group {
            name: name.to_owned(),
            gid: id("GID", gid)?,
            members: members.to_owned(),
        })
    })
}

/// Reads entries of N fields. What the C library passes over (empty lines,
/// comments, the lines of NIS) is passed over here.
fn entries<T, const N: usize>(
    content: &[u8],
    path: &'static str,
    read: impl Fn([&str; N], &dyn Fn(&str, &str) -> Result<u32, String>) -> Result<T, String>,
) -> Result<Vec<T>, AccountsError> {
    // Comments on people may be in any encoding.
    let text = String::from_utf8_lossy(content);
    let id = |what: &str, text: &str| {
        let number = text.parse::<u32>();
        number.map_err(|_| format!("{text:?} is no {what}: a number is wanted"))
    };
    let mut found = Vec::new();
    for (at, line) in text.lines().enumerate() {
        let line = line.trim();
        if line.is_empty() || line.starts_with(['#', '+', '-']) {
            continue;
        }
        let fields: Vec<&str> = line.split(':').collect();
        // The line itself is not told: there may be a password in it.
        let entry = match <[&str; N]>::try_from(fields) {
            Ok(fields) => read(fields, &id),
            Err(fields) => Err(format!(
                "an entry must have {N} fields separated by \":\", and this one has {}",
                fields.len()
            )),
        };
        found.push(entry.map_err(|problem| AccountsError::Line {
            path,
            line: at + 1,
            problem,
        })?);
    }
    Ok(found)
}
