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
mod volumes;

use std::collections::BTreeSet;

pub use finding::Finding;

use super::documents::{
    ClusterConfiguration, Document, InitConfiguration, JoinConfiguration, ResetConfiguration,
    UpgradeConfiguration,
};

/// A flag that has no field of its own: what it says is added to the file's.
pub const IGNORE_PREFLIGHT_ERRORS: &str = "ignore-preflight-errors";

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

/// Refuses bootstrap tokens that have expired at a time (RFC 3339, UTC, whole seconds): the cluster deletes them as soon as they are made.
pub fn unexpired(init: &InitConfiguration, now: &str, report: &mut Report) {
    let path = format!("{}.bootstrapTokens", InitConfiguration::KIND);
    token::unexpired(&init.bootstrap_tokens, now, &path, report);
}

/// The checks whose errors are to be shown as warnings, from command line and file: lower case,
/// sorted, without repetitions. `field` is that of the file.
pub fn ignored_preflight_errors(
    flags: &[String],
    file: &[String],
    field: &str,
) -> Result<Vec<String>, Finding> {
    let all: BTreeSet<String> = flags
        .iter()
        .chain(file)
        .map(|name| name.to_lowercase())
        .collect();
    if all.len() > 1 && all.contains("all") {
        let value = all.into_iter().collect::<Vec<_>>().join(",");
        let message = match (flags.is_empty(), file.is_empty()) {
            (false, false) => {
                "don't specify individual checks if 'all' is used; the flag and the file are taken \
                 together"
            }
            _ => "don't specify individual checks if 'all' is used; keep 'all' or the others",
        };
        let path = match flags.is_empty() {
            true => field,
            false => IGNORE_PREFLIGHT_ERRORS,
        };
        return Err(Finding::invalid(path, value, message));
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
