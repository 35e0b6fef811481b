//! What of the host the containers see.

use kubewright_plugin::configuration::{ClusterConfiguration, ExternalEtcd, HostPathMount};
use kubewright_plugin::paths;
use kubewright_plugin::static_pod::Volumes;
use std::collections::BTreeSet;

const SYSTEM_CERTIFICATES: &str = "/etc/ssl/certs";
const DIRECTORY: &str = "DirectoryOrCreate";
const FILE: &str = "FileOrCreate";

/// The certificates of the cluster and of the system, read-only.
pub fn certificates(volumes: &mut Volumes, cluster: &ClusterConfiguration, ca_folders: &[&str]) {
    volumes.host_path("k8s-certs", &cluster.certificates_dir, DIRECTORY, true);
    volumes.host_path("ca-certs", SYSTEM_CERTIFICATES, DIRECTORY, true);
    for folder in ca_folders {
        let name = folder.trim_start_matches('/').replace('/', "-");
        volumes.host_path(&name, folder, DIRECTORY, true);
    }
}

/// A kubeconfig, read-only.
pub fn kubeconfig(volumes: &mut Volumes, path: &str) {
    volumes.host_path("kubeconfig", path, FILE, true);
}

/// The user's volumes; one of the same name as ours takes its place.
pub fn extra(volumes: &mut Volumes, extra: &[HostPathMount]) {
    for mount in extra {
        volumes.mount(
            &mount.name,
            &mount.host_path,
            &mount.mount_path,
            &mount.path_type,
            mount.read_only,
        );
    }
}

/// The folders of an external etcd's credentials, as far as no other volume
/// holds them already.
pub fn external_etcd(
    volumes: &mut Volumes,
    cluster: &ClusterConfiguration,
    etcd: &ExternalEtcd,
    known: &[&str],
) {
    let covered = |folder: &str| {
        folder.starts_with(SYSTEM_CERTIFICATES)
            || folder.starts_with(&cluster.certificates_dir)
            || known.iter().any(|known| folder.starts_with(known))
    };
    let mut folders = BTreeSet::<String>::new();
    for path in [&etcd.ca_file, &etcd.cert_file, &etcd.key_file] {
        if !path.contains('/') {
            continue;
        }
        let folder = paths::parent(path);
        if covered(&folder) || folders.iter().any(|other| folder.starts_with(other)) {
            continue;
        }
        folders.retain(|other| !other.starts_with(&folder));
        folders.insert(folder);
    }
    for (at, folder) in folders.into_iter().enumerate() {
        volumes.host_path(&format!("etcd-certs-{at}"), &folder, DIRECTORY, true);
    }
}
