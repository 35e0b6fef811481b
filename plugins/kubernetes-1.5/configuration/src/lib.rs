//! Configurations of the distribution kubernetes-1.5: MasterConfiguration of
//! kubeadm.k8s.io/v1alpha1, or what today's kinds and flags say of the same.

mod check;
mod environment;
mod given;
mod leaving;
mod today;

use given::Given;
use ipnet::IpNet;
use kubewright_configuration::{Completed, Findings, Input, json};
use std::net::IpAddr;

kubewright_configuration::configuration! {
    summary: "MasterConfiguration of December 2016, or today's kinds and flags as far as they say the same",
    complete
}

/// Where phases find the token.
const TOKEN: &str = "/MasterConfiguration/secrets/givenToken";
/// The release that was current in December 2016.
const VERSION: &str = "v1.5.1";

fn complete(input: &Input, findings: &mut Findings) -> Completed {
    let mut environment = environment::read(input, findings);
    if input.operation() == "reset" {
        return leaving::complete(input, &environment.pki, findings);
    }
    let mut given = match input.document("MasterConfiguration") {
        Some(document) => {
            for other in input
                .documents()
                .filter(|one| one["kind"] != "MasterConfiguration")
            {
                let kind = other["kind"].as_str().unwrap_or_default();
                findings.add(
                    kind,
                    "it can not stand beside a MasterConfiguration; give one or the other",
                );
            }
            let pointer = input.pointer_of("MasterConfiguration").unwrap_or_default();
            Given::of_master(document, &pointer)
        }
        None => today::read(input, &mut environment, findings),
    };
    given.complete(input, VERSION);
    check::all(&given, findings);
    let (api_service, dns_service) = services(&given.service_subnet.value);
    let mut completed = Completed::new(
        json!({
            "MasterConfiguration": given.json(),
            "Environment": environment.json(),
            "Derived": {
                "apiService": api_service,
                "dnsService": dns_service,
                "architecture": architecture(input),
            },
        }),
        // The kubelet registers the host's name in lower case.
        input.hostname().to_lowercase(),
    );
    if let Some(from) = given.token_pointer {
        completed.secrets.insert(TOKEN.to_owned(), from);
    }
    completed.policy_context = json!({"certificatesDir": environment.pki});
    completed.warnings.push(
        "kubeadm of December 2016 is in alpha, please do not use it for production clusters."
            .to_owned(),
    );
    completed.warnings.extend(environment.warning());
    if given.discovery_port.value != 9898 {
        completed.warnings.push(format!(
            "kube-discovery listens on port 9898 whatever is configured: nodes will not reach it on port {}",
            given.discovery_port.value
        ));
    }
    completed
}

/// The first and the tenth address of the service subnet.
fn services(subnet: &str) -> (String, String) {
    let Ok(subnet) = subnet.parse::<IpNet>() else {
        return Default::default();
    };
    let nth = |n: u8| match subnet.network() {
        IpAddr::V4(first) => u32::from(first)
            .checked_add(n.into())
            .map(|bits| IpAddr::from(bits.to_be_bytes())),
        IpAddr::V6(first) => u128::from(first)
            .checked_add(n.into())
            .map(|bits| IpAddr::from(bits.to_be_bytes())),
    };
    let text = |n| {
        nth(n)
            .map(|address| address.to_string())
            .unwrap_or_default()
    };
    (text(1), text(10))
}

fn architecture(input: &Input) -> &str {
    match input.node()["architecture"].as_str() {
        None | Some("") => "amd64",
        Some(architecture) => architecture,
    }
}

#[cfg(test)]
mod tests;
