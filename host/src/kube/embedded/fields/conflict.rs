//! The words for an apply that would take fields from other managers.

use super::managed::{Manager, Operation};
use super::set::Set;
use crate::kube::embedded::status::{Cause, Failure};

/// Fields of the applied object that another manager owns and that would change.
#[derive(Debug)]
pub(super) struct Conflict {
    pub manager: Manager,
    pub fields: Set,
}

/// The failure as a real server words it, with a cause for each field.
pub(super) fn failure(mut conflicts: Vec<Conflict>) -> Failure {
    conflicts.sort_by(|a, b| {
        (&a.manager.name, a.manager.operation).cmp(&(&b.manager.name, b.manager.operation))
    });
    let mut causes = Vec::new();
    let mut blocks = Vec::new();
    for conflict in &conflicts {
        let (who, paths) = (describe(&conflict.manager), conflict.fields.paths());
        blocks.push(format!("conflicts with {who}:"));
        blocks.extend(paths.iter().map(|path| format!("- {path}")));
        let cause = |field| Cause {
            reason: "FieldManagerConflict",
            message: format!("conflict with {who}"),
            field,
        };
        causes.extend(paths.into_iter().map(cause));
    }
    let message = match causes.as_slice() {
        [one] => format!(
            "Apply failed with 1 conflict: {}: {}",
            one.message, one.field
        ),
        many => format!(
            "Apply failed with {} conflicts: {}",
            many.len(),
            blocks.join("\n")
        ),
    };
    Failure::apply_conflict(message, causes)
}

fn describe(manager: &Manager) -> String {
    let mut words = format!("{:?}", manager.name);
    if !manager.subresource.is_empty() {
        words.push_str(&format!(" with subresource {:?}", manager.subresource));
    }
    if manager.operation == Operation::Update {
        words.push_str(&format!(" using {}", manager.api_version));
    }
    words
}
