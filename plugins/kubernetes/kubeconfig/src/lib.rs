//! The phases `kubeconfig/*` (kubeadm `app/phases/kubeconfig/kubeconfig.go`).

mod existing;

use kubewright_plugin::configuration::{ClusterConfiguration, InitConfiguration};
use kubewright_plugin::kubeconfig::Kubeconfig;
use kubewright_plugin::pki::{self, ExtendedUsage, KeyUsages, NotBefore, Profile, Serial};
use kubewright_plugin::{Context, Document, Result, files, kubeconfigs, progress, warn};

kubewright_plugin::phases! {
    summary: "Credentials of the control plane's components and of its administrators",
    "kubeconfig/admin": "Generate a kubeconfig file for the admin to use and for kubeadm itself"
        => |document| make(document, &ADMIN),
    "kubeconfig/super-admin": "Generate a kubeconfig file for the super-admin"
        => |document| make(document, &SUPER_ADMIN),
    "kubeconfig/kubelet": "Generate a kubeconfig file for the kubelet to use *only* for cluster bootstrapping purposes"
        => |document| make(document, &KUBELET),
    "kubeconfig/controller-manager": "Generate a kubeconfig file for the controller manager to use"
        => |document| make(document, &CONTROLLER_MANAGER),
    "kubeconfig/scheduler": "Generate a kubeconfig file for the scheduler to use"
        => |document| make(document, &SCHEDULER),
}

struct Credential {
    file: &'static str,
    /// The common name; none for `system:node:NAME`.
    user: Option<&'static str>,
    organizations: &'static [&'static str],
    /// Reaches this node's API server, whatever `controlPlaneEndpoint` says:
    /// what runs on this node must not depend on a load balancer.
    local: bool,
}

const ADMIN: Credential = Credential {
    file: "admin.conf",
    user: Some("kubernetes-admin"),
    organizations: &["kubeadm:cluster-admins"],
    local: false,
};
const SUPER_ADMIN: Credential = Credential {
    file: "super-admin.conf",
    user: Some("kubernetes-super-admin"),
    organizations: &["system:masters"],
    local: false,
};
const KUBELET: Credential = Credential {
    file: "kubelet.conf",
    user: None,
    organizations: &["system:nodes"],
    local: true,
};
const CONTROLLER_MANAGER: Credential = Credential {
    file: "controller-manager.conf",
    user: Some("system:kube-controller-manager"),
    organizations: &[],
    local: true,
};
const SCHEDULER: Credential = Credential {
    file: "scheduler.conf",
    user: Some("system:kube-scheduler"),
    organizations: &[],
    local: true,
};

fn make(document: &Document, credential: &Credential) -> Result<()> {
    let (init, cluster) = (document.init()?, document.cluster()?);
    let path = document.kubeconfig(credential.file);
    if credential.file == ADMIN.file {
        progress!(
            "Using kubeconfig folder {:?}",
            document.options().kubeconfig_dir
        );
    }
    let ca = pki::load_certificate(
        "ca",
        &cluster.certificate_path("ca.crt"),
        Some(&cluster.certificate_path("ca.key")),
    )
    .context("couldn't create a kubeconfig; the CA files couldn't be loaded")?;
    let server = server(credential, init, cluster)?;

    let found = kubeconfigs::inspect(&path).with_context(|| {
        format!("failed to load kubeconfig file {path} that already exists on disk")
    })?;
    if let Some(found) = found {
        for concern in existing::judge(&path, &found, &ca.pem(), &server)? {
            warn!("{concern}");
        }
        if ca.has_key() {
            progress!("Using existing kubeconfig file: {path:?}");
        } else {
            progress!("External CA mode: Using user provided {}", credential.file);
        }
        return Ok(());
    }
    if !ca.has_key() {
        return Err(existing::missing(credential.file));
    }

    let user = user(credential, init);
    let profile = Profile {
        common_name: user.clone(),
        organizations: credential
            .organizations
            .iter()
            .map(|name| (*name).to_owned())
            .collect(),
        dns_names: Vec::new(),
        ip_addresses: Vec::new(),
        certificate_authority: false,
        key_usages: KeyUsages::DIGITAL_SIGNATURE | KeyUsages::KEY_ENCIPHERMENT,
        extended_usages: vec![ExtendedUsage::ClientAuth],
        validity_seconds: cluster.certificate_validity(),
        not_before: NotBefore::OfSigner,
        serial: Serial::Random,
    };
    let certificate = pki::issue(credential.file, &profile, cluster.key_algorithm()?, &ca)
        .with_context(|| format!("failure while creating {user} client certificate"))?;
    let key = certificate
        .private_key_pem()
        .with_context(|| format!("placing the key of {user}"))?;
    let kubeconfig = Kubeconfig {
        server: &server,
        cluster: &cluster.cluster_name,
        user: &user,
        ca_pem: &ca.pem(),
    };
    progress!("Writing {:?} kubeconfig file", credential.file);
    files::write(
        &path,
        0o600,
        kubeconfig.with_certificate(&certificate.pem(), key)?,
    )?;
    Ok(())
}

fn user(credential: &Credential, init: &InitConfiguration) -> String {
    match credential.user {
        Some(user) => user.to_owned(),
        None => format!("system:node:{}", init.node_registration.name),
    }
}

fn server(
    credential: &Credential,
    init: &InitConfiguration,
    cluster: &ClusterConfiguration,
) -> Result<String> {
    if credential.local {
        init.local_api_endpoint.url()
    } else {
        cluster.server(&init.local_api_endpoint)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_runs_on_the_node_uses_the_local_endpoint() {
        let mut init = InitConfiguration::default();
        init.local_api_endpoint.advertise_address = "10.66.0.31".into();
        init.local_api_endpoint.bind_port = 6443;
        init.node_registration.name = "cp-1".into();
        let cluster = ClusterConfiguration {
            control_plane_endpoint: "api.example".into(),
            ..Default::default()
        };
        for (credential, url, name) in [
            (ADMIN, "https://api.example:6443", "kubernetes-admin"),
            (
                SUPER_ADMIN,
                "https://api.example:6443",
                "kubernetes-super-admin",
            ),
            (KUBELET, "https://10.66.0.31:6443", "system:node:cp-1"),
            (
                CONTROLLER_MANAGER,
                "https://10.66.0.31:6443",
                "system:kube-controller-manager",
            ),
            (
                SCHEDULER,
                "https://10.66.0.31:6443",
                "system:kube-scheduler",
            ),
        ] {
            assert_eq!(
                server(&credential, &init, &cluster).unwrap(),
                url,
                "{}",
                credential.file
            );
            assert_eq!(user(&credential, &init), name);
        }
    }
}
