//! The words of a reset.

use kubewright_plugin::{progress_under, warn_under};

/// What a reset is called in lines of its progress.
const TOPIC: &str = "reset";

/// Tells steps.
#[derive(Clone, Copy)]
pub struct Teller {
    topic: &'static str,
}

impl Teller {
    /// Of a reset that is planned, or done.
    pub fn of(is_planned: bool) -> Self {
        let topic = match is_planned {
            true => "dryrun",
            false => TOPIC,
        };
        Self { topic }
    }

    /// A step: what happened to what, and why where that does not go without
    /// saying.
    pub fn step(self, step: &str, what: &str, why: &str) {
        match why {
            "" => progress_under!(self.topic, "{step} {what}"),
            why => progress_under!(self.topic, "{step} {what}: {why}"),
        }
    }

    /// A line that is no step.
    pub fn line(self, text: &str) {
        progress_under!(TOPIC, "{text}");
    }

    /// What is wrong, and does not end the reset.
    pub fn warning(self, text: &str) {
        warn_under!(TOPIC, "{text}");
    }
}

/// `a`, or `a and 2 more`.
pub fn join(names: &[String]) -> String {
    match names {
        [] => String::new(),
        [one] => one.clone(),
        [first, rest @ ..] => format!("{first} and {} more", rest.len()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_counted() {
        let names = |count: usize| vec!["a".to_owned(); count];
        assert_eq!(join(&names(0)), "");
        assert_eq!(join(&names(1)), "a");
        assert_eq!(join(&names(3)), "a and 2 more");
    }
}
