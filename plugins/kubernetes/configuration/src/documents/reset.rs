//! `ResetConfiguration`: how a node is taken back.

use serde::{Deserialize, Serialize};

use super::common::Timeouts;
use super::{Document, is_default};

/// The configuration of one `reset`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ResetConfiguration {
    /// Whether `/etc/kubernetes/tmp` is emptied.
    #[serde(skip_serializing_if = "is_default")]
    pub cleanup_tmp_dir: bool,
    /// Where certificates are kept.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub certificates_dir: String,
    /// URL of the container runtime's socket.
    #[serde(rename = "criSocket", skip_serializing_if = "String::is_empty")]
    pub cri_socket: String,
    /// Whether nothing is to be changed.
    #[serde(skip_serializing_if = "is_default")]
    pub dry_run: bool,
    /// Whether not to ask.
    #[serde(skip_serializing_if = "is_default")]
    pub force: bool,
    /// Preflight checks whose errors are shown as warnings.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub ignore_preflight_errors: Vec<String>,
    /// Phases to leave out.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub skip_phases: Vec<String>,
    /// umount2(2) flags by name, such as `MNT_DETACH`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub unmount_flags: Vec<String>,
    /// How long to wait for what.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timeouts: Option<Timeouts>,
}

impl Document for ResetConfiguration {
    const KIND: &'static str = "ResetConfiguration";
}
