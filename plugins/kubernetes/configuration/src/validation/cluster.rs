//! What all nodes share.

use super::{Report, certificates, etcd, network, node, volumes};
use crate::documents::{ClusterConfiguration, Document};
use crate::{features, images, net};

pub fn cluster(cluster: &ClusterConfiguration, report: &mut Report) {
    let path = ClusterConfiguration::KIND;
    let at = |field: &str| format!("{path}.{field}");
    if !cluster.dns.image_repository.is_empty() {
        let repository = &cluster.dns.image_repository;
        etcd::image_repository(repository, &at("dns.imageRepository"), report);
    }
    network::networking(cluster, &at("networking"), report);
    certificates::alternative_names(
        &cluster.api_server.cert_sans,
        &at("apiServer.certSANs"),
        report,
    );
    node::args(
        &cluster.api_server.extra_args,
        &at("apiServer.extraArgs"),
        report,
    );
    node::args(
        &cluster.controller_manager.extra_args,
        &at("controllerManager.extraArgs"),
        report,
    );
    node::args(
        &cluster.scheduler.extra_args,
        &at("scheduler.extraArgs"),
        report,
    );
    for (component, extra) in [
        ("apiServer", &cluster.api_server.extra_volumes),
        (
            "controllerManager",
            &cluster.controller_manager.extra_volumes,
        ),
        ("scheduler", &cluster.scheduler.extra_volumes),
    ] {
        volumes::volumes(extra, &at(&format!("{component}.extraVolumes")), report);
    }
    node::absolute_path(&cluster.certificates_dir, &at("certificatesDir"), report);
    feature_gates(cluster, &at("featureGates"), report);
    let endpoint = &cluster.control_plane_endpoint;
    if !endpoint.is_empty() && net::parse_host_port(endpoint).is_err() {
        report.invalid(
            at("controlPlaneEndpoint"),
            endpoint,
            "endpoint is not valid",
        );
    }
    etcd::image_repository(&cluster.image_repository, &at("imageRepository"), report);
    etcd::etcd(&cluster.etcd, &at("etcd"), report);
    certificates::algorithm(cluster, &at("encryptionAlgorithm"), report);
    certificates::validity(cluster, path, report);
    report.warnings.extend(images::etcd_warning(cluster));
}

fn feature_gates(cluster: &ClusterConfiguration, path: &str, report: &mut Report) {
    for (name, value) in &cluster.feature_gates {
        if features::find(name).is_none() {
            let message = format!(
                "{name} is not a valid feature name; {}",
                features::instead(name)
            );
            report.invalid(format!("{path}.{name}"), value.to_string(), message);
        }
    }
    report
        .warnings
        .extend(features::warnings(&cluster.feature_gates));
}
