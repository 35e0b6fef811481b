//! The kube API of a real cluster, through kubeconfig files.

use std::sync::Arc;
use std::time::Duration;

use http::HeaderValue;
use kube::config::{AuthInfo, KubeConfigOptions, Kubeconfig, KubeconfigError};
use secrecy::{ExposeSecret, SecretString};
use zeroize::Zeroizing;

use crate::world::{Door, Files, KubeAccess, KubeAccessError, KubeconfigReason, MachinePath};

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
        let unusable = |reason| KubeAccessError::Kubeconfig {
            path: path.clone(),
            source: reason,
        };
        let told = |error| unusable(reason(&error));
        let text =
            std::str::from_utf8(&bytes).map_err(|_| unusable(KubeconfigReason("it is no text")))?;
        let kubeconfig = Kubeconfig::from_yaml(text).map_err(told)?;
        let mut config =
            kube::Config::from_custom_kubeconfig(kubeconfig, &KubeConfigOptions::default())
                .await
                .map_err(told)?;
        if let Some(reason) = refused(&config.auth_info) {
            return Err(unusable(reason));
        }
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
        kube::Client::try_from(config).map_err(|_| {
            unusable(KubeconfigReason(
                "the credentials of its user cannot be used",
            ))
        })
    }
}

/// A component may have written the file, and what it names is used as root:
/// with these a component would run any program, or have any file sent away.
/// kubeadm takes them. A token that is no header makes the client panic.
fn refused(user: &AuthInfo) -> Option<KubeconfigReason> {
    let is_header = |token: &SecretString| HeaderValue::from_str(token.expose_secret()).is_ok();
    let reason = if user.exec.is_some() || user.auth_provider.is_some() {
        "its user has a program make the credentials (exec, auth-provider), and no program is run \
         for a kubeconfig; give it a client certificate"
    } else if user.token_file.is_some() {
        "its user has the token in another file (tokenFile), which is not read; give it a client \
         certificate"
    } else if !user.token.as_ref().is_none_or(is_header) {
        "the token of its user has characters that no token has"
    } else {
        return None;
    };
    Some(KubeconfigReason(reason))
}

/// What is wrong, without a word of the file: any of it can be a secret, and
/// the reason is told to the component.
fn reason(error: &KubeconfigError) -> KubeconfigReason {
    KubeconfigReason(match error {
        KubeconfigError::Parse(_) => "it is not the YAML of a kubeconfig",
        KubeconfigError::CurrentContextNotSet | KubeconfigError::LoadContext(_) => {
            "its current context is not among its contexts"
        }
        KubeconfigError::LoadClusterOfContext(_) => {
            "the cluster of its current context is not there"
        }
        KubeconfigError::MissingClusterUrl => "its cluster has no server",
        KubeconfigError::ParseClusterUrl(_) => "the server of its cluster is not a URL",
        KubeconfigError::ParseProxyUrl(_) => "the proxy-url of its cluster is not a URL",
        KubeconfigError::LoadCertificateAuthority(_) | KubeconfigError::ParseCertificates(_) => {
            "the certificate authority of its cluster cannot be read"
        }
        KubeconfigError::LoadClientCertificate(_) => {
            "the client certificate of its user cannot be read"
        }
        KubeconfigError::LoadClientKey(_) => "the client key of its user cannot be read",
        _ => "the kube client cannot use it",
    })
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

    /// With other credentials.
    fn user(credentials: &str) -> String {
        SOUND.replace("{token: t}", credentials)
    }

    #[tokio::test]
    async fn no_word_of_the_file_is_told() {
        let secret = "s3cret";
        for (name, text) in [
            (
                "context",
                SOUND.replace("current-context: c", "current-context: s3cret"),
            ),
            ("cluster", SOUND.replace("cluster: k,", "cluster: s3cret,")),
            ("user", SOUND.replace("user: u}", "user: s3cret}")),
            (
                "server",
                SOUND.replace("https://192.0.2.1:6443", "ht tp://s3cret"),
            ),
            ("type", SOUND.replace("clusters: [", "clusters: [s3cret, ")),
            ("no YAML", format!("{SOUND}s3cret: [s3cret")),
            (
                "authority",
                SOUND.replace("{server:", "{certificate-authority: /s3cret, server:"),
            ),
            (
                "authority data",
                SOUND.replace("{server:", "{certificate-authority-data: s3cret, server:"),
            ),
            (
                "certificate",
                user("{client-certificate: /s3cret, client-key: /s3cret}"),
            ),
            (
                "key",
                user("{client-certificate-data: s3cret, client-key-data: s3cret}"),
            ),
            ("token", user("{token: \"s3cret\\n\"}")),
            ("program", user("{exec: {command: s3cret}}")),
        ] {
            if let Err(error) = connected(Some(&text), None).await {
                let told = format!("{} {error:?}", crate::causes::chain(&error));
                assert!(!told.contains(secret), "{name}: {told}");
            }
        }
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
                "a program",
                Some(&*user(
                    "{exec: {apiVersion: client.authentication.k8s.io/v1, command: touch}}",
                )),
                None,
                Err("no program is run"),
            ),
            (
                "a provider",
                Some(&*user(
                    "{auth-provider: {name: gcp, config: {cmd-path: touch}}}",
                )),
                None,
                Err("no program is run"),
            ),
            (
                "a token elsewhere",
                Some(&*user("{tokenFile: /etc/hostname}")),
                None,
                Err("its user has the token in another file"),
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
                    let error = crate::causes::chain(&error);
                    assert!(error.contains(wanted), "{name}: {error}");
                }
                (got, wanted) => panic!("{name}: {got:?}, wanted {wanted:?}"),
            }
        }
    }
}
