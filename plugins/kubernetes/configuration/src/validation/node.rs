//! What is particular to a node.

use super::{Finding, Report, ignored_preflight_errors};
use crate::constants;
use crate::documents::{ApiEndpoint, Arg, NodeRegistration, Timeouts};
use crate::sealed::SealedString;
use crate::{names, net};
use kubewright_values::meant::did_you_mean;

const EFFECTS: [&str; 3] = ["NoSchedule", "PreferNoSchedule", "NoExecute"];

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
        // It is the value of the label kubernetes.io/hostname.
        if node.name.len() > constants::MAXIMUM_LABEL_VALUE {
            let message = format!(
                "a node with a name of more than {} characters can not register, it has {}; give \
                 it a shorter one, such as its first part",
                constants::MAXIMUM_LABEL_VALUE,
                node.name.len()
            );
            report.invalid(format!("{path}.name"), &node.name, message);
        }
    }
    taints(node, &format!("{path}.taints"), report);
    let ignored = &node.ignore_preflight_errors;
    let field = format!("{path}.ignorePreflightErrors");
    if let Err(finding) = ignored_preflight_errors(&[], ignored, &field) {
        report.errors.push(finding);
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

/// kubeadm leaves these to the API server, which tells the kubelet's log.
fn taints(node: &NodeRegistration, path: &str, report: &mut Report) {
    for (index, taint) in node.taints.iter().flatten().enumerate() {
        let path = format!("{path}[{index}]");
        if taint.key.is_empty() {
            report.required(format!("{path}.key"), "a taint has a key");
        }
        let effect = &taint.effect;
        if !EFFECTS.contains(&effect.as_str()) {
            let meant = did_you_mean(effect, EFFECTS);
            let message = format!("the effects are {}{meant}", EFFECTS.join(", "));
            report.invalid(format!("{path}.effect"), effect, message);
        }
    }
}

pub fn args(args: &[Arg], path: &str, report: &mut Report) {
    for (index, arg) in args.iter().enumerate() {
        let bare = arg.name.trim_start_matches('-');
        let bare = bare.split(['=', ' ']).next().unwrap_or(bare);
        if !arg.name.is_empty() && bare != arg.name {
            let instead = match bare {
                "" => "give its name".to_owned(),
                bare => format!("write {bare:?}, and what is behind it as the value"),
            };
            let message = format!(
                "the name of an argument has no dashes before it, no \"=\" and no blank; {instead}"
            );
            report.invalid(format!("{path}[{index}].name"), &arg.name, message);
        }
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
    let message = match key.hexadecimal_bytes() {
        None => "certificate key decoding error: the key must be hex encoded".to_owned(),
        Some(constants::CERTIFICATE_KEY_BYTES) => return,
        Some(bytes) => format!(
            "invalid certificate key size {bytes}, the key must be an AES key of size {}",
            constants::CERTIFICATE_KEY_BYTES
        ),
    };
    report.errors.push(Finding::invalid_secret(path, message));
}

pub fn absolute_path(text: &str, path: &str, report: &mut Report) {
    if !text.starts_with('/') {
        report.invalid(path, text, "path is not absolute; it must begin with \"/\"");
    }
}
