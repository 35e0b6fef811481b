//! What is wrong with a configuration, and where it was given.

use std::collections::BTreeMap;
use std::fmt;

/// One thing wrong with a configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Path of the field, such as `ClusterConfiguration.networking.podSubnet`; a flag with its
    /// dashes; a variable; empty for none.
    pub path: String,
    /// What is wrong. With causes it goes on where the path ends.
    pub message: String,
    /// Why, outermost first.
    pub causes: Vec<String>,
}

impl Finding {
    /// Without causes.
    pub fn stated(path: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            path: path.into(),
            message: message.into(),
            causes: Vec::new(),
        }
    }
}

/// Where the fields of a configuration were given.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Origins {
    /// Name of the file, if there is one.
    pub file: Option<String>,
    /// Line of each field that the file sets, by path.
    pub lines: BTreeMap<String, u64>,
}

/// Where the user can correct something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// Name of the file, if the configuration comes from one.
    pub file: Option<String>,
    /// Line of the file, where the field is known to be set.
    pub line: Option<u64>,
    /// Path of the field, such as `ClusterConfiguration.networking.podSubnet`; a flag with its
    /// dashes; empty for none.
    pub path: String,
}

impl Place {
    /// The place of a field: its line, or that of the nearest field above it; or a flag.
    pub fn find(path: &str, origins: &Origins) -> Self {
        let is_flag = path.starts_with("--");
        Self {
            file: origins.file.clone().filter(|_| !is_flag),
            line: line_of(path, &origins.lines).filter(|_| !is_flag),
            path: path.to_owned(),
        }
    }

    /// Whether it is on the command line.
    pub fn is_flag(&self) -> bool {
        self.path.starts_with("--")
    }
}

/// `cluster.yaml:7: ClusterConfiguration.networking.podSubnet`, or `--pod-network-cidr`.
impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.file, self.line) {
            (Some(file), Some(line)) => write!(f, "{file}:{line}: {}", self.path),
            _ => f.write_str(&self.path),
        }
    }
}

/// All that is wrong with a configuration; at least one thing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Findings {
    all: Vec<(Place, Finding)>,
    /// Why, where it is one thing that has a cause.
    cause: Option<Box<Cause>>,
}

/// Why something is so, in the words of a component.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cause {
    message: String,
    cause: Option<Box<Cause>>,
}

impl Findings {
    /// Adds to each finding where its field was given.
    pub fn locate(findings: Vec<Finding>, origins: &Origins) -> Self {
        let place = |finding: Finding| (Place::find(&finding.path, origins), finding);
        let all: Vec<_> = findings.into_iter().map(place).collect();
        let cause = match all.as_slice() {
            [(_, only)] => Cause::chain(&only.causes),
            _ => None,
        };
        Self { all, cause }
    }

    /// Whether what is wrong is on the command line.
    pub fn are_of_flags(&self) -> bool {
        self.all.iter().any(|(place, _)| place.is_flag())
    }
}

impl Cause {
    fn chain(messages: &[String]) -> Option<Box<Self>> {
        messages.iter().rev().fold(None, |cause, message| {
            Some(Box::new(Self {
                message: message.clone(),
                cause,
            }))
        })
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Cause {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        let cause = self.cause.as_deref()?;
        Some(cause)
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
        for (index, (place, finding)) in self.all.iter().enumerate() {
            if index > 0 {
                f.write_str("\n")?;
            }
            let message = &finding.message;
            match (place.path.is_empty(), finding.causes.as_slice()) {
                (true, _) => f.write_str(message)?,
                (false, []) => write!(f, "{place}: {message}")?,
                (false, causes) => {
                    write!(f, "{place} {message}")?;
                    // Of several no one cause is that of the error.
                    if self.cause.is_none() {
                        write!(f, ": {}", causes.join(": "))?;
                    }
                }
            }
        }
        Ok(())
    }
}

impl std::error::Error for Findings {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        let cause = self.cause.as_deref()?;
        Some(cause)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn findings_say_where_and_why() {
        let origins = Origins {
            file: Some("k.yaml".to_owned()),
            lines: BTreeMap::from([("Kind.a".to_owned(), 7)]),
        };
        let one = |path: &str, causes: &[&str]| Finding {
            path: path.to_owned(),
            message: "no good".to_owned(),
            causes: causes.iter().map(|&cause| cause.to_owned()).collect(),
        };
        for (name, findings, expected, causes) in [
            (
                "a field",
                vec![one("Kind.a.b[0]", &[])],
                "k.yaml:7: Kind.a.b[0]: no good",
                0,
            ),
            (
                "a field that is not there",
                vec![one("Kind.c", &[])],
                "Kind.c: no good",
                0,
            ),
            ("a flag", vec![one("--a", &[])], "--a: no good", 0),
            ("no place", vec![one("", &[])], "no good", 0),
            ("causes", vec![one("--a", &["x", "y"])], "--a no good", 2),
            (
                "several",
                vec![one("--a", &["x", "y"]), one("Kind.a", &[])],
                "--a no good: x: y\nk.yaml:7: Kind.a: no good",
                0,
            ),
        ] {
            let findings = Findings::locate(findings, &origins);
            assert_eq!(findings.to_string(), expected, "{name}");
            let mut found = 0;
            let mut next = std::error::Error::source(&findings);
            while let Some(cause) = next {
                found += 1;
                next = cause.source();
            }
            assert_eq!(found, causes, "{name}");
        }
    }
}
