//! A machine that is a folder: `--rootfs`.

use std::sync::Arc;

use super::files::MachineFiles;
use super::mounting::MachineMounts;
use super::planned::PlannedRuntime;
use super::runtime::MachineRuntime;
use crate::world::{
    ContainerRuntime, Door, FileKind, Files, IdealRuntime, MachinePath, Mounting, Node, NodeError,
    NodeFacts, Pod, RuntimeError, RuntimeState, ServiceOperation,
};

/// The node below another root. Its files are there; nothing of it runs, so
/// there is no service manager to ask.
pub struct RootfsNode {
    facts: NodeFacts,
    files: Arc<MachineFiles>,
    runtime: Box<dyn ContainerRuntime>,
    mounts: MachineMounts,
}

impl RootfsNode {
    pub fn new(facts: NodeFacts, files: Arc<MachineFiles>) -> Self {
        Self {
            facts,
            runtime: Box::new(RootfsRuntime(MachineRuntime::new(
                Arc::<MachineFiles>::clone(&files),
            ))),
            mounts: MachineMounts::new(Arc::clone(&files)),
            files,
        }
    }

    /// The same, for a plan, in which Pods and mounts go in memory alone.
    pub fn planned(facts: NodeFacts, files: Arc<MachineFiles>) -> Self {
        let node = Self::new(facts, Arc::clone(&files));
        Self {
            runtime: Box::new(PlannedRuntime::over(node.runtime)),
            mounts: MachineMounts::planned(files),
            ..node
        }
    }
}

/// What is asked of a container runtime before a machine runs is as it should
/// be. Its Pods are those of whatever listens below the root.
struct RootfsRuntime(MachineRuntime);

impl ContainerRuntime for RootfsRuntime {
    fn state<'a>(&'a self, socket: &'a str) -> Door<'a, Result<RuntimeState, RuntimeError>> {
        IdealRuntime.state(socket)
    }

    fn has_image<'a>(
        &'a self,
        socket: &'a str,
        image: &'a str,
    ) -> Door<'a, Result<bool, RuntimeError>> {
        IdealRuntime.has_image(socket, image)
    }

    fn pull_image<'a>(
        &'a self,
        socket: &'a str,
        image: &'a str,
    ) -> Door<'a, Result<(), RuntimeError>> {
        IdealRuntime.pull_image(socket, image)
    }

    fn pods<'a>(&'a self, socket: &'a str) -> Door<'a, Result<Vec<Pod>, RuntimeError>> {
        self.0.pods(socket)
    }

    fn remove_pod<'a>(
        &'a self,
        socket: &'a str,
        id: &'a str,
    ) -> Door<'a, Result<(), RuntimeError>> {
        self.0.remove_pod(socket, id)
    }
}

impl Node for RootfsNode {
    fn facts(&self) -> &NodeFacts {
        &self.facts
    }

    fn has_directory(&self, path: &MachinePath) -> bool {
        // Of the facts as well: they may be given for the machine this folder
        // will be.
        self.facts.directories.contains(path.as_str())
            || self
                .files
                .stat(path)
                .is_ok_and(|found| found.is_some_and(|found| found.kind == FileKind::Directory))
    }

    fn has_accounts(&self) -> bool {
        true
    }

    fn runtime(&self) -> &dyn ContainerRuntime {
        &*self.runtime
    }

    fn mounts(&self) -> &dyn Mounting {
        &self.mounts
    }

    fn service<'a>(
        &'a self,
        _name: &'a str,
        _operation: ServiceOperation,
    ) -> Door<'a, Result<(), NodeError>> {
        Box::pin(std::future::ready(Err(NodeError::NoServiceManager)))
    }

    fn service_active<'a>(&'a self, _name: &'a str) -> Door<'a, Result<bool, NodeError>> {
        Box::pin(std::future::ready(Err(NodeError::NoServiceManager)))
    }
}
