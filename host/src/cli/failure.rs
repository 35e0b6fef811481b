//! What went wrong, in words, and the exit code that goes with it.

use serde::Serialize;

use crate::cluster::error::ConfigError;
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
                    Some(RunError::Phase(failure)) => Some(failure),
                    _ => None,
                })
        });
        let usage = error.chain().any(|cause| {
            cause.is::<Usage>()
                || cause.is::<SelectionError>()
                || matches!(cause.downcast_ref(), Some(ConfigError::Flags(_)))
        });
        Self {
            messages,
            hint: failure.and_then(Failure::hint),
            frames: failure
                .map(|failure| failure.frames().to_vec())
                .unwrap_or_default(),
            exit_code: if usage { 2 } else { 1 },
        }
    }
}
