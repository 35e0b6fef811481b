//! A Pod, stopped and removed.

use serde_json::{Value, json};

use crate::effect::effect::{Effect, Inverse, Landing};
use crate::effect::event::Change;
use crate::effect::grant::{Denial, Grants};
use crate::world::{Files, Pod, RuntimeError, World};

/// Has the container runtime at the socket stop a Pod and remove it.
#[derive(Clone, Debug)]
pub struct RemovePod {
    pub socket: String,
    /// As the runtime has it.
    pub pod: Pod,
}

impl Effect for RemovePod {
    fn name(&self) -> &'static str {
        "RemovePod"
    }

    fn target(&self) -> String {
        self.pod.name.clone()
    }

    fn grant(&self, grants: &Grants, _files: &dyn Files) -> Result<(), Denial> {
        grants.covers_runtime(&self.socket)
    }

    fn shown(&self) -> Value {
        let Self {
            socket,
            pod: Pod { id, name },
        } = self;
        json!({ "socket": socket, "id": id, "name": name })
    }

    fn inverse(&self) -> Inverse {
        Inverse::None("what was in its containers is gone; a kubelet that runs starts Pods anew")
    }
}

impl Landing for RemovePod {
    type Output = ();
    type Error = RuntimeError;

    async fn land(&self, world: &World) -> Result<((), Change), RuntimeError> {
        let runtime = world.node.runtime();
        runtime.remove_pod(&self.socket, &self.pod.id).await?;
        Ok(((), Change::Removed))
    }
}
