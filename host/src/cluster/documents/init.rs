//! `InitConfiguration`: what is particular to the first control plane node.

use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use super::common::{ApiEndpoint, NodeRegistration, Patches, Timeouts};
use super::{Document, is_default};
use crate::cluster::duration::GoDuration;
use crate::cluster::secret::{SealedString, TokenSource};

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

/// A point in time as `metav1.Time` carries it: RFC 3339, written in UTC with whole seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Expiry(Timestamp);

/// The text is no RFC 3339 time.
#[derive(Clone, Debug, thiserror::Error)]
#[error("is not an RFC 3339 time; write it like \"2027-01-31T12:00:00Z\"")]
pub struct ExpiryError(#[source] Option<jiff::Error>);

impl Expiry {
    /// The point in time.
    pub fn timestamp(self) -> Timestamp {
        self.0
    }
}

impl FromStr for Expiry {
    type Err = ExpiryError;

    fn from_str(text: &str) -> Result<Self, ExpiryError> {
        // The parser takes more of ISO 8601 than the API server does.
        let strict = text.as_bytes().get(10) == Some(&b'T')
            && text
                .bytes()
                .all(|b| b.is_ascii_digit() || b"-+:.TZ".contains(&b));
        if !strict {
            return Err(ExpiryError(None));
        }
        text.parse()
            .map(Self)
            .map_err(|error| ExpiryError(Some(error)))
    }
}

impl fmt::Display for Expiry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0.strftime("%Y-%m-%dT%H:%M:%SZ"))
    }
}

impl Serialize for Expiry {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Expiry {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?
            .parse()
            .map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_rfc_3339() {
        let cases = [
            ("utc", "2027-01-31T12:00:00Z", Some("2027-01-31T12:00:00Z")),
            (
                "offset",
                "2027-01-31T12:00:00+02:00",
                Some("2027-01-31T10:00:00Z"),
            ),
            (
                "fraction",
                "2027-01-31T12:00:00.5Z",
                Some("2027-01-31T12:00:00Z"),
            ),
            ("space", "2027-01-31 12:00:00Z", None),
            ("date only", "2027-01-31", None),
            ("no zone", "2027-01-31T12:00:00", None),
            ("no such day", "2027-02-30T12:00:00Z", None),
            (
                "time zone name",
                "2027-01-31T12:00:00+02:00[Europe/Berlin]",
                None,
            ),
            ("not ASCII", "2027-01-3\u{e9}T12:00:00Z", None),
        ];
        for (name, text, expected) in cases {
            let read = text.parse::<Expiry>().ok().map(|e| e.to_string());
            assert_eq!(read.as_deref(), expected, "{name}");
        }
    }
}
