//! Where the machine keeps the CA certificates that it trusts.

use kubewright_plugin::{Result, machine};

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
    let facts = machine::facts()?;
    let folders = CA_FOLDERS.iter().copied();
    Ok(folders
        .filter(|folder| machine::has_directory(&facts, folder))
        .collect())
}
