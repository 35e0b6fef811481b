//! What must be so before anything is changed. In 2016 the preflight checks saw
//! to it.

use crate::{CLIENTS, Master};
use kubewright_plugin::{Error, Result, files};

/// Fails where a file is missing that the configuration names, or one is there
/// that must not be replaced.
pub fn nothing_in_the_way(master: &Master) -> Result<()> {
    for (field, path) in [
        ("caFile", &master.etcd_ca_file),
        ("certFile", &master.etcd_cert_file),
        ("keyFile", &master.etcd_key_file),
    ] {
        if !path.is_empty() && !files::exists(path)? {
            return Err(Error::new(format!(
                "MasterConfiguration.etcd.{field}: there is no file {path}"
            ))
            .hint("put the file there, or correct the configuration; nothing was changed"));
        }
    }
    CLIENTS
        .iter()
        .try_for_each(|client| kubeconfig_taken(master, client).map(|_| ()))
}

/// Whether the kubeconfig of a client is there, written by an unfinished run.
/// Fails where it is somebody else's.
pub fn kubeconfig_taken(master: &Master, client: &str) -> Result<bool> {
    let path = &master.kubeconfig(client);
    match files::exists(path)? {
        false => Ok(false),
        true if master.has_begun(path) => Ok(true),
        true => Err(Error::new(format!(
            "failed to create {path:?}, it already exists"
        ))
        .hint(format!(
            "{path} belongs to a cluster that was made before; move it away if that cluster is gone"
        ))),
    }
}
