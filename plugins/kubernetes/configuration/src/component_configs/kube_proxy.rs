//! KubeProxyConfiguration (kubeadm `app/componentconfigs/kubeproxy.go`).

use std::net::IpAddr;

use serde_json::{Map, Value};

use super::{Completion, ComponentConfig, zeros};
use crate::constants::{self, KUBE_PROXY_API_VERSION};
use crate::documents::{ApiEndpoint, ClusterConfiguration};
use crate::net;

pub fn complete(
    given: Option<&Map<String, Value>>,
    cluster: &ClusterConfiguration,
    local: &ApiEndpoint,
) -> ComponentConfig {
    let mut config = Completion::new("KubeProxyConfiguration", KUBE_PROXY_API_VERSION, given);
    let bind_address = match net::parse_ip(&local.advertise_address) {
        Some(IpAddr::V4(_)) => "0.0.0.0",
        _ => "::",
    };
    config.recommend("bindAddress", bind_address.into(), true);
    let pods = &cluster.networking.pod_subnet;
    if !pods.is_empty() {
        config.recommend("clusterCIDR", pods.as_str().into(), true);
    }
    config.recommend(
        "clientConnection.kubeconfig",
        constants::KUBE_PROXY_KUBECONFIG.into(),
        true,
    );
    config.finish(given.is_some(), &zeros::kube_proxy())
}
