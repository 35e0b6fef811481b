//! The doors to the node and to what listens on it.

use std::collections::{BTreeMap, BTreeSet};
use std::future::Future;
use std::net::IpAddr;
use std::pin::Pin;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{
    Checks, ContainerRuntime, EtcdMembers, IdealChecks, IdealRuntime, MachinePath, Mounting,
    NoEtcd, NothingMounted,
};
use crate::yaml::{self, YamlError};

/// What phases and defaults need to know of a node.
///
/// `kubewright node-facts` prints those of this machine; `--node-facts FILE`
/// takes them (YAML or JSON), so that a render can be made anywhere for any
/// machine. A plugin gets the same document as JSON.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NodeFacts {
    /// Always `kubewright.dev/v1alpha1`.
    pub api_version: String,
    /// Always `NodeFacts`.
    pub kind: String,
    /// The host name, as `uname -n` gives it.
    pub hostname: String,
    /// The address of the interface that holds the default route.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default_address: Option<IpAddr>,
    /// A global unicast address on the loopback interface, as networks have it
    /// whose other interfaces have link-local addresses only (RFC 5549).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub loopback_address: Option<IpAddr>,
    /// The known CRI sockets that exist, as `unix:///run/...`.
    #[serde(default)]
    pub cri_sockets: Vec<String>,
    /// All global unicast addresses of interfaces that are up.
    #[serde(default)]
    pub addresses: Vec<IpAddr>,
    #[serde(default)]
    pub cpus: u32,
    #[serde(default)]
    pub memory_bytes: u64,
    /// As `uname -r`.
    #[serde(default)]
    pub kernel: String,
    /// As Go and container images name it: `amd64`, `arm64`.
    #[serde(default)]
    pub architecture: String,
    /// Directories that exist, of those that phases ask for.
    #[serde(default)]
    pub directories: BTreeSet<String>,
    /// Services that are running, by name without `.service`.
    #[serde(default)]
    pub active_services: BTreeSet<String>,
    /// The proxy variables (`HTTP_PROXY`, `no_proxy` ...) of the environment.
    #[serde(default)]
    pub proxy_environment: BTreeMap<String, String>,
}

impl NodeFacts {
    /// The `apiVersion` this program reads and writes.
    pub const API_VERSION: &'static str = "kubewright.dev/v1alpha1";
    /// The `kind`.
    pub const KIND: &'static str = "NodeFacts";

    /// Reads facts from YAML or JSON. `origin` is the file's name for messages.
    pub fn parse(text: &str, origin: &str) -> Result<Self, FactsError> {
        let facts: Self = yaml::read(text).map_err(|source| FactsError::Syntax {
            origin: origin.to_owned(),
            source,
        })?;
        if facts.api_version != Self::API_VERSION || facts.kind != Self::KIND {
            return Err(FactsError::Kind {
                origin: origin.to_owned(),
                api_version: facts.api_version,
                kind: facts.kind,
            });
        }
        Ok(facts)
    }
}

/// Why facts could not be had.
#[derive(Debug, thiserror::Error)]
pub enum FactsError {
    #[error("cannot read {what} of this machine")]
    Machine {
        what: &'static str,
        #[source]
        source: std::io::Error,
    },
    #[error("{origin} is not a NodeFacts document")]
    Syntax {
        origin: String,
        #[source]
        source: YamlError,
    },
    #[error(
        "{origin} is apiVersion {api_version:?}, kind {kind:?}; wanted apiVersion: kubewright.dev/v1alpha1, kind: NodeFacts"
    )]
    Kind {
        origin: String,
        api_version: String,
        kind: String,
    },
}

/// What can be done to a service.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum ServiceOperation {
    Start,
    Stop,
    Restart,
}

impl std::fmt::Display for ServiceOperation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Start => "start",
            Self::Stop => "stop",
            Self::Restart => "restart",
        })
    }
}

/// Why the node did not do it.
#[derive(Debug, thiserror::Error)]
pub enum NodeError {
    #[error("this machine has no service manager that is supported (systemd or OpenRC)")]
    NoServiceManager,
    #[error("there is no service {0}")]
    NoService(String),
    #[error(
        "the service {0} is masked, so that nothing may start it ('systemctl unmask {0}' changes that)"
    )]
    Masked(String),
    #[error("cannot {operation} the service {name}: {message}")]
    Service {
        name: String,
        operation: String,
        message: String,
    },
    #[error("cannot look at {what}")]
    Look {
        what: String,
        #[source]
        source: std::io::Error,
    },
    #[error(
        "another program has been changing the users and groups of this machine for {}s: it holds {path}",
        after.as_secs()
    )]
    AccountsLocked { path: String, after: Duration },
    #[error("{url} cannot be asked: {message}")]
    Ask { url: String, message: String },
    #[error("cannot run {program}")]
    Program {
        program: String,
        #[source]
        source: std::io::Error,
    },
}

