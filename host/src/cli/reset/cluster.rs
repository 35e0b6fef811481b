//! How the cluster says it was configured (kubeadm
//! `FetchInitConfigurationFromCluster`).

use std::time::Duration;

use anyhow::Context;
use serde_json::Value;

use super::work::Work;
use crate::kube::objects::Objects;
use crate::world::machine::MachineApi;
use crate::world::{KubeAccess, MachinePath};

/// An API server that is down is no reason to wait: what it would say is
/// found on the machine as well.
const TIMEOUT: Duration = Duration::from_secs(5);

/// The feature gate of a control plane whose components are users of their own.
const ROOTLESS_CONTROL_PLANE: &str = "RootlessControlPlane";

/// The label of etcd's Pods, and their annotation (kubeadm
/// `constants.EtcdAdvertiseClientUrlsAnnotationKey`).
const ETCD_PODS: &str =
    "/api/v1/namespaces/kube-system/pods?labelSelector=component%3Detcd%2Ctier%3Dcontrol-plane";
const ETCD_URL: &str = "kubeadm.kubernetes.io/etcd.advertise-client-urls";

/// What of the ClusterConfiguration a reset depends on.
#[derive(Debug, Default)]
pub struct ClusterFacts {
    pub certificates: Option<MachinePath>,
    pub etcd_data: Option<MachinePath>,
    /// Whether kubeadm made users for the components.
    pub is_rootless: bool,
}

impl Work<'_> {
    /// Reads the ConfigMap `kubeadm-config`. Only of a machine that kubeadm
    /// made: of others the journal knows.
    pub async fn read_cluster(&self) -> ClusterFacts {
        let is_kubeadms = self.target.is_kubeadms() && self.machine.is_this;
        let kubeconfig = &self.settings.kubeconfig;
        if !is_kubeadms || !self.machine.has(kubeconfig) {
            return ClusterFacts::default();
        }
        self.output.line(
            "[reset] Reading configuration from the \"kubeadm-config\" ConfigMap in namespace \"kube-system\"...",
        );
        match self
            .ask("/api/v1/namespaces/kube-system/configmaps/kubeadm-config")
            .await
        {
            Ok(found) => ClusterFacts::of(&found),
            Err(error) => {
                self.output.warning(&format!(
                    "[reset] Unable to fetch the kubeadm-config ConfigMap from cluster: {error:#}"
                ));
                ClusterFacts::default()
            }
        }
    }

    /// Where the members of the cluster's etcd listen to clients.
    pub async fn etcd_endpoints(&self) -> anyhow::Result<Vec<String>> {
        let pods = self.ask(ETCD_PODS).await?;
        let items = pods["items"].as_array();
        Ok(items
            .into_iter()
            .flatten()
            .filter_map(|pod| pod["metadata"]["annotations"][ETCD_URL].as_str())
            .map(str::to_owned)
            .collect())
    }

    async fn ask(&self, path: &str) -> anyhow::Result<Value> {
        let api = MachineApi::new(self.machine.files.clone());
        let client = api.client(&self.settings.kubeconfig).await?;
        let timeout = self.settings.api_timeout().min(TIMEOUT);
        let objects = Objects::new(client).with_call_timeout(timeout);
        let told = objects.at(path).await;
        told.context("the API server does not tell")
    }
}

impl ClusterFacts {
    fn of(config_map: &Value) -> Self {
        let text = config_map["data"]["ClusterConfiguration"].as_str();
        let document: Value = text
            .and_then(|text| serde_saphyr::from_str(text).ok())
            .unwrap_or_default();
        let path = |pointer: &str| {
            let text = document.pointer(pointer)?.as_str()?;
            MachinePath::parse(text).ok()
        };
        Self {
            certificates: path("/certificatesDir"),
            etcd_data: path("/etcd/local/dataDir"),
            is_rootless: document["featureGates"][ROOTLESS_CONTROL_PLANE] == true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn folders_come_from_the_cluster() {
        let of = |text: &str| {
            let facts = ClusterFacts::of(&json!({ "data": { "ClusterConfiguration": text } }));
            let text = |path: Option<MachinePath>| path.map(|path| path.to_string());
            (text(facts.certificates), text(facts.etcd_data))
        };
        let some = |text: &str| Some(text.to_owned());
        for (name, text, wanted) in [
            ("nothing", "", (None, None)),
            ("no YAML", "{", (None, None)),
            (
                "both",
                "certificatesDir: /pki\netcd: {local: {dataDir: /data}}\n",
                (some("/pki"), some("/data")),
            ),
            (
                "external etcd",
                "certificatesDir: /pki\netcd: {external: {}}\n",
                (some("/pki"), None),
            ),
            ("odd", "certificatesDir: pki\netcd: 1\n", (None, None)),
        ] {
            assert_eq!(of(text), wanted, "{name}");
        }
    }

    #[test]
    fn so_do_users() {
        for (text, wanted) in [
            ("", false),
            ("featureGates: {RootlessControlPlane: true}\n", true),
            ("featureGates: {RootlessControlPlane: false}\n", false),
            ("featureGates: {Other: true}\n", false),
            ("featureGates: [RootlessControlPlane]\n", false),
        ] {
            let data = json!({ "data": { "ClusterConfiguration": text } });
            assert_eq!(ClusterFacts::of(&data).is_rootless, wanted, "{text}");
        }
    }
}
