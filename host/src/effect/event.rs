//! What a run tells whoever watches it.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::world::Waiting;

/// What an effect did to what it aimed at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Change {
    Created,
    Updated,
    Removed,
    Unchanged,
}

impl std::fmt::Display for Change {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Created => "created",
            Self::Updated => "updated",
            Self::Removed => "removed",
            Self::Unchanged => "unchanged",
        })
    }
}

/// How much a component's log message weighs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum LogLevel {
    Debug,
    Info,
    Warn,
    Error,
}

/// One thing that happened. Holds no secret.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase", tag = "event")]
pub enum Event {
    #[serde(rename_all = "camelCase")]
    PhaseStarted { phase: String },
    #[serde(rename_all = "camelCase")]
    PhaseFinished { phase: String, seconds: f64 },
    /// A line in kubeadm's words: `[certs] Generating "ca" certificate and key`.
    #[serde(rename_all = "camelCase")]
    Progress {
        phase: String,
        /// What stands in the brackets, where that is not the phase's name.
        #[serde(skip_serializing_if = "Option::is_none")]
        topic: Option<String>,
        message: String,
    },
    #[serde(rename_all = "camelCase")]
    Waiting {
        phase: String,
        waiting_for: Vec<Waiting>,
    },
    /// An effect that landed.
    #[serde(rename_all = "camelCase")]
    Effect {
        phase: String,
        action: &'static str,
        target: String,
        change: Change,
    },
    /// A policy, or the program, has a doubt.
    #[serde(rename_all = "camelCase")]
    Warning { phase: String, message: String },
    #[serde(rename_all = "camelCase")]
    Log {
        phase: String,
        level: LogLevel,
        message: String,
    },
}

/// Where events go.
pub type Events = Arc<dyn Fn(Event) + Send + Sync>;
