//! The host's side of components that have no capability but words for the log.

use std::sync::Arc;

use crate::capability::bindings::log;
use crate::capability::{Panic, clean_message};
use crate::effect::{Event, Events, LogLevel};

/// Listens to what a component says, and gives it nothing.
pub struct Listener {
    name: String,
    events: Events,
    /// What it said when it panicked.
    pub panic: Option<Panic>,
}

impl Listener {
    pub fn new(name: &str, events: &Events) -> Self {
        Self {
            name: name.to_owned(),
            events: Arc::clone(events),
            panic: None,
        }
    }
}

impl log::Host for Listener {
    async fn log(&mut self, level: log::Level, message: String) -> wasmtime::Result<()> {
        (self.events)(Event::Log {
            phase: self.name.clone(),
            level: LogLevel::from(level),
            message: clean_message(&message),
        });
        Ok(())
    }

    async fn panicked(&mut self, message: String) -> wasmtime::Result<()> {
        self.panic = Some(Panic(clean_message(&message)));
        Ok(())
    }
}
