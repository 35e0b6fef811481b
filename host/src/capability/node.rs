//! `node`: facts and services.

use super::bindings::{node, types};
use super::gate::Answer;
use super::refusal::{IntoWit, wit_error};
use super::state::PhaseState;
use crate::effect::Service;
use crate::world::{NodeError, ServiceOperation};

impl IntoWit for NodeError {
    fn into_wit(self) -> types::Error {
        let code = match &self {
            Self::NoServiceManager
            | Self::Masked(_)
            | Self::Ask { .. }
            | Self::AccountsLocked { .. } => types::ErrorCode::Unavailable,
            Self::NoService(_) => types::ErrorCode::NotFound,
            Self::Service { .. } | Self::Program { .. } | Self::Look { .. } => types::ErrorCode::Io,
        };
        wit_error(code, &self)
    }
}

pub async fn facts(state: &mut PhaseState) -> Answer<String> {
    let facts = serde_json::to_string(&state.world().node.known_facts());
    state.answer(facts.map_err(|error| wit_error(types::ErrorCode::Io, &error))?)
}

pub async fn service(
    state: &mut PhaseState,
    name: String,
    action: node::ServiceAction,
) -> Answer<types::Change> {
    let operation = match action {
        node::ServiceAction::Start => ServiceOperation::Start,
        node::ServiceAction::Stop => ServiceOperation::Stop,
        node::ServiceAction::Restart => ServiceOperation::Restart,
    };
    let _waiting = state.wait()?;
    let effect = Service {
        service: name,
        operation,
    };
    let ((), change) = state.land(effect).await?;
    state.answer(change.into())
}

pub async fn service_active(state: &mut PhaseState, name: String) -> Answer<bool> {
    state.origin.grants.covers_service(&name)?;
    let _waiting = state.wait()?;
    let world = state.world().clone();
    let active = world.node.service_active(&name).await?;
    state.answer(active)
}
