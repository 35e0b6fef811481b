//! Taking a member out of its cluster (kubeadm `app/phases/etcd/local.go`,
//! `RemoveStackedEtcdMemberFromCluster`).

use std::sync::Arc;
use std::time::Duration;

use rustls::ClientConfig;
use tokio::time::Instant;

use super::{Etcd, EtcdError, Member};
use crate::world::EtcdRemoval;

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
    /// Whether those may be asked as well that the cluster names as members.
    pub asks_members: bool,
}

impl EtcdCluster {
    /// The members, trying again for as long as `timeout`.
    pub async fn members(&self, timeout: Duration) -> Result<Vec<Member>, EtcdError> {
        again(timeout, || self.listed()).await
    }

    /// Takes a member out of the cluster, trying again for as long as
    /// `timeout`.
    pub async fn remove(&self, id: u64, timeout: Duration) -> Result<EtcdRemoval, EtcdError> {
        again(timeout, || self.try_to_remove(id)).await
    }

    async fn try_to_remove(&self, id: u64) -> Result<EtcdRemoval, EtcdError> {
        let members = self.listed().await?;
        if !members.iter().any(|member| member.id == id) {
            return Ok(EtcdRemoval::NoMember);
        }
        if members.len() == 1 {
            return Ok(EtcdRemoval::OnlyMember);
        }
        // Those that stay first: the one that leaves stops as it is removed.
        let staying = members
            .iter()
            .filter(|member| self.asks_members && member.id != id);
        let urls = staying
            .flat_map(|member| &member.client_urls)
            .chain(&self.endpoints);
        let mut last = EtcdError::NoEndpoint;
        for url in urls {
            let removed = match Etcd::connect(url, &self.tls).await {
                Ok(etcd) => etcd.remove(id).await,
                Err(error) => Err(error),
            };
            last = match removed {
                Ok(_) => return Ok(EtcdRemoval::Removed),
                Err(EtcdError::Call { source, .. }) if source.code() == tonic::Code::NotFound => {
                    return Ok(EtcdRemoval::NoMember);
                }
                Err(error) => error,
            };
        }
        Err(last)
    }

    /// From the first endpoint that answers.
    async fn listed(&self) -> Result<Vec<Member>, EtcdError> {
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

/// Tries again what may pass.
async fn again<T, F>(timeout: Duration, once: impl Fn() -> F) -> Result<T, EtcdError>
where
    F: Future<Output = Result<T, EtcdError>>,
{
    let started = Instant::now();
    loop {
        let error = match once().await {
            Ok(done) => return Ok(done),
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
