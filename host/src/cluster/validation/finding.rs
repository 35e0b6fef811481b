//! One thing wrong with a configuration, worded like k8s.io/apimachinery's `field.Error`.

use std::collections::BTreeMap;
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
            Reason::Invalid { value } => format!("Invalid value: {value:?}: {message}"),
            Reason::InvalidSecret => format!("Invalid value: <sealed>: {message}"),
            Reason::Stated => message.clone(),
            Reason::Required => format!("Required value: {message}"),
        }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.path, self.said())
    }
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
    /// The place of a field of a file, or of flags (`file` is none): its line, or that of the
    /// nearest field above it.
    pub fn find(path: &str, file: Option<&str>, lines: &BTreeMap<String, u64>) -> Self {
        Self {
            file: file.map(str::to_owned),
            line: line_of(path, lines),
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
pub struct Findings {
    /// The findings, with the line of the file where the field is known to be set.
    pub findings: Vec<(Option<u64>, Finding)>,
    /// Name of the file, if the configuration comes from one.
    pub file: Option<String>,
}

impl Findings {
    /// Adds to each finding the line of its field, or of the nearest field above it.
    pub fn locate(
        findings: Vec<Finding>,
        file: Option<&str>,
        lines: &BTreeMap<String, u64>,
    ) -> Self {
        let findings = findings
            .into_iter()
            .map(|f| (line_of(&f.path, lines), f))
            .collect();
        Self {
            findings,
            file: file.map(str::to_owned),
        }
    }

    /// Whether what is wrong is on the command line.
    pub fn are_of_flags(&self) -> bool {
        let of_flag = |(_, finding): &(_, Finding)| flags::of_field(&finding.path).is_some();
        self.file.is_none() && self.findings.iter().any(of_flag)
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
        for (index, (line, finding)) in self.findings.iter().enumerate() {
            if index > 0 {
                f.write_str("\n")?;
            }
            let place = Place {
                file: self.file.clone(),
                line: *line,
                path: finding.path.clone(),
            };
            write!(f, "{place}: {}", finding.said())?;
        }
        Ok(())
    }
}

impl std::error::Error for Findings {}
