//! What a distribution file says about a phase, checked by itself.

use std::collections::BTreeSet;

use crate::distribution::compose::Composition;
use crate::distribution::document::{GrantsDocument, PhaseDocument};
use kubewright_values::meant::meant;

/// Checks what stands in a file about one phase.
pub(in crate::distribution) fn check_phase(
    phase: &PhaseDocument,
    others: &Composition,
) -> Result<(), String> {
    let name = &phase.name;
    let wrong = |problem: String| Err(format!("phase {name}: {problem}"));
    let parts: Vec<&str> = name.split('/').collect();
    if parts.len() > 2 || parts.iter().any(|part| part.trim().is_empty()) {
        return Err(format!(
            "{name:?} is no name of a phase: wanted PHASE, or PHASE/SUB-PHASE"
        ));
    }
    if let [outer, _] = parts[..] {
        if !others.has(outer) {
            return wrong(format!("there is no phase {outer} that it could be of"));
        }
        if phase.phases.is_some() {
            return wrong("a sub-phase has no phases of its own".to_owned());
        }
        if others.has(outer)
            && others
                .names()
                .iter()
                .all(|one| !one.starts_with(&format!("{outer}/")))
        {
            return wrong(format!(
                "{outer} has no sub-phases: `remove: [{outer}]`, and add it anew with some"
            ));
        }
    }
    if let Some(limit) = phase.limits.and_then(|limits| limits.mistake()) {
        return wrong(format!(
            "limits.{limit} is 0, which lets nothing run; leave it out for the default"
        ));
    }
    if phase.phases.as_ref().is_some_and(Vec::is_empty) {
        return wrong(format!(
            "phases is an empty list: leave it out to keep what is there, or `remove: [{name}]`"
        ));
    }
    let mut seen = BTreeSet::new();
    for sub in phase.phases.iter().flatten() {
        if sub.name.trim().is_empty() || sub.name.contains('/') {
            return wrong(format!("{:?} is no name of a sub-phase", sub.name));
        }
        if !seen.insert(&sub.name) {
            return wrong(format!("the sub-phase {} stands there twice", sub.name));
        }
    }
    if let Some(empty) = phase.grants.as_ref().and_then(GrantsDocument::empty_list) {
        return wrong(format!(
            "grants.{empty} is an empty list, which grants nothing: leave the entry out"
        ));
    }
    Ok(())
}

/// Of a name that is none.
pub(in crate::distribution) fn no_phase(name: &str, there: &Composition) -> String {
    match meant(name, there.names()) {
        Some(meant) => format!("there is no phase {name:?}; did you mean {meant:?}?"),
        None => format!(
            "there is no phase {name:?}; there are: {}",
            there.names().join(", ")
        ),
    }
}
