//! An object, created.

use serde_json::{Value, json};

use crate::effect::cluster::{Cluster, STAYS, granted, resource};
use crate::effect::content::SecretKind;
use crate::effect::effect::{Effect, Inverse, Landing};
use crate::effect::event::Change;
use crate::effect::grant::{Denial, Grants};
use crate::effect::object::WrittenObject;
use crate::effect::sealed_object::SealedObject;
use crate::kube::objects::ApiError;
use crate::world::{Files, World};

/// Creates an object whose name is not taken.
pub struct CreateObject {
    pub cluster: Cluster,
    pub object: SealedObject,
}

impl Effect for CreateObject {
    fn name(&self) -> &'static str {
        "Create"
    }

    fn target(&self) -> String {
        self.object.reference().to_string()
    }

    fn grant(&self, grants: &Grants, _files: &dyn Files) -> Result<(), Denial> {
        granted(grants, self.object.reference(), &["create"])
    }

    fn shown(&self) -> Value {
        let Self { cluster, object } = self;
        json!({
            "reference": object.reference(), "object": object.masked(),
            "sealed": object.kinds().collect::<Vec<&SecretKind>>(),
            "cluster": cluster.destination,
        })
    }

    fn inverse(&self) -> Inverse {
        Inverse::None(STAYS)
    }

    fn object(&self) -> Option<WrittenObject> {
        Some(self.object.written())
    }
}

impl Landing for CreateObject {
    type Output = ();
    type Error = ApiError;

    async fn land(&self, _world: &World) -> Result<((), Change), ApiError> {
        let resource = resource(self.object.reference());
        let objects = &self.cluster.objects;
        objects.create(&resource, self.object.reveal()).await?;
        Ok(((), Change::Created))
    }
}
