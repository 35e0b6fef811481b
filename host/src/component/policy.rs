//! Policies that are components.

use std::sync::Arc;

use serde_json::Value;
use wasmtime::component::{HasSelf, Linker};

use super::failure::classify;
use super::limits::Limits;
use super::phase::{Sandbox, new_store};
use super::source::Component;
use crate::capability::bindings::log;
use crate::capability::bindings::policy::kubewright::provision::{policy_types, types};
use crate::capability::bindings::policy::{Policy as World, PolicyPre};
use crate::capability::{Panic, clean_message};
use crate::effect::{Event, Events, Finding, LogLevel, Policy, PolicyError, Verdict};
use crate::world::Door;

/// A component of the world `policy`. Each effect is judged by an instance of
/// its own: a policy keeps nothing from one to the next.
pub struct PolicyComponent {
    component: Component,
    linked: PolicyPre<Sandbox<PolicyState>>,
    events: Events,
    limits: Limits,
}

/// The host's side of a policy: it may log, and nothing else.
pub struct PolicyState {
    name: String,
    events: Events,
    panic: Option<Panic>,
}

impl types::Host for PolicyState {}
impl policy_types::Host for PolicyState {}

impl log::Host for PolicyState {
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

impl PolicyComponent {
    /// Links a policy. Fails where it is not a component of that world.
    pub fn link(
        component: Component,
        events: Events,
        limits: Limits,
    ) -> Result<Self, wasmtime::Error> {
        let mut linker = Linker::new(component.engine.inner());
        World::add_to_linker::<_, HasSelf<PolicyState>>(
            &mut linker,
            |sandbox: &mut Sandbox<_>| &mut sandbox.state,
        )?;
        let linked = PolicyPre::new(linker.instantiate_pre(&component.inner)?)?;
        Ok(Self {
            component,
            linked,
            events,
            limits,
        })
    }

    fn state(&self) -> PolicyState {
        PolicyState {
            name: self.component.name.clone(),
            events: Arc::clone(&self.events),
            panic: None,
        }
    }

    async fn judge(&self, effect: &Value) -> Result<Vec<Finding>, PolicyError> {
        let mut store = new_store(&self.component, self.state(), self.limits);
        let text = effect.to_string();
        let result = async {
            let instance = self.linked.instantiate_async(&mut store).await?;
            instance.call_check(&mut store, &text).await
        }
        .await;
        match result {
            Ok(findings) => Ok(findings.into_iter().map(finding).collect()),
            Err(error) => Err(PolicyError {
                policy: self.component.name.clone(),
                source: Box::new(classify(error, store.data_mut().state.panic.take())),
            }),
        }
    }
}

fn finding(finding: policy_types::Finding) -> Finding {
    Finding {
        verdict: match finding.verdict {
            policy_types::Verdict::Warn => Verdict::Warn,
            policy_types::Verdict::Deny => Verdict::Deny,
        },
        rule: clean_message(&finding.rule),
        reason: clean_message(&finding.reason),
        remedy: clean_message(&finding.remedy),
    }
}

impl Policy for PolicyComponent {
    fn name(&self) -> &str {
        &self.component.name
    }

    fn check<'a>(&'a self, effect: &'a Value) -> Door<'a, Result<Vec<Finding>, PolicyError>> {
        Box::pin(self.judge(effect))
    }
}
