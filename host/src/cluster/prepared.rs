//! A configuration, ready for phases: whatever kinds it was made from.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::{Value, json};

use super::load::Init;
use super::options::Options;
use super::plugin_document;
use super::validation::Origins;
use crate::pki::SecretString;

/// What a run needs of a configuration.
pub struct Prepared {
    /// The document that phases get. No secret is in it.
    pub document: Value,
    /// Secrets by JSON pointer (RFC 6901) into the document's `configuration`.
    pub secrets: BTreeMap<String, SecretString>,
    /// The name that the node registers with.
    pub node_name: String,
    /// What every effect shows to policies.
    pub policy_context: Value,
    /// The folder of the operator's patches; empty for none.
    pub patches_directory: String,
    pub skip_phases: Vec<String>,
    /// Where fields were given.
    pub origins: Origins,
    /// How long a call to the API is tried again that may succeed yet; none
    /// for the time that is usual.
    pub api_call_timeout: Option<Duration>,
    /// How long the operator lets phases wait for others, all of it together.
    pub waiting: Duration,
    pub warnings: Vec<String>,
}

impl Prepared {
    /// Of a document, and nothing besides.
    pub fn of(document: Value) -> Self {
        Self {
            document,
            secrets: BTreeMap::new(),
            node_name: String::new(),
            policy_context: Value::Null,
            patches_directory: String::new(),
            skip_phases: Vec::new(),
            origins: Origins::default(),
            api_call_timeout: None,
            waiting: Duration::ZERO,
            warnings: Vec::new(),
        }
    }

    /// From kubeadm's documents.
    pub fn from_init(init: &Init, options: &Options, systemd_resolved: bool) -> Self {
        Self {
            document: plugin_document::init(init, options, systemd_resolved),
            secrets: init.secrets(),
            node_name: init.init.node_registration.name.clone(),
            policy_context: json!({ "certificatesDir": init.cluster.certificate_path("") }),
            patches_directory: options.patches_directory.clone(),
            skip_phases: options.skip_phases.clone(),
            origins: init.origins.clone(),
            api_call_timeout: init
                .init
                .timeouts
                .as_ref()
                .and_then(|timeouts| timeouts.kubernetes_api_call?.to_std()),
            waiting: init
                .init
                .timeouts
                .iter()
                .flat_map(|timeouts| timeouts.given())
                .filter_map(|(_, timeout)| timeout.to_std())
                .fold(Duration::ZERO, Duration::saturating_add),
            warnings: init.warnings.clone(),
        }
    }
}
