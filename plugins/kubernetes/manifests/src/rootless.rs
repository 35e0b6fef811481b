//! The feature gate `RootlessControlPlane`: each component runs as a user of
//! its own, to whom the files belong that it alone reads (kubeadm
//! `app/util/staticpod/utils_linux.go`, KEP 2568).

use kubewright_plugin::accounts::{self, Numbers};
use kubewright_plugin::configuration::ClusterConfiguration;
use kubewright_plugin::static_pod::{RunAs, StaticPod};
use kubewright_plugin::{Context, Result, warn};

const ETCD: &str = "kubeadm-etcd";
const APISERVER: &str = "kubeadm-kas";
const CONTROLLER_MANAGER: &str = "kubeadm-kcm";
const SCHEDULER: &str = "kubeadm-ks";
/// Those who read the key of service accounts.
const SA_KEY_READERS: &str = "kubeadm-sa-key-readers";

/// All are made at once, whichever phase is first: so their numbers do not
/// depend on that.
const USERS: &[&str] = &[ETCD, APISERVER, CONTROLLER_MANAGER, SCHEDULER];
const GROUPS: &[(&str, &[&str])] = &[
    (ETCD, &[ETCD]),
    (APISERVER, &[APISERVER]),
    (CONTROLLER_MANAGER, &[CONTROLLER_MANAGER]),
    (SCHEDULER, &[SCHEDULER]),
    (SA_KEY_READERS, &[APISERVER, CONTROLLER_MANAGER]),
];

/// What a component needs to run as another user than root.
pub struct Rootless {
    user: &'static str,
    /// Files that only it may read.
    files: Vec<String>,
    /// A directory that it writes.
    directory: Option<String>,
    reads_sa_key: bool,
    /// What its program has as a file capability: without it in the bounding
    /// set the kernel does not start the program.
    capabilities: &'static [&'static str],
}

/// Of etcd.
pub fn etcd(cluster: &ClusterConfiguration) -> Rootless {
    Rootless {
        user: ETCD,
        files: certificates(cluster, &["etcd/server.key", "etcd/peer.key"]),
        directory: cluster
            .etcd
            .local
            .as_ref()
            .map(|etcd| etcd.data_dir.clone()),
        reads_sa_key: false,
        capabilities: &[],
    }
}

/// Of kube-apiserver.
pub fn apiserver(cluster: &ClusterConfiguration) -> Rootless {
    let mut files = certificates(
        cluster,
        &[
            "sa.pub",
            "apiserver.key",
            "apiserver-kubelet-client.key",
            "front-proxy-client.key",
        ],
    );
    if cluster.etcd.external.is_none() {
        files.push(cluster.certificate_path("apiserver-etcd-client.key"));
    }
    Rootless {
        user: APISERVER,
        files,
        directory: None,
        reads_sa_key: true,
        capabilities: &["NET_BIND_SERVICE"],
    }
}

/// Of kube-controller-manager; it signs with the CA's key where that is here.
pub fn controller_manager(
    cluster: &ClusterConfiguration,
    kubeconfig: String,
    external_ca: bool,
) -> Rootless {
    let mut files = vec![kubeconfig];
    if !external_ca {
        files.push(cluster.certificate_path("ca.key"));
    }
    Rootless {
        user: CONTROLLER_MANAGER,
        files,
        directory: None,
        reads_sa_key: true,
        capabilities: &[],
    }
}

/// Of kube-scheduler.
pub fn scheduler(kubeconfig: String) -> Rootless {
    Rootless {
        user: SCHEDULER,
        files: vec![kubeconfig],
        directory: None,
        reads_sa_key: false,
        capabilities: &[],
    }
}

/// Has the Pod run as another user where the feature gate says so: makes the
/// accounts and gives them their files. Where there are no accounts it stays
/// as it is, as in a dry run of kubeadm.
pub fn apply(pod: &mut StaticPod, cluster: &ClusterConfiguration, needs: &Rootless) -> Result<()> {
    if cluster.feature("RootlessControlPlane") {
        pod.run_as = needs
            .provide(cluster, &pod.name)
            .with_context(|| format!("failed to run component {:?} as non-root", pod.name))?;
    }
    Ok(())
}

impl Rootless {
    fn provide(&self, cluster: &ClusterConfiguration, name: &str) -> Result<Option<RunAs>> {
        let Some(found) = accounts::ensure(USERS, GROUPS)? else {
            warn!(
                "Would update static pod manifest for {name:?} to run as non-root; there are no users and groups here"
            );
            return Ok(None);
        };
        if let Some(directory) = &self.directory {
            accounts::set_owner_below(directory, self.user, self.user)?;
        }
        for file in &self.files {
            accounts::set_owner(file, self.user, self.user, 0o600)?;
        }
        if self.reads_sa_key {
            let key = cluster.certificate_path("sa.key");
            accounts::set_owner(&key, "root", SA_KEY_READERS, 0o640)?;
        }
        Ok(Some(RunAs {
            user: found.uid(self.user)?,
            group: found.gid(self.user)?,
            supplemental_groups: match self.reads_sa_key {
                true => vec![found.gid(SA_KEY_READERS)?],
                false => Vec::new(),
            },
            capabilities: self.capabilities,
        }))
    }
}

fn certificates(cluster: &ClusterConfiguration, names: &[&str]) -> Vec<String> {
    let paths = names.iter().map(|name| cluster.certificate_path(name));
    paths.collect()
}
