//! Static defaults (kubeadm `app/apis/kubeadm/v1beta4/defaults.go`,
//! `app/apis/bootstraptoken/v1/defaults.go`).

use serde_json::Value;

use crate::constants;
use crate::documents::{
    ApiEndpoint, BootstrapToken, ClusterConfiguration, Discovery, EnvVar, InitConfiguration,
    JoinConfiguration, LocalEtcd, NodeRegistration, ResetConfiguration, Timeouts,
    UpgradeConfiguration,
};
use kubewright_values::GoDuration;

/// Fills in an InitConfiguration. Without tokens it gets one, which is still to be made.
pub fn init(configuration: &mut InitConfiguration) {
    if configuration.bootstrap_tokens.is_empty() {
        configuration
            .bootstrap_tokens
            .push(BootstrapToken::default());
    }
    configuration.bootstrap_tokens.iter_mut().for_each(token);
    endpoint(&mut configuration.local_api_endpoint);
    node(&mut configuration.node_registration);
    timeouts(&mut configuration.timeouts);
}

/// Fills in a ClusterConfiguration.
pub fn cluster(configuration: &mut ClusterConfiguration) {
    fill(
        &mut configuration.kubernetes_version,
        constants::KUBERNETES_RELEASE,
    );
    fill(
        &mut configuration.networking.service_subnet,
        constants::SERVICE_SUBNET,
    );
    fill(
        &mut configuration.networking.dns_domain,
        constants::DNS_DOMAIN,
    );
    fill(
        &mut configuration.certificates_dir,
        constants::CERTIFICATES_DIR,
    );
    fill(
        &mut configuration.image_repository,
        constants::IMAGE_REPOSITORY,
    );
    fill(&mut configuration.cluster_name, constants::CLUSTER_NAME);
    fill(&mut configuration.encryption_algorithm, "RSA-2048");
    let validity = &mut configuration.certificate_validity_period;
    validity.get_or_insert(constants::CERTIFICATE_VALIDITY);
    let validity = &mut configuration.ca_certificate_validity_period;
    validity.get_or_insert(constants::CA_CERTIFICATE_VALIDITY);
    let etcd = &mut configuration.etcd;
    if etcd.local.is_none() && etcd.external.is_none() {
        etcd.local = Some(LocalEtcd::default());
    }
    if let Some(local) = &mut etcd.local {
        fill(&mut local.data_dir, constants::ETCD_DATA_DIR);
        local.extra_envs.iter_mut().for_each(env);
    }
    if let Some(external) = &mut etcd.external
        && external.http_endpoints.is_empty()
    {
        external.http_endpoints = external.endpoints.clone();
    }
    let components = [
        &mut configuration.controller_manager,
        &mut configuration.scheduler,
    ];
    components
        .into_iter()
        .flat_map(|c| &mut c.extra_envs)
        .for_each(env);
    configuration.api_server.extra_envs.iter_mut().for_each(env);
}

/// Fills in a JoinConfiguration.
pub fn join(configuration: &mut JoinConfiguration) {
    fill(&mut configuration.ca_cert_path, constants::CA_CERT_PATH);
    if let Some(control_plane) = &mut configuration.control_plane {
        endpoint(&mut control_plane.local_api_endpoint);
    }
    discovery(&mut configuration.discovery);
    node(&mut configuration.node_registration);
    timeouts(&mut configuration.timeouts);
}

/// Fills in a ResetConfiguration.
pub fn reset(configuration: &mut ResetConfiguration) {
    fill(
        &mut configuration.certificates_dir,
        constants::CERTIFICATES_DIR,
    );
    timeouts(&mut configuration.timeouts);
}

/// Fills in an UpgradeConfiguration.
pub fn upgrade(configuration: &mut UpgradeConfiguration) {
    let apply = &mut configuration.apply;
    let node = &mut configuration.node;
    for switch in [
        &mut apply.etcd_upgrade,
        &mut apply.certificate_renewal,
        &mut apply.image_pull_serial,
        &mut node.etcd_upgrade,
        &mut node.certificate_renewal,
        &mut node.image_pull_serial,
        &mut configuration.plan.etcd_upgrade,
    ] {
        switch.get_or_insert(true);
    }
    fill(&mut apply.image_pull_policy, constants::IMAGE_PULL_POLICY);
    fill(&mut node.image_pull_policy, constants::IMAGE_PULL_POLICY);
    timeouts(&mut configuration.timeouts);
}

fn fill(field: &mut String, default: &str) {
    if field.is_empty() {
        default.clone_into(field);
    }
}

/// Unlike kubeadm, a token with `expires` gets no `ttl`: the two exclude each other, so kubeadm's
/// default makes `expires` impossible to use.
fn token(token: &mut BootstrapToken) {
    if token.ttl.is_none() && token.expires.is_none() {
        token.ttl = Some(constants::TOKEN_TTL);
    }
    if token.usages.is_empty() {
        token.usages = constants::TOKEN_USAGES.map(str::to_owned).to_vec();
    }
    if token.groups.is_empty() {
        token.groups = vec![constants::NODE_BOOTSTRAP_GROUP.to_owned()];
    }
}

fn endpoint(endpoint: &mut ApiEndpoint) {
    if endpoint.bind_port == 0 {
        endpoint.bind_port = constants::API_SERVER_PORT;
    }
}

fn node(node: &mut NodeRegistration) {
    fill(&mut node.image_pull_policy, constants::IMAGE_PULL_POLICY);
    node.image_pull_serial.get_or_insert(true);
}

fn discovery(discovery: &mut Discovery) {
    if discovery.tls_bootstrap_token.is_empty()
        && let Some(by_token) = &discovery.bootstrap_token
    {
        discovery.tls_bootstrap_token = by_token.token.clone();
    }
    if let Some(file) = &mut discovery.file
        && let Some(rest) = file.kube_config_path.strip_prefix("file://")
    {
        // `file://host/path` has an authority, which says nothing about a path on this node.
        let path = rest.find('/').map(|start| rest[start..].to_owned());
        file.kube_config_path = path.unwrap_or_default();
    }
}

fn env(env: &mut EnvVar) {
    if let Some(Value::Object(source)) = &mut env.value_from
        && let Some(Value::Object(reference)) = source.get_mut("fieldRef")
        && reference
            .get("apiVersion")
            .is_none_or(|version| version == "")
    {
        reference.insert("apiVersion".into(), "v1".into());
    }
}

fn timeouts(timeouts: &mut Option<Timeouts>) {
    let timeouts = timeouts.get_or_insert_default();
    for (timeout, minutes) in [
        (&mut timeouts.control_plane_component_health_check, 4),
        (&mut timeouts.kubelet_health_check, 4),
        (&mut timeouts.kubernetes_api_call, 1),
        (&mut timeouts.etcd_api_call, 2),
        (&mut timeouts.tls_bootstrap, 5),
        (&mut timeouts.discovery, 5),
        (&mut timeouts.upgrade_manifests, 5),
    ] {
        timeout.get_or_insert(GoDuration::from_minutes(minutes));
    }
}
