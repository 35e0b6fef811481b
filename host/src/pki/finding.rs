//! What can be wrong with a certificate that exists.

use super::algorithm::{Algorithm, KeyType};
use super::subject::Subject;
use super::verify::VerifyError;

/// Whether a certificate can be kept in spite of a finding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// It works, but is not what a new one would be. Worth telling, not worth stopping for.
    Tolerable,
    /// With it the cluster would not work, or be less safe than its operator thinks.
    Fatal,
}

/// One thing wrong with a certificate or its key. Prints as a sentence that continues "the
/// certificate ...", and says what to do where that is not plain.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Finding {
    /// There is a certificate, but not its private key.
    #[error("has no private key beside it")]
    KeyMissing,
    /// The key is of another certificate.
    #[error("does not belong to the private key beside it: their public keys differ")]
    KeyMismatch,
    /// The end of its validity is past.
    #[error("expired at {0}; renew it")]
    Expired(String),
    /// Its validity has not begun.
    #[error("is not valid before {0}; wait, or correct the clock of this machine")]
    NotYetValid(String),
    /// It does not lead to the CA.
    #[error("was not signed by this CA: {0}")]
    NotSigned(VerifyError),
    /// It should sign certificates, but may not.
    #[error("is not a CA: its basic constraints or key usage do not let it sign certificates")]
    NotACa,
    /// It may sign certificates, but should not.
    #[error("is a CA, but should not be: whoever holds its key can sign certificates")]
    UnexpectedCa,
    /// Names or addresses it should be valid for.
    #[error("is not valid for {}; renew it to add them", .0.join(", "))]
    SansMissing(Vec<String>),
    /// Names or addresses nobody asked for.
    #[error("is also valid for {}, which the configuration does not name", .0.join(", "))]
    SansExtra(Vec<String>),
    /// It is for somebody else.
    #[error("is for {found}, but should be for {wanted}")]
    SubjectDiffers {
        /// What it says.
        found: Subject,
        /// What the profile says.
        wanted: Subject,
        /// Whether somebody is let in by this name: it proves a client.
        identity: bool,
    },
    /// What it should be usable for, but is not.
    #[error("is not usable for {}", .usages.join(", "))]
    UsagesMissing {
        /// The usages, by name.
        usages: Vec<String>,
        /// Whether TLS or signing fails without them.
        needed: bool,
    },
    /// What it is usable for beyond what was asked.
    #[error("is also usable for {}, which was not asked for", .0.join(", "))]
    UsagesExtra(Vec<String>),
    /// Its key is of another kind than the configuration asks for.
    #[error(
        "has a key of {found}, but the configuration asks for {wanted}; renew it to change that"
    )]
    AlgorithmDiffers {
        /// What its key is.
        found: KeyType,
        /// What it should be.
        wanted: Algorithm,
    },
}

impl Finding {
    /// Whether the certificate can be kept in spite of this.
    pub fn severity(&self) -> Severity {
        match self {
            Self::SansExtra(_) | Self::UsagesExtra(_) | Self::AlgorithmDiffers { .. } => {
                Severity::Tolerable
            }
            Self::SubjectDiffers {
                identity: false, ..
            }
            | Self::UsagesMissing { needed: false, .. } => Severity::Tolerable,
            _ => Severity::Fatal,
        }
    }
}
