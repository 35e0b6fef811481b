//! A member of etcd, taken out of its cluster.

use std::time::Duration;

use serde_json::{Value, json};

use crate::effect::effect::{Effect, Inverse, Landing};
use crate::effect::event::Change;
use crate::effect::grant::{Denial, Grants};
use crate::effect::place::Place;
use crate::world::machine::EtcdError;
use crate::world::{EtcdClient, EtcdMember, EtcdRemoval, Files, World};

/// The files of a client of etcd, as the component named them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EtcdFiles {
    pub ca: Place,
    pub certificate: Place,
    pub key: Place,
}

/// Takes a member out of its cluster.
#[derive(Clone)]
pub struct RemoveEtcdMember {
    pub files: EtcdFiles,
    pub client: EtcdClient,
    /// As the cluster has it.
    pub member: EtcdMember,
    pub timeout: Duration,
}

impl Effect for RemoveEtcdMember {
    fn name(&self) -> &'static str {
        "RemoveEtcdMember"
    }

    fn target(&self) -> String {
        match self.member.name.as_str() {
            // One that never started has none.
            "" => format!("{:x}", self.member.id),
            name => name.to_owned(),
        }
    }

    fn grant(&self, grants: &Grants, files: &dyn Files) -> Result<(), Denial> {
        let granted = grants.covers_etcd(&self.files, &self.client.endpoints, files)?;
        match self.client.asks_members && !granted.asks_members {
            true => Err(granted.of_members()),
            false => Ok(()),
        }
    }

    fn shown(&self) -> Value {
        let Self {
            files:
                EtcdFiles {
                    ca,
                    certificate,
                    key,
                },
            client:
                EtcdClient {
                    endpoints,
                    asks_members,
                    // What is in them is the host's; where they are stands above.
                    ca: _,
                    certificate: _,
                    key: _,
                },
            member:
                EtcdMember {
                    id,
                    name,
                    peer_urls,
                    client_urls,
                },
            timeout,
        } = self;
        let file = |place: &Place| json!({ "path": place.path(), "realPath": place.shown_real() });
        json!({
            "endpoints": endpoints,
            "asksMembers": asks_members,
            "ca": file(ca),
            "certificate": file(certificate),
            "key": file(key),
            "member": { "id": format!("{id:x}"), "name": name, "peerURLs": peer_urls, "clientURLs": client_urls },
            "timeoutSeconds": timeout.as_secs_f64(),
        })
    }

    fn inverse(&self) -> Inverse {
        Inverse::None("a member that left has lost its place: it can only join anew")
    }
}

impl Landing for RemoveEtcdMember {
    type Output = EtcdRemoval;
    type Error = EtcdError;

    async fn land(&self, world: &World) -> Result<(EtcdRemoval, Change), EtcdError> {
        let etcd = world.node.etcd();
        let removal = etcd
            .remove(&self.client, self.member.id, self.timeout)
            .await?;
        let change = match removal {
            EtcdRemoval::Removed => Change::Removed,
            EtcdRemoval::NoMember | EtcdRemoval::OnlyMember => Change::Unchanged,
        };
        Ok((removal, change))
    }
}
