//! How the cluster says it was configured (kubeadm
//! `FetchInitConfigurationFromCluster`).

use kubewright_leaving::{Settings, Teller};
use kubewright_plugin::client::{Client, Selection, all, reference};
use kubewright_plugin::types::ErrorCode;
use kubewright_plugin::{Error, Result, Value, debug, files};

/// The label of etcd's Pods, and their annotation (kubeadm
/// `constants.EtcdAdvertiseClientUrlsAnnotationKey`).
const ETCD_PODS: &str = "component=etcd,tier=control-plane";
const ETCD_URL: &str = "kubeadm.kubernetes.io/etcd.advertise-client-urls";

const NAMESPACE: &str = "kube-system";
const CONFIG: &str = "kubeadm-config";

/// What of the ClusterConfiguration a reset depends on.
#[derive(Debug, Default)]
pub struct ClusterFacts {
    pub certificates: Option<String>,
    pub etcd_data: Option<String>,
    /// Whether kubeadm made users for the components.
    pub is_rootless: bool,
}

impl ClusterFacts {
    /// Reads the ConfigMap `kubeadm-config`. What goes wrong is told: what it
    /// would say is found on the machine as well.
    pub fn read(settings: &Settings) -> Result<Self> {
        if !settings.is_live || !files::exists(&settings.kubeconfig)? {
            return Ok(Self::default());
        }
        let teller = Teller::of(settings.is_planned);
        teller.line(&format!(
            "Reading configuration from the \"{CONFIG}\" ConfigMap in namespace \"{NAMESPACE}\"..."
        ));
        let config = reference("v1", "ConfigMap", Some(NAMESPACE), CONFIG);
        let found = connect(settings).and_then(|client| client.get(&config));
        let found = found.and_then(|found| found.ok_or_else(|| Error::new("it is not there")));
        Ok(match found {
            Ok(found) => Self::of(&found),
            Err(error) => {
                teller.warning(&format!(
                    "Unable to fetch the {CONFIG} ConfigMap from cluster: {error}"
                ));
                Self::default()
            }
        })
    }

    fn of(config_map: &Value) -> Self {
        let text = config_map["data"]["ClusterConfiguration"].as_str();
        let document: Value = text
            .and_then(|text| serde_saphyr::from_str(text).ok())
            .unwrap_or_default();
        let path = |pointer: &str| {
            let text = document.pointer(pointer)?.as_str()?;
            text.starts_with('/').then(|| text.to_owned())
        };
        Self {
            certificates: path("/certificatesDir"),
            etcd_data: path("/etcd/local/dataDir"),
            is_rootless: document["featureGates"]["RootlessControlPlane"] == true,
        }
    }
}

/// Where the members of the cluster's etcd listen to clients, as far as an API
/// server tells.
pub fn etcd_endpoints(settings: &Settings) -> Vec<String> {
    let selection = Selection {
        label_selector: ETCD_PODS.to_owned(),
        ..all("v1", "Pod", Some(NAMESPACE))
    };
    match connect(settings).and_then(|client| client.list(&selection)) {
        Ok(pods) => pods
            .iter()
            .filter_map(|pod| pod["metadata"]["annotations"][ETCD_URL].as_str())
            .map(str::to_owned)
            .collect(),
        Err(error) => {
            debug!("etcd's Pods are not known: {error}");
            Vec::new()
        }
    }
}

/// As the user of the kubeconfig. One that a run wrote leads to this machine's
/// own server.
fn connect(settings: &Settings) -> Result<Client> {
    match Client::connect(&settings.kubeconfig) {
        Err(error) if error.code() == Some(ErrorCode::Denied) => match own_server() {
            Some(server) => Client::connect_to(&settings.kubeconfig, &server),
            None => Err(error),
        },
        connected => connected,
    }
}

/// This machine's API server, by its static Pod.
fn own_server() -> Option<String> {
    let text = files::read_text(super::API_SERVER).ok()?;
    let pod: Value = serde_saphyr::from_str(&text).ok()?;
    let command = pod.pointer("/spec/containers/0/command")?.as_array()?;
    let value = |name: &str| {
        let mut values = command.iter().filter_map(|word| {
            let (flag, value) = word.as_str()?.split_once('=')?;
            (flag == name).then_some(value)
        });
        values.next_back()
    };
    let address = value("--advertise-address")?;
    let port = value("--secure-port").unwrap_or("6443");
    Some(match address.contains(':') {
        true => format!("https://[{address}]:{port}"),
        false => format!("https://{address}:{port}"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use kubewright_plugin::json;

    #[test]
    fn folders_come_from_the_cluster() {
        let of = |text: &str| {
            let facts = ClusterFacts::of(&json!({ "data": { "ClusterConfiguration": text } }));
            (facts.certificates, facts.etcd_data)
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
