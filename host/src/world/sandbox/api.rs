//! The embedded kube API as the sandbox's cluster.

use crate::world::{Door, KubeAccess, KubeAccessError, MachinePath};

/// Every kubeconfig leads to the same embedded API.
pub struct SandboxApi {
    client: kube::Client,
}

impl SandboxApi {
    pub fn new(client: kube::Client) -> Self {
        Self { client }
    }
}

impl KubeAccess for SandboxApi {
    fn client<'a>(
        &'a self,
        _kubeconfig: &'a MachinePath,
    ) -> Door<'a, Result<kube::Client, KubeAccessError>> {
        Box::pin(std::future::ready(Ok(self.client.clone())))
    }

    fn client_at<'a>(
        &'a self,
        kubeconfig: &'a MachinePath,
        _server: &'a str,
    ) -> Door<'a, Result<kube::Client, KubeAccessError>> {
        self.client(kubeconfig)
    }
}
