//! Kubeconfig files, read to connect with: once, whole, and through the files
//! of the machine only.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use http::HeaderValue;
use kube::config::{AuthInfo, Cluster, Config, Kubeconfig};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use secrecy::{ExposeSecret, SecretString};
use zeroize::Zeroizing;

use super::endpoint::{EndpointError, Origin};
use super::{Files, KubeAccessError, KubeconfigReason, MachinePath};
use crate::kube::answer::cut;

/// What is read of a kubeconfig at most, and of each file that it names.
const LIMIT: u64 = 1 << 20;

/// In characters: what is repeated of a URL that is none.
const SHOWN: usize = 200;

/// The current context of a kubeconfig, with all that it refers to.
pub struct Read {
    /// It names no file and needs none.
    pub config: Config,
    pub server: Origin,
}

impl Read {
    /// Connects to another server. The certificate is verified for the address
    /// that is connected to.
    pub fn redirect(&mut self, url: &str) -> Result<(), KubeAccessError> {
        self.server = server(url)?;
        self.config.cluster_url = url.parse().map_err(|_| wrong(url, EndpointError::Syntax))?;
        self.config.tls_server_name = None;
        Ok(())
    }
}

/// The server that a URL leads to; it must encrypt.
pub fn server(url: &str) -> Result<Origin, KubeAccessError> {
    Origin::of_https(url).map_err(|source| wrong(url, source))
}

fn wrong(url: &str, source: EndpointError) -> KubeAccessError {
    KubeAccessError::Server {
        server: cut(url, SHOWN),
        source,
    }
}

/// Reads a kubeconfig. What is wrong is told without a word of the file: any of
/// it can be a secret, and the reason is told to a component.
pub fn read(files: &dyn Files, path: &MachinePath) -> Result<Read, KubeAccessError> {
    let bytes = files.read(path, LIMIT).map(Zeroizing::new);
    let bytes = bytes.map_err(|source| KubeAccessError::File {
        path: path.clone(),
        source,
    })?;
    usable(files, path, &bytes).map_err(|source| KubeAccessError::Kubeconfig {
        path: path.clone(),
        source: KubeconfigReason(source),
    })
}

fn usable(files: &dyn Files, path: &MachinePath, bytes: &[u8]) -> Result<Read, &'static str> {
    let text = std::str::from_utf8(bytes).map_err(|_| "it is no text")?;
    let kubeconfig =
        Kubeconfig::from_yaml(text).map_err(|_| "it is not the YAML of a kubeconfig")?;
    let context = kubeconfig
        .contexts
        .into_iter()
        .find(|one| Some(&one.name) == kubeconfig.current_context.as_ref())
        .and_then(|one| one.context)
        .ok_or("its current context is not among its contexts")?;
    let cluster = kubeconfig
        .clusters
        .into_iter()
        .find(|one| one.name == context.cluster)
        .and_then(|one| one.cluster)
        .ok_or("the cluster of its current context is not there")?;
    // As client-go: who is not there is nobody.
    let user = kubeconfig
        .auth_infos
        .into_iter()
        .find(|one| Some(&one.name) == context.user.as_ref())
        .and_then(|one| one.auth_info)
        .unwrap_or_default();
    if let Some(reason) = refused_cluster(&cluster).or_else(|| refused_user(&user)) {
        return Err(reason);
    }
    let url = cluster.server.as_deref().unwrap_or_default();
    if url.is_empty() {
        return Err("its cluster has no server");
    }
    const NO_URL: &str = "the server of its cluster is not a URL as https://HOST:PORT";
    let server = Origin::of_https(url).map_err(|error| match error {
        EndpointError::Plain => {
            "the server of its cluster is http://, which everybody on the way can read; wanted https://"
        }
        _ => NO_URL,
    })?;
    let mut config = Config::new(url.parse().map_err(|_| NO_URL)?);
    let named = Named { files, path };
    config.default_namespace = context
        .namespace
        .filter(|namespace| !namespace.is_empty())
        .unwrap_or_else(|| "default".to_owned());
    config.tls_server_name = cluster.tls_server_name.filter(|name| !name.is_empty());
    config.root_cert = named.authorities(
        cluster.certificate_authority_data.as_deref(),
        cluster.certificate_authority.as_deref(),
    )?;
    config.auth_info = named.user(user)?;
    Ok(Read { config, server })
}

