//! What the macro `phases!` expands to.

use crate::{Document, Result, log, types};

/// A phase that a component provides.
pub struct Phase {
    /// The full name: `certs/ca`.
    pub name: &'static str,
    /// One sentence for `kubewright phases`.
    pub summary: &'static str,
    /// Does it.
    pub run: fn(&Document) -> Result<()>,
}

/// The answer to `describe`.
pub fn describe(summary: &str, phases: &[Phase]) -> types::Description {
    types::Description {
        summary: summary.to_owned(),
        phases: phases
            .iter()
            .map(|phase| types::PhaseDescription {
                name: phase.name.to_owned(),
                summary: phase.summary.to_owned(),
            })
            .collect(),
    }
}

/// Runs one phase by name.
pub fn run(phases: &[Phase], name: &str, document: &str) -> Result<(), types::Failure> {
    report_panics();
    let Some(phase) = phases.iter().find(|phase| phase.name == name) else {
        let known: Vec<_> = phases.iter().map(|phase| phase.name).collect();
        return Err(types::Failure {
            message: format!("this component has no phase {name:?}"),
            hint: Some(format!("it provides {}", known.join(", "))),
        });
    };
    let outcome = Document::parse(document).and_then(|document| (phase.run)(&document));
    outcome.map_err(types::Failure::from)
}

/// Sends what a panic says to the host: without it a trap has frames and no
/// words.
fn report_panics() {
    std::panic::set_hook(Box::new(|panic| log::panicked(&panic.to_string())));
}
