//! An object, applied.

use serde_json::{Value, json};

use crate::effect::cluster::{Cluster, STAYS, change, granted, resource};
use crate::effect::content::SecretKind;
use crate::effect::effect::{Effect, Inverse, Landing};
use crate::effect::event::Change;
use crate::effect::grant::{Denial, Grants};
use crate::effect::object::{ObjectReference, WrittenObject};
use crate::effect::sealed_object::SealedObject;
use crate::kube::objects::ApiError;
use crate::world::{Files, World};

/// Server-side apply of an object.
pub struct ApplyObject {
    pub cluster: Cluster,
    pub object: SealedObject,
    /// Whether fields of other managers are taken over.
    pub force: bool,
}

impl ApplyObject {
    fn reference(&self) -> &ObjectReference {
        self.object.reference()
    }
}

impl Effect for ApplyObject {
    fn name(&self) -> &'static str {
        "Apply"
    }

    fn target(&self) -> String {
        self.reference().to_string()
    }

    fn grant(&self, grants: &Grants, _files: &dyn Files) -> Result<(), Denial> {
        granted(grants, self.reference(), &["create", "patch"])
    }

    fn shown(&self) -> Value {
        let Self {
            cluster,
            object,
            force,
        } = self;
        json!({
            "reference": object.reference(), "object": object.masked(),
            "sealed": object.kinds().collect::<Vec<&SecretKind>>(), "force": force,
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

impl Landing for ApplyObject {
    type Output = ();
    type Error = ApiError;

    async fn land(&self, _world: &World) -> Result<((), Change), ApiError> {
        let (objects, reference) = (&self.cluster.objects, self.reference());
        let resource = resource(reference);
        let before = objects.get(&resource, &reference.name).await?;
        let objects = objects.clone().with_force(self.force);
        let object = self.object.reveal_over(before.as_ref());
        let after = objects.apply(&resource, &reference.name, &object).await?;
        Ok(((), change(before.as_ref(), &after)))
    }
}
