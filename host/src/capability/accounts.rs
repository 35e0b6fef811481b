//! `accounts`: users and groups of the system, and what is given to them.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::bindings::{accounts, types};
use super::files::{permissions, secret_permissions};
use super::gate::{Answer, Gate};
use super::refusal::{IntoWit, wit_error};
use super::state::PhaseState;
use crate::effect::{
    AccountsError, EnsureAccounts, FileVerb, Identities, Place, RemoveAccounts, SecretKind,
    SetOwner, WantedGroup, check_name,
};
use crate::world::{FileKind, World};

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

pub async fn ensure(
    state: &mut PhaseState,
    users: Vec<String>,
    groups: Vec<accounts::Group>,
) -> Answer<Option<accounts::Identities>> {
    let groups: Vec<WantedGroup> = groups.into_iter().map(WantedGroup::from).collect();
    let members = groups.iter().flat_map(|group| &group.members);
    let names = groups.iter().map(|group| &group.name);
    users
        .iter()
        .chain(names)
        .chain(members)
        .try_for_each(|name| check_name(name))?;
    let effect = EnsureAccounts {
        users: users.clone(),
        groups: groups.clone(),
    };
    let (found, _) = state.land(effect).await?;
    let in_order = |found: Identities| accounts::Identities {
        users: identities(&found.users, users.iter()),
        groups: identities(&found.groups, groups.iter().map(|group| &group.name)),
    };
    state.answer(found.map(in_order))
}

pub async fn remove(
    state: &mut PhaseState,
    users: Vec<String>,
    groups: Vec<String>,
) -> Answer<accounts::Removed> {
    let mut names = users.iter().chain(&groups);
    names.try_for_each(|name| check_name(name))?;
    let (removed, _) = state.land(RemoveAccounts { users, groups }).await?;
    for (what, names) in [("users", &removed.users), ("groups", &removed.groups)] {
        if !names.is_empty() {
            let step = format!("removed the {what} {} from", names.join(", "));
            state
                .run
                .past
                .tell(&step, &format!("the {what} of this machine"), "");
        }
    }
    state.answer(accounts::Removed {
        users: removed.users,
        groups: removed.groups,
    })
}

pub async fn set_owner(
    state: &mut PhaseState,
    path: String,
    user: String,
    group: String,
    mode: u32,
) -> Answer<types::Change> {
    let mode = permissions(&path, mode)?;
    state.give(&path, user, group, Some(mode)).await
}

pub async fn set_owner_below(
    state: &mut PhaseState,
    directory: String,
    user: String,
    group: String,
) -> Answer<types::Change> {
    state.give(&directory, user, group, None).await
}

impl From<accounts::Group> for WantedGroup {
    fn from(group: accounts::Group) -> Self {
        Self {
            name: group.name,
            members: group.members,
        }
    }
}

impl PhaseState {
    /// Without a mode it is a directory and all that lies in it.
    async fn give(
        &mut self,
        path: &str,
        user: String,
        group: String,
        mode: Option<u32>,
    ) -> Answer<types::Change> {
        // Before anything is looked at on its behalf.
        let place = self.granted(path, FileVerb::Own)?;
        let (gate, run) = (self.gate.clone(), Arc::clone(&self.run));
        let holds = secrets_in(&gate, run.conduit.world(), &place).await;
        if let (Some(_), Some(mode)) = (&holds, mode) {
            secret_permissions(path, mode)?;
        }
        let effect = SetOwner {
            holds,
            place,
            user,
            group,
            mode,
        };
        let ((), change) = self.land(effect).await?;
        self.answer(change.into())
    }
}

/// What policies get to know of a file that is there. Its content does not
/// tell which secret it is: the one that matters most is assumed.
async fn secrets_in(gate: &Gate, world: &World, place: &Place) -> Option<SecretKind> {
    let found = world.files.stat(place.path());
    let is_file =
        found.is_ok_and(|found| found.is_some_and(|found| found.kind == FileKind::Regular));
    let is_secret = is_file && gate.read(world, place, LOOK_LIMIT).await.is_err();
    is_secret.then_some(SecretKind::PrivateKey)
}

fn identities<'a>(
    found: &BTreeMap<String, u32>,
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
