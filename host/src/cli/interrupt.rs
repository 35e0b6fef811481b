//! Being told to end: Ctrl-C, or a service manager's SIGTERM.

use std::future::pending;

use tokio::signal::unix::{SignalKind, signal};

/// The run was ended from outside.
#[derive(Debug, thiserror::Error)]
#[error("interrupted by {name}")]
pub struct Interrupted {
    name: &'static str,
    number: u8,
}

impl Interrupted {
    /// As a shell says it of a program that a signal ended.
    pub fn exit_code(&self) -> u8 {
        128 + self.number
    }
}

/// Waits until somebody wants the program to end.
pub async fn interrupted() -> Interrupted {
    let first = |name, number, kind| async move {
        // Without a handler the signal does what it always did.
        match signal(kind) {
            Ok(mut signals) => signals.recv().await,
            Err(_) => pending().await,
        };
        Interrupted { name, number }
    };
    tokio::select! {
        one = first("SIGINT", 2, SignalKind::interrupt()) => one,
        one = first("SIGTERM", 15, SignalKind::terminate()) => one,
    }
}
