//! Why there is no usable configuration.

use super::finding::Findings;
use super::flags::FlagsError;
use super::reader::ReadError;
use super::yaml::WriteError;
use crate::component::Failure;

/// What the user gave is wrong.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file can not be read as configuration.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// Flags can not be used.
    #[error(transparent)]
    Flags(#[from] FlagsError),
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
            Self::Invalid(findings) => findings.are_of_flags(),
            _ => false,
        }
    }
}

/// Why a distribution's configuration can not be completed.
#[derive(Debug, thiserror::Error)]
pub enum CompleteError {
    /// What the user gave is wrong.
    #[error(transparent)]
    Configuration(#[from] ConfigError),
    /// The distribution does not say what configuration it takes.
    #[error(
        "the distribution {distribution} takes no configuration; add `configuration:` to its file, with a \
         component, or `extends: kubernetes`"
    )]
    None {
        /// The distribution.
        distribution: String,
    },
    /// The distribution lists a kind and does not say which fields it has.
    #[error(
        "the distribution {distribution} takes {kind}, which this program does not know and the \
         distribution has no schema for; add it to configuration.schemas of its file"
    )]
    NoSchema {
        /// The distribution.
        distribution: String,
        /// `group/version/Kind`
        kind: String,
    },
    /// The component failed.
    #[error("the configuration can not be completed")]
    Component(#[source] Box<Failure>),
    /// The component's answer is not what the contract says.
    #[error(
        "the configuration component of the distribution {distribution} gave no usable answer: {problem}"
    )]
    Answer {
        /// The distribution.
        distribution: String,
        /// What is wrong with it.
        problem: String,
    },
    /// The component's answer has not what was asked for.
    #[error("the distribution {distribution} has nothing for this command: {missing}")]
    NotAnswered {
        /// The distribution.
        distribution: String,
        /// What its component should have answered with.
        missing: &'static str,
    },
}

impl From<Failure> for CompleteError {
    fn from(failure: Failure) -> Self {
        Self::Component(Box::new(failure))
    }
}
