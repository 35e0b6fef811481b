//! What can be wrong with a file.

use std::fmt;

/// One thing wrong with a file, with the place it is at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Line of the file, from 1; 0 if it concerns the whole file.
    pub line: u64,
    /// Path of the field, such as `InitConfiguration.nodeRegistration.taints[0].effect`.
    pub path: String,
    /// What is wrong and what would be right.
    pub message: String,
}

impl fmt::Display for Problem {
    /// The field, if it is about one, and what is wrong with it; not the line.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.path.is_empty() {
            write!(f, "{}: ", self.path)?;
        }
        f.write_str(&self.message)
    }
}

/// A file that can not be read as configuration.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The text is no YAML (of which JSON is a part).
    #[error("{file}{}: the file is not valid YAML or JSON", at(*line))]
    Syntax {
        /// Name of the file as the user gave it.
        file: String,
        /// Line of the file, from 1; 0 if unknown.
        line: u64,
        /// What the parser says, without a piece of the file.
        #[source]
        source: Box<serde_saphyr::Error>,
    },
    /// The text is no configuration in YAML, whatever the parser calls it.
    #[error("{file}{}: {what}", at(*line))]
    Unreadable {
        /// Name of the file as the user gave it.
        file: String,
        /// Line of the file, from 1; 0 if unknown.
        line: u64,
        /// What is wrong and what would be right, without a piece of the file.
        what: String,
    },
    /// It would take too much to read: depth, or anchors that are used over and over.
    #[error(
        "{file}{}: the file nests deeper, or holds more once its anchors and aliases (& and *) \
         are resolved, than any configuration; write it out without them",
        at(*line)
    )]
    TooMuch {
        /// Name of the file as the user gave it.
        file: String,
        /// Line of the file, from 1; 0 if unknown.
        line: u64,
    },
    /// The documents are not what they should be. All problems there are, in file order.
    #[error("{}", list(file, problems))]
    Problems {
        /// Name of the file as the user gave it.
        file: String,
        /// At least one.
        problems: Vec<Problem>,
    },
}

impl ReadError {
    /// The problems, empty for a syntax error.
    pub fn problems(&self) -> &[Problem] {
        match self {
            Self::Syntax { .. } | Self::Unreadable { .. } | Self::TooMuch { .. } => &[],
            Self::Problems { problems, .. } => problems,
        }
    }
}

fn at(line: u64) -> String {
    match line {
        0 => String::new(),
        line => format!(":{line}"),
    }
}

struct Line<'a>(&'a str, &'a Problem);

impl fmt::Display for Line<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(file, problem) = self;
        write!(f, "{file}{}: {problem}", at(problem.line))
    }
}

fn list(file: &str, problems: &[Problem]) -> String {
    let lines: Vec<_> = problems.iter().map(|p| Line(file, p).to_string()).collect();
    lines.join("\n")
}
