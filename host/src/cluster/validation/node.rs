//! What is particular to a node.

use super::{Finding, Report};
use crate::cluster::constants;
use crate::cluster::documents::{ApiEndpoint, Arg, NodeRegistration, Timeouts};
use crate::cluster::secret::SealedString;
use crate::cluster::{names, net};

pub fn registration(node: &NodeRegistration, path: &str, report: &mut Report) {
    if node.name.is_empty() {
        report.required(
            path,
            "--node-name or .nodeRegistration.name in the config file is a required value. It \
             seems like this value couldn't be automatically detected in your environment, please \
             specify the desired value using the CLI or config file.",
        );
    }
    if !node.name.is_empty() {
        for message in names::dns_subdomain_errors(&node.name) {
            report.invalid(format!("{path}.name"), &node.name, message);
        }
    }
    socket(&node.cri_socket, &format!("{path}.criSocket"), report);
    args(
        &node.kubelet_extra_args,
        &format!("{path}.kubeletExtraArgs"),
        report,
    );
    pull_policy(
        &node.image_pull_policy,
        &format!("{path}.imagePullPolicy"),
        report,
    );
}

pub fn socket(socket: &str, path: &str, report: &mut Report) {
    if socket.is_empty() {
        return report.invalid(path, socket, "empty CRI socket");
    }
    let expected = constants::CRI_SCHEME;
    match names::url_scheme(socket) {
        Err(error) => report.invalid(path, socket, error.to_string()),
        Ok(scheme) if scheme != expected => report.invalid(
            path,
            socket,
            format!("only URL scheme {expected:?} is supported, got {scheme:?}"),
        ),
        Ok(_) => {}
    }
}

pub fn args(args: &[Arg], path: &str, report: &mut Report) {
    for (index, arg) in args.iter().enumerate() {
        if arg.name.is_empty() {
            report.invalid(
                path,
                format!("index {index}"),
                "argument has no name; write \"name\" and \"value\"",
            );
        }
    }
}

pub fn pull_policy(policy: &str, path: &str, report: &mut Report) {
    if !matches!(policy, "" | "Always" | "IfNotPresent" | "Never") {
        let message = "invalid pull policy; use Always, IfNotPresent or Never";
        report.invalid(path, policy, message);
    }
}

pub fn endpoint(endpoint: &ApiEndpoint, path: &str, report: &mut Report) {
    if net::parse_ip(&endpoint.advertise_address).is_none() {
        let path = format!("{path}.advertiseAddress");
        report.invalid(path, &endpoint.advertise_address, "ip address is not valid");
    }
    if !(1..=65535).contains(&endpoint.bind_port) {
        let path = format!("{path}.bindPort");
        report.invalid(
            path,
            endpoint.bind_port.to_string(),
            "port number is not valid; it is from 1 to 65535",
        );
    }
}

/// kubeadm takes a negative time to wait, and then waits for nothing.
pub fn timeouts(timeouts: Option<&Timeouts>, path: &str, report: &mut Report) {
    for (name, timeout) in timeouts.into_iter().flat_map(Timeouts::given) {
        if timeout.to_std().is_none() {
            report.invalid(
                format!("{path}.timeouts.{name}"),
                timeout.to_string(),
                "a time to wait can not be negative",
            );
        }
    }
}

pub fn certificate_key(key: &SealedString, path: &str, report: &mut Report) {
    if key.is_empty() {
        return;
    }
    let text = key.reveal();
    let message = if !text.bytes().all(|b| b.is_ascii_hexdigit()) || !text.len().is_multiple_of(2) {
        "certificate key decoding error: the key must be hex encoded".to_owned()
    } else if text.len() / 2 != constants::CERTIFICATE_KEY_BYTES {
        format!(
            "invalid certificate key size {}, the key must be an AES key of size {}",
            text.len() / 2,
            constants::CERTIFICATE_KEY_BYTES
        )
    } else {
        return;
    };
    report.errors.push(Finding::invalid_secret(path, message));
}

pub fn absolute_path(text: &str, path: &str, report: &mut Report) {
    if !text.starts_with('/') {
        report.invalid(path, text, "path is not absolute; it must begin with \"/\"");
    }
}
