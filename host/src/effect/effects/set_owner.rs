//! A file or directory, given to somebody.

use serde_json::{Value, json};

use crate::effect::accounts::{AccountsError, find_owner};
use crate::effect::content::SecretKind;
use crate::effect::effect::{Effect, Inverse, Landing, octal};
use crate::effect::event::Change;
use crate::effect::files::{set_owner, set_owner_below};
use crate::effect::grant::{Denial, FileVerb, Grants};
use crate::effect::place::Place;
use crate::world::{Files, MachinePath, World};

/// Gives what is there to a user and a group.
#[derive(Clone, Debug)]
pub struct SetOwner {
    pub place: Place,
    pub user: String,
    pub group: String,
    /// None for a directory and all that lies in it: modes stay.
    pub mode: Option<u32>,
    /// The secret that is in the file already.
    pub holds: Option<SecretKind>,
}

impl Effect for SetOwner {
    fn name(&self) -> &'static str {
        "SetOwner"
    }

    fn target(&self) -> String {
        self.place.to_string()
    }

    fn grant(&self, grants: &Grants, files: &dyn Files) -> Result<(), Denial> {
        grants.covers_file(&self.place, FileVerb::Own, files)?;
        // It can only lose by that.
        let mut others = [&self.user, &self.group]
            .into_iter()
            .filter(|name| *name != "root");
        others.try_for_each(|name| grants.covers_account(name))
    }

    fn shown(&self) -> Value {
        let Self {
            place,
            user,
            group,
            mode,
            holds,
        } = self;
        json!({
            "path": place.path(), "realPath": place.shown_real(), "user": user, "group": group,
            "mode": mode.map(octal), "sealed": holds.iter().collect::<Vec<_>>(),
        })
    }

    fn alters(&self) -> Option<&MachinePath> {
        Some(self.place.path())
    }

    fn inverse(&self) -> Inverse {
        Inverse::Files
    }
}

impl Landing for SetOwner {
    type Output = ();
    type Error = AccountsError;

    async fn land(&self, world: &World) -> Result<((), Change), AccountsError> {
        if !world.node.has_accounts() {
            return Err(AccountsError::NoAccounts {
                user: self.user.clone(),
                group: self.group.clone(),
            });
        }
        let path = self.place.path();
        let owner = find_owner(&*world.files, &self.user, &self.group)?;
        let change = match self.mode {
            Some(mode) => set_owner(&*world.files, path, owner, mode)?,
            None => set_owner_below(&*world.files, path, owner)?,
        };
        Ok(((), change))
    }
}