/// With these, what is sent would go to others than the server, or to anybody
/// who says to be it.
fn refused_cluster(cluster: &Cluster) -> Option<&'static str> {
    if cluster.insecure_skip_tls_verify == Some(true) {
        return Some(
            "its cluster has insecure-skip-tls-verify, with which anybody can be the server; give \
             it certificate-authority-data",
        );
    }
    let has_proxy = cluster
        .proxy_url
        .as_ref()
        .is_some_and(|url| !url.is_empty());
    has_proxy.then_some(
        "its cluster has a proxy-url, and nothing is sent by way of a proxy; take it out",
    )
}

/// A component may have written the file, and what it names is used as root:
/// with these a component would run any program, or have any file sent away.
/// kubeadm takes them. A token that is no header makes the client panic.
fn refused_user(user: &AuthInfo) -> Option<&'static str> {
    let is_header = |token: &SecretString| HeaderValue::from_str(token.expose_secret()).is_ok();
    if user.exec.is_some() || user.auth_provider.is_some() {
        Some(
            "its user has a program make the credentials (exec, auth-provider), and no program is \
             run for a kubeconfig; give it a client certificate",
        )
    } else if user.token_file.is_some() {
        Some(
            "its user has the token in another file (tokenFile), which is not read; give it a \
             client certificate",
        )
    } else if !user.token.as_ref().is_none_or(is_header) {
        Some("the token of its user has characters that no token has")
    } else {
        None
    }
}

/// Files that a kubeconfig names, as the kubelet's does.
struct Named<'a> {
    files: &'a dyn Files,
    path: &'a MachinePath,
}

impl Named<'_> {
    /// What a field holds in base64, or else a file has: below the root, of
    /// bounded size. A relative path is one in the folder of the kubeconfig
    /// (client-go `ResolveLocalPaths`).
    fn content(
        &self,
        data: Option<&str>,
        file: Option<&str>,
        reason: &'static str,
    ) -> Result<Option<Zeroizing<Vec<u8>>>, &'static str> {
        if let Some(data) = data.filter(|data| !data.is_empty()) {
            let decoded = BASE64.decode(data.trim()).map_err(|_| reason)?;
            return Ok(Some(Zeroizing::new(decoded)));
        }
        let Some(file) = file.filter(|file| !file.is_empty()) else {
            return Ok(None);
        };
        let path = match (file.starts_with('/'), self.path.parent()) {
            (false, Some(folder)) => folder.join(file),
            _ => MachinePath::parse(file),
        };
        let content = path
            .ok()
            .and_then(|path| self.files.read(&path, LIMIT).ok());
        content.map(Zeroizing::new).map(Some).ok_or(reason)
    }

    fn authorities(
        &self,
        data: Option<&str>,
        file: Option<&str>,
    ) -> Result<Option<Vec<Vec<u8>>>, &'static str> {
        const REASON: &str = "the certificate authority of its cluster cannot be read: wanted \
            certificates as PEM in certificate-authority-data (base64), or a file of at most 1 MiB \
            of this machine in certificate-authority";
        let Some(bundle) = self.content(data, file, REASON)? else {
            return Ok(None);
        };
        let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&bundle)
            .map(|one| one.map(|certificate| certificate.to_vec()))
            .collect();
        match found {
            Ok(found) if !found.is_empty() => Ok(Some(found)),
            _ => Err(REASON),
        }
    }

    /// The user, with all data embedded.
    fn user(&self, mut user: AuthInfo) -> Result<AuthInfo, &'static str> {
        let certificate = self.content(
            user.client_certificate_data.as_deref(),
            user.client_certificate.as_deref(),
            "the client certificate of its user cannot be read: wanted base64 in \
             client-certificate-data, or a file of at most 1 MiB of this machine in \
             client-certificate",
        )?;
        let key = self.content(
            user.client_key_data
                .as_ref()
                .map(ExposeSecret::expose_secret),
            user.client_key.as_deref(),
            "the client key of its user cannot be read: wanted base64 in client-key-data, or a \
             file of at most 1 MiB of this machine in client-key",
        )?;
        (user.client_certificate, user.client_key) = (None, None);
        user.client_certificate_data = certificate.map(|content| BASE64.encode(&*content));
        user.client_key_data = key.map(|content| BASE64.encode(&*content).into());
        Ok(user)
    }
}
