//! A configuration, ready for phases: whatever kinds it was made from.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::Value;

use super::finding::Origins;
use crate::pki::SecretString;

/// What a run needs of a configuration.
#[derive(Debug)]
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
    /// Phases to leave out.
    pub skip_phases: Vec<String>,
    /// The field that names those, if flags do not.
    pub skip_phases_field: String,
    /// Where fields were given.
    pub origins: Origins,
    /// How long a call to the API is tried again that may succeed yet; none
    /// for the time that is usual.
    pub api_call_timeout: Option<Duration>,
    /// How long the operator lets phases wait for others, all of it together.
    pub waiting: Duration,
    /// What the user should know.
    pub warnings: Vec<String>,
}
