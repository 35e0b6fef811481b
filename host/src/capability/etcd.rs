//! `etcd`: members of a cluster, by grant.

use std::time::Duration;

use super::bindings::{etcd, types};
use super::gate::Answer;
use super::refusal::{IntoWit, Refusal, wit_error};
use super::state::PhaseState;
use crate::effect::{EtcdFiles, Place, RemoveEtcdMember};
use crate::world::machine::EtcdError;
use crate::world::{EtcdClient, EtcdMember, EtcdRemoval, LastLink, PemFile, Purpose, World};

/// What is read of a file in PEM at most.
const PEM_LIMIT: u64 = 1 << 20;

impl IntoWit for EtcdError {
    fn into_wit(self) -> types::Error {
        let code = match &self {
            Self::Url { .. } | Self::Plain { .. } => types::ErrorCode::Invalid,
            Self::NoEndpoint | Self::Unreachable { .. } | Self::NotHere => {
                types::ErrorCode::Unavailable
            }
            Self::Call { .. } => types::ErrorCode::Io,
            Self::Tls { .. } => types::ErrorCode::Unsound,
        };
        wit_error(code, &self)
    }
}

impl PhaseState {
    /// The client that a component may be. The host alone reads its files.
    fn etcd_client(&mut self, cluster: etcd::Cluster) -> Result<(EtcdFiles, EtcdClient), Refusal> {
        self.doing = format!("asking etcd at {}", cluster.endpoints.join(", "));
        let place = |path: &str| self.place(path, LastLink::Follow);
        let files = EtcdFiles {
            ca: place(&cluster.ca)?,
            certificate: place(&cluster.certificate)?,
            key: place(&cluster.key)?,
        };
        let of_world = &*self.run.conduit.world().files;
        let grants = &self.origin.grants;
        let granted = grants.covers_etcd(&files, &cluster.endpoints, of_world)?;
        let asks_members = granted.asks_members;
        let client = EtcdClient {
            endpoints: cluster.endpoints,
            ca: self.pem(&files.ca)?,
            certificate: self.pem(&files.certificate)?,
            key: self.pem(&files.key)?,
            asks_members,
        };
        Ok((files, client))
    }

    fn pem(&mut self, place: &Place) -> Result<PemFile, Refusal> {
        Ok(PemFile {
            path: place.path().clone(),
            content: self.open(place, Purpose::Connect, PEM_LIMIT)?,
        })
    }
}

async fn listed(
    world: World,
    client: &EtcdClient,
    timeout: Duration,
) -> Result<Vec<EtcdMember>, Refusal> {
    Ok(world.node.etcd().members(client, timeout).await?)
}

pub async fn members(
    state: &mut PhaseState,
    cluster: etcd::Cluster,
    timeout_seconds: u32,
) -> Answer<Vec<etcd::Member>> {
    let (_, client) = state.etcd_client(cluster)?;
    let _waiting = state.wait()?;
    let timeout = Duration::from_secs(timeout_seconds.into());
    let members = listed(state.world().clone(), &client, timeout).await?;
    let members: Vec<_> = members
        .into_iter()
        .map(|member| etcd::Member {
            id: member.id,
            name: member.name,
            peer_urls: member.peer_urls,
            client_urls: member.client_urls,
        })
        .collect();
    let answer = state.answer(members)?;
    state.charged(answer)
}

pub async fn remove_member(
    state: &mut PhaseState,
    cluster: etcd::Cluster,
    id: u64,
    timeout_seconds: u32,
) -> Answer<types::Change> {
    let (files, client) = state.etcd_client(cluster)?;
    let _waiting = state.wait()?;
    let timeout = Duration::from_secs(timeout_seconds.into());
    // What it is called is for the cluster to say.
    let members = listed(state.world().clone(), &client, timeout).await?;
    let only = members.len() == 1;
    let Some(member) = members.into_iter().find(|member| member.id == id) else {
        return state.answer(types::Change::Unchanged);
    };
    if only {
        return Err(only_member());
    }
    let effect = RemoveEtcdMember {
        files,
        client,
        member,
        timeout,
    };
    let name = crate::effect::Effect::target(&effect);
    let (removal, change) = state.land(effect).await?;
    match removal {
        EtcdRemoval::OnlyMember => return Err(only_member()),
        EtcdRemoval::Removed => state.run.past.tell("removed the etcd member", &name, ""),
        EtcdRemoval::NoMember => {}
    }
    state.answer(change.into())
}

fn only_member() -> Refusal {
    Refusal::Told(types::Error {
        code: types::ErrorCode::Conflict,
        message: "it is the only member: with it the cluster would end".to_owned(),
        hint: None,
    })
}
