//! One thing wrong with a configuration, worded like k8s.io/apimachinery's `field.Error`.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use crate::cluster::flags;

/// Why a field is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reason {
    /// It has a value that can not be.
    Invalid {
        /// The value. Never a secret.
        value: String,
    },
    /// It has a value that can not be, and which must not be shown.
    InvalidSecret,
    /// It has no value.
    Required,
    /// The message says it all.
    Stated,
}

/// One thing wrong with a configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Path of the field, such as `ClusterConfiguration.networking.podSubnet`.
    pub path: String,
    /// Why it is refused.
    pub reason: Reason,
    /// What is wrong, as kubeadm words it.
    pub message: String,
}

impl Finding {
    /// A value that can not be.
    pub fn invalid(
        path: impl Into<String>,
        value: impl Into<String>,
        message: impl Into<String>,
    ) -> Self {
        let reason = Reason::Invalid {
            value: value.into(),
        };
        Self {
            path: path.into(),
            reason,
            message: message.into(),
        }
    }

    /// A secret value that can not be.
    pub fn invalid_secret(path: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            path: path.into(),
            reason: Reason::InvalidSecret,
            message: message.into(),
        }
    }

    /// What a distribution's own component says.
    pub fn stated(path: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            path: path.into(),
            reason: Reason::Stated,
            message: message.into(),
        }
    }

    /// A value that is missing.
    pub fn required(path: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            path: path.into(),
            reason: Reason::Required,
            message: message.into(),
        }
    }
}

impl Finding {
    /// What is wrong, without where.
    fn said(&self) -> String {
        let message = &self.message;
        match &self.reason {
            Reason::Invalid { value } if is_template(value) => format!(
                "Invalid value: {value:?}: it looks like a template or a variable that was not \
                 filled in: {message}"
            ),
            Reason::Invalid { value } => format!("Invalid value: {value:?}: {message}"),
            Reason::InvalidSecret => format!("Invalid value: <sealed>: {message}"),
            Reason::Stated => message.clone(),
            Reason::Required => format!("Required value: {message}"),
        }
    }
}

/// Whether a value is `{{ x }}`, `${X}` or `$X`, or has such a thing in it.
fn is_template(value: &str) -> bool {
    value.contains("{{") || value.contains("${") || value.starts_with('$')
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.path, self.said())
    }
}

/// Where the fields of a configuration were given.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Origins {
    /// Name of the file, if there is one.
    pub file: Option<String>,
    /// Line of each field that the file sets, by path.
    pub lines: BTreeMap<String, u64>,
    /// Fields whose values are those of flags, whatever the file says.
    pub flags: BTreeSet<String>,
}

/// Where the user can correct a field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// Name of the file, if the configuration comes from one.
    pub file: Option<String>,
    /// Line of the file, where the field is known to be set.
    pub line: Option<u64>,
    /// Path of the field, such as `ClusterConfiguration.networking.podSubnet`.
    pub path: String,
}

impl Place {
    /// The place of a field: its line, or that of the nearest field above it; or its flag.
    pub fn find(path: &str, origins: &Origins) -> Self {
        let by_flag = origins.flags.contains(path);
        Self {
            file: origins.file.clone().filter(|_| !by_flag),
            line: line_of(path, &origins.lines).filter(|_| !by_flag),
            path: path.to_owned(),
        }
    }

    /// Whether it is on the command line.
    pub fn is_flag(&self) -> bool {
        self.file.is_none() && flags::of_field(&self.path).is_some()
    }
}

/// `cluster.yaml:7: ClusterConfiguration.networking.podSubnet`, or `--pod-network-cidr`.
impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.file, self.line) {
            (Some(file), Some(line)) => write!(f, "{file}:{line}: {}", self.path),
            (Some(_), None) => f.write_str(&self.path),
            (None, _) => match flags::of_field(&self.path) {
                Some(flag) => write!(f, "--{flag}"),
                None => f.write_str(&self.path),
            },
        }
    }
}

/// All that is wrong with a configuration; at least one thing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Findings(pub Vec<(Place, Finding)>);

impl Findings {
    /// Adds to each finding where its field was given.
    pub fn locate(findings: Vec<Finding>, origins: &Origins) -> Self {
        let place = |finding: Finding| (Place::find(&finding.path, origins), finding);
        Self(findings.into_iter().map(place).collect())
    }

    /// Whether what is wrong is on the command line.
    pub fn are_of_flags(&self) -> bool {
        self.0.iter().any(|(place, _)| place.is_flag())
    }
}

fn line_of(path: &str, lines: &BTreeMap<String, u64>) -> Option<u64> {
    let mut path = path;
    loop {
        if let Some(line) = lines.get(path) {
            return Some(*line);
        }
        path = &path[..path.rfind(['.', '['])?];
    }
}

impl fmt::Display for Findings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, (place, finding)) in self.0.iter().enumerate() {
            if index > 0 {
                f.write_str("\n")?;
            }
            write!(f, "{place}: {}", finding.said())?;
        }
        Ok(())
    }
}

impl std::error::Error for Findings {}
