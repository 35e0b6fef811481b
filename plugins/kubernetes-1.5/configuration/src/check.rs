//! What can not be.

use crate::given::{Given, Named};
use ipnet::IpNet;
use kubewright_configuration::Findings;
use semver::Version;
use std::net::IpAddr;

/// The cloud providers of Kubernetes 1.5.
const CLOUD_PROVIDERS: [&str; 10] = [
    "aws",
    "azure",
    "cloudstack",
    "gce",
    "mesos",
    "openstack",
    "ovirt",
    "photon",
    "rackspace",
    "vsphere",
];
/// What the API server sees of the machine.
const MOUNTED: [&str; 3] = ["/etc/ssl/certs/", "/etc/kubernetes/", "/etc/pki/"];

pub fn all(given: &Given, findings: &mut Findings) {
    addresses(given, findings);
    for port in [&given.api_port, &given.discovery_port] {
        if !(1..=65535).contains(&port.value) {
            let message = format!("{} is not a port; ports are 1 to 65535", port.value);
            findings.add(&port.path, message);
        }
    }
    let cloud = &given.cloud_provider;
    if !cloud.value.is_empty() && !CLOUD_PROVIDERS.contains(&cloud.value.as_str()) {
        let message = format!(
            "cloud provider {:?} is not known; there are {}",
            cloud.value,
            CLOUD_PROVIDERS.join(", ")
        );
        findings.add(&cloud.path, message);
    }
    etcd(given, findings);
    version(&given.version, findings);
    names(&given.dns_names, findings);
    if !is_dns_name(&given.dns_domain.value) {
        let message = format!("{:?} is not a DNS domain", given.dns_domain.value);
        findings.add(&given.dns_domain.path, message);
    }
    subnets(given, findings);
}

fn addresses(given: &Given, findings: &mut Findings) {
    let Named { value, path } = &given.addresses;
    if value.is_empty() {
        findings.add(
            path,
            "this machine has no default route; give the address of this master",
        );
    }
    for (at, address) in value.iter().enumerate() {
        match address.parse::<IpAddr>() {
            Ok(parsed) if parsed.is_unspecified() || parsed.is_multicast() => findings.add(
                format!("{path}[{at}]"),
                format!("nobody can connect to {address}; give an address of this master"),
            ),
            Ok(_) => {}
            Err(_) => findings.add(
                format!("{path}[{at}]"),
                format!("{address:?} is not an IP address"),
            ),
        }
    }
}

fn etcd(given: &Given, findings: &mut Findings) {
    let endpoints = &given.etcd_endpoints;
    for (at, endpoint) in endpoints.value.iter().enumerate() {
        let rest = endpoint
            .strip_prefix("http://")
            .or_else(|| endpoint.strip_prefix("https://"));
        if rest.is_none_or(|rest| rest.is_empty() || rest.contains([',', ' '])) {
            findings.add(
                format!("{}[{at}]", endpoints.path),
                format!("{endpoint:?} is not a URL, as https://10.0.0.21:2379"),
            );
        }
    }
    let (certificate, key) = (&given.etcd_cert_file, &given.etcd_key_file);
    if certificate.value.is_empty() != key.value.is_empty() {
        let (missing, other) = match certificate.value.is_empty() {
            true => (certificate, key),
            false => (key, certificate),
        };
        findings.add(
            &missing.path,
            format!("it is needed together with {}", other.path),
        );
    }
    for file in [&given.etcd_ca_file, certificate, key] {
        if file.value.is_empty() {
            continue;
        }
        if endpoints.value.is_empty() {
            findings.add(
                &file.path,
                format!("it says nothing without {}", endpoints.path),
            );
        } else if crate::environment::usable(&file.value).is_err()
            || !MOUNTED.iter().any(|folder| file.value.starts_with(folder))
        {
            findings.add(
                &file.path,
                format!(
                    "the API server can not see {:?}; put the file below /etc/ssl/certs",
                    file.value
                ),
            );
        }
    }
}

fn version(version: &Named<String>, findings: &mut Findings) {
    let text = &version.value;
    let parsed = text
        .strip_prefix('v')
        .and_then(|text| Version::parse(text).ok());
    match parsed {
        Some(parsed) if parsed.major == 1 && (4..=5).contains(&parsed.minor) => {}
        Some(_) => findings.add(
            &version.path,
            format!("this distribution makes clusters of v1.4 and v1.5, not of {text}"),
        ),
        None => findings.add(
            &version.path,
            format!("{text:?} is not a version, as v1.5.1, nor \"stable\""),
        ),
    }
}

fn names(names: &Named<Vec<String>>, findings: &mut Findings) {
    for (at, name) in names.value.iter().enumerate() {
        let bare = name.strip_prefix("*.").unwrap_or(name);
        if !is_dns_name(bare) || name.parse::<IpAddr>().is_ok() {
            findings.add(
                format!("{}[{at}]", names.path),
                format!("{name:?} is not a DNS name"),
            );
        }
    }
}

/// RFC 1123
fn is_dns_name(name: &str) -> bool {
    let is_label = |label: &str| {
        (1..=63).contains(&label.len())
            && label
                .bytes()
                .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    name.len() <= 253 && name.split('.').all(is_label)
}

fn subnets(given: &Given, findings: &mut Findings) {
    let service = subnet(&given.service_subnet, findings);
    if let Some(service) = service
        && service.max_prefix_len() - service.prefix_len() < 4
    {
        let message = format!(
            "{service} is too small: the tenth address is that of the DNS service, so it takes a /{} at least",
            service.max_prefix_len() - 4
        );
        findings.add(&given.service_subnet.path, message);
    }
    if given.pod_subnet.value.is_empty() {
        return;
    }
    let pods = subnet(&given.pod_subnet, findings);
    if let (Some(service), Some(pods)) = (service, pods)
        && (service.contains(&pods) || pods.contains(&service))
    {
        findings.add(
            &given.pod_subnet.path,
            format!("the pod subnet {pods} overlaps with the service subnet {service}"),
        );
    }
}

fn subnet(subnet: &Named<String>, findings: &mut Findings) -> Option<IpNet> {
    let parsed = subnet.value.parse::<IpNet>().ok();
    if parsed.is_none() {
        let message = format!("{:?} is not a subnet, as 10.96.0.0/12", subnet.value);
        findings.add(&subnet.path, message);
    }
    parsed
}
