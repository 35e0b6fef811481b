//! Components that complete and check a distribution's configuration.

use serde_json::Value;
use wasmtime::component::{HasSelf, Linker};

use super::failure::{Failure, FailureKind, classify};
use super::limits::Limits;
use super::listener::Listener;
use super::phase::{Sandbox, new_store};
use super::source::Component;
use crate::capability::bindings::configuration::kubewright::provision::{
    configuration_types, types,
};
use crate::capability::bindings::configuration::{Configuration, ConfigurationPre};
use crate::capability::clean_line;
use crate::effect::Events;

/// What failures call the work of these components.
const WORK: &str = "configuration";

/// One thing that is wrong with what the user gave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Objection {
    /// A field (`Kind.networking.podSubnet`), a flag or a variable.
    pub path: String,
    pub message: String,
    /// Why, outermost first.
    pub causes: Vec<String>,
}

/// A component of the world `configuration`.
pub struct ConfigurationComponent {
    component: Component,
    linked: ConfigurationPre<Sandbox<Listener>>,
    events: Events,
    limits: Limits,
}

impl types::Host for Listener {}
impl configuration_types::Host for Listener {}

impl ConfigurationComponent {
    /// Links a component. Fails where it is not one of that world, or imports
    /// what that world does not have.
    #[expect(
        clippy::result_large_err,
        reason = "made once a run, and the failure ends it"
    )]
    pub fn link(component: Component, events: Events, limits: Limits) -> Result<Self, Failure> {
        let link = || {
            let mut linker = Linker::new(component.engine.inner());
            Configuration::add_to_linker::<_, HasSelf<Listener>>(
                &mut linker,
                |sandbox: &mut Sandbox<_>| &mut sandbox.state,
            )?;
            ConfigurationPre::new(linker.instantiate_pre(&component.inner)?)
        };
        match link() {
            Ok(linked) => Ok(Self {
                component,
                linked,
                events,
                limits,
            }),
            Err(error) => Err(failure(
                &component,
                FailureKind::Contract {
                    source: error.into_boxed_dyn_error(),
                },
            )),
        }
    }

    /// Completes a configuration. The inner error is what is wrong with what
    /// the user gave, the outer one what is wrong with the component.
    pub async fn complete(&self, input: &Value) -> Result<Result<Value, Vec<Objection>>, Failure> {
        let state = Listener::new(&self.component.name, &self.events, self.limits.host_calls);
        let mut store = new_store(&self.component, state, self.limits);
        let text = input.to_string();
        let result = async {
            let instance = self.linked.instantiate_async(&mut store).await?;
            instance.call_complete(&mut store, &text).await
        }
        .await;
        let kind = match result {
            Ok(Ok(answer)) => match serde_json::from_str(&answer) {
                Ok(answer) => return Ok(Ok(answer)),
                Err(error) => FailureKind::Contract {
                    source: Box::new(error),
                },
            },
            Ok(Err(findings)) => return Ok(Err(findings.into_iter().map(objection).collect())),
            Err(error) => classify(error, store.data_mut().state.panic.take(), &self.limits),
        };
        Err(failure(&self.component, kind))
    }
}

fn objection(finding: configuration_types::Finding) -> Objection {
    Objection {
        path: clean_line(&finding.path),
        message: clean_line(&finding.message),
        causes: finding.causes.iter().map(|one| clean_line(one)).collect(),
    }
}

fn failure(component: &Component, kind: FailureKind) -> Failure {
    Failure {
        phase: WORK.to_owned(),
        component: component.name.clone(),
        digest: component.digest.clone(),
        doing: String::new(),
        kind,
    }
}
