//! `container-runtime`: the CRI, by grant.

use std::sync::Arc;

use futures::future::join_all;

use super::bindings::{container_runtime, types};
use super::gate::Answer;
use super::refusal::{IntoWit, wit_error};
use super::state::{PhaseState, RunContext};
use crate::causes::chain;
use crate::effect::{EffectError, Event, Origin, PullImage};
use crate::world::RuntimeError;

impl IntoWit for RuntimeError {
    fn into_wit(self) -> types::Error {
        let code = match &self {
            Self::Socket(_) => types::ErrorCode::Invalid,
            Self::Unreachable { .. } => types::ErrorCode::Unavailable,
            Self::Call { .. } => types::ErrorCode::Io,
        };
        wit_error(code, &self)
    }
}

pub async fn state(
    state: &mut PhaseState,
    socket: String,
) -> Answer<container_runtime::RuntimeState> {
    state.doing = format!("asking the container runtime at {socket} how it is");
    state.origin.grants.covers_runtime(&socket)?;
    let _waiting = state.wait()?;
    let world = state.world().clone();
    let found = world.node.runtime().state(&socket).await?;
    state.answer(container_runtime::RuntimeState {
        version: found.version,
        not_ready: found.not_ready,
        tells_cgroup_driver: found.tells_cgroup_driver,
        sandbox_image: found.sandbox_image,
    })
}

pub async fn has_image(state: &mut PhaseState, socket: String, image: String) -> Answer<bool> {
    state.doing = format!("looking for the image {image}");
    state.origin.grants.covers_runtime(&socket)?;
    let _waiting = state.wait()?;
    let world = state.world().clone();
    let found = world.node.runtime().has_image(&socket, &image).await?;
    state.answer(found)
}

pub async fn pull_images(
    state: &mut PhaseState,
    socket: String,
    images: Vec<String>,
    at_once: bool,
) -> Answer<Vec<(String, String)>> {
    state.doing = format!("pulling {}", images.join(", "));
    state.origin.grants.covers_runtime(&socket)?;
    for _ in &images {
        state.enter(0)?;
        state.budget.request()?;
    }
    let _waiting = state.wait()?;
    // Not by way of `state`, which cannot be shared between threads.
    let (run, origin) = (Arc::clone(&state.run), state.origin.clone());
    let pull = |image: &String| pull(&run, &origin, &socket, image.clone());
    let results = if at_once {
        join_all(images.iter().map(pull)).await
    } else {
        let mut results = Vec::with_capacity(images.len());
        for image in &images {
            results.push(pull(image).await);
        }
        results
    };
    let mut failed = Vec::new();
    for (image, result) in images.into_iter().zip(results) {
        if let Err(error) = result? {
            failed.push((image, chain(&error)));
        }
    }
    state.answer(failed)
}

/// One image, as an effect. The outer error is the path's.
async fn pull(
    run: &RunContext,
    origin: &Origin,
    socket: &str,
    image: String,
) -> Result<Result<(), RuntimeError>, EffectError> {
    run.conduit.tell(Event::Progress {
        topic: None,
        phase: origin.phase.clone(),
        message: format!("Pulling {image}"),
    });
    let effect = PullImage {
        socket: socket.to_owned(),
        image,
    };
    let landed = run.conduit.land(origin, &effect).await?;
    Ok(landed.map(|_| ()))
}
