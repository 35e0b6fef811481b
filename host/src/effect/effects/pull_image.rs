//! An image, pulled.

use serde_json::{Value, json};

use crate::effect::effect::{Effect, Inverse, Landing};
use crate::effect::event::Change;
use crate::effect::grant::{Denial, Grants};
use crate::world::{Files, RuntimeError, World};

/// Has the container runtime at the socket pull an image.
#[derive(Clone, Debug)]
pub struct PullImage {
    pub socket: String,
    pub image: String,
}

impl Effect for PullImage {
    fn name(&self) -> &'static str {
        "PullImage"
    }

    fn target(&self) -> String {
        self.image.clone()
    }

    fn grant(&self, grants: &Grants, _files: &dyn Files) -> Result<(), Denial> {
        grants.covers_runtime(&self.socket)
    }

    fn shown(&self) -> Value {
        let Self { socket, image } = self;
        json!({ "socket": socket, "image": image })
    }

    fn inverse(&self) -> Inverse {
        // The runtime collects images that nobody uses.
        Inverse::Nothing
    }
}

impl Landing for PullImage {
    type Output = ();
    type Error = RuntimeError;

    async fn land(&self, world: &World) -> Result<((), Change), RuntimeError> {
        let runtime = world.node.runtime();
        runtime.pull_image(&self.socket, &self.image).await?;
        Ok(((), Change::Created))
    }
}
