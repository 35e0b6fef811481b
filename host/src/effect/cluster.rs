//! What effects on objects of a cluster share.

use serde::Serialize;
use serde_json::Value;

use super::event::Change;
use super::grant::{Denial, Grants};
use super::object::ObjectReference;
use crate::kube::objects::{Objects, Resource};
use crate::world::MachinePath;

/// Which cluster, and as whom: what an effect on it goes to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Destination {
    /// The kubeconfig whose user asks.
    pub kubeconfig: MachinePath,
    /// `https://10.0.0.11:6443`; none where the API is embedded in this program
    /// and no kubeconfig says.
    pub server: Option<String>,
}

/// Objects of a cluster.
#[derive(Clone)]
pub struct Cluster {
    pub destination: Destination,
    pub objects: Objects,
}

pub(super) fn resource(reference: &ObjectReference) -> Resource {
    Resource::new(
        &reference.api_version,
        &reference.kind,
        reference.namespace.as_deref(),
    )
}

/// Whether all of these RBAC verbs are granted for an object.
pub(super) fn granted(
    grants: &Grants,
    reference: &ObjectReference,
    verbs: &[&str],
) -> Result<(), Denial> {
    verbs
        .iter()
        .try_for_each(|verb| grants.covers_object(reference, verb))
}

fn version(object: &Value) -> Option<&str> {
    object.pointer("/metadata/resourceVersion")?.as_str()
}

/// What a write did, by the resource versions before and after it.
pub(super) fn change(before: Option<&Value>, after: &Value) -> Change {
    match before {
        None => Change::Created,
        Some(before) if version(before) == version(after) => Change::Unchanged,
        Some(_) => Change::Updated,
    }
}

/// Why what is done to a cluster is not undone.
pub(super) const STAYS: &str = "objects go with the cluster";
