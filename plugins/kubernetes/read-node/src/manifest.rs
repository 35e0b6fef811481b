//! The static Pod of etcd.

use kubewright_plugin::Value;

/// The etcd of this machine, by its static Pod.
pub struct LocalEtcd {
    /// Where it keeps its data.
    pub data: String,
    /// Where it listens to clients, and to other members.
    pub clients: Vec<String>,
    pub peers: Vec<String>,
}

impl LocalEtcd {
    /// From the manifest; none where it is no static Pod of etcd.
    pub fn of(manifest: &str) -> Option<Self> {
        let pod: Value = serde_saphyr::from_str(manifest).ok()?;
        let volumes = pod.pointer("/spec/volumes")?.as_array()?;
        let data = volumes
            .iter()
            .find(|volume| volume["name"] == "etcd-data")
            .and_then(|volume| volume.pointer("/hostPath/path")?.as_str())?;
        let command = pod.pointer("/spec/containers/0/command");
        let command = command.and_then(Value::as_array);
        let urls = |name: &str| {
            let mut values = command.into_iter().flatten().filter_map(|word| {
                let (flag, value) = word.as_str()?.split_once('=')?;
                (flag == name).then_some(value)
            });
            // As etcd, the last one counts.
            let last = values.next_back().unwrap_or_default();
            let urls = last.split(',').filter(|url| !url.is_empty());
            urls.map(str::to_owned).collect::<Vec<_>>()
        };
        Some(Self {
            data: data.starts_with('/').then(|| data.to_owned())?,
            clients: urls("--advertise-client-urls"),
            peers: urls("--initial-advertise-peer-urls"),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const POD: &str = "spec:
  containers:
  - command:
    - etcd
    - --advertise-client-urls=https://10.0.0.1:2379,https://[fd00::1]:2379
    - --initial-advertise-peer-urls=https://10.0.0.9:2380
    - --initial-advertise-peer-urls=https://10.0.0.1:2380
  volumes:
  - {name: etcd-certs, hostPath: {path: /pki}}
  - {name: etcd-data, hostPath: {path: /data/etcd}}
";

    #[test]
    fn the_local_etcd_is_known_by_its_manifest() {
        let local = LocalEtcd::of(POD).unwrap();
        assert_eq!(local.data, "/data/etcd");
        assert_eq!(
            local.clients,
            ["https://10.0.0.1:2379", "https://[fd00::1]:2379"]
        );
        assert_eq!(local.peers, ["https://10.0.0.1:2380"]);
        for (name, manifest) in [
            ("empty", ""),
            ("no YAML", "{"),
            ("no Pod", "a: 1"),
            ("no data", "spec: {volumes: []}"),
            (
                "a relative folder",
                "spec: {volumes: [{name: etcd-data, hostPath: {path: data}}]}",
            ),
        ] {
            assert!(LocalEtcd::of(manifest).is_none(), "{name}");
        }
    }
}
