//! Who owns which field of an object: server-side apply and `managedFields`.
//!
//! Follows the rules of structured-merge-diff (sigs.k8s.io/structured-merge-diff, KEP-555).

pub(super) mod apply;
mod compare;
mod conflict;
mod list;
pub(super) mod managed;
mod merge;
mod remove;
pub(super) mod set;

/// Why an applied object cannot be read as its type: `.spec.containers: element 0: ...`.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("{path}: {why}")]
pub(super) struct Unreadable {
    pub path: String,
    pub why: String,
}

impl Unreadable {
    fn here(why: impl Into<String>) -> Self {
        Unreadable {
            path: String::new(),
            why: why.into(),
        }
    }

    fn below(mut self, element: &set::Element) -> Self {
        self.path.insert_str(0, &element.to_string());
        self
    }
}
