//! `accounts`: users and groups of the system, and what is given to them.

use super::bindings::{accounts, types};
use super::files::target;
use super::state::{IntoWit, PhaseState, wit_error};
use crate::effect::{
    AccountsError, Action, Change, FileVerb, Identities, SecretKind, WantedGroup, check_name,
    ensure_accounts, find_owner, holds_secret, set_owner, set_owner_below,
};
use crate::world::{FileKind, MachinePath};

/// What of a file is looked at for secrets. Nothing that is given away comes
/// near it; what does counts as one.
const LOOK_LIMIT: u64 = 4 << 20;

impl IntoWit for AccountsError {
    fn into_wit(self) -> types::Error {
        let hint = self.hint();
        let code = match self {
            Self::File(error) => return error.into_wit(),
            Self::Locked(error) => return error.into_wit(),
            Self::Name(_) | Self::GroupNotAsked(_) => types::ErrorCode::Invalid,
            Self::Absent { .. } => types::ErrorCode::NotFound,
            Self::NoAccounts { .. } => types::ErrorCode::Unavailable,
            Self::Line { .. } | Self::NoIds { .. } => types::ErrorCode::Unsound,
            Self::UserRange { .. }
            | Self::GroupRange { .. }
            | Self::Shell { .. }
            | Self::OtherGroup { .. }
            | Self::NoGroup { .. }
            | Self::Members { .. } => types::ErrorCode::Conflict,
        };
        types::Error {
            hint,
            ..wit_error(code, &self)
        }
    }
}

impl accounts::Host for PhaseState {
    async fn ensure(
        &mut self,
        users: Vec<String>,
        groups: Vec<accounts::Group>,
    ) -> wasmtime::Result<Result<Option<accounts::Identities>, types::Error>> {
        self.enter()?;
        let groups: Vec<WantedGroup> = groups
            .into_iter()
            .map(|group| WantedGroup {
                name: group.name,
                members: group.members,
            })
            .collect();
        let members = groups.iter().flat_map(|group| &group.members);
        let names = groups.iter().map(|group| &group.name);
        if let Some(error) = users
            .iter()
            .chain(names)
            .chain(members)
            .find_map(|name| check_name(name).err())
        {
            return Ok(Err(error.into_wit()));
        }
        let action = Action::EnsureAccounts {
            users: users.clone(),
            groups: groups.clone(),
        };
        let landed = self
            .land(action, async |world| {
                if !world.node.has_accounts() {
                    return Ok((None, Change::Unchanged));
                }
                let _lock = world.node.lock_accounts().await?;
                let (found, change) = ensure_accounts(&*world.files, &users, &groups)?;
                Ok::<_, AccountsError>((Some(found), change))
            })
            .await?;
        let in_order = |found: Identities| accounts::Identities {
            users: identities(&found.users, users.iter()),
            groups: identities(&found.groups, groups.iter().map(|group| &group.name)),
        };
        Ok(landed.map(|(found, _)| found.map(in_order)))
    }

    async fn set_owner(
        &mut self,
        path: String,
        user: String,
        group: String,
        mode: u32,
    ) -> wasmtime::Result<Result<types::Change, types::Error>> {
        self.enter()?;
        match target(&path, mode) {
            Ok((path, mode)) => self.give(path, user, group, Some(mode)).await,
            Err(error) => Ok(Err(error)),
        }
    }

    async fn set_owner_below(
        &mut self,
        directory: String,
        user: String,
        group: String,
    ) -> wasmtime::Result<Result<types::Change, types::Error>> {
        self.enter()?;
        match MachinePath::parse(&directory) {
            Ok(path) => self.give(path, user, group, None).await,
            Err(error) => Ok(Err(error.into_wit())),
        }
    }
}

impl PhaseState {
    /// Without a mode it is a directory and all that lies in it.
    async fn give(
        &mut self,
        path: MachinePath,
        user: String,
        group: String,
        mode: Option<u32>,
    ) -> wasmtime::Result<Result<types::Change, types::Error>> {
        // Before anything is looked at on its behalf.
        if let Err(denial) = self.origin.grants.covers_file(&path, FileVerb::Own) {
            return Ok(Err(denial.into_wit()));
        }
        let action = Action::SetOwner {
            holds: self.secrets_in(&path),
            path: path.clone(),
            user: user.clone(),
            group: group.clone(),
            mode,
        };
        let landed = self
            .land(action, async |world| {
                if !world.node.has_accounts() {
                    return Err(AccountsError::NoAccounts { user, group });
                }
                let owner = find_owner(&*world.files, &user, &group)?;
                let change = match mode {
                    Some(mode) => set_owner(&*world.files, &path, owner, mode)?,
                    None => set_owner_below(&*world.files, &path, owner)?,
                };
                Ok(((), change))
            })
            .await?;
        Ok(landed.map(|((), change)| change.into()))
    }

    /// What policies get to know of a file that is there. Its content does
    /// not tell which secret it is: the one that matters most is assumed.
    fn secrets_in(&self, path: &MachinePath) -> Option<SecretKind> {
        let files = &self.world().files;
        let is_file = files
            .stat(path)
            .is_ok_and(|found| found.is_some_and(|found| found.kind == FileKind::Regular));
        let is_public = || {
            files
                .read(path, LOOK_LIMIT)
                .is_ok_and(|content| !holds_secret(&zeroize::Zeroizing::new(content)))
        };
        let is_secret = is_file && (self.run.sealed_file(path).is_some() || !is_public());
        is_secret.then_some(SecretKind::PrivateKey)
    }
}

fn identities<'a>(
    found: &std::collections::BTreeMap<String, u32>,
    names: impl Iterator<Item = &'a String>,
) -> Vec<accounts::Identity> {
    let with_id = |name: &String| {
        found.get(name).map(|id| accounts::Identity {
            name: name.clone(),
            id: *id,
        })
    };
    names.filter_map(with_id).collect()
}
