//! The kube API of a real cluster, through kubeconfig files.

use std::sync::Arc;

use crate::kube::client;
use crate::world::{
    Connection, Door, Files, KubeAccess, KubeAccessError, KubeconfigReason, MachinePath, kubeconfig,
};

/// Connections as the users of kubeconfig files. They are read from `files`,
/// with all that they name, so that what a phase of this run wrote is what the
/// next one connects with, and nothing outside of the root is.
pub struct MachineApi {
    files: Arc<dyn Files>,
}

impl MachineApi {
    pub fn new(files: Arc<dyn Files>) -> Self {
        Self { files }
    }

    fn connection(
        &self,
        path: &MachinePath,
        server: Option<&str>,
    ) -> Result<Connection, KubeAccessError> {
        let mut found = kubeconfig::read(&*self.files, path)?;
        if let Some(server) = server {
            found.redirect(server)?;
        }
        let client = client::client(found.config).map_err(|_| KubeAccessError::Kubeconfig {
            path: path.clone(),
            source: KubeconfigReason("the credentials of its user cannot be used"),
        })?;
        Ok(Connection {
            client,
            server: Some(found.server),
        })
    }
}

impl KubeAccess for MachineApi {
    fn connect<'a>(
        &'a self,
        kubeconfig: &'a MachinePath,
        server: Option<&'a str>,
    ) -> Door<'a, Result<Connection, KubeAccessError>> {
        Box::pin(async move { self.connection(kubeconfig, server) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pki;
    use crate::world::machine::MachineFiles;
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
    async fn a_connection_says_where_it_leads() {
        let files = SandboxFiles::over(None);
        let path = MachinePath::parse("/admin.conf").unwrap();
        files.write(&path, 0o600, SOUND.as_bytes()).unwrap();
        let api = MachineApi::new(Arc::new(files));
        for (server, wanted) in [
            (None, "https://192.0.2.1:6443"),
            (Some("HTTPS://Cp.Example:443/"), "https://cp.example"),
        ] {
            let found = api.connect(&path, server).await.unwrap().server;
            assert_eq!(found.unwrap().to_string(), wanted);
        }
    }

    /// A certificate that signs itself, and its key, in one file as the
    /// kubelet has them.
    fn identity() -> String {
        let key = pki::KeyPair::generate(pki::Algorithm::EcdsaP256).unwrap();
        let profile = pki::Profile::authority("me");
        let certificate = pki::self_sign(&profile, &key, std::time::SystemTime::now()).unwrap();
        let key = String::from_utf8(key.private_pem().reveal().to_vec()).unwrap();
        format!("{}{key}", certificate.pem())
    }

    /// A kubeconfig at `/etc/kubernetes/kubelet.conf` below a root, whose CA,
    /// certificate and key are this file.
    fn below(root: &std::path::Path, file: &str) -> Result<(), String> {
        let text = user(&format!(
            "{{client-certificate: {file}, client-key: {file}}}"
        ))
        .replace(
            "{server:",
            &format!("{{certificate-authority: {file}, server:"),
        );
        std::fs::write(root.join("etc/kubernetes/kubelet.conf"), text).unwrap();
        let api = MachineApi::new(Arc::new(MachineFiles::open(root).unwrap()));
        let path = MachinePath::parse("/etc/kubernetes/kubelet.conf").unwrap();
        api.connection(&path, None)
            .map(drop)
            .map_err(|error| crate::causes::chain(&error))
    }

    #[tokio::test]
    async fn files_that_it_names_are_those_of_the_root() {
        let outside = tempfile::tempdir().unwrap();
        let root = outside.path().join("root");
        std::fs::create_dir_all(root.join("etc/kubernetes/pki")).unwrap();
        std::fs::create_dir_all(root.join("pki")).unwrap();
        std::fs::write(outside.path().join("secret.pem"), identity()).unwrap();
        let write = |name: &str, content: &str| std::fs::write(root.join(name), content).unwrap();
        write("pki/kubelet.pem", &identity());
        write("etc/kubernetes/pki/own.pem", &identity());
        write("etc/kubernetes/large.pem", &"x".repeat((1 << 20) + 1));
        write("etc/kubernetes/empty.pem", "");
        let link = |to: &str, name: &str| {
            std::os::unix::fs::symlink(to, root.join("etc/kubernetes").join(name)).unwrap();
        };
        link("../../pki/kubelet.pem", "current.pem");
        link("/pki/kubelet.pem", "absolute.pem");
        link("/dev/zero", "zero.pem");
        link("../../../secret.pem", "escaping.pem");
        let fifo = root.join("etc/kubernetes/fifo.pem");
        let made = std::process::Command::new("mkfifo").arg(&fifo).status();
        assert!(made.unwrap().success());
        let host = outside.path().join("secret.pem").display().to_string();
        let unreadable = Err("the certificate authority of its cluster cannot be read");
        for (name, file, wanted) in [
            ("absolute", "/pki/kubelet.pem", Ok(())),
            ("relative to its folder", "pki/own.pem", Ok(())),
            ("relative, upwards", "../../pki/kubelet.pem", Ok(())),
            ("a link", "current.pem", Ok(())),
            ("a link from the root", "absolute.pem", Ok(())),
            ("outside of the root", host.as_str(), unreadable),
            (
                "upwards out of the root",
                "../../../../../secret.pem",
                unreadable,
            ),
            ("a link out of the root", "escaping.pem", unreadable),
            ("a device outside", "zero.pem", unreadable),
            ("a pipe that nobody writes to", "fifo.pem", unreadable),
            ("too large", "large.pem", unreadable),
            ("empty", "empty.pem", unreadable),
            ("a folder", "pki", unreadable),
            ("not there", "missing.pem", unreadable),
        ] {
            match (below(&root, file), wanted) {
                (Ok(()), Ok(())) => {}
                (Err(error), Err(wanted)) => {
                    assert!(error.contains(wanted), "{name}: {error}");
                    assert!(!error.contains(".pem"), "{name}: {error}");
                }
                (found, _) => panic!("{name}: {found:?}"),
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
            (
                "another server in plain text",
                Some(SOUND),
                Some("http://192.0.2.2:6443"),
                Err("wanted https://"),
            ),
            (
                "its server in plain text",
                Some(&*SOUND.replace("https:", "http:")),
                None,
                Err("the server of its cluster is http://"),
            ),
            (
                "its server in plain text, and another one",
                Some(&*SOUND.replace("https:", "http:")),
                Some("https://192.0.2.2:6443"),
                Err("the server of its cluster is http://"),
            ),
            (
                "no server",
                Some(&*SOUND.replace("https://192.0.2.1:6443", "")),
                None,
                Err("its cluster has no server"),
            ),
            (
                "any server",
                Some(&*SOUND.replace("{server:", "{insecure-skip-tls-verify: true, server:")),
                None,
                Err("its cluster has insecure-skip-tls-verify"),
            ),
            (
                "a proxy",
                Some(&*SOUND.replace("{server:", "{proxy-url: 'http://192.0.2.3', server:")),
                None,
                Err("its cluster has a proxy-url"),
            ),
            (
                "a certificate without its key",
                Some(&*user("{client-certificate-data: Y3J0}")),
                None,
                Err("the credentials of its user cannot be used"),
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
