//! A service, started or stopped.

use serde_json::{Value, json};

use crate::effect::effect::{Effect, Inverse, Landing};
use crate::effect::event::Change;
use crate::effect::grant::{Denial, Grants};
use crate::world::{Files, NodeError, ServiceOperation, World};

/// Starts, stops or restarts a service of the machine.
#[derive(Clone, Debug)]
pub struct Service {
    pub service: String,
    pub operation: ServiceOperation,
}

impl Effect for Service {
    fn name(&self) -> &'static str {
        "Service"
    }

    fn target(&self) -> String {
        format!("{} {}", self.operation, self.service)
    }

    fn grant(&self, grants: &Grants, _files: &dyn Files) -> Result<(), Denial> {
        grants.covers_service(&self.service)
    }

    fn shown(&self) -> Value {
        let Self { service, operation } = self;
        json!({ "name": service, "serviceAction": operation })
    }

    fn inverse(&self) -> Inverse {
        Inverse::None("a reset stops the kubelet itself; what ran before is not recorded")
    }
}

impl Landing for Service {
    type Output = ();
    type Error = NodeError;

    async fn land(&self, world: &World) -> Result<((), Change), NodeError> {
        let active = match world.node.service_active(&self.service).await {
            // What cannot be asked may still be told.
            Err(_) if self.operation == ServiceOperation::Stop => true,
            active => active?,
        };
        let is_so = match self.operation {
            ServiceOperation::Start => active,
            ServiceOperation::Stop => !active,
            ServiceOperation::Restart => false,
        };
        if is_so {
            return Ok(((), Change::Unchanged));
        }
        world.node.service(&self.service, self.operation).await?;
        Ok(((), Change::Updated))
    }
}
