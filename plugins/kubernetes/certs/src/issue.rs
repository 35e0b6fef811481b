//! Makes them, or keeps what is there.

use crate::catalogue::{Authority, CA, Leaf};
use crate::names::Names;
use kubewright_plugin::configuration::ClusterConfiguration;
use kubewright_plugin::pki::{self, Existing, KeyUsages, NotBefore, Placement, Profile, Serial};
use kubewright_plugin::types::{Change, ErrorCode};
use kubewright_plugin::{Context, Document, Error, Result, machine, progress};
use std::net::IpAddr;

/// A client whose clock is late by less accepts a new certificate
/// (`constants.CertificateBackdate`).
const BACK_DATED: NotBefore = NotBefore::BackDated(300);

/// Makes a CA, or keeps the one that is there.
pub fn authority(document: &Document, authority: &Authority) -> Result<()> {
    let cluster = document.cluster()?;
    let base = authority.base;
    if base == CA.base {
        progress!("Using certificateDir folder {:?}", cluster.certificates_dir);
    }
    if authority.of_etcd && cluster.etcd.external.is_some() {
        progress!("External etcd mode: Skipping {base} certificate authority generation");
        return Ok(());
    }
    let profile = Profile {
        common_name: authority.common_name.to_owned(),
        organizations: Vec::new(),
        // A CA carries its own name as DNS name (client-go `NewSelfSignedCACert`).
        dns_names: vec![authority.common_name.to_owned()],
        ip_addresses: Vec::new(),
        certificate_authority: true,
        key_usages: KeyUsages::DIGITAL_SIGNATURE
            | KeyUsages::KEY_ENCIPHERMENT
            | KeyUsages::KEY_CERT_SIGN,
        extended_usages: Vec::new(),
        validity_seconds: cluster.ca_validity(),
        not_before: BACK_DATED,
        serial: Serial::Random,
    };
    let (certificate, change) = ensure(cluster, base, &profile, None)
        .with_context(|| format!("making the {base:?} certificate authority"))?;
    match change {
        Change::Unchanged if certificate.has_key() => {
            progress!("Using existing {base} certificate authority")
        }
        Change::Unchanged => progress!("Using existing {base} keyless certificate authority"),
        _ => progress!("Generating {base:?} certificate and key"),
    }
    Ok(())
}

/// Makes a certificate that a CA signs, or keeps the one that is there.
pub fn leaf(document: &Document, leaf: &Leaf) -> Result<()> {
    let (init, cluster) = (document.init()?, document.cluster()?);
    let base = leaf.base;
    if leaf.authority.of_etcd && cluster.etcd.external.is_some() {
        progress!("External etcd mode: Skipping {base} certificate generation");
        return Ok(());
    }
    let names = (leaf.names)(init, cluster)?;
    let profile = Profile {
        common_name: leaf
            .common_name
            .unwrap_or(&init.node_registration.name)
            .to_owned(),
        organizations: Vec::new(),
        dns_names: names.dns.iter().cloned().collect(),
        ip_addresses: names.addresses.iter().map(IpAddr::to_string).collect(),
        certificate_authority: false,
        key_usages: KeyUsages::DIGITAL_SIGNATURE | KeyUsages::KEY_ENCIPHERMENT,
        extended_usages: leaf.usages.to_vec(),
        validity_seconds: cluster.certificate_validity(),
        not_before: BACK_DATED,
        serial: Serial::Random,
    };
    let authority = leaf.authority.base;
    let signer = pki::load_certificate(
        authority,
        &cluster.certificate_path(&format!("{authority}.crt")),
        Some(&cluster.certificate_path(&format!("{authority}.key"))),
    )
    .with_context(|| format!("couldn't load CA certificate {authority}"))?;
    let made = ensure(cluster, base, &profile, Some(&signer))
        .with_context(|| format!("making the {base:?} certificate and key"));
    let (_, change) = made.map_err(|error| match signer.has_key() {
        true => error,
        false => error.hint(format!(
            "the {authority} certificate authority has no key here (external CA mode), so {base}.crt and {base}.key \
             must be there, made by that authority"
        )),
    })?;
    match change {
        Change::Unchanged => progress!("Using existing {base} certificate and key on disk"),
        _ => {
            progress!("Generating {base:?} certificate and key");
            let serves =
                |usage: &pki::ExtendedUsage| matches!(usage, pki::ExtendedUsage::ServerAuth);
            if leaf.usages.iter().any(serves) {
                progress!("{}", serving(base, &names));
            }
        }
    }
    Ok(())
}

/// Makes the key pair that service account tokens are signed with.
pub fn service_account(document: &Document) -> Result<()> {
    let cluster = document.cluster()?;
    let private = cluster.certificate_path("sa.key");
    if machine::external_ca(cluster)? {
        pki::load_key_pair("sa", &private)
            .map_err(|error| match error.code {
                ErrorCode::NotFound => Error::from(error)
                    .hint("the cluster CA has no key here (external CA mode): provide sa.key and sa.pub as well"),
                _ => error.into(),
            })
            .context("loading the service account key")?;
        progress!("Using existing sa keys");
        return Ok(());
    }
    let (_, change) = pki::ensure_key_pair(
        "sa",
        cluster.key_algorithm()?,
        &Placement {
            path: private,
            mode: 0o600,
        },
        // kubeadm writes sa.pub with 0600, unlike all other public files.
        Some(&Placement {
            path: cluster.certificate_path("sa.pub"),
            mode: 0o600,
        }),
        Existing::Keep,
    )
    .context("making the \"sa\" key and public key")?;
    match change {
        Change::Unchanged => progress!("Using the existing \"sa\" key"),
        _ => progress!("Generating \"sa\" key and public key"),
    }
    Ok(())
}

fn ensure(
    cluster: &ClusterConfiguration,
    base: &str,
    profile: &Profile,
    signer: Option<&pki::Certificate>,
) -> Result<(pki::Certificate, Change)> {
    let certificate = Placement {
        path: cluster.certificate_path(&format!("{base}.crt")),
        mode: 0o644,
    };
    let key = Placement {
        path: cluster.certificate_path(&format!("{base}.key")),
        mode: 0o600,
    };
    let algorithm = cluster.key_algorithm()?;
    Ok(pki::ensure_certificate(
        base,
        profile,
        algorithm,
        signer,
        &certificate,
        &key,
        None,
        Existing::Keep,
    )?)
}

fn serving(base: &str, names: &Names) -> String {
    let dns: Vec<_> = names.dns.iter().map(String::as_str).collect();
    let addresses: Vec<_> = names.addresses.iter().map(IpAddr::to_string).collect();
    format!(
        "{base} serving cert is signed for DNS names [{}] and IPs [{}]",
        dns.join(" "),
        addresses.join(" ")
    )
}
