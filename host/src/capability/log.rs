//! `log`: what a component says.

use super::bindings::log;
use super::gate::Answer;
use super::state::{Panic, PhaseState};
use crate::effect::{Event, LogLevel};

/// What a component may say in one message, in bytes.
const MESSAGE_LIMIT: usize = 4096;

/// What it may say as it fails: all findings of preflight at once, each with
/// the words of whoever refused something.
const FAILURE_LIMIT: usize = 64 << 10;

/// Cuts a message at the limit, at a character's border, and keeps a
/// component from forging lines or terminal sequences.
pub fn clean_message(message: &str) -> String {
    clean(message, MESSAGE_LIMIT)
}

/// As [`clean_message`], for the message that a phase fails with.
pub fn clean_failure(message: &str) -> String {
    clean(message, FAILURE_LIMIT)
}

fn clean(message: &str, limit: usize) -> String {
    let mut end = message.len().min(limit);
    while !message.is_char_boundary(end) {
        end -= 1;
    }
    message[..end]
        .chars()
        .filter(|&c| c == '\n' || c == '\t' || !c.is_control())
        .collect()
}

impl From<log::Level> for LogLevel {
    fn from(level: log::Level) -> Self {
        match level {
            log::Level::Debug => Self::Debug,
            log::Level::Info => Self::Info,
            log::Level::Warn => Self::Warn,
            log::Level::Error => Self::Error,
        }
    }
}

pub async fn log(state: &mut PhaseState, level: log::Level, message: String) -> Answer<()> {
    state.tell(Event::Log {
        phase: state.origin.phase.clone(),
        level: level.into(),
        message: clean_message(&message),
    });
    state.answer(())
}

pub async fn panicked(state: &mut PhaseState, message: String) -> Answer<()> {
    state.panic = Some(Panic(clean_message(&message)));
    state.answer(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_are_cut_and_cleaned() {
        assert_eq!(clean_message("a\x1b[31mb\nc\r"), "a[31mb\nc");
        let long = "é".repeat(MESSAGE_LIMIT);
        assert!(clean_message(&long).len() <= MESSAGE_LIMIT);
        assert_eq!(clean_failure(&long), long);
        let longer = "é".repeat(FAILURE_LIMIT);
        assert!(clean_failure(&longer).len() <= FAILURE_LIMIT);
    }
}
