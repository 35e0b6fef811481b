//! What the kubelet's configuration files on a machine say.

use std::time::Duration;

use serde_json::Value;
use tokio::time::Instant;

use super::health::Prober;
use crate::world::{Files, HealthTarget, MachinePath, Trust};

/// That of kubeadm and this program, then the kubelet's own.
const FILES: [&str; 2] = [
    "/var/lib/kubelet/instance-config.yaml",
    "/var/lib/kubelet/config.yaml",
];

/// The flags that kubeadm gives the kubelet. The socket is among them without the gate
/// NodeLocalCRISocket, as it always was before v1.36.
const FLAGS: &str = "/var/lib/kubelet/kubeadm-flags.env";

const LIMIT: u64 = 1 << 20;

/// The kubelet's own default.
const HEALTHZ_PORT: u16 = 10248;

/// How long a kubelet of this machine may take to say that it is healthy.
const TIMEOUT: Duration = Duration::from_secs(1);

/// Settings of the kubelet that others depend on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KubeletSettings {
    /// The container runtime's socket, `unix:///run/containerd/containerd.sock`.
    pub runtime_endpoint: Option<String>,
    /// Where it tells whether it is healthy; none where that is switched off,
    /// or the kubelet has no configuration.
    pub healthz: Option<String>,
    /// Where its static Pods are; none where it has no configuration.
    pub static_pods: Option<MachinePath>,
}

impl KubeletSettings {
    /// Reads them. A file that is not there, or no configuration, says nothing.
    pub fn read(files: &dyn Files) -> Self {
        let documents: Vec<Value> = FILES.iter().filter_map(|path| read(files, path)).collect();
        let of_files = || {
            documents.iter().find_map(|document| {
                let endpoint = document.get("containerRuntimeEndpoint")?.as_str()?;
                (!endpoint.is_empty()).then(|| endpoint.to_owned())
            })
        };
        Self {
            // To the kubelet, too, a flag is more than its files.
            runtime_endpoint: endpoint_of_flags(files).or_else(of_files),
            healthz: read(files, FILES[1]).and_then(|document| healthz(&document)),
            static_pods: documents.iter().find_map(|document| {
                let path = document.get("staticPodPath")?.as_str()?;
                MachinePath::parse(path).ok()
            }),
        }
    }

    /// Whether a kubelet answers where these settings say.
    pub async fn answers(&self, files: &dyn Files) -> bool {
        let Some(url) = &self.healthz else {
            return false;
        };
        let target = HealthTarget {
            name: "kubelet".to_owned(),
            url: url.clone(),
            trust: Trust::Plain,
            workload: String::new(),
        };
        match Prober::new(&target, files) {
            Ok(prober) => prober.ask(Instant::now() + TIMEOUT).await.is_ok(),
            Err(_) => false,
        }
    }
}

fn read(files: &dyn Files, path: &str) -> Option<Value> {
    let path = MachinePath::parse(path).ok()?;
    let bytes = files.read(&path, LIMIT).ok()?;
    serde_saphyr::from_str(std::str::from_utf8(&bytes).ok()?).ok()
}

fn endpoint_of_flags(files: &dyn Files) -> Option<String> {
    let bytes = files.read(&MachinePath::parse(FLAGS).ok()?, LIMIT).ok()?;
    let text = std::str::from_utf8(&bytes).ok()?;
    // The last one counts.
    let (_, behind) = text.rsplit_once("--container-runtime-endpoint=")?;
    let endpoint = behind.split([' ', '"', '\n']).next()?;
    (!endpoint.is_empty()).then(|| endpoint.to_owned())
}

