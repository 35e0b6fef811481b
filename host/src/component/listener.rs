//! The host's side of components that have no capability but words for the log.

use std::sync::Arc;

use crate::capability::bindings::log;
use crate::capability::{Exceeded, Panic, clean_message};
use crate::effect::{Event, Events, LogLevel};

/// Listens to what a component says, and gives it nothing.
pub struct Listener {
    name: String,
    events: Events,
    /// What it said when it panicked.
    pub panic: Option<Panic>,
    calls: u64,
    max_calls: u64,
}

impl Listener {
    pub fn new(name: &str, events: &Events, max_calls: u64) -> Self {
        Self {
            name: name.to_owned(),
            events: Arc::clone(events),
            panic: None,
            calls: 0,
            max_calls,
        }
    }
}

impl log::Host for Listener {
    async fn log(&mut self, level: log::Level, message: String) -> wasmtime::Result<()> {
        self.calls += 1;
        if self.calls > self.max_calls {
            return Err(wasmtime::Error::new(Exceeded::Calls(self.max_calls)));
        }
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
