//! Policies that are components.

use serde_json::Value;
use wasmtime::component::{HasSelf, InstancePre, Linker};

use super::failure::classify;
use super::limits::Limits;
use super::listener::Listener;
use super::phase::{Sandbox, new_store};
use super::source::Component;
use crate::capability::bindings::policy::Policy as World;
use crate::capability::bindings::policy::kubewright::provision::{policy_types, types};
use crate::capability::clean_message;
use crate::effect::{Events, Finding, Policy, PolicyError, Verdict};
use crate::world::Door;

/// A component of the world `policy`. Each effect is judged by an instance of
/// its own: a policy keeps nothing from one to the next.
pub struct PolicyComponent {
    component: Component,
    linked: InstancePre<Sandbox<Listener>>,
    /// Whether it exports `judge`, which the first policies did not.
    judges: bool,
    events: Events,
    limits: Limits,
}

impl types::Host for Listener {}
impl policy_types::Host for Listener {}

impl PolicyComponent {
    /// Links a policy. Fails where it is not a component of that world.
    pub fn link(
        component: Component,
        events: Events,
        limits: Limits,
    ) -> Result<Self, wasmtime::Error> {
        let mut linker = Linker::new(component.engine.inner());
        World::add_to_linker::<_, HasSelf<Listener>>(&mut linker, |sandbox: &mut Sandbox<_>| {
            &mut sandbox.state
        })?;
        let linked = linker.instantiate_pre(&component.inner)?;
        let mut missing = ["describe", "check"].into_iter();
        let exports = component.exports();
        if let Some(name) = missing.find(|name| !exports.iter().any(|one| one == name)) {
            return Err(wasmtime::Error::msg(format!("it does not export `{name}`")));
        }
        Ok(Self {
            judges: exports.iter().any(|one| one == "judge"),
            component,
            linked,
            events,
            limits,
        })
    }

    fn state(&self) -> Listener {
        Listener::new(&self.component.name, &self.events, self.limits.host_calls)
    }

    /// Calls one of its two functions: both take JSON and give findings.
    async fn call(
        &self,
        function: &'static str,
        asked: &Value,
    ) -> Result<Vec<Finding>, PolicyError> {
        let mut store = new_store(&self.component, self.state(), self.limits);
        let text = asked.to_string();
        let result = async {
            let instance = self.linked.instantiate_async(&mut store).await?;
            let function = instance
                .get_typed_func::<(&str,), (Vec<policy_types::Finding>,)>(&mut store, function)?;
            function.call_async(&mut store, (text.as_str(),)).await
        }
        .await;
        match result {
            Ok((findings,)) => Ok(findings.into_iter().map(finding).collect()),
            Err(error) => Err(PolicyError {
                policy: self.component.name.clone(),
                what: match function {
                    "judge" => "the plan",
                    _ => "an effect",
                },
                source: Box::new(classify(
                    error,
                    store.data_mut().state.panic.take(),
                    &self.limits,
                )),
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

    fn digest(&self) -> &str {
        &self.component.digest
    }

    fn check<'a>(&'a self, effect: &'a Value) -> Door<'a, Result<Vec<Finding>, PolicyError>> {
        Box::pin(self.call("check", effect))
    }

    fn judges(&self) -> bool {
        self.judges
    }

    fn judge<'a>(&'a self, plan: &'a Value) -> Door<'a, Result<Vec<Finding>, PolicyError>> {
        Box::pin(self.call("judge", plan))
    }
}
