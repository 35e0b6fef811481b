//! `documents`: what a phase finds out for others.

use serde_json::Value;

use super::bindings::types;
use super::gate::Answer;
use super::refusal::{IntoWit, Refusal, wit_error};
use super::state::PhaseState;
use crate::effect::{Publish, PublishError, holds_secret};

/// Bytes of a document: it is one line of the journal, and later phases get it.
const LIMIT: usize = 64 << 10;

impl IntoWit for PublishError {
    fn into_wit(self) -> types::Error {
        let code = match &self {
            Self::There(_) => types::ErrorCode::AlreadyExists,
            Self::Shape { .. } => types::ErrorCode::Invalid,
        };
        wit_error(code, &self)
    }
}

pub async fn publish(state: &mut PhaseState, kind: String, document: String) -> Answer<()> {
    state.doing = format!("publishing the {kind}");
    if document.len() > LIMIT {
        return Err(Refusal::invalid(format!(
            "the {kind} has {} bytes; the limit is {LIMIT}",
            document.len()
        )));
    }
    if holds_secret(document.as_bytes()) {
        return Err(Refusal::Told(types::Error {
            code: types::ErrorCode::Sealed,
            message: format!(
                "the {kind} would hold a secret, and what is published is for all to see"
            ),
            hint: None,
        }));
    }
    let document: Value = crate::kube::answer::value(document.as_bytes())
        .map_err(|error| wit_error(types::ErrorCode::Invalid, &error))?;
    let shape = state.origin.grants.publish.get(&kind).cloned();
    let effect = Publish {
        kind,
        document,
        shape,
        to: state.run.published.clone(),
    };
    let ((), _) = state.land(effect).await?;
    state.answer(())
}
