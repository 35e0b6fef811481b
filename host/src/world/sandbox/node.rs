//! A node that exists as facts only.

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use crate::world::{
    Door, Health, HealthError, HealthTarget, MachinePath, Node, NodeError, NodeFacts,
    ServiceOperation, Waiting,
};

/// A node known by its facts. Services start and stop in memory.
pub struct SandboxNode {
    facts: NodeFacts,
    active: Mutex<BTreeSet<String>>,
}

impl SandboxNode {
    pub fn new(facts: NodeFacts) -> Self {
        let active = Mutex::new(facts.active_services.clone());
        Self { facts, active }
    }
}

impl Node for SandboxNode {
    fn facts(&self) -> &NodeFacts {
        &self.facts
    }

    fn has_directory(&self, path: &MachinePath) -> bool {
        self.facts.directories.contains(path.as_str())
    }

    fn service<'a>(
        &'a self,
        name: &'a str,
        operation: ServiceOperation,
    ) -> Door<'a, Result<(), NodeError>> {
        let mut active = self.active.lock().unwrap_or_else(PoisonError::into_inner);
        match operation {
            ServiceOperation::Start | ServiceOperation::Restart => active.insert(name.to_owned()),
            ServiceOperation::Stop => active.remove(name),
        };
        Box::pin(std::future::ready(Ok(())))
    }

    fn service_active<'a>(&'a self, name: &'a str) -> Door<'a, Result<bool, NodeError>> {
        let active = self.active.lock().unwrap_or_else(PoisonError::into_inner);
        Box::pin(std::future::ready(Ok(active.contains(name))))
    }
}

/// In a sandbox nothing listens but the embedded API, which is up: every
/// endpoint counts as healthy.
pub struct SandboxHealth;

impl Health for SandboxHealth {
    fn await_healthy<'a>(
        &'a self,
        _targets: &'a [HealthTarget],
        _timeout: Duration,
        _tell: &'a (dyn Fn(&[Waiting]) + Send + Sync),
    ) -> Door<'a, Result<(), HealthError>> {
        Box::pin(std::future::ready(Ok(())))
    }
}
