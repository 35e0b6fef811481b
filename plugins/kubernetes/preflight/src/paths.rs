//! Files and directories that must be there, or must not.

use crate::report::Report;
use kubewright_plugin::checks::{self, Occupancy};
use kubewright_plugin::{Document, Result, paths};

/// `FileAvailable--etc-kubernetes-manifests-*`
pub fn manifests(document: &Document, report: &mut Report) -> Result<()> {
    let owned = document.options().owned;
    for name in [
        "kube-apiserver",
        "kube-controller-manager",
        "kube-scheduler",
        "etcd",
    ] {
        let path = manifest(name);
        if owned.contains(&path) || checks::occupied(&path)? == Occupancy::Nothing {
            continue;
        }
        report.error(
            &format!("FileAvailable-{}", path.replace('/', "-")),
            &format!("{path} already exists"),
            "'kubewright reset' (or 'kubeadm reset', for what kubeadm made) cleans the machine up",
        );
    }
    Ok(())
}

/// `DirAvailable--var-lib-etcd`, `ExternalEtcdClientCertificates`
pub fn etcd(document: &Document, report: &mut Report) -> Result<()> {
    let etcd = &document.cluster()?.etcd;
    if let Some(local) = &etcd.local {
        let owned = document.options().owned;
        let ours = owned.contains(&local.data_dir) || owned.contains(&manifest("etcd"));
        let found = checks::occupied(&local.data_dir)?;
        if !ours && matches!(found, Occupancy::FilledDirectory | Occupancy::File) {
            report.error(
                &format!("DirAvailable-{}", local.data_dir.replace('/', "-")),
                &format!("{} is not empty", local.data_dir),
                "it holds the data of another etcd: move it away if it is still needed, or name another folder in etcd.local.dataDir",
            );
        }
    }
    if let Some(external) = &etcd.external {
        for path in [&external.ca_file, &external.cert_file, &external.key_file] {
            if !path.is_empty() && checks::occupied(path)? == Occupancy::Nothing && !in_sandbox()? {
                report.error(
                    "ExternalEtcdClientCertificates",
                    &format!("{path} doesn't exist"),
                    "copy the client's certificate, its key and the CA of the external etcd to where etcd.external says",
                );
            }
        }
    }
    Ok(())
}

/// In a sandbox no path is occupied, not even the root.
fn in_sandbox() -> Result<bool> {
    Ok(checks::occupied("/")? == Occupancy::Nothing)
}

/// The path of a static Pod.
pub fn manifest(name: &str) -> String {
    paths::join(paths::MANIFESTS, &format!("{name}.yaml"))
}
