//! `log`: what a component says.

use super::bindings::log;
use super::gate::Answer;
use super::state::{Panic, PhaseState};
use crate::effect::{Event, LogLevel};
use crate::visible::Visible;

/// What a component may say in one message, in bytes.
const MESSAGE_LIMIT: usize = 4096;

/// What it may say as it fails: all findings of preflight at once, each with
/// the words of whoever refused something.
const FAILURE_LIMIT: usize = 64 << 10;

/// Cuts a message at the limit, at a character's border, and makes visible what
/// would do something on a terminal. Its lines stay: how they are shown is for
/// who shows them.
pub fn clean_message(message: &str) -> String {
    clean(message, MESSAGE_LIMIT)
}

/// As [`clean_message`], for what is one line.
pub fn clean_line(message: &str) -> String {
    let shown = Visible::line(cut(message, MESSAGE_LIMIT)).to_string();
    cut(&shown, MESSAGE_LIMIT).to_owned()
}

/// As [`clean_message`], for the message that a phase fails with.
pub fn clean_failure(message: &str) -> String {
    clean(message, FAILURE_LIMIT)
}

fn clean(message: &str, limit: usize) -> String {
    let shown = Visible::text(cut(message, limit)).to_string();
    cut(&shown, limit).to_owned()
}

fn cut(text: &str, limit: usize) -> &str {
    let mut end = text.len().min(limit);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
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
        assert_eq!(clean_message("a\x1b[31mb\nc\r"), "a\\u{1b}[31mb\nc\\u{d}");
        assert_eq!(clean_line("a\nb"), "a\\nb");
        let escapes = "\x1b".repeat(MESSAGE_LIMIT);
        assert_eq!(clean_message(&escapes).len(), MESSAGE_LIMIT);
        let long = "é".repeat(MESSAGE_LIMIT);
        assert!(clean_message(&long).len() <= MESSAGE_LIMIT);
        assert_eq!(clean_failure(&long), long);
        let longer = "é".repeat(FAILURE_LIMIT);
        assert!(clean_failure(&longer).len() <= FAILURE_LIMIT);
    }
}
