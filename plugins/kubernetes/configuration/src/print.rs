//! The answers for `config print`, `config validate`, `config migrate` and `config images`.

use kubewright_configuration::{Completed, Value};

use super::documents::{
    BootstrapToken, BootstrapTokenDiscovery, ClusterConfiguration, Document, Documents,
    InitConfiguration, JoinConfiguration, Kind, ResetConfiguration, UpgradeConfiguration,
};
use super::error::ConfigError;
use super::facts::NodeDefaults;
use super::flags::Flags;
use super::load::{self, Init, Join};
use super::sealed::{SealedString, SealedToken, TokenSource};
use super::{constants, images};

/// Stands where a real token would be, so that what is printed is valid.
pub const PLACEHOLDER_TOKEN: &str = "abcdef.0123456789abcdef";

/// Component configurations that can be printed with the defaults of `init`.
pub const COMPONENT_CONFIG_KINDS: [&str; 2] = ["KubeProxyConfiguration", "KubeletConfiguration"];

/// The flag that names them.
const COMPONENT_CONFIGS: &str = "component-configs";

/// The documents of an operation where nothing is given. `hostname` is the node's, which kubeadm
/// prints for a `join`.
pub fn defaults(
    operation: &str,
    flags: &Flags,
    hostname: &str,
) -> Result<Option<Vec<Value>>, ConfigError> {
    Ok(Some(match operation {
        "init" => init_defaults(&flags.texts(COMPONENT_CONFIGS))?,
        "join" => vec![join_defaults(hostname)?],
        "reset" => vec![reset_defaults()?],
        "upgrade" => vec![upgrade_defaults()?],
        _ => return Ok(None),
    }))
}

/// `config print init-defaults`, with the component configurations of these kinds.
pub fn init_defaults(component_configs: &[String]) -> Result<Vec<Value>, ConfigError> {
    let mut init = InitConfiguration::default();
    init.bootstrap_tokens.push(BootstrapToken {
        token: SealedToken::new(SealedString::new(PLACEHOLDER_TOKEN.to_owned()))
            .map_or(TokenSource::Generate, TokenSource::Given),
        ..Default::default()
    });
    // Before dynamic defaults there are no taints, which is what kubeadm prints.
    let documents = Documents {
        init: Some(init),
        cluster: Some(ClusterConfiguration::default()),
        ..Documents::default()
    };
    let mut loaded = load::complete_init(documents, &NodeDefaults::of_no_node())?;
    loaded.init.node_registration.taints = None;
    loaded.cluster.kubernetes_version = constants::PLACEHOLDER_KUBERNETES_VERSION.to_owned();
    let mut values = vec![shown_init(&loaded.init), loaded.cluster.to_value()];
    for kind in component_configs {
        values.push(match kind.as_str() {
            "KubeletConfiguration" => loaded.kubelet.document.clone(),
            "KubeProxyConfiguration" => loaded.kube_proxy.document.clone(),
            _ => {
                let known = COMPONENT_CONFIG_KINDS.join(" ");
                let message = format!("needs to contain some of [{known}]");
                return Err(ConfigError::Stated(
                    format!("--{COMPONENT_CONFIGS}"),
                    message,
                ));
            }
        });
    }
    Ok(values)
}

/// The document; a token still to be made is left out.
fn shown_init(configuration: &InitConfiguration) -> Value {
    let mut value = configuration.to_value();
    for (index, entry) in configuration.bootstrap_tokens.iter().enumerate() {
        let shown = value.pointer_mut(&format!("/bootstrapTokens/{index}"));
        if let (Some(Value::Object(fields)), None) = (shown, entry.token.given()) {
            fields.remove("token");
        }
    }
    value
}

/// `config print join-defaults`. `hostname` is the node's, which kubeadm prints too.
pub fn join_defaults(hostname: &str) -> Result<Value, ConfigError> {
    let mut join = JoinConfiguration::default();
    join.discovery.bootstrap_token = Some(BootstrapTokenDiscovery {
        token: SealedString::new(PLACEHOLDER_TOKEN.to_owned()),
        api_server_endpoint: "kube-apiserver:6443".to_owned(),
        // Without it the defaults would be invalid; it is no recommendation.
        unsafe_skip_ca_verification: true,
        ..BootstrapTokenDiscovery::default()
    });
    let mut facts = NodeDefaults::of_no_node();
    facts.hostname = hostname.to_owned();
    let documents = Documents {
        join: Some(join),
        ..Documents::default()
    };
    let loaded = load::complete_join(documents, &facts)?;
    Ok(loaded.join.to_value())
}

/// `config print reset-defaults`
pub fn reset_defaults() -> Result<Value, ConfigError> {
    let documents = Documents {
        reset: Some(ResetConfiguration::default()),
        ..Documents::default()
    };
    let (reset, _) = load::complete_reset(documents, &NodeDefaults::of_no_node())?;
    Ok(reset.to_value())
}

/// `config print upgrade-defaults`
pub fn upgrade_defaults() -> Result<Value, ConfigError> {
    let upgrade = Some(UpgradeConfiguration::default());
    let (upgrade, _) = load::complete_upgrade(Documents {
        upgrade,
        ..Documents::default()
    })?;
    Ok(upgrade.to_value())
}

