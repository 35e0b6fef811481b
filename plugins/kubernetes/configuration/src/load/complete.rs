//! Documents with defaults, valid or refused with all that is wrong.

use super::{INIT_ADDRESS, INIT_KINDS, Init, JOIN_ADDRESS, Join};
use crate::component_configs;
use crate::defaults::{self, ClusterDefaultsError};
use crate::documents::{
    Document, Documents, JoinConfiguration, Kind, Origins, ResetConfiguration, UpgradeConfiguration,
};
use crate::error::ConfigError;
use crate::facts::NodeDefaults;
use crate::validation::{self, Report};

/// Completes and validates the documents of an `init`.
pub fn complete_init(mut documents: Documents, facts: &NodeDefaults) -> Result<Init, ConfigError> {
    documents.ignore_all_but(&INIT_KINDS);
    if documents.init.is_none() && documents.cluster.is_none() {
        let wanted = "InitConfiguration or ClusterConfiguration";
        return Err(ConfigError::Missing {
            file: documents.file,
            wanted,
        });
    }
    let address = place(&documents, INIT_ADDRESS);
    let endpoint = place(&documents, "ClusterConfiguration.controlPlaneEndpoint");
    let version = place(&documents, "ClusterConfiguration.kubernetesVersion");
    let origins = documents.origins();
    let mut init = documents.init.unwrap_or_default();
    let mut cluster = documents.cluster.unwrap_or_default();
    let mut warnings = documents.warnings;
    defaults::init(&mut init);
    defaults::cluster(&mut cluster);
    if let Some(timeout) = documents
        .control_plane_timeout
        .filter(|t| t.nanoseconds() != 0)
        && let Some(timeouts) = &mut init.timeouts
    {
        timeouts.control_plane_component_health_check = Some(timeout);
    }
    defaults::node_registration(&mut init.node_registration, true, facts, &mut warnings)?;
    defaults::advertise_address(&mut init.local_api_endpoint, facts, &mut warnings)
        .map_err(|e| value(&address, e))?;
    defaults::cluster_dynamic(
        &mut cluster,
        init.local_api_endpoint.bind_port,
        &mut warnings,
    )
    .map_err(|e| match e {
        ClusterDefaultsError::Version(_) => value(&version, e),
        ClusterDefaultsError::Other(_) => value(&endpoint, e),
    })?;
    let mut report = validation::init(&init, &cluster);
    if let Some(now) = &facts.now {
        validation::unexpired(&init, now, &mut report);
    }
    accept(report, &origins, &mut warnings)?;
    let kubelet = component_configs::kubelet(documents.kubelet.as_ref(), &cluster);
    let local = &init.local_api_endpoint;
    let kube_proxy = component_configs::kube_proxy(documents.kube_proxy.as_ref(), &cluster, local);
    warnings.extend(kubelet.warnings.iter().chain(&kube_proxy.warnings).cloned());
    Ok(Init {
        init,
        cluster,
        kubelet,
        kube_proxy,
        warnings: once_each(warnings),
    })
}

/// Completes and validates the document of a `join`.
pub fn complete_join(mut documents: Documents, facts: &NodeDefaults) -> Result<Join, ConfigError> {
    documents.ignore_all_but(&[Kind::JoinConfiguration]);
    let address = place(&documents, JOIN_ADDRESS);
    let origins = documents.origins();
    let Some(mut join) = documents.join else {
        return Err(ConfigError::Missing {
            file: documents.file,
            wanted: JoinConfiguration::KIND,
        });
    };
    let mut warnings = documents.warnings;
    defaults::join(&mut join);
    let is_control_plane = join.control_plane.is_some();
    let node = &mut join.node_registration;
    defaults::node_registration(node, is_control_plane, facts, &mut warnings)?;
    if let Some(control_plane) = &mut join.control_plane {
        let endpoint = &mut control_plane.local_api_endpoint;
        defaults::advertise_address(endpoint, facts, &mut warnings)
            .map_err(|e| value(&address, e))?;
    }
    accept(validation::join(&join), &origins, &mut warnings)?;
    Ok(Join {
        join,
        warnings: once_each(warnings),
    })
}

/// Completes and validates the document of a `reset`. Returns warnings, too.
pub fn complete_reset(
    mut documents: Documents,
    facts: &NodeDefaults,
) -> Result<(ResetConfiguration, Vec<String>), ConfigError> {
    documents.ignore_all_but(&[Kind::ResetConfiguration]);
    let origins = documents.origins();
    let Some(mut reset) = documents.reset else {
        return Err(ConfigError::Missing {
            file: documents.file,
            wanted: ResetConfiguration::KIND,
        });
    };
    let mut warnings = documents.warnings;
    defaults::reset(&mut reset);
    defaults::cri_socket(&mut reset.cri_socket, facts, &mut warnings)?;
    accept(validation::reset(&reset), &origins, &mut warnings)?;
    Ok((reset, once_each(warnings)))
}

/// Completes and validates the document of the `upgrade` commands. Returns warnings, too.
pub fn complete_upgrade(
    mut documents: Documents,
) -> Result<(UpgradeConfiguration, Vec<String>), ConfigError> {
    documents.ignore_all_but(&[Kind::UpgradeConfiguration]);
    let origins = documents.origins();
    let Some(mut upgrade) = documents.upgrade else {
        return Err(ConfigError::Missing {
            file: documents.file,
            wanted: UpgradeConfiguration::KIND,
        });
    };
    let mut warnings = documents.warnings;
    defaults::upgrade(&mut upgrade);
    accept(validation::upgrade(&upgrade), &origins, &mut warnings)?;
    Ok((upgrade, once_each(warnings)))
}

pub(super) fn place(documents: &Documents, path: &str) -> String {
    documents.origins().place(path)
}

pub(super) fn value(place: &str, source: impl Into<ClusterDefaultsError>) -> ConfigError {
    ConfigError::Value {
        place: place.to_owned(),
        source: source.into(),
    }
}

fn accept(
    report: Report,
    origins: &Origins,
    warnings: &mut Vec<String>,
) -> Result<(), ConfigError> {
    warnings.extend(report.warnings);
    match report.errors.is_empty() {
        true => Ok(()),
        false => Err(ConfigError::invalid(&report.errors, origins)),
    }
}

fn once_each(warnings: Vec<String>) -> Vec<String> {
    let mut seen = std::collections::BTreeSet::new();
    warnings
        .into_iter()
        .filter(|warning| seen.insert(warning.clone()))
        .collect()
}
