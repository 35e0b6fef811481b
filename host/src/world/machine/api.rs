//! The kube API of a real cluster, through kubeconfig files.

use std::sync::Arc;
use std::time::Duration;

use kube::config::{KubeConfigOptions, Kubeconfig};
use zeroize::Zeroizing;

use crate::world::{Door, Files, KubeAccess, KubeAccessError, MachinePath};

/// What is read of a kubeconfig at most.
const KUBECONFIG_LIMIT: u64 = 1 << 20;

/// A server that starts takes no connection, or takes it and says nothing:
/// neither must hold a call for long, since it is tried again.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// Connections as the users of kubeconfig files. They are read from `files`,
/// so that what a phase of this run wrote is what the next one connects with.
pub struct MachineApi {
    files: Arc<dyn Files>,
}

impl MachineApi {
    pub fn new(files: Arc<dyn Files>) -> Self {
        Self { files }
    }

    async fn connect(
        &self,
        path: &MachinePath,
        server: Option<&str>,
    ) -> Result<kube::Client, KubeAccessError> {
        let bytes = Zeroizing::new(self.files.read(path, KUBECONFIG_LIMIT).map_err(|source| {
            KubeAccessError::File {
                path: path.clone(),
                source,
            }
        })?);
        let text = std::str::from_utf8(&bytes).map_err(|error| unusable(path, error))?;
        let kubeconfig = Kubeconfig::from_yaml(text).map_err(|error| unusable(path, error))?;
        let mut config =
            kube::Config::from_custom_kubeconfig(kubeconfig, &KubeConfigOptions::default())
                .await
                .map_err(|error| unusable(path, error))?;
        if let Some(server) = server {
            config.cluster_url = server.parse().map_err(|error| KubeAccessError::Server {
                server: server.to_owned(),
                source: error,
            })?;
            // The certificate is verified for the address that is connected to.
            config.tls_server_name = None;
        }
        config.connect_timeout = Some(CONNECT_TIMEOUT);
        // Whoever calls tries again, and knows for how long.
        config.default_retry = false;
        kube::Client::try_from(config).map_err(|error| unusable(path, error))
    }
}

fn unusable(
    path: &MachinePath,
    error: impl std::error::Error + Send + Sync + 'static,
) -> KubeAccessError {
    KubeAccessError::Kubeconfig {
        path: path.clone(),
        source: Box::new(error),
    }
}

impl KubeAccess for MachineApi {
    fn client<'a>(
        &'a self,
        kubeconfig: &'a MachinePath,
    ) -> Door<'a, Result<kube::Client, KubeAccessError>> {
        Box::pin(self.connect(kubeconfig, None))
    }

    fn client_at<'a>(
        &'a self,
        kubeconfig: &'a MachinePath,
        server: &'a str,
    ) -> Door<'a, Result<kube::Client, KubeAccessError>> {
        Box::pin(self.connect(kubeconfig, Some(server)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::world::sandbox::SandboxFiles;

    const SOUND: &str = "apiVersion: v1
kind: Config
current-context: c
contexts: [{name: c, context: {cluster: k, user: u}}]
clusters: [{name: k, cluster: {server: 'https://192.0.2.1:6443'}}]
users: [{name: u, user: {token: t}}]
";

    async fn connected(content: Option<&str>, server: Option<&str>) -> Result<(), KubeAccessError> {
        let files = SandboxFiles::over(None);
        let path = MachinePath::parse("/admin.conf").unwrap();
        if let Some(content) = content {
            files.write(&path, 0o600, content.as_bytes()).unwrap();
        }
        let api = MachineApi::new(Arc::new(files));
        api.connect(&path, server).await.map(|_| ())
    }

    #[tokio::test]
    async fn what_cannot_be_used_says_why() {
        let cases = [
            ("sound", Some(SOUND), None, Ok(())),
            (
                "elsewhere",
                Some(SOUND),
                Some("https://192.0.2.2:6443"),
                Ok(()),
            ),
            ("no file", None, None, Err("cannot read the kubeconfig")),
            ("no YAML", Some("{"), None, Err("not a usable kubeconfig")),
            (
                "no such context",
                Some("apiVersion: v1\nkind: Config\ncurrent-context: d\n"),
                None,
                Err("not a usable kubeconfig"),
            ),
            (
                "no URL",
                Some(SOUND),
                Some("ht tp://x"),
                Err("is not the URL of an API server"),
            ),
        ];
        for (name, content, server, wanted) in cases {
            match (connected(content, server).await, wanted) {
                (Ok(()), Ok(())) => {}
                (Err(error), Err(wanted)) => {
                    assert!(error.to_string().contains(wanted), "{name}: {error}");
                }
                (got, wanted) => panic!("{name}: {got:?}, wanted {wanted:?}"),
            }
        }
    }
}
