//! A static pod, its members in the order of the manifests of 2016.

use kubewright_1_5_common::{CONTAINER_KUBERNETES, NAMESPACE, SELINUX_TYPE};
use kubewright_plugin::json::Json;

/// A folder of the host in a pod.
#[derive(Debug, Clone)]
pub struct Mount {
    name: &'static str,
    host: String,
    container: String,
    read_only: bool,
}

impl Mount {
    pub fn new(name: &'static str, host: &str, container: &str) -> Self {
        Self {
            name,
            host: host.to_owned(),
            container: container.to_owned(),
            read_only: false,
        }
    }

    /// At the same path as on the host.
    pub fn same(name: &'static str, path: &str) -> Self {
        Self::new(name, path, path)
    }

    /// The folder of Kubernetes.
    pub fn kubernetes(host: &str) -> Self {
        Self {
            read_only: true,
            ..Self::new("k8s", host, &format!("{CONTAINER_KUBERNETES}/"))
        }
    }

    fn volume(&self) -> Json {
        let host = Json::object([("path", self.host.clone().into())]);
        Json::object([("name", self.name.into()), ("hostPath", host)])
    }

    fn mount(&self) -> Json {
        let mut mount = Json::object([("name", self.name.into())]);
        if self.read_only {
            mount = mount.with("readOnly", true.into());
        }
        mount.with("mountPath", self.container.clone().into())
    }
}

/// A pod with one container on the host's network.
#[derive(Debug, Clone)]
pub struct Pod {
    /// Of the pod and the container.
    pub name: &'static str,
    pub image: String,
    pub command: Vec<String>,
    /// What it requests, as `250m`.
    pub cpu: &'static str,
    /// Of the probe, on the loopback address.
    pub port: i64,
    pub probe: &'static str,
    /// Whether SELinux lets it reach into the host.
    pub privileged_selinux: bool,
    pub mounts: Vec<Mount>,
}

impl Pod {
    /// The manifest.
    pub fn json(&self) -> Json {
        let text = |text: &str| Json::from(text);
        let labels = Json::object([
            ("component", text(self.name)),
            ("tier", text("control-plane")),
        ]);
        let metadata = Json::object([
            ("name", text(self.name)),
            ("namespace", text(NAMESPACE)),
            ("creationTimestamp", Json::Null),
            ("labels", labels),
        ]);
        let mut spec = Json::object([]);
        if !self.mounts.is_empty() {
            let volumes = self.mounts.iter().map(Mount::volume).collect();
            spec = spec.with("volumes", Json::List(volumes));
        }
        spec = spec
            .with("containers", Json::List(vec![self.container()]))
            .with("hostNetwork", true.into());
        Json::object([
            ("kind", text("Pod")),
            ("apiVersion", text("v1")),
            ("metadata", metadata),
            ("spec", spec),
            ("status", Json::object([])),
        ])
    }

    fn container(&self) -> Json {
        let requests = Json::object([("cpu", self.cpu.into())]);
        let mut container = Json::object([
            ("name", self.name.into()),
            ("image", self.image.clone().into()),
            ("command", self.command.clone().into()),
            ("resources", Json::object([("requests", requests)])),
        ]);
        if !self.mounts.is_empty() {
            let mounts = self.mounts.iter().map(Mount::mount).collect();
            container = container.with("volumeMounts", Json::List(mounts));
        }
        let get = Json::object([
            ("path", self.probe.into()),
            ("port", self.port.into()),
            ("host", "127.0.0.1".into()),
        ]);
        let probe = Json::object([
            ("httpGet", get),
            ("initialDelaySeconds", 15.into()),
            ("timeoutSeconds", 15.into()),
            ("failureThreshold", 8.into()),
        ]);
        container = container.with("livenessProbe", probe);
        if self.privileged_selinux {
            let options = Json::object([("type", SELINUX_TYPE.into())]);
            let context = Json::object([("seLinuxOptions", options)]);
            container = container.with("securityContext", context);
        }
        container
    }
}
