//! System accounts: users and groups in `/etc/passwd` and `/etc/group`, as
//! kubeadm makes them for its `RootlessControlPlane` (`app/util/users`).

mod database;
mod error;
mod limits;
mod owners;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use serde::Serialize;

use self::database::{Group, User, groups, users};
pub use self::error::AccountsError;
use self::limits::Limits;
pub use self::owners::{OwnerNames, find_owner};
use super::event::Change;
use crate::world::{FileError, FileKind, Files, MachinePath};

/// Where users are.
pub const USERS: &str = "/etc/passwd";
/// Where groups are.
pub const GROUPS: &str = "/etc/group";
const LOGIN_DEFS: &str = "/etc/login.defs";
/// Nobody logs in as a system account.
const SHELL: &str = "/bin/false";
/// Whose account is always there, and never one that is made.
const ROOT: &str = "root";
/// What is read of the files at most.
const LIMIT: u64 = 64 << 20;

/// A group, and who is in it besides those whose own it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct WantedGroup {
    pub name: String,
    pub members: Vec<String>,
}

/// Numbers of users and groups, by name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Identities {
    pub users: BTreeMap<String, u32>,
    pub groups: BTreeMap<String, u32>,
}

/// Makes sure that these accounts are there: each user with the group of its
/// name as its own, no home and no shell. What is missing is made, with the
/// lowest free numbers of the system's ranges; what is there is held against
/// what it should be and never changed.
pub fn ensure_accounts(
    files: &dyn Files,
    wanted_users: &[String],
    wanted_groups: &[WantedGroup],
) -> Result<(Identities, Change), AccountsError> {
    let limits = Limits::read(files)?;
    let (passwd, group) = (read(files, USERS)?, read(files, GROUPS)?);
    let (users, groups) = (users(&passwd)?, groups(&group)?);
    let mut new_users = Vec::new();
    for name in wanted_users {
        match users.iter().find(|user| user.name == *name) {
            Some(user) => check_user(user, &groups, &limits)?,
            None => new_users.push(name),
        }
    }
    let mut new_groups = Vec::new();
    for wanted in wanted_groups {
        match groups.iter().find(|group| group.name == wanted.name) {
            Some(group) => check_group(group, wanted, &limits)?,
            None => new_groups.push(wanted),
        }
    }
    let uids = users.iter().map(|user| user.uid).collect::<Vec<_>>();
    let gids = groups.iter().map(|group| group.gid).collect::<Vec<_>>();
    let uids = allocate(USERS, &uids, limits.uids, new_users.len())?;
    let gids = allocate(GROUPS, &gids, limits.gids, new_groups.len())?;

    let mut found = Identities {
        users: users.into_iter().map(|one| (one.name, one.uid)).collect(),
        groups: groups.into_iter().map(|one| (one.name, one.gid)).collect(),
    };
    let mut group_lines = Vec::new();
    for (wanted, gid) in new_groups.iter().zip(gids) {
        found.groups.insert(wanted.name.clone(), gid);
        let members = wanted.members.join(",");
        group_lines.push(format!("{}:x:{gid}:{members}", wanted.name));
    }
    let mut user_lines = Vec::new();
    for (name, uid) in new_users.iter().zip(uids) {
        let gid = match found.groups.get(*name) {
            Some(gid) => *gid,
            None => return Err(AccountsError::GroupNotAsked((*name).clone())),
        };
        found.users.insert((*name).clone(), uid);
        user_lines.push(format!("{name}:x:{uid}:{gid}:::{SHELL}"));
    }
    // Groups first: a user whose group is missing would be an error to the
    // next run, a group that nobody is in is not.
    append(files, GROUPS, group, &group_lines)?;
    append(files, USERS, passwd, &user_lines)?;
    found.users.retain(|name, _| wanted_users.contains(name));
    let is_wanted = |name: &String| wanted_groups.iter().any(|one| one.name == *name);
    found.groups.retain(|name, _| is_wanted(name));
    let change = match (new_users.is_empty(), new_groups.is_empty()) {
        (true, true) => Change::Unchanged,
        _ => Change::Created,
    };
    Ok((found, change))
}

