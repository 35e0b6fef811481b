//! What a grant allows and a policy forbids.

use kubewright_plugin::bindings::phase::kubewright::provision::files;
use kubewright_plugin::pki::{self, ExtendedUsage, KeyUsages, NotBefore, Profile, Serial};
use kubewright_plugin::{Document, Result};

/// A directory that everybody writes to.
pub fn open_directory(_: &Document) -> Result<()> {
    files::make_directory("/srv/hostile", 0o770)?;
    Ok(())
}

/// A certificate of the group that no authorizer is asked about.
pub fn masters(document: &Document) -> Result<()> {
    sign(document, &["system:masters"], false)
}

/// An authority that the cluster's own signs.
pub fn intermediate(document: &Document) -> Result<()> {
    sign(document, &[], true)
}

fn sign(document: &Document, organizations: &[&str], authority: bool) -> Result<()> {
    let cluster = document.cluster()?;
    let folder = |name: &str| format!("/etc/kubernetes/pki/{name}");
    let ca = pki::load_certificate("ca", &folder("ca.crt"), Some(&folder("ca.key")))?;
    let mut key_usages = KeyUsages::DIGITAL_SIGNATURE;
    if authority {
        key_usages = key_usages | KeyUsages::KEY_CERT_SIGN;
    }
    let profile = Profile {
        common_name: "mine".to_owned(),
        organizations: organizations
            .iter()
            .map(|name| (*name).to_owned())
            .collect(),
        dns_names: Vec::new(),
        ip_addresses: Vec::new(),
        certificate_authority: authority,
        key_usages,
        extended_usages: vec![ExtendedUsage::ClientAuth],
        validity_seconds: 3600,
        not_before: NotBefore::OfSigner,
        serial: Serial::Random,
    };
    pki::issue("mine", &profile, cluster.key_algorithm()?, &ca)?;
    Ok(())
}
