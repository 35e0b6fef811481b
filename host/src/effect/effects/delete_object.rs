//! An object, deleted.

use serde_json::{Value, json};

use crate::effect::cluster::{Cluster, STAYS, granted, resource};
use crate::effect::effect::{Effect, Inverse, Landing};
use crate::effect::event::Change;
use crate::effect::grant::{Denial, Grants};
use crate::effect::object::{ObjectReference, WrittenObject};
use crate::kube::objects::ApiError;
use crate::world::{Files, World};

/// Deletes an object in the background; nothing there is no change.
pub struct DeleteObject {
    pub cluster: Cluster,
    pub reference: ObjectReference,
}

impl Effect for DeleteObject {
    fn name(&self) -> &'static str {
        "Delete"
    }

    fn target(&self) -> String {
        self.reference.to_string()
    }

    fn grant(&self, grants: &Grants, _files: &dyn Files) -> Result<(), Denial> {
        granted(grants, &self.reference, &["delete"])
    }

    fn shown(&self) -> Value {
        let Self { cluster, reference } = self;
        json!({ "reference": reference, "sealed": [], "cluster": cluster.destination })
    }

    fn inverse(&self) -> Inverse {
        Inverse::None(STAYS)
    }

    fn object(&self) -> Option<WrittenObject> {
        Some(WrittenObject {
            reference: self.reference.clone(),
            content: Value::Null,
        })
    }
}

impl Landing for DeleteObject {
    type Output = ();
    type Error = ApiError;

    async fn land(&self, _world: &World) -> Result<((), Change), ApiError> {
        let resource = resource(&self.reference);
        let objects = &self.cluster.objects;
        let change = match objects.delete(&resource, &self.reference.name).await? {
            true => Change::Removed,
            false => Change::Unchanged,
        };
        Ok(((), change))
    }
}