/// Removes the lines of these names from the file of users or of groups,
/// whatever they say (kubeadm `RemoveUsersAndGroups`). Gives those that were
/// there.
pub fn remove_accounts(
    files: &dyn Files,
    path: &'static str,
    names: &[&str],
) -> Result<Vec<String>, AccountsError> {
    let content = read(files, path)?;
    let mut removed = Vec::new();
    let mut rest = Vec::new();
    for line in content.split_inclusive(|byte| *byte == b'\n') {
        let is_of = |name: &&&str| {
            let rest = line.strip_prefix(name.as_bytes());
            rest.is_some_and(|rest| rest.starts_with(b":"))
        };
        match names.iter().find(is_of) {
            Some(name) => removed.push((*name).to_owned()),
            None => rest.extend_from_slice(line),
        }
    }
    if !removed.is_empty() {
        files.rewrite(&at(path), &rest)?;
    }
    Ok(removed)
}

/// Whether it can be the name of an account that is made: nothing in it can be
/// taken for the end of a field or of a line.
pub fn check_name(name: &str) -> Result<(), AccountsError> {
    let mut letters = name.bytes();
    let first = letters
        .next()
        .is_some_and(|one| one.is_ascii_lowercase() || one == b'_');
    let is_fine =
        |one: u8| one.is_ascii_lowercase() || one.is_ascii_digit() || matches!(one, b'_' | b'-');
    match first && name.len() <= 32 && letters.all(is_fine) {
        true => Ok(()),
        false => Err(AccountsError::Name(name.to_owned())),
    }
}

fn check_user(user: &User, groups: &[Group], limits: &Limits) -> Result<(), AccountsError> {
    let name = user.name.clone();
    limits.check_uid(&name, user.uid)?;
    if user.shell != SHELL {
        let shell = user.shell.clone();
        return Err(AccountsError::Shell { name, shell });
    }
    let gid = user.gid;
    match groups.iter().find(|group| group.gid == gid) {
        Some(group) if group.name == name => Ok(()),
        Some(_) => Err(AccountsError::OtherGroup { name, gid }),
        None => Err(AccountsError::NoGroup { name, gid }),
    }
}

fn check_group(group: &Group, wanted: &WantedGroup, limits: &Limits) -> Result<(), AccountsError> {
    let name = group.name.clone();
    let (min, max) = limits.gids;
    if group.gid < min || group.gid > max {
        let gid = group.gid;
        return Err(AccountsError::GroupRange {
            name,
            gid,
            min,
            max,
        });
    }
    let members = wanted.members.join(",");
    match members == group.members {
        true => Ok(()),
        false => Err(AccountsError::Members {
            name,
            wanted: members,
            found: group.members.clone(),
        }),
    }
}

/// The lowest numbers of a range that are not taken.
fn allocate(
    path: &'static str,
    taken: &[u32],
    (min, max): (u32, u32),
    count: usize,
) -> Result<Vec<u32>, AccountsError> {
    let free = (min..=max).filter(|id| !taken.contains(id));
    let free: Vec<u32> = free.take(count).collect();
    match free.len() == count {
        true => Ok(free),
        false => Err(AccountsError::NoIds {
            path,
            count,
            min,
            max,
        }),
    }
}

fn append(
    files: &dyn Files,
    path: &'static str,
    mut content: Vec<u8>,
    lines: &[String],
) -> Result<(), AccountsError> {
    if lines.is_empty() {
        return Ok(());
    }
    if content.last().is_some_and(|last| *last != b'\n') {
        content.push(b'\n');
    }
    for line in lines {
        content.extend_from_slice(line.as_bytes());
        content.push(b'\n');
    }
    Ok(files.rewrite(&at(path), &content)?)
}

fn at(path: &'static str) -> MachinePath {
    MachinePath::parse(path).unwrap_or_else(|_| unreachable!("a constant"))
}

fn read(files: &dyn Files, path: &'static str) -> Result<Vec<u8>, AccountsError> {
    let path = at(path);
    // What a link leads to would be read, and the link replaced.
    match files.stat(&path)? {
        Some(found) if found.kind != FileKind::Regular => Err(FileError::Special(path).into()),
        _ => Ok(files.read(&path, LIMIT)?),
    }
}
