//! Why there is no usable configuration.

use super::defaults::ClusterDefaultsError;
use super::facts::DefaultsError;
use super::flags::FlagsError;
use super::reader::ReadError;
use super::validation::{Findings, Place};
use super::yaml::WriteError;

/// Why there is no usable configuration.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file can not be read as configuration.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// The file lacks the document the command is about.
    #[error(
        "{file}: no {wanted} kind was found in the configuration file; 'kubewright config print' \
         prints one to start from"
    )]
    Missing {
        /// Name of the file as the user gave it.
        file: String,
        /// The kinds that would do.
        wanted: &'static str,
    },
    /// Flags can not be used.
    #[error(transparent)]
    Flags(#[from] FlagsError),
    /// The configuration can not be completed.
    #[error(transparent)]
    Defaults(#[from] DefaultsError),
    /// A value can not be used to complete the configuration.
    #[error("{place} can not be used")]
    Value {
        /// Where it is given.
        place: Place,
        /// Why not.
        #[source]
        source: ClusterDefaultsError,
    },
    /// Fields have values that can not be. All of them.
    #[error(transparent)]
    Invalid(#[from] Findings),
    /// A document can not be written.
    #[error(transparent)]
    Write(#[from] WriteError),
}

impl ConfigError {
    /// Whether it is the command line that is wrong, not a file.
    pub fn is_usage(&self) -> bool {
        match self {
            Self::Flags(_) => true,
            Self::Value { place, .. } => place.is_flag(),
            Self::Invalid(findings) => findings.are_of_flags(),
            _ => false,
        }
    }
}
