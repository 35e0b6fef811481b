//! etcd as a machine reaches it.

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use super::{Etcd, EtcdCluster, EtcdError};
use crate::world::{Door, EtcdClient, EtcdMember, EtcdMembers, EtcdRemoval};

/// etcd over the network.
#[derive(Default)]
pub struct MachineEtcd {
    /// Whether removals are only planned.
    is_planned: bool,
    /// Members that would be gone in a plan.
    gone: Mutex<BTreeSet<u64>>,
}

impl MachineEtcd {
    /// For a plan: members are looked at, and leave in memory alone.
    pub fn planned() -> Self {
        Self {
            is_planned: true,
            ..Self::default()
        }
    }

    async fn look(
        &self,
        client: &EtcdClient,
        timeout: Duration,
    ) -> Result<Vec<EtcdMember>, EtcdError> {
        let members = cluster(client)?.members(timeout).await?;
        let gone = self.gone.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(members
            .into_iter()
            .filter(|member| !gone.contains(&member.id))
            .map(|member| EtcdMember {
                id: member.id,
                name: member.name,
                peer_urls: member.peer_urls,
                client_urls: member.client_urls,
            })
            .collect())
    }

    async fn plan(
        &self,
        client: &EtcdClient,
        id: u64,
        timeout: Duration,
    ) -> Result<EtcdRemoval, EtcdError> {
        let members = self.look(client, timeout).await?;
        if !members.iter().any(|member| member.id == id) {
            return Ok(EtcdRemoval::NoMember);
        }
        if members.len() == 1 {
            return Ok(EtcdRemoval::OnlyMember);
        }
        let mut gone = self.gone.lock().unwrap_or_else(PoisonError::into_inner);
        gone.insert(id);
        Ok(EtcdRemoval::Removed)
    }
}

fn cluster(client: &EtcdClient) -> Result<EtcdCluster, EtcdError> {
    Ok(EtcdCluster {
        endpoints: client.endpoints.clone(),
        tls: Etcd::tls(&client.ca, &client.certificate, &client.key)?,
        asks_members: client.asks_members,
    })
}

impl EtcdMembers for MachineEtcd {
    fn members<'a>(
        &'a self,
        client: &'a EtcdClient,
        timeout: Duration,
    ) -> Door<'a, Result<Vec<EtcdMember>, EtcdError>> {
        Box::pin(self.look(client, timeout))
    }

    fn remove<'a>(
        &'a self,
        client: &'a EtcdClient,
        id: u64,
        timeout: Duration,
    ) -> Door<'a, Result<EtcdRemoval, EtcdError>> {
        Box::pin(async move {
            match self.is_planned {
                true => self.plan(client, id, timeout).await,
                false => cluster(client)?.remove(id, timeout).await,
            }
        })
    }
}
