//! Static Pods of a control plane (kubeadm `app/util/staticpod`).

use crate::Duration;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// The name of the port that probes go to.
pub const PROBE_PORT: &str = "probe-port";

/// A Pod with one container that runs on the host's network, as a node-critical
/// part of the control plane.
#[derive(Debug, Clone, Default)]
pub struct StaticPod {
    /// Of the Pod, the container and the label `component`.
    pub name: String,
    pub image: String,
    pub command: Vec<String>,
    pub annotations: Vec<(&'static str, String)>,
    /// `core/v1` EnvVar each; see [`environment`].
    pub environment: Vec<Value>,
    pub volumes: Volumes,
    /// Requested resources: `cpu` to `250m`.
    pub requests: Vec<(&'static str, &'static str)>,
    pub probes: Probes,
    /// None for root.
    pub run_as: Option<RunAs>,
}

/// As whom a container runs that runs not as root, and what it may do then.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RunAs {
    pub user: u32,
    pub group: u32,
    pub supplemental_groups: Vec<u32>,
    /// Of all capabilities these stay: file capabilities of the program that
    /// it would not start without. Without any it cannot gain more than it has.
    pub capabilities: &'static [&'static str],
}

/// What the kubelet asks to learn whether the container is well.
#[derive(Debug, Clone, Default)]
pub struct Probes {
    /// Empty for the Pod's own address.
    pub host: String,
    pub port: u16,
    /// `HTTP` or `HTTPS`
    pub scheme: &'static str,
    pub liveness: &'static str,
    pub readiness: Option<&'static str>,
    pub startup: &'static str,
    /// How long the start may take.
    pub startup_timeout: Duration,
}

impl StaticPod {
    /// The manifest.
    pub fn json(&self) -> Value {
        let mut container = Map::new();
        let mut set = |field: &str, value: Value| {
            let empty = value.as_array().is_some_and(Vec::is_empty);
            if !empty {
                container.insert(field.to_owned(), value);
            }
        };
        let requests: Map<String, Value> = self
            .requests
            .iter()
            .map(|(name, amount)| ((*name).to_owned(), json!(amount)))
            .collect();
        set("name", json!(self.name));
        set("image", json!(self.image));
        set("imagePullPolicy", json!("IfNotPresent"));
        set("command", json!(self.command));
        set("env", json!(self.environment));
        set(
            "ports",
            json!([{"name": PROBE_PORT, "containerPort": self.probes.port, "protocol": "TCP"}]),
        );
        set("resources", json!({"requests": requests}));
        set("volumeMounts", self.volumes.mounts());
        set(
            "livenessProbe",
            self.probes.probe(self.probes.liveness, Some(10), 8, 10),
        );
        if let Some(path) = self.probes.readiness {
            set("readinessProbe", self.probes.probe(path, None, 3, 1));
        }
        let failures = self.probes.startup_timeout.seconds().div_ceil(10);
        set(
            "startupProbe",
            self.probes
                .probe(self.probes.startup, Some(10), failures, 10),
        );
        let mut security = json!({"seccompProfile": {"type": "RuntimeDefault"}});
        if let Some(run_as) = &self.run_as {
            set("securityContext", run_as.of_container());
            security["runAsUser"] = json!(run_as.user);
            security["runAsGroup"] = json!(run_as.group);
            if !run_as.supplemental_groups.is_empty() {
                security["supplementalGroups"] = json!(run_as.supplemental_groups);
            }
        }

        let mut metadata = json!({
            "name": self.name,
            "namespace": "kube-system",
            "labels": {"component": self.name, "tier": "control-plane"},
        });
        for (name, value) in &self.annotations {
            metadata["annotations"][*name] = json!(value);
        }
        json!({
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": metadata,
            "spec": {
                "containers": [container],
                "hostNetwork": true,
                "priority": 2_000_001_000,
                "priorityClassName": "system-node-critical",
                "securityContext": security,
                "volumes": self.volumes.volumes(),
            },
            // Go cannot leave it out. So a node that kubeadm made has nothing to change.
            "status": {},
        })
    }
}

impl RunAs {
    fn of_container(&self) -> Value {
        match self.capabilities {
            [] => json!({"allowPrivilegeEscalation": false, "capabilities": {"drop": ["ALL"]}}),
            kept => json!({"capabilities": {"add": kept, "drop": ["ALL"]}}),
        }
    }
}

impl Probes {
    fn probe(&self, path: &str, delay: Option<u64>, failures: u64, period: u64) -> Value {
        let mut get = json!({"path": path, "port": PROBE_PORT, "scheme": self.scheme});
        if !self.host.is_empty() {
            get["host"] = json!(self.host);
        }
        let mut probe = json!({"httpGet": get, "failureThreshold": failures, "periodSeconds": period, "timeoutSeconds": 15});
        if let Some(delay) = delay {
            probe["initialDelaySeconds"] = json!(delay);
        }
        probe
    }
}

/// The address that probes use where a component binds to `address`: none (the
/// Pod's own) where it binds to all, since nobody can connect to 0.0.0.0.
pub fn probe_address(address: &str) -> String {
    match address {
        "0.0.0.0" | "::" => String::new(),
        address => address.to_owned(),
    }
}

/// Folders and files of the host in the container. A later one takes the place
/// of an earlier one of its name.
#[derive(Debug, Clone, Default)]
pub struct Volumes {
    volumes: BTreeMap<String, Value>,
    /// By name, or by the order they came in.
    mounts: BTreeMap<String, Value>,
    in_order: bool,
}

