//! Subnets and the DNS domain.

use ipnet::IpNet;

use super::Report;
use crate::documents::{ClusterConfiguration, argument};
use crate::{constants, names, net};

const DUAL_STACK: &str = "expected one (IPv4 or IPv6) CIDR or two CIDRs from each family for \
    dual-stack networking";

pub fn networking(cluster: &ClusterConfiguration, path: &str, report: &mut Report) {
    let networking = &cluster.networking;
    for message in names::dns_subdomain_errors(&networking.dns_domain) {
        report.invalid(format!("{path}.dnsDomain"), &networking.dns_domain, message);
    }
    let service_path = format!("{path}.serviceSubnet");
    let minimum = constants::MINIMUM_SERVICE_ADDRESSES;
    let services = subnets(&networking.service_subnet, minimum, &service_path, report);
    for service in &services {
        service_size(service, &service_path, report);
    }
    let pod_path = format!("{path}.podSubnet");
    let minimum = constants::MINIMUM_POD_ADDRESSES;
    let pods = subnets(&networking.pod_subnet, minimum, &pod_path, report);
    let allocated = argument(
        &cluster.controller_manager.extra_args,
        "allocate-node-cidrs",
    );
    if allocated != Some("false") {
        for pod in &pods {
            node_mask(pod, cluster, &pod_path, report);
        }
    }
    for (pod, service) in pods
        .iter()
        .flat_map(|p| services.iter().map(move |s| (p, s)))
    {
        if !net::overlap(pod, service) {
            continue;
        }
        // Cilium's default encloses that of services. Nothing that is left over
        // for Pods is another matter.
        if pod.prefix_len() < service.prefix_len() {
            report.warnings.push(format!(
                "{pod_path}: {pod} encloses the service subnet {service}; kube-controller-manager \
                 gives no node a part of it, and a network plugin that chooses addresses itself \
                 must leave it out, too"
            ));
        } else {
            report.invalid(
                pod_path.clone(),
                pod.to_string(),
                format!(
                    "pod subnet overlaps with the service subnet {service}, which leaves no \
                     addresses for Pods; choose one apart from it"
                ),
            );
        }
    }
}

/// Reads one subnet or two of different families; an unset field has none.
fn subnets(text: &str, minimum: u128, path: &str, report: &mut Report) -> Vec<IpNet> {
    if text.is_empty() {
        return Vec::new();
    }
    let Some(subnets) = net::parse_cidrs(text) else {
        let message = "couldn't parse subnet; write it in CIDR notation, like \"10.244.0.0/16\"";
        report.invalid(path, text, message);
        return Vec::new();
    };
    let is_v4 = |net: &IpNet| matches!(net, IpNet::V4(_));
    let well_mixed = match subnets.as_slice() {
        [_] => true,
        [a, b] => is_v4(a) != is_v4(b),
        _ => false,
    };
    if !well_mixed {
        report.invalid(path, text, DUAL_STACK);
    }
    for subnet in &subnets {
        let size = net::subnet_size(subnet);
        if size < minimum {
            let message =
                format!("subnet with {size} address(es) is too small, the minimum is {minimum}");
            report.invalid(path, subnet.to_string(), message);
        }
        if net::parse_cidr("fec0::/10").is_some_and(|site_local| net::overlap(subnet, &site_local))
        {
            report.warnings.push(format!(
                "the subnet {subnet} contains IPv6 site-local addresses that belong to fec0::/10 \
                 which has been deprecated by rfc3879"
            ));
        }
    }
    subnets
}

fn service_size(subnet: &IpNet, path: &str, report: &mut Report) {
    let bits = subnet.max_prefix_len();
    if bits - subnet.prefix_len() > constants::MAXIMUM_SERVICE_SUBNET_BITS {
        let least = bits - constants::MAXIMUM_SERVICE_SUBNET_BITS;
        let message = format!(
            "specified service subnet is too large; for {bits}-bit addresses, the mask must be >= \
             {least}"
        );
        report.invalid(path, subnet.to_string(), message);
    }
}

/// Each node gets a part of the pod subnet; the controller manager's bitmap of parts is limited.
fn node_mask(subnet: &IpNet, cluster: &ClusterConfiguration, path: &str, report: &mut Report) {
    let (name, default) = match subnet {
        IpNet::V4(_) => ("node-cidr-mask-size-ipv4", 24),
        IpNet::V6(_) => ("node-cidr-mask-size-ipv6", 64),
    };
    let given = argument(&cluster.controller_manager.extra_args, name).filter(|v| !v.is_empty());
    let node_mask = match given.map(str::parse::<i64>) {
        None => default,
        Some(Ok(mask)) => mask,
        Some(Err(_)) => {
            let message = format!(
                "could not parse the value of the kube-controller-manager flag {name} as an integer"
            );
            return report.invalid(path, subnet.to_string(), message);
        }
    };
    let mask = i64::from(subnet.prefix_len());
    let limit = constants::MAXIMUM_NODE_MASK_DIFFERENCE;
    if mask > node_mask {
        let message = format!(
            "the size of pod subnet with mask {mask} is smaller than the size of node subnet with \
             mask {node_mask}"
        );
        report.invalid(path, subnet.to_string(), message);
    } else if node_mask.saturating_sub(mask) > limit {
        let message = format!(
            "pod subnet mask ({mask}) and node-mask ({node_mask}) difference is greater than {limit}"
        );
        report.invalid(path, subnet.to_string(), message);
    }
}
