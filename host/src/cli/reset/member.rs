//! The phase `remove-etcd-member` (kubeadm
//! `app/cmd/phases/reset/removeetcdmember.go`).

use std::collections::BTreeSet;

use anyhow::Context;
use serde_json::Value;

use super::settings::Phase;
use super::work::{Effect, Work};
use crate::cli::machine::Machine;
use crate::world::MachinePath;
use crate::world::machine::{Etcd, EtcdCluster, Leaving};

const MANIFEST: &str = "/etc/kubernetes/manifests/etcd.yaml";
const API_SERVER: &str = "/etc/kubernetes/manifests/kube-apiserver.yaml";

/// Pairs that etcd accepts of clients, below the folder of certificates: that
/// of its probes, which kubeadm uses, and that of the API server.
const CLIENTS: [&str; 2] = ["etcd/healthcheck-client", "apiserver-etcd-client"];

/// The etcd of this machine, by its static Pod.
pub struct LocalEtcd {
    /// Where it keeps its data.
    pub data: MachinePath,
    /// Where it listens to clients, and to other members.
    clients: Vec<String>,
    peers: Vec<String>,
}

impl Work<'_> {
    /// Takes this machine's etcd out of its cluster. What goes wrong is told,
    /// and the reset goes on: it is the others that suffer, and they can be
    /// helped.
    pub async fn remove_member(&mut self) -> anyhow::Result<()> {
        // Below another root nothing runs that could be a member.
        if !self.machine.is_this {
            return Ok(());
        }
        let local = match LocalEtcd::read(self.machine) {
            Ok(Some(local)) => local,
            Ok(None) => {
                if self.machine.has(&MachinePath::parse(API_SERVER)?) {
                    self.tell_external();
                }
                return Ok(());
            }
            Err(error) => {
                self.output.warning(&format!("[reset] {error:#}"));
                self.tell_external();
                return Ok(());
            }
        };
        let timeout = self.settings.etcd_timeout();
        let cluster = match self.etcd_cluster(&local).await {
            Ok(cluster) => cluster,
            Err(error) => {
                self.tell_failure(&error);
                return Ok(());
            }
        };
        let name = match cluster.leave(&local.peers, timeout, false).await {
            Ok(Leaving::OnlyMember) => {
                self.output.line("[reset] This is the only remaining etcd member in the etcd cluster, skip removing it");
                return Ok(());
            }
            Ok(Leaving::NoMember) => {
                self.output.line("[reset] The etcd member on this node was already removed from the etcd cluster");
                return Ok(());
            }
            Ok(Leaving::Member { name, .. } | Leaving::Removed { name, .. }) => name,
            Err(error) => {
                self.tell_failure(&error.into());
                return Ok(());
            }
        };
        let effect = Effect {
            phase: Phase::RemoveEtcdMember,
            action: "RemoveEtcdMember",
            target: &name,
            words: "removed the etcd member",
        };
        let removed = self
            .land(effect, async {
                cluster.leave(&local.peers, timeout, true).await?;
                Ok(())
            })
            .await?;
        if let Err(error) = removed {
            self.tell_failure(&error);
        }
        Ok(())
    }

    /// The cluster, by what this machine and the API server know of it.
    async fn etcd_cluster(&self, local: &LocalEtcd) -> anyhow::Result<EtcdCluster> {
        let files = &*self.machine.files;
        let certificates = &self.settings.certificates;
        let below = |name: &str| MachinePath::parse(&format!("{certificates}/{name}"));
        let ca = below("etcd/ca.crt")?;
        let mut client = CLIENTS[0];
        for pair in CLIENTS {
            if self.machine.has(&below(&format!("{pair}.crt"))?) {
                client = pair;
                break;
            }
        }
        let (certificate, key) = (
            below(&format!("{client}.crt"))?,
            below(&format!("{client}.key"))?,
        );
        let tls = Etcd::tls(files, &ca, &certificate, &key)?;
        let mut endpoints = local.clients.clone();
        match self.etcd_endpoints().await {
            Ok(known) => endpoints.extend(known),
            Err(error) => tracing::debug!("etcd's Pods are not known: {error:#}"),
        }
        let mut seen = BTreeSet::new();
        endpoints.retain(|url| seen.insert(url.clone()));
        Ok(EtcdCluster { endpoints, tls })
    }

    fn tell_external(&self) {
        self.output
            .line("[reset] No etcd config found. Assuming external etcd");
        self.output
            .line("[reset] Please, manually reset etcd to prevent further issues");
    }

    fn tell_failure(&self, error: &anyhow::Error) {
        self.output.warning(&format!(
            "[reset] Failed to remove etcd member: {error:#}, please manually remove this etcd member using etcdctl"
        ));
    }
}

impl LocalEtcd {
    /// The static Pod of a machine's etcd; none where it has none.
    pub fn read(machine: &Machine) -> anyhow::Result<Option<Self>> {
        let manifest = MachinePath::parse(MANIFEST)?;
        if !machine.has(&manifest) {
            return Ok(None);
        }
        Self::of(&machine.read_text(&manifest)?)
            .map(Some)
            .with_context(|| format!("{MANIFEST} is not the static Pod of etcd"))
    }

    /// From the manifest; none where it is no static Pod of etcd.
    fn of(manifest: &str) -> Option<Self> {
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
            data: MachinePath::parse(data).ok()?,
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
        assert_eq!(local.data.as_str(), "/data/etcd");
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
