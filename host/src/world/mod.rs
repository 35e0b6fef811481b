//! Where effects land.
//!
//! A [`World`] is a set of doors: files, the kube API, the node. The `machine`
//! doors open onto this host and a real API server; the `sandbox` doors open
//! onto memory laid over some other files, and an embedded kube API. Nothing
//! above this room knows which it is talking to: that is why a plan is true.

mod checks;
mod emptiable;
pub mod endpoint;
mod etcd;
mod files;
mod given_file;
mod kube_access;
mod kubeconfig;
mod links;
pub mod machine;
mod mounting;
mod node;
mod observed_api;
mod overlay;
mod path;
mod provenance;
mod runtime;
pub mod sandbox;

use std::sync::Arc;

pub use checks::{
    Answer, Cgroups, Checks, IdealChecks, Occupancy, Question, ServiceState, SystemState,
};
pub use emptiable::{EmptiableFolder, NotEmptiable};
pub use etcd::{EtcdClient, EtcdMember, EtcdMembers, EtcdRemoval, NoEtcd, PemFile};
pub use files::{FileError, FileKind, Files, Identity, LastLink, Metadata, Opened, Owner};
pub use given_file::{ReadError, Size, Takes, read_given, read_given_text};
pub use kube_access::{Connection, KubeAccess, KubeAccessError, KubeconfigReason};
pub use mounting::{Mounting, NothingMounted, UnmountFlag};
pub use node::{
    AccountsLock, Door, FactsError, Health, HealthError, HealthTarget, Node, NodeError, NodeFacts,
    ServiceOperation, Trust, Waiting,
};
pub use observed_api::{DryRun, ObjectChange, ObservedApi};
pub use path::{MachinePath, PathError};
pub use provenance::{Made, Misuse, Provenance, Purpose};
pub use runtime::{ContainerRuntime, IdealRuntime, Pod, RuntimeError, RuntimeState};

/// The doors that effects go through.
#[derive(Clone)]
pub struct World {
    pub files: Arc<dyn Files>,
    pub kube: Arc<dyn KubeAccess>,
    pub node: Arc<dyn Node>,
    pub health: Arc<dyn Health>,
    /// What is known of who made the files.
    pub provenance: Arc<Provenance>,
    /// The time of the run, in seconds since the epoch: one value for the
    /// whole run, so that what a run makes is dated alike.
    pub now: i64,
}
