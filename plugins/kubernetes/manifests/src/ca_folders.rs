//! Where the machine keeps the CA certificates that it trusts.

use kubewright_plugin::{Context, Result, node};

/// Folders that `/etc/ssl/certs` may have links into, by distribution of Linux.
const CA_FOLDERS: &[&str] = &[
    "/etc/pki/ca-trust",
    "/etc/pki/tls/certs",
    "/etc/ca-certificates",
    "/usr/share/ca-certificates",
    "/usr/local/share/ca-certificates",
];

/// Those of the folders with CA certificates that this machine has.
pub fn present() -> Result<Vec<&'static str>> {
    let mut found = Vec::new();
    for folder in CA_FOLDERS {
        if node::has_directory(folder).with_context(|| format!("looking for {folder}"))? {
            found.push(*folder);
        }
    }
    Ok(found)
}
