//! Owners by the names of accounts, and their names.

use std::collections::BTreeMap;

use super::database::{groups, users};
use super::limits::Limits;
use super::{AccountsError, GROUPS, ROOT, USERS, read};
use crate::world::{Files, Owner};

/// Whom a user and a group are by numbers. `root` needs no entry.
pub fn find_owner(files: &dyn Files, user: &str, group: &str) -> Result<Owner, AccountsError> {
    let absent = |what, name: &str, path| AccountsError::Absent {
        what,
        name: name.to_owned(),
        path,
    };
    let limits = Limits::read(files)?;
    Ok(Owner {
        uid: match user {
            ROOT => 0,
            _ => users(&read(files, USERS)?)?
                .into_iter()
                .find(|one| one.name == user)
                .ok_or_else(|| absent("user", user, USERS))
                .and_then(|one| limits.check_uid(user, one.uid))?,
        },
        gid: match group {
            ROOT => 0,
            _ => groups(&read(files, GROUPS)?)?
                .into_iter()
                .find(|one| one.name == group)
                .ok_or_else(|| absent("group", group, GROUPS))
                .and_then(|one| limits.check_gid(group, one.gid))?,
        },
    })
}

/// Names of owners, for people. Empty where there are no accounts.
#[derive(Default)]
pub struct OwnerNames {
    users: BTreeMap<u32, String>,
    groups: BTreeMap<u32, String>,
}

impl OwnerNames {
    /// Those of a machine; what cannot be read has no names.
    pub fn of(files: &dyn Files) -> Self {
        let users = read(files, USERS).and_then(|text| users(&text));
        let groups = read(files, GROUPS).and_then(|text| groups(&text));
        let users = users.unwrap_or_default().into_iter();
        let groups = groups.unwrap_or_default().into_iter();
        Self {
            users: users.map(|one| (one.uid, one.name)).collect(),
            groups: groups.map(|one| (one.gid, one.name)).collect(),
        }
    }

    /// `root:kubeadm-sa-key-readers`, with numbers where there are no names.
    pub fn of_owner(&self, owner: Owner) -> String {
        let name = |names: &BTreeMap<u32, String>, id: u32| match (names.get(&id), id) {
            (Some(name), _) => name.clone(),
            (None, 0) => ROOT.to_owned(),
            (None, id) => id.to_string(),
        };
        let user = name(&self.users, owner.uid);
        format!("{user}:{}", name(&self.groups, owner.gid))
    }
}
