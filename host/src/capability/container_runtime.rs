//! `container-runtime`: the CRI, by grant.

use std::sync::Arc;

use futures::future::join_all;

use super::bindings::{container_runtime, types};
use super::state::{IntoWit, PhaseState, RunContext, wit_error};
use crate::causes::chain;
use crate::effect::{Action, Change, Event, Origin};
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

impl container_runtime::Host for PhaseState {
    async fn state(
        &mut self,
        socket: String,
    ) -> wasmtime::Result<Result<container_runtime::RuntimeState, types::Error>> {
        self.enter()?;
        self.doing = format!("asking the container runtime at {socket} how it is");
        if let Err(denial) = self.origin.grants.covers_runtime(&socket) {
            return Ok(Err(denial.into_wit()));
        }
        let world = self.world().clone();
        let state = world.node.runtime().state(&socket).await;
        Ok(state
            .map(|state| container_runtime::RuntimeState {
                version: state.version,
                not_ready: state.not_ready,
                tells_cgroup_driver: state.tells_cgroup_driver,
                sandbox_image: state.sandbox_image,
            })
            .map_err(IntoWit::into_wit))
    }

    async fn has_image(
        &mut self,
        socket: String,
        image: String,
    ) -> wasmtime::Result<Result<bool, types::Error>> {
        self.enter()?;
        self.doing = format!("looking for the image {image}");
        if let Err(denial) = self.origin.grants.covers_runtime(&socket) {
            return Ok(Err(denial.into_wit()));
        }
        let world = self.world().clone();
        let found = world.node.runtime().has_image(&socket, &image).await;
        Ok(found.map_err(IntoWit::into_wit))
    }

    async fn pull_images(
        &mut self,
        socket: String,
        images: Vec<String>,
        at_once: bool,
    ) -> wasmtime::Result<Result<Vec<(String, String)>, types::Error>> {
        for _ in &images {
            self.enter()?;
        }
        self.doing = format!("pulling {}", images.join(", "));
        if let Err(denial) = self.origin.grants.covers_runtime(&socket) {
            return Ok(Err(denial.into_wit()));
        }
        // Not by way of `self`, which cannot be shared between threads.
        let (run, origin) = (Arc::clone(&self.run), self.origin.clone());
        let results = if at_once {
            join_all(
                images
                    .iter()
                    .map(|image| pull(&run, &origin, &socket, image)),
            )
            .await
        } else {
            let mut results = Vec::with_capacity(images.len());
            for image in &images {
                results.push(pull(&run, &origin, &socket, image).await);
            }
            results
        };
        let mut failed = Vec::new();
        for (image, result) in images.into_iter().zip(results) {
            if let Err(error) = result? {
                failed.push((image, chain(&error)));
            }
        }
        Ok(Ok(failed))
    }
}

/// One image, as an effect. The outer error is the path's.
async fn pull(
    run: &RunContext,
    origin: &Origin,
    socket: &str,
    image: &str,
) -> wasmtime::Result<Result<(), RuntimeError>> {
    run.conduit.tell(Event::Progress {
        topic: None,
        phase: origin.phase.clone(),
        message: format!("Pulling {image}"),
    });
    let action = Action::PullImage {
        socket: socket.to_owned(),
        image: image.to_owned(),
    };
    let landed = run
        .conduit
        .land(origin, &action, async |world| {
            world.node.runtime().pull_image(socket, image).await?;
            Ok::<_, RuntimeError>(((), Change::Created))
        })
        .await
        .map_err(wasmtime::Error::new)?;
    Ok(landed.map(|_| ()))
}
