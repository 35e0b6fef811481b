//! `node`: facts and services.

use super::bindings::{node, types};
use super::state::{IntoWit, PhaseState, wit_error};
use crate::effect::{Action, Change};
use crate::world::{MachinePath, NodeError, ServiceOperation};

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

impl node::Host for PhaseState {
    async fn facts(&mut self) -> wasmtime::Result<Result<String, types::Error>> {
        self.enter()?;
        Ok(serde_json::to_string(self.world().node.facts())
            .map_err(|error| wit_error(types::ErrorCode::Io, &error)))
    }

    async fn has_directory(
        &mut self,
        path: String,
    ) -> wasmtime::Result<Result<bool, types::Error>> {
        self.enter()?;
        Ok(match MachinePath::parse(&path) {
            Ok(path) => Ok(self.world().node.has_directory(&path)),
            Err(error) => Err(error.into_wit()),
        })
    }

    async fn service(
        &mut self,
        name: String,
        action: node::ServiceAction,
    ) -> wasmtime::Result<Result<types::Change, types::Error>> {
        self.enter()?;
        let operation = match action {
            node::ServiceAction::Start => ServiceOperation::Start,
            node::ServiceAction::Stop => ServiceOperation::Stop,
            node::ServiceAction::Restart => ServiceOperation::Restart,
        };
        let action = Action::Service {
            name: name.clone(),
            operation,
        };
        let landed = self
            .land(action, async |world| {
                let active = world.node.service_active(&name).await?;
                let wanted = match operation {
                    ServiceOperation::Start => active,
                    ServiceOperation::Stop => !active,
                    ServiceOperation::Restart => false,
                };
                if wanted {
                    return Ok::<_, NodeError>(((), Change::Unchanged));
                }
                world.node.service(&name, operation).await?;
                Ok(((), Change::Updated))
            })
            .await?;
        Ok(landed.map(|((), change)| change.into()))
    }

    async fn service_active(
        &mut self,
        name: String,
    ) -> wasmtime::Result<Result<bool, types::Error>> {
        self.enter()?;
        if let Err(denial) = self.origin.grants.covers_service(&name) {
            return Ok(Err(denial.into_wit()));
        }
        let world = self.world().clone();
        Ok(world
            .node
            .service_active(&name)
            .await
            .map_err(IntoWit::into_wit))
    }
}
