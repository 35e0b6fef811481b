//! This machine for a plan: services are looked at, and acted on in memory.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::files::MachineFiles;
use super::node::MachineNode;
use super::services::Installed;
use crate::world::{
    Checks, ContainerRuntime, Door, EtcdMembers, IdealRuntime, MachinePath, Mounting, Node,
    NodeError, NodeFacts, Pod, RuntimeError, RuntimeState, ServiceOperation,
};

/// A machine whose services start and stop in memory, and fail as they would
/// in earnest: what a run would not do is not planned.
pub struct PlannedNode {
    machine: MachineNode,
    /// Services that the plan acted on, and whether they run since.
    acted_on: Mutex<BTreeMap<String, bool>>,
}

impl PlannedNode {
    /// Of the machine whose files these are.
    pub fn new(facts: NodeFacts, files: Arc<MachineFiles>) -> Self {
        Self::of(MachineNode::planned(facts, files))
    }

    fn of(machine: MachineNode) -> Self {
        Self {
            machine,
            acted_on: Mutex::default(),
        }
    }

    fn acted_on(&self) -> MutexGuard<'_, BTreeMap<String, bool>> {
        self.acted_on.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Node for PlannedNode {
    fn facts(&self) -> &NodeFacts {
        self.machine.facts()
    }

    fn has_directory(&self, path: &MachinePath) -> bool {
        self.machine.has_directory(path)
    }

    fn has_accounts(&self) -> bool {
        true
    }

    fn service<'a>(
        &'a self,
        name: &'a str,
        operation: ServiceOperation,
    ) -> Door<'a, Result<(), NodeError>> {
        Box::pin(async move {
            let manager = self.machine.manager()?;
            let runs = operation != ServiceOperation::Stop;
            match manager.installed(name).await? {
                Installed::Not => return Err(NodeError::NoService(name.to_owned())),
                Installed::Masked if runs => return Err(NodeError::Masked(name.to_owned())),
                _ => {}
            }
            self.acted_on().insert(name.to_owned(), runs);
            Ok(())
        })
    }

    fn checks(&self) -> &dyn Checks {
        self.machine.checks()
    }

    fn runtime(&self) -> &dyn ContainerRuntime {
        self.machine.runtime()
    }

    fn mounts(&self) -> &dyn Mounting {
        self.machine.mounts()
    }

    fn etcd(&self) -> &dyn EtcdMembers {
        self.machine.etcd()
    }

    fn service_active<'a>(&'a self, name: &'a str) -> Door<'a, Result<bool, NodeError>> {
        let known = self.acted_on().get(name).copied();
        Box::pin(async move {
            match known {
                Some(runs) => Ok(runs),
                None => self.machine.service_active(name).await,
            }
        })
    }
}

/// The container runtime for a plan: as it is; the images that it would pull
/// come, the Pods that it would remove go.
pub(super) struct PlannedRuntime {
    inner: Box<dyn ContainerRuntime>,
    /// Pods that would be gone, by socket and id.
    gone: Mutex<BTreeSet<(String, String)>>,
}

impl PlannedRuntime {
    pub(super) fn over(inner: Box<dyn ContainerRuntime>) -> Self {
        Self {
            inner,
            gone: Mutex::default(),
        }
    }

    // Only whole entries are ever inserted.
    fn gone(&self) -> MutexGuard<'_, BTreeSet<(String, String)>> {
        self.gone.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl ContainerRuntime for PlannedRuntime {
    fn state<'a>(&'a self, socket: &'a str) -> Door<'a, Result<RuntimeState, RuntimeError>> {
        self.inner.state(socket)
    }

    fn has_image<'a>(
        &'a self,
        socket: &'a str,
        image: &'a str,
    ) -> Door<'a, Result<bool, RuntimeError>> {
        self.inner.has_image(socket, image)
    }

    fn pull_image<'a>(
        &'a self,
        socket: &'a str,
        image: &'a str,
    ) -> Door<'a, Result<(), RuntimeError>> {
        IdealRuntime.pull_image(socket, image)
    }

    fn pods<'a>(&'a self, socket: &'a str) -> Door<'a, Result<Vec<Pod>, RuntimeError>> {
        Box::pin(async move {
            let mut pods = self.inner.pods(socket).await?;
            let gone = self.gone();
            pods.retain(|pod| !gone.contains(&(socket.to_owned(), pod.id.clone())));
            Ok(pods)
        })
    }

    fn remove_pod<'a>(
        &'a self,
        socket: &'a str,
        id: &'a str,
    ) -> Door<'a, Result<(), RuntimeError>> {
        self.gone().insert((socket.to_owned(), id.to_owned()));
        Box::pin(std::future::ready(Ok(())))
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;

    use super::*;
    use crate::world::Files;
    use crate::world::machine::read_facts;
    use crate::world::sandbox::SandboxFiles;

    /// A machine that nobody manages, whose kubelet should answer at a port.
    fn node(port: u16) -> PlannedNode {
        let files = SandboxFiles::over(None);
        for folder in ["/var", "/var/lib", "/var/lib/kubelet"] {
            let path = MachinePath::parse(folder).unwrap();
            files.make_directory(&path, 0o755).unwrap();
        }
        let path = MachinePath::parse("/var/lib/kubelet/config.yaml").unwrap();
        let text = format!("healthzPort: {port}\n");
        files.write(&path, 0o644, text.as_bytes()).unwrap();
        let facts = read_facts().unwrap();
        PlannedNode::of(MachineNode::managed_by(None, facts, Arc::new(files)))
    }

    #[tokio::test]
    async fn without_a_manager_a_kubelet_runs_that_says_so() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let serving = tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let _ = stream.read(&mut [0; 1024]).await;
                let answer = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
                let _ = stream.write_all(answer.as_bytes()).await;
            }
        });
        let node = node(port);
        assert!(node.service_active("kubelet").await.unwrap());
        for name in ["kubelet", "containerd"] {
            let planned = node.service(name, ServiceOperation::Restart).await;
            assert!(
                matches!(planned, Err(NodeError::NoServiceManager)),
                "{name}"
            );
        }
        let other = node.service_active("containerd").await;
        assert!(matches!(other, Err(NodeError::NoServiceManager)));
        serving.abort();
        let _ = serving.await;
        let gone = node.service_active("kubelet").await;
        assert!(matches!(gone, Err(NodeError::NoServiceManager)));
    }
}
