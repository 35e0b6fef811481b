//! Why there is no usable configuration.

use std::error::Error;

use kubewright_configuration::Findings;

use super::defaults::ClusterDefaultsError;
use super::documents::Origins;
use super::facts::DefaultsError;
use super::flags::FlagsError;
use super::validation::Finding;

/// What follows the name of a value in errors that have a cause.
const UNUSABLE: &str = "can not be used";

/// Why there is no usable configuration.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
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
    /// A flag can not be used.
    #[error("--{flag} can not be used")]
    Flag {
        /// Its name, without dashes.
        flag: &'static str,
        /// Why not.
        #[source]
        source: FlagsError,
    },
    /// The configuration can not be completed.
    #[error(transparent)]
    Defaults(#[from] DefaultsError),
    /// A value can not be used to complete the configuration.
    #[error("{place} can not be used")]
    Value {
        /// The field, or the flag with its dashes.
        place: String,
        /// Why not.
        #[source]
        source: ClusterDefaultsError,
    },
    /// Fields have values that can not be: where, and what is wrong. All of them.
    #[error("{}", list(.0))]
    Invalid(Vec<(String, String)>),
    /// A place, and what is to be said of it.
    #[error("{0}: {1}")]
    Stated(String, String),
}

impl ConfigError {
    /// Findings at the places where their fields were given.
    pub fn invalid(findings: &[Finding], origins: &Origins) -> Self {
        let place = |finding: &Finding| (origins.place(&finding.path), finding.said());
        Self::Invalid(findings.iter().map(place).collect())
    }

    /// Tells the host.
    pub fn tell(&self, findings: &mut Findings) {
        match self {
            Self::Missing { .. } | Self::Defaults(_) => findings.add("", self.to_string()),
            Self::Flag { flag, source } => {
                findings.because(format!("--{flag}"), UNUSABLE, chain(source));
            }
            Self::Value { place, source } => findings.because(place, UNUSABLE, chain(source)),
            Self::Invalid(all) => {
                for (place, message) in all {
                    findings.add(place, message);
                }
            }
            Self::Stated(place, message) => findings.add(place, message),
        }
    }
}

/// An error and what caused it, outermost first. A transparent one says what its cause says.
fn chain(error: &(dyn Error + 'static)) -> Vec<String> {
    let mut said = vec![error.to_string()];
    let mut next = error.source();
    while let Some(error) = next {
        said.push(error.to_string());
        next = error.source();
    }
    said
}

fn list(findings: &[(String, String)]) -> String {
    let lines: Vec<_> = findings
        .iter()
        .map(|(place, message)| format!("{place}: {message}"))
        .collect();
    lines.join("\n")
}
