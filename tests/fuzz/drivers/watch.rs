//! What everybody who is not the component sees of a run, kept to be looked
//! through.

use std::sync::{Arc, Mutex, MutexGuard};

use kubewright::effect::{
    Change, Entry, Event, Events, Finding, Journal, JournalError, Policy, PolicyError, Prior, State,
};
use kubewright::world::{Door, Identity, MachinePath, Made};
use serde_json::Value;

/// What was seen.
#[derive(Default)]
pub struct Seen {
    /// Lines of progress, as they are shown.
    pub progress: Vec<String>,
    /// All other events.
    pub events: Vec<String>,
    /// What policies were shown.
    pub effects: Vec<Value>,
    /// What the journal was told.
    pub journal: Vec<String>,
}

/// A policy, a journal and a listener that remember.
#[derive(Clone, Default)]
pub struct Watch(Arc<Mutex<Seen>>);

impl Watch {
    pub fn seen(&self) -> MutexGuard<'_, Seen> {
        self.0.lock().expect("nobody panics while it is held")
    }

    /// A listener.
    pub fn events(&self) -> Events {
        let watch = self.clone();
        Arc::new(move |event| match event {
            Event::Progress { message, .. } => watch.seen().progress.push(message),
            event => watch.seen().events.push(format!("{event:?}")),
        })
    }

    fn note(&self, what: String) {
        self.seen().journal.push(what);
    }
}

impl Policy for Watch {
    fn name(&self) -> &'static str {
        "watch"
    }

    fn check<'a>(&'a self, effect: &'a Value) -> Door<'a, Result<Vec<Finding>, PolicyError>> {
        self.seen().effects.push(effect.clone());
        Box::pin(std::future::ready(Ok(Vec::new())))
    }
}

impl Journal for Watch {
    fn begin(&self, entry: &Entry) -> Result<u64, JournalError> {
        self.note(format!("{entry:?}"));
        Ok(self.seen().journal.len() as u64)
    }

    fn touch(
        &self,
        number: u64,
        path: &MachinePath,
        prior: &Prior<'_>,
        after: &State,
    ) -> Result<(), JournalError> {
        self.note(format!("{number} {path} {after:?}"));
        // What is not private is kept as it is.
        if let Prior::File {
            content,
            private: false,
            ..
        } = prior
        {
            self.note(String::from_utf8_lossy(content).into_owned());
        }
        Ok(())
    }

    fn wrote(
        &self,
        number: u64,
        path: &MachinePath,
        _identity: Identity,
        made: Made,
    ) -> Result<(), JournalError> {
        self.note(format!("{number} {path} {made:?}"));
        Ok(())
    }

    fn landed(&self, number: u64, change: Change) -> Result<(), JournalError> {
        self.note(format!("{number} {change}"));
        Ok(())
    }

    fn failed(&self, number: u64) -> Result<(), JournalError> {
        self.note(format!("{number} failed"));
        Ok(())
    }
}
