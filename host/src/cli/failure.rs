//! What went wrong, in words, and the exit code that goes with it.

use serde::Serialize;

use crate::component::{BuiltIn, Failure, FailureKind};
use crate::configuration::error::{CompleteError, ConfigError};
use crate::distribution::{DistributionError, RunError, SelectionError};
use crate::run::Interrupted;
use crate::visible::Visible;

/// What is shown of one message at most, in characters.
const LIMIT: usize = 64 << 10;

/// Wrong usage: arguments that do not make sense together.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct Usage(pub String);

/// What ended the program, for a person or a program.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    #[serde(flatten)]
    pub trouble: Trouble,
    /// What failed at the same time, for other reasons.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub also: Vec<Trouble>,
    pub exit_code: u8,
}

/// Words and who chose them. For a program they are text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Words {
    pub text: String,
    #[serde(skip)]
    pub author: Author,
}

/// Who chose words, as far as it matters for how they are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Author {
    /// This program. What it quotes of others has no lines.
    Us,
    /// A component of this program, who quotes others.
    BuiltIn,
    /// A component from a file, a server, whoever.
    Others,
}

impl Words {
    /// Our own.
    fn ours(text: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            author: Author::Us,
        }
    }

    /// As they are shown to people.
    pub fn visible(&self) -> Visible<'_> {
        let shown = match self.author {
            Author::Us => Visible::text(&self.text),
            Author::BuiltIn => Visible::built_in(&self.text),
            Author::Others => Visible::message(&self.text),
        };
        shown.at_most(LIMIT)
    }
}

/// One thing that went wrong.
#[derive(Debug, Serialize)]
pub struct Trouble {
    /// The error and what caused it, outermost first.
    pub messages: Vec<Words>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hint: Option<Words>,
    /// The component's functions it failed in, innermost first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub frames: Vec<String>,
}

impl Report {
    /// What is wrong with the command line, in the words of its parser: a
    /// paragraph, then usage.
    pub fn of_usage(text: &str, exit_code: u8) -> Self {
        let first = text.split("\n\n").next().unwrap_or(text);
        let message = first.strip_prefix("error: ").unwrap_or(first);
        let words: Vec<&str> = message.split_whitespace().collect();
        Self {
            trouble: Trouble {
                messages: vec![Words::ours(words.join(" "))],
                hint: Some(Words::ours("--help tells what there is")),
                frames: Vec::new(),
            },
            also: Vec::new(),
            exit_code,
        }
    }

    pub fn of(error: &anyhow::Error) -> Self {
        let run = error.chain().find_map(|cause| cause.downcast_ref());
        let (failed, also) = match run {
            Some(RunError::Phase { failure, also, .. }) => (Some(&**failure), also.as_slice()),
            _ => (None, &[][..]),
        };
        let failure = failed.or_else(|| {
            error.chain().find_map(|cause| {
                cause
                    .downcast_ref::<Failure>()
                    .or_else(|| cause.downcast_ref::<Box<Failure>>().map(|boxed| &**boxed))
            })
        });
        let usage = error.chain().any(|cause| {
            cause.is::<Usage>()
                || cause.is::<SelectionError>()
                || cause.downcast_ref().is_some_and(ConfigError::is_usage)
                || matches!(
                    cause.downcast_ref(),
                    Some(CompleteError::Configuration(error)) if error.is_usage()
                )
        });
        let mut trouble = Trouble::of(error.chain(), failure);
        trouble.hint = trouble
            .hint
            .or_else(|| run_it_as_well(run?).map(Words::ours));
        // One cause can end all that runs, such as a disk that is full.
        let other_cause = |other: &Trouble| other.causes() != trouble.causes();
        let also = also
            .iter()
            .map(|failure| Trouble::of(anyhow::Chain::new(failure), Some(failure)))
            .filter(other_cause)
            .collect();
        Self {
            trouble,
            also,
            exit_code: match error.downcast_ref::<Interrupted>() {
                Some(interrupted) => interrupted.exit_code(),
                None if usage => 2,
                None => 1,
            },
        }
    }
}

impl Trouble {
    fn of<'a>(
        causes: impl Iterator<Item = &'a (dyn std::error::Error + 'static)>,
        failure: Option<&Failure>,
    ) -> Self {
        let author = author_of(failure);
        let mut messages: Vec<Words> = Vec::new();
        for cause in causes {
            let text = cause.to_string();
            // A transparent cause says what was said already.
            if messages
                .last()
                .is_none_or(|last| !last.text.ends_with(&text))
            {
                let author = match is_ours(cause) {
                    true => Author::Us,
                    false => author,
                };
                messages.push(Words { text, author });
            }
        }
        let hint = failure.and_then(|failure| {
            let author = match failure.kind {
                FailureKind::Reported { .. } => author,
                _ => Author::Us,
            };
            let text = failure.hint()?;
            Some(Words { text, author })
        });
        Self {
            messages,
            hint,
            frames: failure
                .map(|failure| failure.frames().to_vec())
                .unwrap_or_default(),
        }
    }

    /// What is said below the first line.
    fn causes(&self) -> &[Words] {
        self.messages.get(1..).unwrap_or_default()
    }
}

/// Whether an error has several lines by our own choice, and quotes nothing of
/// others that could.
fn is_ours(error: &(dyn std::error::Error + 'static)) -> bool {
    error.is::<ConfigError>()
        || error.is::<Usage>()
        || error.is::<DistributionError>()
        || matches!(error.downcast_ref(), Some(CompleteError::Configuration(_)))
        || matches!(
            error.downcast_ref(),
            Some(RunError::Refused(_) | RunError::Distribution(_))
        )
}

/// Who chose what a failure says.
fn author_of(failure: Option<&Failure>) -> Author {
    let is_built_in = |failure: &Failure| {
        let digest = failure.digest.as_str();
        BuiltIn::all().iter().any(|one| one.digest == digest)
    };
    match failure {
        Some(failure) if is_built_in(failure) => Author::BuiltIn,
        _ => Author::Others,
    }
}

/// For a phase that missed what another one leaves, which was not selected.
fn run_it_as_well(error: &RunError) -> Option<String> {
    match error {
        RunError::Phase {
            failure, left_out, ..
        } if !left_out.is_empty() => Some(format!(
            "the phase {} builds on what {} leave behind, and this run leaves them out (--phase, --skip-phases): \
             if that is what is missing, run them first, or as well",
            failure.phase,
            left_out.join(", ")
        )),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(words: &[Words]) -> Vec<&str> {
        words.iter().map(|one| one.text.as_str()).collect()
    }

    #[test]
    fn one_cause_of_several_failures_is_told_once() {
        let failure = |phase: &str, message: &str| Failure {
            phase: phase.to_owned(),
            component: "c".to_owned(),
            digest: "sha256:0".to_owned(),
            doing: String::new(),
            kind: FailureKind::Reported {
                message: message.to_owned(),
                hint: None,
            },
        };
        let error = RunError::Phase {
            failure: Box::new(failure("a", "the disk is full")),
            left_out: Vec::new(),
            also: vec![
                failure("b", "the disk is full"),
                failure("c", "it is not a CA"),
            ],
        };
        let report = Report::of(&error.into());
        assert_eq!(texts(report.trouble.causes()), ["the disk is full"]);
        let also: Vec<_> = report.also.iter().map(|one| texts(&one.messages)).collect();
        assert_eq!(
            also,
            [["phase c failed (component c, sha256:0)", "it is not a CA"]]
        );
    }
}
