//! The door to etcd.

use std::time::Duration;

use zeroize::Zeroizing;

use super::machine::EtcdError;
use super::{Door, MachinePath};

/// A file in PEM, read for the host's own use.
#[derive(Clone)]
pub struct PemFile {
    pub path: MachinePath,
    pub content: Zeroizing<Vec<u8>>,
}

/// Where a cluster listens, and who is asking.
#[derive(Clone)]
pub struct EtcdClient {
    /// `https://10.0.0.11:2379`
    pub endpoints: Vec<String>,
    pub ca: PemFile,
    pub certificate: PemFile,
    pub key: PemFile,
    /// Whether those may be asked as well that the cluster names as its members.
    pub asks_members: bool,
}

/// A member of a cluster.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EtcdMember {
    pub id: u64,
    /// Empty until it started for the first time.
    pub name: String,
    pub peer_urls: Vec<String>,
    pub client_urls: Vec<String>,
}

/// What became of a member that was to leave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EtcdRemoval {
    /// There is no other: with it the cluster would end.
    OnlyMember,
    /// The cluster does not have it (any more).
    NoMember,
    /// The others go on without it.
    Removed,
}

/// etcd, by its members.
pub trait EtcdMembers: Send + Sync {
    /// The members of a cluster, as its leader knows them; what may pass is
    /// tried again for as long as `timeout`.
    fn members<'a>(
        &'a self,
        cluster: &'a EtcdClient,
        timeout: Duration,
    ) -> Door<'a, Result<Vec<EtcdMember>, EtcdError>>;

    /// Takes a member out of a cluster.
    fn remove<'a>(
        &'a self,
        cluster: &'a EtcdClient,
        id: u64,
        timeout: Duration,
    ) -> Door<'a, Result<EtcdRemoval, EtcdError>>;
}

/// Where there is no machine there is no etcd that could be asked.
pub struct NoEtcd;

impl EtcdMembers for NoEtcd {
    fn members<'a>(
        &'a self,
        _cluster: &'a EtcdClient,
        _timeout: Duration,
    ) -> Door<'a, Result<Vec<EtcdMember>, EtcdError>> {
        Box::pin(std::future::ready(Err(EtcdError::NotHere)))
    }

    fn remove<'a>(
        &'a self,
        _cluster: &'a EtcdClient,
        _id: u64,
        _timeout: Duration,
    ) -> Door<'a, Result<EtcdRemoval, EtcdError>> {
        Box::pin(std::future::ready(Err(EtcdError::NotHere)))
    }
}
