//! An object, patched.

use serde::Serialize;
use serde_json::{Value, json};

use crate::effect::cluster::{Cluster, STAYS, change, granted, resource};
use crate::effect::effect::{Effect, Inverse, Landing};
use crate::effect::event::Change;
use crate::effect::grant::{Denial, Grants};
use crate::effect::object::{ObjectReference, WrittenObject};
use crate::kube::objects::{ApiError, PatchBody};
use crate::kube::patching::PatchForm;
use crate::world::{Files, World};

/// The forms of a patch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum PatchKind {
    /// RFC 6902
    Json,
    /// RFC 7386
    Merge,
    /// Kubernetes' own.
    Strategic,
}

impl From<PatchKind> for PatchForm {
    fn from(kind: PatchKind) -> Self {
        match kind {
            PatchKind::Json => Self::Json,
            PatchKind::Merge => Self::Merge,
            PatchKind::Strategic => Self::Strategic,
        }
    }
}

/// Changes an object that is there.
pub struct PatchObject {
    pub cluster: Cluster,
    pub reference: ObjectReference,
    pub body: PatchBody,
}

impl PatchObject {
    fn patch(&self) -> (PatchKind, Value) {
        match &self.body {
            PatchBody::Json(patch) => (PatchKind::Json, json!(patch)),
            PatchBody::Merge(patch) => (PatchKind::Merge, patch.clone()),
            PatchBody::Strategic(patch) => (PatchKind::Strategic, patch.clone()),
        }
    }
}

impl Effect for PatchObject {
    fn name(&self) -> &'static str {
        "Patch"
    }

    fn target(&self) -> String {
        self.reference.to_string()
    }

    fn grant(&self, grants: &Grants, _files: &dyn Files) -> Result<(), Denial> {
        granted(grants, &self.reference, &["patch"])
    }

    fn shown(&self) -> Value {
        let (kind, patch) = self.patch();
        let Self {
            cluster,
            reference,
            body: _,
        } = self;
        json!({
            "reference": reference, "patchType": kind, "patch": patch, "sealed": [],
            "cluster": cluster.destination,
        })
    }

    fn inverse(&self) -> Inverse {
        Inverse::None(STAYS)
    }

    fn object(&self) -> Option<WrittenObject> {
        Some(WrittenObject {
            reference: self.reference.clone(),
            content: self.patch().1,
        })
    }
}

impl Landing for PatchObject {
    type Output = ();
    type Error = ApiError;

    async fn land(&self, _world: &World) -> Result<((), Change), ApiError> {
        let (objects, name) = (&self.cluster.objects, &self.reference.name);
        let resource = resource(&self.reference);
        let before = objects.get(&resource, name).await?;
        let after = objects.patch(&resource, name, &self.body).await?;
        Ok(((), change(before.as_ref(), &after)))
    }
}
