//! This machine as a node: its facts and its services.

use crate::world::{
    Checks, ContainerRuntime, Door, MachinePath, Node, NodeError, NodeFacts, ServiceOperation,
};

use super::checks::MachineChecks;
use super::runtime::MachineRuntime;
use super::services::ServiceManager;

/// This machine. The facts are those the run began with; directories and
/// services are looked at when they are asked for.
pub struct MachineNode {
    facts: NodeFacts,
    manager: Option<ServiceManager>,
    checks: MachineChecks,
}

impl MachineNode {
    pub fn new(facts: NodeFacts) -> Self {
        let manager = ServiceManager::running();
        Self {
            facts,
            manager,
            checks: MachineChecks::new(manager),
        }
    }

    fn manager(&self) -> Result<ServiceManager, NodeError> {
        self.manager.ok_or(NodeError::NoServiceManager)
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
        Box::pin(async move { self.manager()?.is_active(name).await })
    }

    fn checks(&self) -> &dyn Checks {
        &self.checks
    }

    fn runtime(&self) -> &dyn ContainerRuntime {
        &MachineRuntime
    }
}
