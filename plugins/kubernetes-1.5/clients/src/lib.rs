//! The phases CreateCertsAndConfigForClients and WriteKubeconfigIfNotExists.

use kubewright_1_5_common::{CLIENTS, Master, kubeconfig_taken};
use kubewright_plugin::kubeconfig::{User, with_users};
use kubewright_plugin::pki::{
    self, Algorithm, ExtendedUsage, KeyUsages, NotBefore, Profile, Serial,
};
use kubewright_plugin::{Context, Document, Result, files, progress_under};

/// All clients bear the name of the administrator.
const COMMON_NAME: &str = "kubernetes-admin";

kubewright_plugin::phases! {
    summary: "Certificates of the clients, and their kubeconfig files",
    "CreateCertsAndConfigForClients": "Make certificates for the kubelet and the administrator" => create,
    "WriteKubeconfigIfNotExists": "Write kubelet.conf and admin.conf, which must not be there yet" => write,
}

fn create(document: &Document) -> Result<()> {
    let master = Master::read(document)?;
    if are_written(&master)? {
        return Ok(());
    }
    let ca = pki::load_certificate("ca", &master.pki("ca.pem"), Some(&master.pki("ca-key.pem")))
        .context("loading the CA")?;
    let profile = Profile {
        common_name: COMMON_NAME.to_owned(),
        organizations: Vec::new(),
        dns_names: Vec::new(),
        ip_addresses: Vec::new(),
        certificate_authority: false,
        key_usages: KeyUsages::DIGITAL_SIGNATURE | KeyUsages::KEY_ENCIPHERMENT,
        extended_usages: vec![ExtendedUsage::ServerAuth, ExtendedUsage::ClientAuth],
        validity_seconds: 365 * 24 * 60 * 60,
        not_before: NotBefore::OfSigner,
        serial: Serial::Random,
    };
    for client in CLIENTS {
        // Kept by the host under its name for the next phase.
        pki::issue(client, &profile, Algorithm::Rsa2048, &ca)
            .with_context(|| format!("making the certificate of {client}"))?;
    }
    Ok(())
}

fn write(document: &Document) -> Result<()> {
    let master = Master::read(document)?;
    // Both before either is written.
    if are_written(&master)? {
        return Ok(());
    }
    let paths = CLIENTS.map(|client| master.kubeconfig(client));
    let ca = pki::load_certificate("ca", &master.pki("ca.pem"), None).context("loading the CA")?;
    files::ensure_directory(&master.kubernetes_dir, 0o700)?;
    for path in &paths {
        let users = CLIENTS
            .iter()
            .map(|client| user(client))
            .collect::<Result<_>>()?;
        // Each file has all users; the last one that was added is current.
        let content = with_users(
            &master.url(master.first_address()),
            "kubernetes",
            &ca.pem(),
            "admin",
            users,
        )?;
        files::write(path, 0o600, content)?;
        progress_under!("kubeconfig", "Wrote KubeConfig file to disk: {path:?}");
    }
    Ok(())
}

/// Whether an unfinished run wrote all kubeconfigs. They are identical: where
/// one is missing, all are written anew.
fn are_written(master: &Master) -> Result<bool> {
    let mut all = true;
    for client in CLIENTS {
        all &= kubeconfig_taken(master, client)?;
    }
    Ok(all)
}

fn user(client: &str) -> Result<User> {
    let certificate = pki::issued(client)
        .with_context(|| format!("looking for the certificate of {client}"))
        .map_err(|error| error.hint("run CreateCertsAndConfigForClients in the same run"))?;
    Ok(User {
        name: client.to_owned(),
        certificate_pem: certificate.pem(),
        key_pem: certificate
            .private_key_pem()
            .with_context(|| format!("placing the key of {client}"))?,
    })
}
