//! Why a phase failed, for a person.

use std::fmt;

use wasmtime::component::ResourceTableError;
use wasmtime::{Trap, WasmBacktrace};

use super::engine_config::STACK;
use super::limits::{LimitReached, Limits};
use crate::capability::Panic;
use crate::effect::EffectError;

/// What went wrong.
#[derive(Debug, thiserror::Error)]
pub enum FailureKind {
    /// The phase itself says so.
    #[error("{message}")]
    Reported {
        message: String,
        hint: Option<String>,
    },
    /// The effect's path says so: a policy, or the journal.
    #[error(transparent)]
    Effect(#[from] EffectError),
    #[error("a limit was reached: {0}")]
    Limit(String),
    #[error("it panicked: {message}")]
    Panic {
        message: String,
        frames: Vec<String>,
    },
    #[error("it trapped")]
    Trap {
        frames: Vec<String>,
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// It could not even be started.
    #[error("it does not fit the contract")]
    Contract {
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}

/// A phase that failed: which, of which component, what it was doing, why.
#[derive(Debug, thiserror::Error)]
pub struct Failure {
    pub phase: String,
    pub component: String,
    pub digest: String,
    /// What it had last asked the host for.
    pub doing: String,
    #[source]
    pub kind: FailureKind,
}

impl Failure {
    /// What a person can do about it, where that is known.
    pub fn hint(&self) -> Option<String> {
        match &self.kind {
            FailureKind::Reported { hint, .. } => hint.clone(),
            FailureKind::Effect(error) => error.hint(),
            FailureKind::Limit(_) => Some(
                "a component that does its work stays far below; report it to its author"
                    .to_owned(),
            ),
            FailureKind::Panic { .. } | FailureKind::Trap { .. } => Some(
                "this is a defect of the component; report it to its author with the lines above"
                    .to_owned(),
            ),
            FailureKind::Contract { .. } => {
                Some("build the component against the contract in wit/ of this version".to_owned())
            }
        }
    }

    /// The component's own functions it failed in, innermost first.
    pub fn frames(&self) -> &[String] {
        match &self.kind {
            FailureKind::Panic { frames, .. } | FailureKind::Trap { frames, .. } => frames,
            _ => &[],
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "phase {} failed (component {}, {}",
            self.phase,
            self.component,
            short(&self.digest)
        )?;
        if !self.doing.is_empty() {
            write!(f, ", while: {}", self.doing)?;
        }
        f.write_str(")")
    }
}

/// Enough of a digest to tell components apart.
fn short(digest: &str) -> &str {
    digest.get(..19).unwrap_or(digest)
}

/// Sorts out what ended a component: a limit, a policy, a panic, a trap.
pub fn classify(error: wasmtime::Error, panic: Option<Panic>, limits: &Limits) -> FailureKind {
    let frames = error
        .downcast_ref::<WasmBacktrace>()
        .map(frames)
        .unwrap_or_default();
    if let Some(limit) = error.downcast_ref::<LimitReached>() {
        return FailureKind::Limit(limit.to_string());
    }
    if let Some(limit) = error.downcast_ref::<crate::capability::Exceeded>() {
        return FailureKind::Limit(limit.to_string());
    }
    if error.downcast_ref::<Trap>() == Some(&Trap::StackOverflow) {
        return FailureKind::Limit(LimitReached::Stack { limit: STACK }.to_string());
    }
    if let Some(ResourceTableError::Full) = error.downcast_ref::<ResourceTableError>() {
        return FailureKind::Limit(
            LimitReached::Handles {
                limit: limits.handles,
            }
            .to_string(),
        );
    }
    let count = error
        .chain()
        .find_map(|cause| LimitReached::of_count(&cause.to_string(), limits));
    if let Some(limit) = count {
        return FailureKind::Limit(limit.to_string());
    }
    // wasmtime keeps the type of this error to itself.
    let is_call_bytes = |cause: &(dyn std::error::Error + 'static)| {
        cause.to_string().contains("fuel allocated for hostcalls")
    };
    if error.chain().any(is_call_bytes) {
        return FailureKind::Limit(
            LimitReached::CallBytes {
                limit: limits.call_bytes,
            }
            .to_string(),
        );
    }
    let error = match error.downcast::<EffectError>() {
        Ok(effect) => return FailureKind::Effect(effect),
        Err(error) => error,
    };
    if let Some(Panic(message)) = panic {
        return FailureKind::Panic { message, frames };
    }
    FailureKind::Trap {
        frames,
        source: error.into_boxed_dyn_error(),
    }
}

/// Function names of the component, without those of the panic machinery.
fn frames(backtrace: &WasmBacktrace) -> Vec<String> {
    backtrace
        .frames()
        .iter()
        .map(|frame| match frame.func_name() {
            Some(name) => rustc_demangle::demangle(name).to_string(),
            None => format!("<function {}>", frame.func_index()),
        })
        .map(|name| match name.rsplit_once("::h") {
            // The hash that rustc adds to legacy mangled names.
            Some((head, hash)) if hash.len() == 16 => head.to_owned(),
            _ => name,
        })
        .filter(|name| {
            ![
                "core::panicking",
                "std::panicking",
                "__rustc",
                "std::sys",
                "rust_panic",
            ]
            .iter()
            .any(|machinery| name.contains(machinery))
        })
        .take(12)
        .collect()
}