fn healthz(document: &Value) -> Option<String> {
    let port = match document.get("healthzPort") {
        None | Some(Value::Null) => HEALTHZ_PORT,
        Some(port) => u16::try_from(port.as_u64()?).ok()?,
    };
    let address = document
        .get("healthzBindAddress")
        .and_then(Value::as_str)
        .filter(|address| !address.is_empty())
        .unwrap_or("127.0.0.1");
    let host = match address.contains(':') {
        true => format!("[{address}]"),
        false => address.to_owned(),
    };
    (port != 0).then(|| format!("http://{host}:{port}/healthz"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::world::sandbox::SandboxFiles;

    #[test]
    fn the_socket_may_be_a_flag() {
        let cases = [
            (
                "no flags",
                "KUBELET_KUBEADM_ARGS=\"\"\n",
                Some("unix:///config"),
            ),
            (
                "alone",
                "KUBELET_KUBEADM_ARGS=\"--container-runtime-endpoint=unix:///a\"\n",
                Some("unix:///a"),
            ),
            (
                "before others",
                "KUBELET_KUBEADM_ARGS=\"--container-runtime-endpoint=unix:///a --v=4\"",
                Some("unix:///a"),
            ),
            (
                "twice",
                "A=\"--container-runtime-endpoint=unix:///a --container-runtime-endpoint=unix:///b\"",
                Some("unix:///b"),
            ),
            (
                "empty",
                "A=\"--container-runtime-endpoint=\"",
                Some("unix:///config"),
            ),
        ];
        for (name, flags, wanted) in cases {
            let files = SandboxFiles::over(None);
            for folder in ["/var", "/var/lib", "/var/lib/kubelet"] {
                let path = MachinePath::parse(folder).unwrap();
                files.make_directory(&path, 0o755).unwrap();
            }
            for (path, content) in [
                (FLAGS, flags),
                (FILES[1], "containerRuntimeEndpoint: unix:///config\n"),
            ] {
                let path = MachinePath::parse(path).unwrap();
                files.write(&path, 0o644, content.as_bytes()).unwrap();
            }
            let read = KubeletSettings::read(&files);
            assert_eq!(read.runtime_endpoint.as_deref(), wanted, "{name}");
        }
    }

    #[test]
    fn settings_come_from_the_files() {
        let some = |text: &str| Some(text.to_owned());
        let default = some("http://127.0.0.1:10248/healthz");
        let cases = [
            ("no files", None, None, None, None),
            ("empty", None, Some("{}"), None, default.clone()),
            ("no YAML", Some("{"), Some("["), None, None),
            (
                "the instance's own first",
                Some("containerRuntimeEndpoint: unix:///a"),
                Some(
                    "containerRuntimeEndpoint: unix:///b\nhealthzPort: 99\nhealthzBindAddress: '::1'",
                ),
                some("unix:///a"),
                some("http://[::1]:99/healthz"),
            ),
            (
                "switched off",
                Some("containerRuntimeEndpoint: ''"),
                Some("containerRuntimeEndpoint: unix:///b\nhealthzPort: 0"),
                some("unix:///b"),
                None,
            ),
        ];
        for (name, instance, config, runtime_endpoint, healthz) in cases {
            let files = SandboxFiles::over(None);
            for folder in ["/var", "/var/lib", "/var/lib/kubelet"] {
                let path = MachinePath::parse(folder).unwrap();
                files.make_directory(&path, 0o755).unwrap();
            }
            for (path, content) in FILES.iter().zip([instance, config]) {
                let path = MachinePath::parse(path).unwrap();
                if let Some(content) = content {
                    files.write(&path, 0o644, content.as_bytes()).unwrap();
                }
            }
            let wanted = KubeletSettings {
                runtime_endpoint,
                healthz,
                static_pods: None,
            };
            assert_eq!(KubeletSettings::read(&files), wanted, "{name}");
        }
    }

    #[test]
    fn static_pods_are_where_its_configuration_says() {
        let files = SandboxFiles::over(None);
        for folder in ["/var", "/var/lib", "/var/lib/kubelet"] {
            let path = MachinePath::parse(folder).unwrap();
            files.make_directory(&path, 0o755).unwrap();
        }
        let path = MachinePath::parse(FILES[1]).unwrap();
        files
            .write(&path, 0o644, b"staticPodPath: /srv/pods")
            .unwrap();
        let found = KubeletSettings::read(&files).static_pods;
        assert_eq!(found, MachinePath::parse("/srv/pods").ok());
    }
}
