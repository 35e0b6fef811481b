//! What came of a run.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::Value;

use crate::effect::{Change, Content, Event, Events};
use crate::world::MachinePath;

/// An effect that landed.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Landed {
    pub phase: String,
    pub action: &'static str,
    pub target: String,
    pub change: String,
}

/// What came out of a run.
pub struct Finished {
    pub landed: Vec<Landed>,
    /// What phases want the operator to see.
    pub shown: Vec<(String, Content)>,
    /// Files that got sealed values, with words in place of those.
    pub redacted: BTreeMap<MachinePath, String>,
}

impl Finished {
    /// Whether anything is not as it was before.
    pub fn changed(&self) -> bool {
        self.landed.iter().any(|one| one.changes())
    }

    /// How many effects changed what, by change.
    pub fn count(&self) -> BTreeMap<String, usize> {
        let mut counts = BTreeMap::new();
        for one in &self.landed {
            *counts.entry(one.change.clone()).or_default() += 1;
        }
        counts
    }

    /// What phases showed, for programs.
    pub fn shown_sealed(&self) -> Vec<Value> {
        self.shown
            .iter()
            .map(|(phase, content)| {
                serde_json::json!({ "phase": phase, "text": content.redacted() })
            })
            .collect()
    }
}

impl Landed {
    /// Whether it changed something.
    pub fn changes(&self) -> bool {
        self.change != Change::Unchanged.to_string()
    }
}

/// Events on their way to whoever watches, and the effects among them.
pub(super) fn tally(events: Events) -> (Events, Arc<Mutex<Vec<Landed>>>) {
    let landed: Arc<Mutex<Vec<Landed>>> = Arc::default();
    let list = Arc::clone(&landed);
    let tallied: Events = Arc::new(move |event| {
        if let Event::Effect {
            phase,
            action,
            target,
            change,
        } = &event
        {
            list.lock()
                .unwrap_or_else(PoisonError::into_inner)
                .push(Landed {
                    phase: phase.clone(),
                    action,
                    target: target.clone(),
                    change: change.to_string(),
                });
        }
        events(event);
    });
    (tallied, landed)
}
