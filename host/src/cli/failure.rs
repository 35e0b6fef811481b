//! What went wrong, in words, and the exit code that goes with it.

use serde::Serialize;

use super::interrupt::Interrupted;
use crate::cluster::declared::DeclaredError;
use crate::cluster::error::ConfigError;
use crate::cluster::print::PrintError;
use crate::component::Failure;
use crate::distribution::{RunError, SelectionError};

/// Wrong usage: arguments that do not make sense together.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct Usage(pub String);

/// A failure, for a person or a program.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    /// The error and what caused it, outermost first.
    pub messages: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
    /// The component's functions it failed in, innermost first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub frames: Vec<String>,
    pub exit_code: u8,
}

impl Report {
    /// What is wrong with the command line, in the words of its parser: a
    /// paragraph, then usage.
    pub fn of_usage(text: &str, exit_code: u8) -> Self {
        let first = text.split("\n\n").next().unwrap_or(text);
        let message = first.strip_prefix("error: ").unwrap_or(first);
        let words: Vec<&str> = message.split_whitespace().collect();
        Self {
            messages: vec![words.join(" ")],
            hint: Some("--help tells what there is".to_owned()),
            frames: Vec::new(),
            exit_code,
        }
    }

    pub fn of(error: &anyhow::Error) -> Self {
        let mut messages: Vec<String> = Vec::new();
        for cause in error.chain() {
            let text = cause.to_string();
            // A transparent cause says what was said already.
            if messages.last().is_none_or(|last| !last.ends_with(&text)) {
                messages.push(text);
            }
        }
        let failure = error.chain().find_map(|cause| {
            cause
                .downcast_ref::<Failure>()
                .or_else(|| cause.downcast_ref::<Box<Failure>>().map(|boxed| &**boxed))
                .or(match cause.downcast_ref::<RunError>() {
                    Some(RunError::Phase { failure, .. }) => Some(failure),
                    _ => None,
                })
        });
        let usage = error.chain().any(|cause| {
            cause.is::<Usage>()
                || cause.is::<SelectionError>()
                || matches!(cause.downcast_ref(), Some(PrintError::ComponentConfigs))
                || cause.downcast_ref().is_some_and(ConfigError::is_usage)
                || matches!(
                    cause.downcast_ref(),
                    Some(DeclaredError::Configuration(error)) if error.is_usage()
                )
        });
        Self {
            messages,
            hint: failure
                .and_then(Failure::hint)
                .or_else(|| error.chain().find_map(run_it_as_well)),
            frames: failure
                .map(|failure| failure.frames().to_vec())
                .unwrap_or_default(),
            exit_code: match error.downcast_ref::<Interrupted>() {
                Some(interrupted) => interrupted.exit_code(),
                None if usage => 2,
                None => 1,
            },
        }
    }
}

/// For a phase that missed what another one leaves, which was not selected.
fn run_it_as_well(cause: &(dyn std::error::Error + 'static)) -> Option<String> {
    match cause.downcast_ref()? {
        RunError::Phase { failure, left_out } if !left_out.is_empty() => Some(format!(
            "the phase {} builds on what {} leave behind, and this run leaves them out (--phase, --skip-phases): \
             if that is what is missing, run them first, or as well",
            failure.phase,
            left_out.join(", ")
        )),
        _ => None,
    }
}
