//! System accounts and what belongs to them: thin words over the interface
//! `accounts`.

use crate::bindings::phase::kubewright::provision::accounts;
use crate::types::Change;
use crate::{Context, Error, Result};

pub use accounts::{Group, Identities, Removed};

/// Makes sure that these users and groups are there, each user with the group
/// of its name. None where there are no accounts, as in a render.
pub fn ensure(users: &[&str], groups: &[(&str, &[&str])]) -> Result<Option<Identities>> {
    let texts = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
    let users: Vec<String> = texts(users);
    let groups: Vec<Group> = groups
        .iter()
        .map(|(name, members)| Group {
            name: (*name).to_owned(),
            members: texts(members),
        })
        .collect();
    accounts::ensure(&users, &groups).context("failed to create users and groups")
}

/// Removes users and groups by their names; gives those that were there.
pub fn remove(users: &[&str], groups: &[&str]) -> Result<Removed> {
    let texts =
        |names: &[&str]| -> Vec<String> { names.iter().map(|name| (*name).to_owned()).collect() };
    Ok(accounts::remove(&texts(users), &texts(groups))?)
}

/// Gives a file that is there to a user and a group, with these permission
/// bits.
pub fn set_owner(path: &str, user: &str, group: &str, mode: u32) -> Result<Change> {
    accounts::set_owner(path, user, group, mode)
        .with_context(|| format!("giving {path} to {user}:{group}"))
}

/// Gives a directory and all that lies in it to a user and a group.
pub fn set_owner_below(directory: &str, user: &str, group: &str) -> Result<Change> {
    accounts::set_owner_below(directory, user, group)
        .with_context(|| format!("giving {directory} and what lies in it to {user}:{group}"))
}

/// Numbers of accounts, by name.
pub trait Numbers {
    /// UID of a user that was asked for.
    fn uid(&self, user: &str) -> Result<u32>;
    /// GID of a group that was asked for.
    fn gid(&self, group: &str) -> Result<u32>;
}

impl Numbers for Identities {
    fn uid(&self, user: &str) -> Result<u32> {
        number(&self.users, user)
    }

    fn gid(&self, group: &str) -> Result<u32> {
        number(&self.groups, group)
    }
}

fn number(list: &[accounts::Identity], name: &str) -> Result<u32> {
    let found = list.iter().find(|one| one.name == name);
    found.map(|one| one.id).ok_or_else(|| {
        Error::new(format!(
            "{name} is not among the accounts that were asked for"
        ))
    })
}
