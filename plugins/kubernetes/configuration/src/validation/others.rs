//! The documents of `join`, `reset` and `upgrade`.

use super::{Report, node, token};
use crate::documents::{
    BootstrapTokenDiscovery, Discovery, Document, JoinConfiguration, ResetConfiguration,
    UpgradeConfiguration,
};
use crate::{names, net};

const UNMOUNT_FLAGS: [&str; 4] = ["MNT_FORCE", "MNT_DETACH", "MNT_EXPIRE", "UMOUNT_NOFOLLOW"];

pub fn join(join: &JoinConfiguration, report: &mut Report) {
    let path = JoinConfiguration::KIND;
    discovery(&join.discovery, &format!("{path}.discovery"), report);
    node::registration(
        &join.node_registration,
        &format!("{path}.nodeRegistration"),
        report,
    );
    if let Some(control_plane) = &join.control_plane {
        let path = format!("{path}.controlPlane");
        let endpoint = &control_plane.local_api_endpoint;
        node::endpoint(endpoint, &format!("{path}.localAPIEndpoint"), report);
        let key = &control_plane.certificate_key;
        node::certificate_key(key, &format!("{path}.certificateKey"), report);
    }
    node::timeouts(join.timeouts.as_ref(), path, report);
    let ca = &join.ca_cert_path;
    if !ca.starts_with('/') || !ca.ends_with(".crt") {
        let message = "the ca certificate path must be an absolute path, and end in .crt";
        report.invalid(format!("{path}.caCertPath"), ca, message);
    }
}

fn discovery(discovery: &Discovery, path: &str, report: &mut Report) {
    match (&discovery.bootstrap_token, &discovery.file) {
        (None, None) => report.invalid(path, "", "bootstrapToken or file must be set"),
        (Some(_), Some(_)) => {
            report.invalid(path, "", "bootstrapToken and file cannot both be set");
        }
        _ => {}
    }
    if let Some(by_token) = &discovery.bootstrap_token {
        token_discovery(by_token, &format!("{path}.bootstrapToken"), report);
    }
    let tls_token = &discovery.tls_bootstrap_token;
    if discovery.bootstrap_token.is_some() || !tls_token.is_empty() {
        token::token(tls_token, &format!("{path}.tlsBootstrapToken"), report);
    }
    if let Some(file) = &discovery.file {
        kubeconfig(
            &file.kube_config_path,
            &format!("{path}.file.kubeConfigPath"),
            report,
        );
    }
}

/// Whether the file exists is for the caller to find out: this room looks at no files.
fn kubeconfig(location: &str, path: &str, report: &mut Report) {
    match names::url_scheme(location) {
        Ok(scheme) if scheme == "https" => {}
        Ok(scheme) if scheme.is_empty() && !location.is_empty() => {}
        Ok(scheme) if !scheme.is_empty() => {
            report.invalid(path, location, "if a URL is used, the scheme must be https");
        }
        _ => report.invalid(path, location, "not a valid HTTPS URL or a file on disk"),
    }
}

fn token_discovery(discovery: &BootstrapTokenDiscovery, path: &str, report: &mut Report) {
    if discovery.api_server_endpoint.is_empty() {
        report.required(path, "APIServerEndpoint is not set");
    }
    let pins = &discovery.ca_cert_hashes;
    let pins_path = format!("{path}.caCertHashes");
    if pins.is_empty() && !discovery.unsafe_skip_ca_verification {
        report.invalid(
            pins_path.clone(),
            "",
            "using token-based discovery without caCertHashes can be unsafe. Set \
             unsafeSkipCAVerification as true in your kubeadm config file or pass \
             --discovery-token-unsafe-skip-ca-verification flag to continue",
        );
    }
    for pin in pins {
        if !is_pin(pin) {
            let message = "invalid public key hash, expected \"sha256:\" and 64 hex digits";
            report.invalid(pins_path.clone(), pin, message);
        }
    }
    token::token(&discovery.token, &format!("{path}.token"), report);
    let endpoint = &discovery.api_server_endpoint;
    if net::split_host_port(endpoint).is_none() {
        let message = format!("address {endpoint}: missing port in address");
        report.invalid(format!("{path}.apiServerEndpoint"), endpoint, message);
    }
}

fn is_pin(pin: &str) -> bool {
    let Some((format, hex)) = pin.split_once(':') else {
        return false;
    };
    let well_formed = hex.len() == 64 && hex.bytes().all(|b| b.is_ascii_hexdigit());
    format.eq_ignore_ascii_case("sha256") && well_formed
}

pub fn reset(reset: &ResetConfiguration, report: &mut Report) {
    let path = ResetConfiguration::KIND;
    node::timeouts(reset.timeouts.as_ref(), path, report);
    node::socket(&reset.cri_socket, &format!("{path}.criSocket"), report);
    node::absolute_path(
        &reset.certificates_dir,
        &format!("{path}.certificatesDir"),
        report,
    );
    for (index, flag) in reset.unmount_flags.iter().enumerate() {
        if !UNMOUNT_FLAGS.contains(&flag.as_str()) {
            let known = UNMOUNT_FLAGS.join(", ");
            let message = format!("unknown unmount flag {flag}; known are {known}");
            report.invalid(
                format!("{path}.unmountFlags"),
                format!("index {index}"),
                message,
            );
        }
    }
}

pub fn upgrade(upgrade: &UpgradeConfiguration, report: &mut Report) {
    let path = UpgradeConfiguration::KIND;
    node::timeouts(upgrade.timeouts.as_ref(), path, report);
    let (apply, on_node) = (&upgrade.apply, &upgrade.node);
    for (name, patches, policy) in [
        ("apply", &apply.patches, &apply.image_pull_policy),
        ("node", &on_node.patches, &on_node.image_pull_policy),
    ] {
        if let Some(patches) = patches {
            let path = format!("{path}.{name}.patches.directory");
            node::absolute_path(&patches.directory, &path, report);
        }
        node::pull_policy(policy, &format!("{path}.{name}.imagePullPolicy"), report);
    }
}
