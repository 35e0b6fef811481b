//! System accounts, removed.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::effect::accounts::{AccountsError, GROUPS, USERS, remove_accounts};
use crate::effect::effect::{Effect, Inverse, Landing};
use crate::effect::event::Change;
use crate::effect::grant::{Denial, Grants};
use crate::world::{Files, World};

/// Removes users and groups by their names, whoever made them.
#[derive(Clone, Debug)]
pub struct RemoveAccounts {
    pub users: Vec<String>,
    pub groups: Vec<String>,
}

/// What was there of them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RemovedAccounts {
    pub users: Vec<String>,
    pub groups: Vec<String>,
}

impl Effect for RemoveAccounts {
    fn name(&self) -> &'static str {
        "RemoveAccounts"
    }

    fn target(&self) -> String {
        let names: BTreeSet<&str> = self
            .users
            .iter()
            .chain(&self.groups)
            .map(String::as_str)
            .collect();
        names.into_iter().collect::<Vec<_>>().join(", ")
    }

    fn grant(&self, grants: &Grants, _files: &dyn Files) -> Result<(), Denial> {
        let mut names = self.users.iter().chain(&self.groups);
        names.try_for_each(|name| match name.as_str() {
            "root" => Err(Denial {
                what: "remove the account root".to_owned(),
                line: String::new(),
            }),
            name => grants.covers_account(name),
        })
    }

    fn shown(&self) -> Value {
        let Self { users, groups } = self;
        json!({ "users": users, "groups": groups })
    }

    fn inverse(&self) -> Inverse {
        Inverse::None("accounts that others made are not made anew")
    }
}

impl Landing for RemoveAccounts {
    type Output = RemovedAccounts;
    type Error = AccountsError;

    async fn land(&self, world: &World) -> Result<(RemovedAccounts, Change), AccountsError> {
        if !world.node.has_accounts() {
            return Ok((RemovedAccounts::default(), Change::Unchanged));
        }
        let _lock = world.node.lock_accounts().await?;
        let remove = |path, names: &[String]| {
            let names: Vec<&str> = names.iter().map(String::as_str).collect();
            remove_accounts(&*world.files, path, &names)
        };
        let removed = RemovedAccounts {
            users: remove(USERS, &self.users)?,
            groups: remove(GROUPS, &self.groups)?,
        };
        let change = match removed == RemovedAccounts::default() {
            true => Change::Unchanged,
            false => Change::Removed,
        };
        Ok((removed, change))
    }
}
