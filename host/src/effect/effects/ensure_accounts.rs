//! System accounts, made where they are missing.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::effect::accounts::{AccountsError, Identities, WantedGroup, ensure_accounts};
use crate::effect::effect::{Effect, Inverse, Landing};
use crate::effect::event::Change;
use crate::effect::grant::{Denial, Grants};
use crate::world::{Files, World};

/// Makes sure that users and groups are there.
#[derive(Clone, Debug)]
pub struct EnsureAccounts {
    pub users: Vec<String>,
    pub groups: Vec<WantedGroup>,
}

impl Effect for EnsureAccounts {
    fn name(&self) -> &'static str {
        "EnsureAccounts"
    }

    fn target(&self) -> String {
        let mut names: BTreeSet<&str> = self.users.iter().map(String::as_str).collect();
        names.extend(self.groups.iter().map(|group| group.name.as_str()));
        names.into_iter().collect::<Vec<_>>().join(", ")
    }

    fn grant(&self, grants: &Grants, _files: &dyn Files) -> Result<(), Denial> {
        let members = self.groups.iter().flat_map(|group| &group.members);
        let groups = self.groups.iter().map(|group| &group.name);
        let mut names = self.users.iter().chain(groups).chain(members);
        names.try_for_each(|name| grants.covers_account(name))
    }

    fn shown(&self) -> Value {
        let Self { users, groups } = self;
        json!({ "users": users, "groups": groups })
    }

    fn inverse(&self) -> Inverse {
        Inverse::Files
    }
}

impl Landing for EnsureAccounts {
    /// None where there are no accounts, as in a render.
    type Output = Option<Identities>;
    type Error = AccountsError;

    async fn land(&self, world: &World) -> Result<(Self::Output, Change), AccountsError> {
        if !world.node.has_accounts() {
            return Ok((None, Change::Unchanged));
        }
        let _lock = world.node.lock_accounts().await?;
        let (found, change) = ensure_accounts(&*world.files, &self.users, &self.groups)?;
        Ok((Some(found), change))
    }
}