/// A future that the doors give out.
pub type Door<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Keeps other programs from changing the accounts of a machine as long as it
/// lives; empty where there are none that could.
#[derive(Default)]
pub struct AccountsLock {
    pub(super) _file: Option<std::os::fd::OwnedFd>,
}

/// Facts and services.
pub trait Node: Send + Sync {
    /// The facts of this run: the same at each call.
    fn facts(&self) -> &NodeFacts;
    /// The facts with all that is known of directories: those of a file may
    /// know more than the machine has, and less.
    fn known_facts(&self) -> NodeFacts {
        let mut facts = self.facts().clone();
        let there = super::machine::DIRECTORIES
            .iter()
            .filter(|path| MachinePath::parse(path).is_ok_and(|path| self.has_directory(&path)));
        facts
            .directories
            .extend(there.map(|path| (*path).to_owned()));
        facts
    }
    /// Whether the directory exists on the machine.
    fn has_directory(&self, path: &MachinePath) -> bool;
    /// Acts on a service.
    fn service<'a>(
        &'a self,
        name: &'a str,
        operation: ServiceOperation,
    ) -> Door<'a, Result<(), NodeError>>;
    /// Whether a service runs.
    fn service_active<'a>(&'a self, name: &'a str) -> Door<'a, Result<bool, NodeError>>;
    /// Whether it has system accounts: `/etc/passwd` and `/etc/group` among
    /// its files. A node that is facts only has none.
    fn has_accounts(&self) -> bool {
        false
    }
    /// Waits until no other program is changing the accounts.
    fn lock_accounts(&self) -> Door<'_, Result<AccountsLock, NodeError>> {
        Box::pin(std::future::ready(Ok(AccountsLock::default())))
    }
    /// What can be looked at before anything is changed. Where there is no
    /// machine to look at, everything is as it should be.
    fn checks(&self) -> &dyn Checks {
        &IdealChecks
    }
    /// The container runtimes. Where there is no machine, they are well and
    /// have every image.
    fn runtime(&self) -> &dyn ContainerRuntime {
        &IdealRuntime
    }
    /// What is mounted. Where there is no machine, nothing is.
    fn mounts(&self) -> &dyn Mounting {
        &NothingMounted
    }
    /// etcd, where something runs that could be a member.
    fn etcd(&self) -> &dyn EtcdMembers {
        &NoEtcd
    }
}

/// How the server behind a health target is trusted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trust {
    Plain,
    CaFile(MachinePath),
    Unverified,
    /// As the current user of this kubeconfig.
    Kubeconfig(MachinePath),
}

/// An endpoint that answers 200 when it is healthy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HealthTarget {
    pub name: String,
    pub url: String,
    pub trust: Trust,
    /// The static pod or service behind it; empty where there is none.
    pub workload: String,
}

/// What is being waited for, as told to the operator.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Waiting {
    /// `kube-apiserver`
    pub name: String,
    /// Why it is not there yet, as far as that is known.
    pub reason: String,
}

/// Why the wait ended without success.
#[derive(Debug, thiserror::Error)]
pub enum HealthError {
    #[error("not healthy after {}s: {}", after.as_secs(), list(unhealthy))]
    Timeout {
        after: Duration,
        unhealthy: Vec<Waiting>,
    },
    #[error("{url:?} is not a URL of a health endpoint: {message}")]
    Target { url: String, message: String },
    #[error("{targets} endpoints are too many to wait for at once: the limit is {limit}")]
    TooMany { targets: usize, limit: usize },
}

fn list(unhealthy: &[Waiting]) -> String {
    let items: Vec<String> = unhealthy
        .iter()
        .map(|one| format!("{} ({})", one.name, one.reason))
        .collect();
    items.join(", ")
}

/// Waiting for endpoints.
pub trait Health: Send + Sync {
    /// Waits until all targets are healthy; `tell` hears which are not yet,
    /// each time that changes.
    fn await_healthy<'a>(
        &'a self,
        targets: &'a [HealthTarget],
        timeout: Duration,
        tell: &'a (dyn Fn(&[Waiting]) + Send + Sync),
    ) -> Door<'a, Result<(), HealthError>>;
}