impl Volumes {
    /// None; mounts are sorted by name.
    pub fn new() -> Self {
        Self::default()
    }

    /// None; mounts stay in the order they are added, as etcd's do.
    pub fn in_order() -> Self {
        Self {
            in_order: true,
            ..Self::default()
        }
    }

    /// A path of the host at the same path of the container.
    pub fn host_path(&mut self, name: &str, path: &str, path_type: &str, read_only: bool) {
        self.mount(name, path, path, path_type, read_only);
    }

    /// A path of the host at another path of the container.
    pub fn mount(
        &mut self,
        name: &str,
        host: &str,
        container: &str,
        path_type: &str,
        read_only: bool,
    ) {
        let volume = json!({"name": name, "hostPath": {"path": host, "type": path_type}});
        self.volumes.insert(name.to_owned(), volume);
        let mut mount = json!({"name": name, "mountPath": container});
        if read_only {
            mount["readOnly"] = json!(true);
        }
        let key = if self.in_order {
            format!("{:04}", self.mounts.len())
        } else {
            name.to_owned()
        };
        self.mounts.insert(key, mount);
    }

    fn volumes(&self) -> Value {
        self.volumes.values().cloned().collect()
    }

    fn mounts(&self) -> Value {
        self.mounts.values().cloned().collect()
    }
}

/// Merges lists of `core/v1` EnvVar: sorted by name, later ones win.
pub fn environment(lists: &[&[Value]]) -> Vec<Value> {
    let mut merged = BTreeMap::new();
    for variable in lists.iter().flat_map(|list| list.iter()) {
        merged.insert(
            variable["name"].as_str().unwrap_or_default().to_owned(),
            variable.clone(),
        );
    }
    merged.into_values().collect()
}

/// The proxy variables of the node (`proxyEnvironment` of its facts) as EnvVars,
/// sorted by name.
pub fn proxy_environment(facts: &Value) -> Vec<Value> {
    let variables = facts["proxyEnvironment"].as_object().into_iter().flatten();
    let list: Vec<_> = variables
        .map(|(name, value)| json!({"name": name, "value": value}))
        .collect();
    environment(&[&list])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn empty_fields_are_left_out() {
        let pod = StaticPod {
            name: "x".into(),
            ..StaticPod::default()
        }
        .json();
        let container = &pod["spec"]["containers"][0];
        assert!(container.get("env").is_none() && container.get("readinessProbe").is_none());
        assert!(pod["metadata"].get("annotations").is_none());
        assert!(container["livenessProbe"]["httpGet"].get("host").is_none());
    }

    #[test]
    fn who_is_not_root_can_do_little() {
        let contexts = |run_as: Option<RunAs>| {
            let pod = StaticPod {
                run_as,
                ..StaticPod::default()
            }
            .json();
            let spec = &pod["spec"];
            let container = spec["containers"][0].get("securityContext").cloned();
            (spec["securityContext"].clone(), container)
        };
        let profile = json!({"type": "RuntimeDefault"});
        assert_eq!(contexts(None), (json!({"seccompProfile": profile}), None));
        let scheduler = RunAs {
            user: 103,
            group: 104,
            ..RunAs::default()
        };
        assert_eq!(
            contexts(Some(scheduler.clone())),
            (
                json!({"runAsUser": 103, "runAsGroup": 104, "seccompProfile": profile}),
                Some(json!({"allowPrivilegeEscalation": false, "capabilities": {"drop": ["ALL"]}})),
            )
        );
        let apiserver = RunAs {
            supplemental_groups: vec![105],
            capabilities: &["NET_BIND_SERVICE"],
            ..scheduler
        };
        let (pod, container) = contexts(Some(apiserver));
        assert_eq!(pod["supplementalGroups"], json!([105]));
        assert_eq!(
            container,
            Some(json!({"capabilities": {"add": ["NET_BIND_SERVICE"], "drop": ["ALL"]}}))
        );
    }

    #[test]
    fn startup_failures_cover_the_timeout() {
        for (seconds, failures) in [(240, 24), (241, 25), (5, 1)] {
            let probes = Probes {
                startup_timeout: Duration::from_seconds(seconds),
                ..Probes::default()
            };
            let pod = StaticPod {
                probes,
                ..StaticPod::default()
            }
            .json();
            assert_eq!(
                pod["spec"]["containers"][0]["startupProbe"]["failureThreshold"],
                failures
            );
        }
    }

    #[test]
    fn volumes_of_the_same_name_replace_each_other() {
        let mut volumes = Volumes::new();
        volumes.host_path("b", "/b", "Directory", true);
        volumes.host_path("a", "/a", "Directory", false);
        volumes.mount("b", "/host", "/c", "", false);
        assert_eq!(
            volumes.mounts(),
            json!([{"name": "a", "mountPath": "/a"}, {"name": "b", "mountPath": "/c"}])
        );
        assert_eq!(
            volumes.volumes()[1],
            json!({"name": "b", "hostPath": {"path": "/host", "type": ""}})
        );
    }

    #[test]
    fn environments_merge_by_name() {
        let proxy =
            proxy_environment(&json!({"proxyEnvironment": {"NO_PROXY": "x", "HTTP_PROXY": "y"}}));
        let merged = environment(&[&proxy, &[json!({"name": "NO_PROXY", "value": "z"})]]);
        assert_eq!(
            merged,
            [
                json!({"name": "HTTP_PROXY", "value": "y"}),
                json!({"name": "NO_PROXY", "value": "z"})
            ]
        );
        assert!(proxy_environment(&json!({})).is_empty());
    }
}
