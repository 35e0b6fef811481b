//! `InitConfiguration`: what is particular to the first control plane node.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::common::{ApiEndpoint, NodeRegistration, Patches, Timeouts};
use super::{Document, is_default};
use crate::sealed::{SealedString, TokenSource};
use kubewright_values::GoDuration;

/// The configuration of one `init`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct InitConfiguration {
    /// Tokens that nodes can join with.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub bootstrap_tokens: Vec<BootstrapToken>,
    /// Whether nothing is to be changed.
    #[serde(skip_serializing_if = "is_default")]
    pub dry_run: bool,
    /// How this node registers.
    pub node_registration: NodeRegistration,
    /// Where this node's API server listens.
    #[serde(rename = "localAPIEndpoint")]
    pub local_api_endpoint: ApiEndpoint,
    /// The AES key for uploaded certificates, hex. Empty: made when it is needed.
    #[serde(skip_serializing_if = "SealedString::is_empty")]
    pub certificate_key: SealedString,
    /// Phases to leave out.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub skip_phases: Vec<String>,
    /// Patches for what is written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub patches: Option<Patches>,
    /// How long to wait for what.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timeouts: Option<Timeouts>,
}

impl Document for InitConfiguration {
    const KIND: &'static str = "InitConfiguration";
}

/// A token that nodes can join with (bootstraptoken/v1 `BootstrapToken`).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct BootstrapToken {
    /// The token, or that one is to be made.
    pub token: TokenSource,
    /// What it is for.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub description: String,
    /// How long it is valid. 0: for ever.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ttl: Option<GoDuration>,
    /// When it stops being valid; excludes `ttl`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expires: Option<Expiry>,
    /// `signing` and `authentication`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub usages: Vec<String>,
    /// Extra groups of whoever authenticates with it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub groups: Vec<String>,
}

/// A point in time as `metav1.Time` carries it: RFC 3339 in UTC with whole seconds. The host has
/// written it so, whatever zone it was given in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Expiry(String);

impl Expiry {
    /// Whether it is not after a time that is written the same way: then their order is that of the
    /// texts.
    pub fn is_past(&self, now: &str) -> bool {
        self.0.as_str() <= now
    }
}

impl fmt::Display for Expiry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
