//! The phase CreatePKIAssets. What is there is replaced, unless an unfinished
//! run made it.

use kubewright_1_5_common::Master;
use kubewright_plugin::pki::{
    self, Algorithm, Certificate, Existing, ExtendedUsage, KeyUsages, NotBefore, Placement,
    Profile, Serial,
};
use kubewright_plugin::{Context, Document, Result, progress_under};

const DAY: u64 = 24 * 60 * 60;

kubewright_plugin::phases! {
    summary: "Keys and certificates of the cluster",
    "CreatePKIAssets": "Make the CA, the certificate of the API server and the keys for service accounts"
        => run,
}

fn run(document: &Document) -> Result<()> {
    let master = Master::read(document)?;
    let ca = ensure(&master, "ca", &authority(), None)?;
    say("Generated Certificate Authority key and certificate.");
    ensure(&master, "apiserver", &api_server(&master), Some(&ca))?;
    say("Generated API Server key and certificate");
    let files = Files::of(&master, "sa");
    pki::ensure_key_pair(
        "sa",
        Algorithm::Rsa2048,
        &files.key,
        Some(&files.public_key),
        existing(&master, &files),
    )
    .context("making the service account signing keys")?;
    say("Generated Service Account signing keys");
    say(&format!(
        "Created keys and certificates in {:?}",
        master.pki_dir
    ));
    Ok(())
}

/// What an unfinished run made may be in use by now.
fn existing(master: &Master, files: &Files) -> Existing {
    match master.has_begun(&files.key.path) {
        true => Existing::Keep,
        false => Existing::Replace,
    }
}

fn say(message: &str) {
    progress_under!("certificates", "{message}");
}

struct Files {
    certificate: Placement,
    key: Placement,
    public_key: Placement,
}

impl Files {
    fn of(master: &Master, name: &str) -> Self {
        let at = |suffix: &str, mode| Placement {
            path: master.pki(&format!("{name}{suffix}.pem")),
            mode,
        };
        Self {
            certificate: at("", 0o644),
            key: at("-key", 0o600),
            public_key: at("-pub", 0o600),
        }
    }
}

fn ensure(
    master: &Master,
    name: &str,
    profile: &Profile,
    signer: Option<&Certificate>,
) -> Result<Certificate> {
    let files = Files::of(master, name);
    let (certificate, _) = pki::ensure_certificate(
        name,
        profile,
        Algorithm::Rsa2048,
        signer,
        &files.certificate,
        &files.key,
        Some(&files.public_key),
        existing(master, &files),
    )
    .with_context(|| format!("making the certificate {name}"))?;
    Ok(certificate)
}

fn authority() -> Profile {
    Profile {
        common_name: "kubernetes".to_owned(),
        organizations: Vec::new(),
        dns_names: Vec::new(),
        ip_addresses: Vec::new(),
        certificate_authority: true,
        key_usages: KeyUsages::DIGITAL_SIGNATURE
            | KeyUsages::KEY_ENCIPHERMENT
            | KeyUsages::KEY_CERT_SIGN,
        extended_usages: Vec::new(),
        validity_seconds: 10 * 365 * DAY,
        not_before: NotBefore::BackDated(0),
        serial: Serial::Fixed(0),
    }
}

fn api_server(master: &Master) -> Profile {
    let mut ip_addresses = master.advertise_addresses.clone();
    ip_addresses.push(master.api_service.clone());
    let mut dns_names = master.dns_names.clone();
    dns_names.extend([
        "kubernetes".to_owned(),
        "kubernetes.default".to_owned(),
        "kubernetes.default.svc".to_owned(),
        format!("kubernetes.default.svc.{}", master.dns_domain),
    ]);
    Profile {
        common_name: "kube-apiserver".to_owned(),
        dns_names,
        ip_addresses,
        certificate_authority: false,
        key_usages: KeyUsages::DIGITAL_SIGNATURE | KeyUsages::KEY_ENCIPHERMENT,
        extended_usages: vec![ExtendedUsage::ServerAuth, ExtendedUsage::ClientAuth],
        validity_seconds: 365 * DAY,
        not_before: NotBefore::OfSigner,
        serial: Serial::Random,
        ..authority()
    }
}
