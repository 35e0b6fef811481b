//! `kubelet-finalize/enable-client-cert-rotation`.

use crate::service;
use kubewright_plugin::kubeconfig::Kubeconfig;
use kubewright_plugin::node::ServiceAction;
use kubewright_plugin::{
    Context, Document, Error, Result, arguments, debug, files, kubeconfigs, paths, progress,
};

const MODE: u32 = 0o600;

/// Once the kubelet has a certificate of its own (and a link to the current
/// one), its kubeconfig points there, so that it follows rotation.
pub fn run(document: &Document) -> Result<()> {
    let (init, cluster) = (document.init()?, document.cluster()?);
    let default = paths::join(paths::KUBELET, "pki");
    let folder =
        arguments::last(&init.node_registration.kubelet_extra_args, "cert-dir").unwrap_or(&default);
    let pem = paths::join(folder, "kubelet-client-current.pem");
    if !files::exists(&pem)? {
        debug!(
            "Assuming that kubelet client certificate rotation is disabled: there is no {pem:?}"
        );
        return Ok(());
    }
    let path = document.kubeconfig("kubelet.conf");
    progress!("Updating {path:?} to point to a rotatable kubelet client certificate and key");
    let found = kubeconfigs::inspect(&path)
        .with_context(|| format!("could not load {path:?}"))?
        .ok_or_else(|| Error::new(format!("could not load {path:?}: there is no such file")))?;
    if found.user.is_empty() {
        return Err(Error::new(format!(
            "the file {path:?} is not a valid kubeconfig: empty username for current context"
        )));
    }
    if found.certificate_authority_pem.is_empty() {
        return Err(Error::new(format!(
            "the file {path:?} has no CA certificate embedded (certificate-authority-data)"
        )));
    }
    let kubeconfig = Kubeconfig {
        server: &found.server,
        cluster: &cluster.cluster_name,
        user: &found.user,
        ca_pem: &found.certificate_authority_pem,
    };
    let content = kubeconfig.with_files(&pem, &pem);
    if files::is(&path, MODE, &content)? {
        return start();
    }
    // Stopped before and started after, where kubeadm restarts it after: a run
    // that dies in between would find the file as it should be and never
    // restart what still works with the old one. A kubelet that is stopped is
    // started by the run that goes on.
    let stopped = service::act(ServiceAction::Stop, "please restart it after this run")?;
    files::write(&path, MODE, content)?;
    match stopped {
        true => start(),
        false => Ok(()),
    }
}

fn start() -> Result<()> {
    service::act(
        ServiceAction::Start,
        "please ensure that the kubelet is running",
    )?;
    Ok(())
}
