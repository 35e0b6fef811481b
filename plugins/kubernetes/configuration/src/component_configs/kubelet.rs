//! KubeletConfiguration (kubeadm `app/componentconfigs/kubelet.go`, `kubelet_unix.go`).

use serde_json::{Map, Value, json};

use super::{Completion, ComponentConfig, zeros};
use crate::constants::{self, KUBELET_API_VERSION};
use crate::derived;
use crate::documents::ClusterConfiguration;

const KIND: &str = "KubeletConfiguration";

pub fn complete(
    given: Option<&Map<String, Value>>,
    cluster: &ClusterConfiguration,
) -> ComponentConfig {
    let mut config = Completion::new(KIND, KUBELET_API_VERSION, given);
    config.recommend("staticPodPath", constants::MANIFESTS_DIR.into(), true);
    let dns = derived::dns_ip(&cluster.networking.service_subnet).map_or_else(
        |_| constants::CLUSTER_DNS_IP.to_owned(),
        |ip| ip.to_string(),
    );
    config.recommend("clusterDNS", json!([dns]), false);
    config.recommend(
        "clusterDomain",
        cluster.networking.dns_domain.as_str().into(),
        true,
    );
    let ca = cluster.certificate_path("ca.crt");
    config.recommend("authentication.x509.clientCAFile", ca.into(), true);
    config.recommend("authentication.anonymous.enabled", false.into(), false);
    config.recommend("authorization.mode", "Webhook".into(), true);
    config.recommend("authentication.webhook.enabled", true.into(), false);
    config.recommend("healthzBindAddress", "127.0.0.1".into(), true);
    config.recommend("healthzPort", constants::KUBELET_HEALTHZ_PORT.into(), false);
    if config.get("readOnlyPort").is_some() {
        config.recommend("readOnlyPort", 0.into(), false);
    }
    // Go can not tell false from unset here, so kubeadm rotates always.
    config.set("rotateCertificates", true.into());
    if config.get("cgroupDriver").is_none_or(|driver| driver == "") {
        config.set("cgroupDriver", "systemd".into());
    }
    config.finish(given.is_some(), &zeros::kubelet())
}

pub fn on_node(config: &ComponentConfig, systemd_resolved: bool) -> ComponentConfig {
    let given = config.document.as_object();
    let mut completion = Completion::new(KIND, KUBELET_API_VERSION, given);
    if systemd_resolved {
        completion.recommend("resolvConf", constants::SYSTEMD_RESOLV_CONF.into(), false);
    }
    completion.finish(config.user_supplied, &zeros::kubelet())
}
