//! The texts of `config print`, `config validate` and `config migrate`.

use jiff::Timestamp;
use serde_json::Value;
use zeroize::Zeroizing;

use super::documents::{
    BootstrapTokenDiscovery, Document, InitConfiguration, JoinConfiguration, ResetConfiguration,
    UpgradeConfiguration, reveal,
};
use super::error::ConfigError;
use super::facts::NodeDefaults;
use super::load::{self, Init, Join};
use super::reader::{self, Documents, ReadOptions};
use super::schema::Kind;
use super::secret::{SealedString, SealedToken, TokenSource};
use super::validation::Origins;
use super::{constants, yaml};

/// Stands where a real token would be, so that what is printed is valid.
pub const PLACEHOLDER_TOKEN: &str = "abcdef.0123456789abcdef";

/// Component configurations that can be printed with the defaults of `init`.
pub const COMPONENT_CONFIG_KINDS: [&str; 2] = ["KubeProxyConfiguration", "KubeletConfiguration"];

/// Why defaults can not be printed.
#[derive(Debug, thiserror::Error)]
pub enum PrintError {
    /// `--component-configs` names something else.
    #[error("--component-configs needs to contain some of [{}]", COMPONENT_CONFIG_KINDS.join(" "))]
    ComponentConfigs,
    /// The defaults are no valid configuration.
    #[error(transparent)]
    Config(#[from] ConfigError),
}

/// `config print init-defaults`, with the component configurations of these kinds.
pub fn init_defaults(component_configs: &[String]) -> Result<String, PrintError> {
    let mut init = InitConfiguration::default();
    init.bootstrap_tokens
        .push(super::documents::BootstrapToken {
            token: SealedToken::parse(PLACEHOLDER_TOKEN)
                .map_or(TokenSource::Generate, TokenSource::Given),
            ..Default::default()
        });
    // Before dynamic defaults there are no taints, which is what kubeadm prints.
    let documents = Documents {
        init: Some(init),
        cluster: Some(Default::default()),
        ..Default::default()
    };
    let mut loaded = load::complete_init(documents, &load::no_node())?;
    loaded.init.node_registration.taints = None;
    loaded.cluster.kubernetes_version = constants::PLACEHOLDER_KUBERNETES_VERSION.to_owned();
    let shown = reveal::init(&loaded.init);
    let cluster = loaded.cluster.to_sealed_value();
    let mut values: Vec<&Value> = vec![shown.value(), &cluster];
    for kind in component_configs {
        values.push(match kind.as_str() {
            "KubeletConfiguration" => &loaded.kubelet.document,
            "KubeProxyConfiguration" => &loaded.kube_proxy.document,
            _ => return Err(PrintError::ComponentConfigs),
        });
    }
    Ok(yaml::write_all(values).map_err(ConfigError::from)?)
}

/// `config print join-defaults`. `hostname` is the node's, which kubeadm prints too.
pub fn join_defaults(hostname: &str) -> Result<String, PrintError> {
    let mut join = JoinConfiguration::default();
    join.discovery.bootstrap_token = Some(BootstrapTokenDiscovery {
        token: SealedString::new(PLACEHOLDER_TOKEN.to_owned()),
        api_server_endpoint: "kube-apiserver:6443".to_owned(),
        // Without it the defaults would be invalid; it is no recommendation.
        unsafe_skip_ca_verification: true,
        ..BootstrapTokenDiscovery::default()
    });
    let mut facts = load::no_node();
    facts.hostname = hostname.to_owned();
    let documents = Documents {
        join: Some(join),
        ..Documents::default()
    };
    let loaded = load::complete_join(documents, &facts)?;
    Ok(yaml::write(reveal::join(&loaded.join).value()).map_err(ConfigError::from)?)
}

/// `config print reset-defaults`
pub fn reset_defaults() -> Result<String, PrintError> {
    let documents = Documents {
        reset: Some(ResetConfiguration::default()),
        ..Documents::default()
    };
    let (reset, _) = load::complete_reset(documents, &load::no_node())?;
    Ok(yaml::write(&reset.to_sealed_value()).map_err(ConfigError::from)?)
}

/// `config print upgrade-defaults`
pub fn upgrade_defaults() -> Result<String, PrintError> {
    let upgrade = Some(UpgradeConfiguration::default());
    let (upgrade, _) = load::complete_upgrade(Documents {
        upgrade,
        ..Documents::default()
    })?;
    Ok(yaml::write(&upgrade.to_sealed_value()).map_err(ConfigError::from)?)
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
fn check(
    text: &str,
    file: &str,
    allow_deprecated: bool,
    now: Option<Timestamp>,
) -> Result<Checked, ConfigError> {
    let mut documents = reader::read(
        text,
        file,
        ReadOptions {
            allow_deprecated,
            ..ReadOptions::default()
        },
    )?;
    let facts = NodeDefaults {
        now,
        ..load::no_node()
    };
    let mut checked = Checked {
        warnings: std::mem::take(&mut documents.warnings),
        ..Checked::default()
    };
    let kinds = documents.kinds();
    let part = |documents: &Documents| Documents {
        file: documents.file.clone(),
        lines: documents.lines.clone(),
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

/// What `config validate` knows of a file that is good as far as this room can tell.
#[derive(Debug, Default)]
pub struct Validated {
    /// What the file's InitConfiguration skips; which phases there are, distributions know.
    pub skip_phases: Vec<String>,
    /// Where fields were given.
    pub origins: Origins,
    /// What the user should know.
    pub warnings: Vec<String>,
}

/// `config validate`
pub fn validate(
    text: &str,
    file: &str,
    allow_deprecated: bool,
    now: Timestamp,
) -> Result<Validated, ConfigError> {
    let checked = check(text, file, allow_deprecated, Some(now))?;
    let init = checked.init.map(|loaded| (loaded.init, loaded.origins));
    let (init, origins) = init.unwrap_or_default();
    Ok(Validated {
        skip_phases: init.skip_phases,
        origins,
        warnings: checked.warnings,
    })
}

/// `config migrate`: the documents of kubeadm's kinds in the current version, with defaults and
/// with secrets in the clear, and warnings.
///
/// Unlike kubeadm, what depends on the node is left as it was, so that a file can be migrated on
/// any machine; and a token that was left out is left out, not made up.
pub fn migrate(text: &str, file: &str) -> Result<(Zeroizing<String>, Vec<String>), ConfigError> {
    let before = reader::read(
        text,
        file,
        ReadOptions {
            allow_deprecated: true,
            ..ReadOptions::default()
        },
    )?;
    let mut checked = check(text, file, true, None)?;
    for kind in [Kind::KubeletConfiguration, Kind::KubeProxyConfiguration] {
        if before.kinds().contains(&kind) {
            checked.warnings.push(format!(
                "{file}: the {} document is not converted; copy it into the new file as it is",
                kind.name()
            ));
        }
    }
    let mut texts = Vec::new();
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
        texts.push(Zeroizing::new(yaml::write(
            reveal::init(&loaded.init).value(),
        )?));
        texts.push(Zeroizing::new(yaml::write(
            &loaded.cluster.to_sealed_value(),
        )?));
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
        texts.push(Zeroizing::new(yaml::write(
            reveal::join(&loaded.join).value(),
        )?));
    }
    if let Some(reset) = &checked.reset {
        texts.push(Zeroizing::new(yaml::write(&reset.to_sealed_value())?));
    }
    if let Some(upgrade) = &checked.upgrade {
        texts.push(Zeroizing::new(yaml::write(&upgrade.to_sealed_value())?));
    }
    let mut joined = Zeroizing::new(String::with_capacity(
        texts.iter().map(|t| t.len() + 4).sum(),
    ));
    for (index, text) in texts.iter().enumerate() {
        if index > 0 {
            joined.push_str(yaml::SEPARATOR);
        }
        joined.push_str(text);
    }
    Ok((joined, checked.warnings))
}

#[cfg(test)]
mod tests;
