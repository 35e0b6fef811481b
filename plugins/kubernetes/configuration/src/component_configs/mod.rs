//! Configurations of the kubelet and of kube-proxy: what the user gave, completed as kubeadm
//! completes it (kubeadm `app/componentconfigs`), with all the fields that Go writes.

mod kube_proxy;
mod kubelet;
mod zeros;

use serde_json::{Map, Value, json};

use super::documents::{ApiEndpoint, ClusterConfiguration};

/// The effective configuration of a component.
#[derive(Clone, Debug, PartialEq)]
pub struct ComponentConfig {
    /// The whole document, with `apiVersion` and `kind`.
    pub document: Value,
    /// Whether the user gave a document. If not, its ConfigMap is annotated with its hash
    /// (`kubeadm.kubernetes.io/component-config.hash`), so that an upgrade may rewrite it.
    pub user_supplied: bool,
    /// What the user should know about values that differ from the recommended ones.
    pub warnings: Vec<String>,
}

/// The effective KubeletConfiguration of the cluster, as it is uploaded. See [`kubelet_on_node`].
pub fn kubelet(
    given: Option<&Map<String, Value>>,
    cluster: &ClusterConfiguration,
) -> ComponentConfig {
    kubelet::complete(given, cluster)
}

/// The KubeletConfiguration of one node: the cluster's, with what depends on the node.
pub fn kubelet_on_node(config: &ComponentConfig, systemd_resolved: bool) -> ComponentConfig {
    kubelet::on_node(config, systemd_resolved)
}

/// The effective KubeProxyConfiguration.
pub fn kube_proxy(
    given: Option<&Map<String, Value>>,
    cluster: &ClusterConfiguration,
    local: &ApiEndpoint,
) -> ComponentConfig {
    kube_proxy::complete(given, cluster, local)
}

/// A document being completed.
struct Completion {
    kind: &'static str,
    document: Value,
    warnings: Vec<String>,
}

impl Completion {
    fn new(kind: &'static str, api_version: &str, given: Option<&Map<String, Value>>) -> Self {
        let mut document = given.cloned().unwrap_or_default();
        document.insert("apiVersion".into(), api_version.into());
        document.insert("kind".into(), kind.into());
        Self {
            kind,
            document: Value::Object(document),
            warnings: Vec::new(),
        }
    }

    fn get(&self, path: &str) -> Option<&Value> {
        path.split('.')
            .try_fold(&self.document, |value, name| value.get(name))
    }

    fn set(&mut self, path: &str, value: Value) {
        let mut target = &mut self.document;
        for name in path.split('.') {
            if !target.is_object() {
                *target = json!({});
            }
            target = &mut target[name];
        }
        *target = value;
    }

    /// Fills in a field that is unset, and warns if it is set to something else. A field whose Go
    /// type is no pointer is unset also if it has its zero value.
    fn recommend(&mut self, path: &str, recommended: Value, empty_is_unset: bool) {
        match self.get(path) {
            None => self.set(path, recommended),
            Some(given) if empty_is_unset && *given == json!("") => self.set(path, recommended),
            Some(given) if *given == recommended => {}
            Some(given) => {
                let warning = warning(self.kind, path, &recommended, given);
                self.warnings.push(warning);
            }
        }
    }

    fn finish(mut self, user_supplied: bool, zeros: &Value) -> ComponentConfig {
        zeros::fill(&mut self.document, zeros);
        ComponentConfig {
            document: self.document,
            user_supplied,
            warnings: self.warnings,
        }
    }
}

fn warning(kind: &str, path: &str, recommended: &Value, given: &Value) -> String {
    let text = |value: &Value| match value {
        Value::String(text) => text.clone(),
        Value::Array(items) => {
            let items: Vec<_> = items
                .iter()
                .map(|v| v.as_str().unwrap_or_default())
                .collect();
            format!("[{}]", items.join(" "))
        }
        other => other.to_string(),
    };
    format!(
        "The recommended value for {path:?} in {kind:?} is: {}; the provided value is: {}",
        text(recommended),
        text(given)
    )
}

#[cfg(test)]
mod tests;
