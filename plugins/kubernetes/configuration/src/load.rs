//! From documents and flags to complete, valid configurations.

mod complete;

use serde_json::Value;

pub use complete::{complete_init, complete_join, complete_reset, complete_upgrade};
use complete::{place, value};

use super::component_configs::ComponentConfig;
use super::defaults;
use super::documents::{
    ClusterConfiguration, Document, Documents, InitConfiguration, JoinConfiguration, Kind,
    ResetConfiguration,
};
use super::error::ConfigError;
use super::facts::NodeDefaults;
use super::flags::{Flags, InitFlags, JoinFlags, ResetFlags};
use super::options::Options;
use super::validation;

const INIT_ADDRESS: &str = "InitConfiguration.localAPIEndpoint.advertiseAddress";
const IGNORED: &str = validation::IGNORE_PREFLIGHT_ERRORS;
const NODE_NAME: &str = "InitConfiguration.nodeRegistration.name";
const JOIN_ADDRESS: &str = "JoinConfiguration.controlPlane.localAPIEndpoint.advertiseAddress";

const INIT_KINDS: [Kind; 4] = [
    Kind::InitConfiguration,
    Kind::ClusterConfiguration,
    Kind::KubeletConfiguration,
    Kind::KubeProxyConfiguration,
];

/// Everything `init` is asked for: complete and valid.
#[derive(Clone, Debug, PartialEq)]
pub struct Init {
    /// InitConfiguration
    pub init: InitConfiguration,
    /// ClusterConfiguration
    pub cluster: ClusterConfiguration,
    /// The cluster's KubeletConfiguration, as it is uploaded. A node's own has more, see
    /// [`super::component_configs::kubelet_on_node`].
    pub kubelet: ComponentConfig,
    /// KubeProxyConfiguration
    pub kube_proxy: ComponentConfig,
    /// What the user should know, each once.
    pub warnings: Vec<String>,
}

/// Everything `join` is asked for: complete and valid.
#[derive(Clone, Debug, PartialEq)]
pub struct Join {
    /// JoinConfiguration
    pub join: JoinConfiguration,
    /// What the user should know, each once.
    pub warnings: Vec<String>,
}

/// Everything `reset` is asked for: complete and valid.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reset {
    /// ResetConfiguration; the checks that are ignored are those of flags and file together.
    pub reset: ResetConfiguration,
    /// Whether the certificates' directory was named, and not just defaulted.
    pub names_certificates_dir: bool,
    /// Whether the container runtime's socket was named, and not found.
    pub names_cri_socket: bool,
    /// What the user should know, each once.
    pub warnings: Vec<String>,
}

/// Loads the configuration of `init` from documents, if there is a file, and flags. Also returns the
/// options that are no part of the documents.
///
/// # Errors
/// The first of: flags can not be read, a default can not be found, fields are invalid (all of them
/// at once).
pub fn init(
    given: Option<Documents>,
    flags: &Flags,
    facts: &NodeDefaults,
) -> Result<(Init, Options), ConfigError> {
    let flags = InitFlags::new(flags);
    let mut documents = match given {
        Some(mut documents) => {
            if flags.given("node-name") {
                documents.flags.insert(NODE_NAME.to_owned());
            }
            if flags.given(IGNORED) {
                documents.flags.insert(IGNORED.to_owned());
            }
            if let Some(init) = &mut documents.init {
                flags.override_file(init);
            } else {
                let mut init = InitConfiguration::default();
                flags.override_file(&mut init);
                // Only a file that has a ClusterConfiguration goes without.
                documents.init = documents.cluster.is_some().then_some(init);
            }
            documents
        }
        None => {
            let mut init = InitConfiguration::default();
            let mut cluster = ClusterConfiguration::default();
            flags.apply(&mut init, &mut cluster)?;
            Documents {
                init: Some(init),
                cluster: Some(cluster),
                ..Documents::default()
            }
        }
    };
    if let Some(init) = &mut documents.init {
        flags.override_always(init);
    }
    let address = place(&documents, INIT_ADDRESS);
    let origins = documents.origins();
    let mut loaded = complete_init(documents, facts)?;
    defaults::usable_address(&loaded.init.local_api_endpoint).map_err(|e| value(&address, e))?;
    let options = Options::resolve(&mut loaded, &flags)
        .map_err(|finding| ConfigError::invalid(&[finding], &origins))?;
    Ok((loaded, options))
}

/// Loads the configuration of `join` from documents, if there is a file, and flags. Also returns
/// the options that are no part of the document.
///
/// # Errors
/// As for [`init`].
pub fn join(
    given: Option<Documents>,
    flags: &Flags,
    facts: &NodeDefaults,
) -> Result<(Join, Options), ConfigError> {
    let flags = JoinFlags::new(flags);
    let mut documents = match given {
        Some(mut documents) => {
            if flags.given(IGNORED) {
                documents.flags.insert(IGNORED.to_owned());
            }
            if let Some(join) = &mut documents.join {
                flags.override_file(join);
            }
            documents
        }
        None => {
            let mut join = JoinConfiguration::default();
            let warnings = flags.apply(&mut join);
            Documents {
                join: Some(join),
                warnings,
                ..Documents::default()
            }
        }
    };
    if let Some(join) = &mut documents.join {
        flags.override_always(join);
    }
    let address = place(&documents, JOIN_ADDRESS);
    let origins = documents.origins();
    let mut loaded = complete_join(documents, facts)?;
    if let Some(control_plane) = &loaded.join.control_plane {
        defaults::usable_address(&control_plane.local_api_endpoint)
            .map_err(|e| value(&address, e))?;
    }
    let options = Options::resolve_join(&mut loaded, &flags)
        .map_err(|finding| ConfigError::invalid(&[finding], &origins))?;
    Ok((loaded, options))
}

/// Loads the configuration of `reset` from documents, if there is a file, and flags.
///
/// # Errors
/// As for [`init`].
pub fn reset(
    given: Option<Documents>,
    flags: &Flags,
    facts: &NodeDefaults,
) -> Result<Reset, ConfigError> {
    let flags = ResetFlags::new(flags);
    let mut documents = match given {
        Some(mut documents) => {
            if flags.given(IGNORED) {
                documents.flags.insert(IGNORED.to_owned());
            }
            documents
        }
        None => Documents {
            reset: Some(ResetConfiguration::default()),
            ..Documents::default()
        },
    };
    let (mut names_certificates_dir, mut names_cri_socket) = (false, false);
    if let Some(reset) = &mut documents.reset {
        flags.apply(reset);
        names_certificates_dir = !reset.certificates_dir.is_empty();
        names_cri_socket = !reset.cri_socket.is_empty();
    }
    let origins = documents.origins();
    let (mut reset, warnings) = complete_reset(documents, facts)?;
    reset.ignore_preflight_errors = validation::ignored_preflight_errors(
        &flags.texts(IGNORED),
        &reset.ignore_preflight_errors,
        "ResetConfiguration.ignorePreflightErrors",
    )
    .map_err(|finding| ConfigError::invalid(&[finding], &origins))?;
    Ok(Reset {
        reset,
        names_certificates_dir,
        names_cri_socket,
        warnings,
    })
}

/// The ClusterConfiguration as it is kept in the ConfigMap `kubeadm-config`: who reads it there must
/// see that a version is that of a CI build, whose images are elsewhere.
pub fn uploaded_cluster_configuration(cluster: &ClusterConfiguration) -> Value {
    let mut cluster = cluster.clone();
    if let Some(version) = cluster.ci_version.take() {
        cluster.kubernetes_version = version;
    }
    cluster.to_value()
}

#[cfg(test)]
mod tests;