/// What `config validate` and `config migrate` make of a file.
#[derive(Debug, Default)]
struct Checked {
    init: Option<Init>,
    join: Option<Join>,
    reset: Option<ResetConfiguration>,
    upgrade: Option<UpgradeConfiguration>,
    warnings: Vec<String>,
}

/// Checks each command's documents as that command would, without looking at the node. Nothing has
/// expired if it is not known what time it is.
fn check(mut documents: Documents, now: Option<&str>) -> Result<Checked, ConfigError> {
    let facts = NodeDefaults {
        now: now.map(str::to_owned),
        ..NodeDefaults::of_no_node()
    };
    let mut checked = Checked {
        warnings: std::mem::take(&mut documents.warnings),
        ..Checked::default()
    };
    let kinds = documents.kinds();
    let part = |documents: &Documents| Documents {
        file: documents.file.clone(),
        ..Documents::default()
    };
    if let Some(join) = documents.join.take() {
        let mut loaded = load::complete_join(
            Documents {
                join: Some(join),
                ..part(&documents)
            },
            &facts,
        )?;
        if let (Some(timeout), Some(timeouts)) =
            (documents.control_plane_timeout, &mut loaded.join.timeouts)
        {
            timeouts.control_plane_component_health_check = Some(timeout);
        }
        checked.warnings.append(&mut loaded.warnings);
        checked.join = Some(loaded);
    }
    if let Some(reset) = documents.reset.take() {
        let (reset, mut warnings) = load::complete_reset(
            Documents {
                reset: Some(reset),
                ..part(&documents)
            },
            &facts,
        )?;
        checked.warnings.append(&mut warnings);
        checked.reset = Some(reset);
    }
    if let Some(upgrade) = documents.upgrade.take() {
        let (upgrade, mut warnings) = load::complete_upgrade(Documents {
            upgrade: Some(upgrade),
            ..part(&documents)
        })?;
        checked.warnings.append(&mut warnings);
        checked.upgrade = Some(upgrade);
    }
    let has_init = [Kind::InitConfiguration, Kind::ClusterConfiguration];
    if kinds.iter().any(|kind| has_init.contains(kind)) {
        let mut loaded = load::complete_init(documents, &facts)?;
        checked.warnings.append(&mut loaded.warnings);
        checked.init = Some(loaded);
    }
    Ok(checked)
}

/// `config validate`
pub fn validate(documents: Documents, now: Option<&str>) -> Result<Completed, ConfigError> {
    let checked = check(documents, now)?;
    let skipped = checked.init.map(|loaded| loaded.init.skip_phases);
    Ok(Completed {
        skip_phases: Some(skipped.unwrap_or_default()),
        skip_phases_field: format!("{}.skipPhases", InitConfiguration::KIND),
        warnings: checked.warnings,
        ..Completed::default()
    })
}

/// `config migrate`: the documents of kubeadm's kinds in the current version, with defaults, and
/// warnings. `before` is the same as `documents`.
///
/// Unlike kubeadm, what depends on the node is left as it was, so that a file can be migrated on
/// any machine; and a token that was left out is left out, not made up.
pub fn migrate(before: Documents, documents: Documents) -> Result<Completed, ConfigError> {
    let file = before.file.clone();
    let mut checked = check(documents, None)?;
    for kind in [Kind::KubeletConfiguration, Kind::KubeProxyConfiguration] {
        if before.kinds().contains(&kind) {
            checked.warnings.push(format!(
                "{file}: the {} document is not converted; copy it into the new file as it is",
                kind.name()
            ));
        }
    }
    let mut values = Vec::new();
    if let Some(loaded) = &mut checked.init {
        let given = before.init.unwrap_or_default();
        let node = &mut loaded.init.node_registration;
        node.name = given.node_registration.name.trim().to_lowercase();
        node.taints = given.node_registration.taints;
        if given.node_registration.cri_socket.is_empty() {
            node.cri_socket.clear();
        }
        loaded.init.local_api_endpoint.advertise_address =
            given.local_api_endpoint.advertise_address;
        values.push(shown_init(&loaded.init));
        values.push(loaded.cluster.to_value());
    }
    if let Some(loaded) = &mut checked.join {
        let given = before.join.unwrap_or_default();
        let node = &mut loaded.join.node_registration;
        node.name = given.node_registration.name.trim().to_lowercase();
        node.taints = given.node_registration.taints;
        if given.node_registration.cri_socket.is_empty() {
            node.cri_socket.clear();
        }
        if let (Some(now), Some(given)) = (&mut loaded.join.control_plane, given.control_plane) {
            now.local_api_endpoint.advertise_address = given.local_api_endpoint.advertise_address;
        }
        values.push(loaded.join.to_value());
    }
    if let Some(reset) = &checked.reset {
        values.push(reset.to_value());
    }
    if let Some(upgrade) = &checked.upgrade {
        values.push(upgrade.to_value());
    }
    Ok(Completed {
        documents: Some(values),
        warnings: checked.warnings,
        ..Completed::default()
    })
}

/// `config images list`
pub fn images(loaded: Init) -> Completed {
    Completed {
        images: Some(images::control_plane(&loaded.cluster)),
        warnings: loaded.warnings,
        ..Completed::default()
    }
}

#[cfg(test)]
mod tests;
