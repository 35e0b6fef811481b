//! `kubelet-finalize/enable-client-cert-rotation`.

use crate::service;
use kubewright_plugin::kubeconfig::Kubeconfig;
use kubewright_plugin::node::ServiceAction;
use kubewright_plugin::types::Change;
use kubewright_plugin::{
    Context, Document, Error, Result, arguments, debug, files, kubeconfigs, paths, progress,
};

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
    match files::write(&path, 0o600, kubeconfig.with_files(&pem, &pem))? {
        Change::Unchanged => Ok(()),
        Change::Created | Change::Updated => service::act(ServiceAction::Restart),
    }
}
