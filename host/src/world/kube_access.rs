//! The door to the kube API.

use super::endpoint::{EndpointError, Origin};
use super::{Door, FileError, MachinePath};

/// What is wrong with a kubeconfig, without a word of it.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct KubeconfigReason(pub &'static str);

/// Why no client for the kube API could be made.
#[derive(Debug, thiserror::Error)]
pub enum KubeAccessError {
    #[error("cannot read the kubeconfig {path}")]
    File {
        path: MachinePath,
        #[source]
        source: FileError,
    },
    #[error("{path} is not a usable kubeconfig")]
    Kubeconfig {
        path: MachinePath,
        #[source]
        source: KubeconfigReason,
    },
    #[error("{server:?} is not the URL of an API server")]
    Server {
        /// No longer than a few hundred characters.
        server: String,
        #[source]
        source: EndpointError,
    },
}

/// A way to an API server. Nothing has been sent on it yet.
pub struct Connection {
    pub client: kube::Client,
    /// Where all that is sent goes, as grants are held against it; none where
    /// no kubeconfig says, and the API is embedded in this program.
    pub server: Option<Origin>,
}

/// The kube API.
pub trait KubeAccess: Send + Sync {
    /// A connection as the current user of this kubeconfig: to its server, or
    /// to another one (`https://10.0.0.11:6443`), whose certificate must still
    /// be of the kubeconfig's CA. Where it leads and who it acts as was read
    /// once, and stays.
    fn connect<'a>(
        &'a self,
        kubeconfig: &'a MachinePath,
        server: Option<&'a str>,
    ) -> Door<'a, Result<Connection, KubeAccessError>>;

    /// The client of such a connection to the kubeconfig's server.
    fn client<'a>(
        &'a self,
        kubeconfig: &'a MachinePath,
    ) -> Door<'a, Result<kube::Client, KubeAccessError>> {
        Box::pin(async move { Ok(self.connect(kubeconfig, None).await?.client) })
    }

    /// The client of such a connection to another server.
    fn client_at<'a>(
        &'a self,
        kubeconfig: &'a MachinePath,
        server: &'a str,
    ) -> Door<'a, Result<kube::Client, KubeAccessError>> {
        Box::pin(async move { Ok(self.connect(kubeconfig, Some(server)).await?.client) })
    }
}
