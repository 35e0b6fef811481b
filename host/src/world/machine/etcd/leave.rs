//! Taking a member out of its cluster (kubeadm `app/phases/etcd/local.go`,
//! `RemoveStackedEtcdMemberFromCluster`).

use std::sync::Arc;
use std::time::Duration;

use rustls::ClientConfig;
use tokio::time::Instant;

use super::{Etcd, EtcdError, Member};

/// Between two tries (kubeadm `constants.EtcdAPICallRetryInterval`).
const INTERVAL: Duration = Duration::from_millis(500);

/// Where every endpoint refuses connections nothing runs; what restarts is
/// there again by then.
const REFUSED_TIMEOUT: Duration = Duration::from_secs(10);

/// A cluster, by where its members listen to clients.
pub struct EtcdCluster {
    /// `https://10.0.0.11:2379`
    pub endpoints: Vec<String>,
    pub tls: Arc<ClientConfig>,
}

/// What became of a member that was to leave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Leaving {
    /// There is no other: with it the cluster ends.
    OnlyMember,
    /// The cluster does not have it (any more).
    NoMember,
    /// It is to be removed, and was not (a dry run).
    Member { name: String, others: usize },
    /// The others go on without it.
    Removed { name: String, others: usize },
}

impl EtcdCluster {
    /// Takes the member with one of these peer URLs out of the cluster,
    /// trying again for as long as `timeout`. `really` false only looks.
    pub async fn leave(
        &self,
        peers: &[String],
        timeout: Duration,
        really: bool,
    ) -> Result<Leaving, EtcdError> {
        let started = Instant::now();
        loop {
            let error = match self.try_to_leave(peers, really).await {
                Ok(left) => return Ok(left),
                Err(error) => error,
            };
            let limit = match error.is_refusal() {
                true => timeout.min(REFUSED_TIMEOUT),
                false => timeout,
            };
            if started.elapsed() + INTERVAL >= limit || !error.may_pass() {
                return Err(error);
            }
            tracing::debug!(error = &error as &dyn std::error::Error, "etcd, once more");
            tokio::time::sleep(INTERVAL).await;
        }
    }

    async fn try_to_leave(&self, peers: &[String], really: bool) -> Result<Leaving, EtcdError> {
        let members = self.members().await?;
        let is_own = |member: &&Member| member.peer_urls.iter().any(|url| peers.contains(url));
        let Some(own) = members.iter().find(is_own) else {
            return Ok(Leaving::NoMember);
        };
        let others = members.len() - 1;
        if others == 0 {
            return Ok(Leaving::OnlyMember);
        }
        let name = own.name.clone();
        if !really {
            return Ok(Leaving::Member { name, others });
        }
        // Those that stay first: the one that leaves stops as it is removed.
        let staying = members.iter().filter(|member| member.id != own.id);
        let urls = staying
            .flat_map(|member| &member.client_urls)
            .chain(&self.endpoints);
        let mut last = EtcdError::NoEndpoint;
        for url in urls {
            let removed = match Etcd::connect(url, &self.tls).await {
                Ok(etcd) => etcd.remove(own.id).await,
                Err(error) => Err(error),
            };
            last = match removed {
                Ok(members) => {
                    return Ok(Leaving::Removed {
                        name,
                        others: members.len(),
                    });
                }
                Err(EtcdError::Call { source, .. }) if source.code() == tonic::Code::NotFound => {
                    return Ok(Leaving::NoMember);
                }
                Err(error) => error,
            };
        }
        Err(last)
    }

    /// From the first endpoint that answers.
    async fn members(&self) -> Result<Vec<Member>, EtcdError> {
        let mut last = EtcdError::NoEndpoint;
        for url in &self.endpoints {
            let listed = match Etcd::connect(url, &self.tls).await {
                Ok(etcd) => etcd.members().await,
                Err(error) => Err(error),
            };
            match listed {
                Ok(members) => return Ok(members),
                // What more than "nothing listens" can be said is kept.
                Err(error) if error.is_refusal() && !last.is_unknown() => {}
                Err(error) => last = error,
            }
        }
        Err(last)
    }
}

impl EtcdError {
    fn is_unknown(&self) -> bool {
        matches!(self, Self::NoEndpoint)
    }

    /// Whether nothing listens there.
    fn is_refusal(&self) -> bool {
        match self {
            Self::Unreachable { source, .. } => source
                .downcast_ref::<std::io::Error>()
                .is_some_and(|error| error.kind() == std::io::ErrorKind::ConnectionRefused),
            _ => false,
        }
    }

    /// Whether trying again can help.
    fn may_pass(&self) -> bool {
        matches!(self, Self::Unreachable { .. } | Self::Call { .. })
    }
}
