//! This machine as a node: its facts and its services.

use std::sync::Arc;

use crate::world::{
    AccountsLock, Checks, ContainerRuntime, Door, EtcdMembers, Files, MachinePath, Mounting, Node,
    NodeError, NodeFacts, NothingMounted, ServiceOperation,
};

use super::checks::MachineChecks;
use super::etcd::MachineEtcd;
use super::files::MachineFiles;
use super::kubelet::KubeletSettings;
use super::mounting::MachineMounts;
use super::planned::PlannedRuntime;
use super::root::Root;
use super::runtime::MachineRuntime;
use super::services::ServiceManager;

const KUBELET: &str = "kubelet";

/// This machine. The facts are those the run began with; directories and
/// services are looked at when they are asked for.
pub struct MachineNode {
    facts: NodeFacts,
    files: Arc<dyn Files>,
    manager: Option<ServiceManager>,
    checks: MachineChecks,
    runtime: Box<dyn ContainerRuntime>,
    /// None of a machine that is not all of it there, as in tests.
    mounts: Option<MachineMounts>,
    etcd: MachineEtcd,
}

impl MachineNode {
    /// `files` has the kubelet's configuration, and the sockets of container
    /// runtimes.
    pub fn new(facts: NodeFacts, files: Arc<MachineFiles>) -> Self {
        Self {
            mounts: Some(MachineMounts::new(Arc::clone(&files))),
            ..Self::managed_by(ServiceManager::running(), facts, files)
        }
    }

    /// The same, for a plan, in which Pods, mounts and members of etcd go in
    /// memory alone.
    pub fn planned(facts: NodeFacts, files: Arc<MachineFiles>) -> Self {
        let node = Self::new(facts, Arc::clone(&files));
        Self {
            runtime: Box::new(PlannedRuntime::over(node.runtime)),
            mounts: Some(MachineMounts::planned(files)),
            etcd: MachineEtcd::planned(),
            ..node
        }
    }

    pub(super) fn managed_by<F: Files + Root + 'static>(
        manager: Option<ServiceManager>,
        facts: NodeFacts,
        files: Arc<F>,
    ) -> Self {
        Self {
            facts,
            runtime: Box::new(MachineRuntime::new(Arc::<F>::clone(&files))),
            files,
            manager,
            checks: MachineChecks::new(manager),
            mounts: None,
            etcd: MachineEtcd::default(),
        }
    }

    pub(super) fn manager(&self) -> Result<ServiceManager, NodeError> {
        self.manager.ok_or(NodeError::NoServiceManager)
    }
}

impl MachineNode {
    async fn kubelet_answers(&self) -> bool {
        let files = &*self.files;
        KubeletSettings::read(files).answers(files).await
    }
}

impl Node for MachineNode {
    fn facts(&self) -> &NodeFacts {
        &self.facts
    }

    fn has_directory(&self, path: &MachinePath) -> bool {
        // Facts of a file may know more than this machine has.
        self.facts.directories.contains(path.as_str())
            || std::path::Path::new(path.as_str()).is_dir()
    }

    fn service<'a>(
        &'a self,
        name: &'a str,
        operation: ServiceOperation,
    ) -> Door<'a, Result<(), NodeError>> {
        Box::pin(async move { self.manager()?.operate(name, operation).await })
    }

    fn service_active<'a>(&'a self, name: &'a str) -> Door<'a, Result<bool, NodeError>> {
        Box::pin(async move {
            match self.manager() {
                Ok(manager) => manager.is_active(name).await,
                // Somebody else sees to it: it runs if it says so itself.
                Err(_) if name == KUBELET && self.kubelet_answers().await => Ok(true),
                Err(error) => Err(error),
            }
        })
    }

    fn has_accounts(&self) -> bool {
        true
    }

    fn lock_accounts(&self) -> Door<'_, Result<AccountsLock, NodeError>> {
        Box::pin(AccountsLock::take())
    }

    fn checks(&self) -> &dyn Checks {
        &self.checks
    }

    fn runtime(&self) -> &dyn ContainerRuntime {
        &*self.runtime
    }

    fn mounts(&self) -> &dyn Mounting {
        match &self.mounts {
            Some(mounts) => mounts,
            None => &NothingMounted,
        }
    }

    fn etcd(&self) -> &dyn EtcdMembers {
        &self.etcd
    }
}
