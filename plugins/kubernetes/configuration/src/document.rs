//! What phases get of a configuration.

use std::time::Duration;

use kubewright_configuration::{Completed, Value, json};
use kubewright_values::GoDuration;
use serde_json::Map;

use super::component_configs::{self, ComponentConfig};
use super::documents::{Document, InitConfiguration, Timeouts};
use super::load::{self, Init, Join, Reset};
use super::options::Options;
use super::{derived, images};

/// Of an `init`. A token still to be made is `""`, others `abcdef.<sealed>`. `systemd_resolved` is
/// a fact of the node that its kubelet's configuration depends on.
pub fn init(loaded: Init, options: &Options, systemd_resolved: bool) -> Completed {
    let kubelet = component_configs::kubelet_on_node(&loaded.kubelet, systemd_resolved);
    let supplied = |config: &ComponentConfig| json!({ "userSupplied": config.user_supplied });
    let timeouts = loaded.init.timeouts.as_ref();
    Completed {
        node_name: loaded.init.node_registration.name.clone(),
        configuration: json!({
            "InitConfiguration": loaded.init.to_value(),
            "ClusterConfiguration": load::uploaded_cluster_configuration(&loaded.cluster),
            "KubeletConfiguration": loaded.kubelet.document,
            "KubeProxyConfiguration": loaded.kube_proxy.document,
        }),
        document: object(json!({
            "componentConfigs": {
                "kubelet": supplied(&loaded.kubelet),
                "kubeProxy": supplied(&loaded.kube_proxy),
            },
            "node": { "KubeletConfiguration": kubelet.document },
            "images": images::by_component(&loaded.cluster),
            "encryptionAlgorithm": derived::encryption_algorithm(&loaded.cluster).name(),
        })),
        options: object(json!(options)),
        policy_context: json!({ "certificatesDir": loaded.cluster.certificate_path("") }),
        patches_directory: options.patches_directory.clone(),
        skip_phases: Some(options.skip_phases.clone()),
        skip_phases_field: format!("{}.skipPhases", InitConfiguration::KIND),
        api_call_timeout: api_call_timeout(timeouts),
        waiting: waiting(timeouts),
        warnings: loaded.warnings,
        ..Completed::default()
    }
}

/// Of a `join`. What the cluster says comes later, by discovery.
pub fn join(loaded: Join, options: &Options) -> Completed {
    let timeouts = loaded.join.timeouts.as_ref();
    Completed {
        node_name: loaded.join.node_registration.name.clone(),
        configuration: json!({ "JoinConfiguration": loaded.join.to_value() }),
        options: object(json!(options)),
        patches_directory: options.patches_directory.clone(),
        skip_phases: Some(options.skip_phases.clone()),
        skip_phases_field: "JoinConfiguration.skipPhases".to_owned(),
        api_call_timeout: api_call_timeout(timeouts),
        waiting: waiting(timeouts),
        warnings: loaded.warnings,
        ..Completed::default()
    }
}

/// Of a `reset` of a node that has this host name.
pub fn reset(loaded: Reset, hostname: &str) -> Completed {
    let reset = &loaded.reset;
    let timeouts = reset.timeouts.as_ref();
    Completed {
        node_name: hostname.trim().to_lowercase(),
        configuration: json!({ "ResetConfiguration": reset.to_value() }),
        options: object(json!({
            "dryRun": reset.dry_run,
            "ignorePreflightErrors": reset.ignore_preflight_errors,
            "namesCertificatesDir": loaded.names_certificates_dir,
            "namesCRISocket": loaded.names_cri_socket,
            "skipPhases": reset.skip_phases,
        })),
        skip_phases: Some(reset.skip_phases.clone()),
        skip_phases_field: "ResetConfiguration.skipPhases".to_owned(),
        api_call_timeout: api_call_timeout(timeouts),
        waiting: waiting(timeouts),
        warnings: loaded.warnings,
        ..Completed::default()
    }
}

fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(fields) => fields,
        _ => Map::new(),
    }
}

fn api_call_timeout(timeouts: Option<&Timeouts>) -> String {
    timeouts
        .and_then(|timeouts| timeouts.kubernetes_api_call)
        .map(|timeout| timeout.to_string())
        .unwrap_or_default()
}

/// All that the operator lets phases wait.
fn waiting(timeouts: Option<&Timeouts>) -> String {
    let all = timeouts
        .into_iter()
        .flat_map(Timeouts::given)
        .filter_map(|(_, timeout)| timeout.to_std())
        .fold(Duration::ZERO, Duration::saturating_add);
    GoDuration::from_std(all).to_string()
}
