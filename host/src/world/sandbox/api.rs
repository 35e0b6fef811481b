//! The embedded kube API as the sandbox's cluster.

use std::sync::Arc;

use crate::world::endpoint::Origin;
use crate::world::{Connection, Door, Files, KubeAccess, KubeAccessError, MachinePath, kubeconfig};

/// Every kubeconfig leads to the same embedded API.
pub struct SandboxApi {
    client: kube::Client,
    files: Option<Arc<dyn Files>>,
}

impl SandboxApi {
    pub fn new(client: kube::Client) -> Self {
        Self {
            client,
            files: None,
        }
    }

    /// Says of each connection where it would lead in earnest, by the
    /// kubeconfigs among these files.
    pub fn of(client: kube::Client, files: Arc<dyn Files>) -> Self {
        Self {
            client,
            files: Some(files),
        }
    }

    fn server(
        &self,
        path: &MachinePath,
        server: Option<&str>,
    ) -> Result<Option<Origin>, KubeAccessError> {
        if let Some(server) = server {
            return kubeconfig::server(server).map(Some);
        }
        // A kubeconfig that is not there or is no good fails in earnest; here
        // there may be none, since nobody needs it.
        let read = self
            .files
            .as_ref()
            .map(|files| kubeconfig::read(&**files, path));
        Ok(read.and_then(Result::ok).map(|found| found.server))
    }
}

impl KubeAccess for SandboxApi {
    fn connect<'a>(
        &'a self,
        kubeconfig: &'a MachinePath,
        server: Option<&'a str>,
    ) -> Door<'a, Result<Connection, KubeAccessError>> {
        let connection = self.server(kubeconfig, server).map(|server| Connection {
            client: self.client.clone(),
            server,
        });
        Box::pin(std::future::ready(connection))
    }
}
