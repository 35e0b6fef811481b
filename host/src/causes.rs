//! Errors in words.

use std::error::Error;

/// An error with its causes in one line, for where an error is text: across the
/// boundary to a component, in a finding. What is said already is not repeated.
pub fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(one) = cause {
        let more = one.to_string();
        if !text.contains(&more) {
            text.push_str(": ");
            text.push_str(&more);
        }
        cause = one.source();
    }
    text
}
