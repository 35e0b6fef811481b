//! Validation: all that is wrong with a configuration, at once (kubeadm
//! `app/apis/kubeadm/validation/validation.go`).

mod certificates;
mod cluster;
mod etcd;
mod finding;
mod network;
mod node;
mod others;
mod token;

use std::collections::BTreeSet;

pub use finding::{Finding, Findings, Place, Reason};

use super::documents::{
    ClusterConfiguration, Document, InitConfiguration, JoinConfiguration, ResetConfiguration,
    UpgradeConfiguration,
};

/// What validation found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// What makes the configuration unusable.
    pub errors: Vec<Finding>,
    /// What the user should know.
    pub warnings: Vec<String>,
}

/// Validates a defaulted InitConfiguration with its ClusterConfiguration.
pub fn init(init: &InitConfiguration, cluster_configuration: &ClusterConfiguration) -> Report {
    let mut report = Report::default();
    let path = InitConfiguration::KIND;
    node::registration(
        &init.node_registration,
        &format!("{path}.nodeRegistration"),
        &mut report,
    );
    token::bootstrap_tokens(
        &init.bootstrap_tokens,
        &format!("{path}.bootstrapTokens"),
        &mut report,
    );
    cluster::cluster(cluster_configuration, &mut report);
    node::endpoint(
        &init.local_api_endpoint,
        &format!("{path}.localAPIEndpoint"),
        &mut report,
    );
    node::certificate_key(
        &init.certificate_key,
        &format!("{path}.certificateKey"),
        &mut report,
    );
    node::timeouts(init.timeouts.as_ref(), path, &mut report);
    report
}

/// Validates a defaulted JoinConfiguration.
pub fn join(join: &JoinConfiguration) -> Report {
    let mut report = Report::default();
    others::join(join, &mut report);
    report
}

/// Validates a defaulted ResetConfiguration.
pub fn reset(reset: &ResetConfiguration) -> Report {
    let mut report = Report::default();
    others::reset(reset, &mut report);
    report
}

/// Validates a defaulted UpgradeConfiguration.
pub fn upgrade(upgrade: &UpgradeConfiguration) -> Report {
    let mut report = Report::default();
    others::upgrade(upgrade, &mut report);
    report
}

/// The checks whose errors are to be shown as warnings, from command line and file: lower case,
/// sorted, without repetitions.
pub fn ignored_preflight_errors(flags: &[String], file: &[String]) -> Result<Vec<String>, Finding> {
    let all: BTreeSet<String> = flags
        .iter()
        .chain(file)
        .map(|name| name.to_lowercase())
        .collect();
    if all.len() > 1 && all.contains("all") {
        let value = all.into_iter().collect::<Vec<_>>().join(",");
        let message = "don't specify individual checks if 'all' is used";
        return Err(Finding::invalid("ignore-preflight-errors", value, message));
    }
    Ok(all.into_iter().collect())
}

impl Report {
    fn invalid(
        &mut self,
        path: impl Into<String>,
        value: impl Into<String>,
        message: impl Into<String>,
    ) {
        self.errors.push(Finding::invalid(path, value, message));
    }

    fn required(&mut self, path: impl Into<String>, message: impl Into<String>) {
        self.errors.push(Finding::required(path, message));
    }
}

#[cfg(test)]
mod tests;
