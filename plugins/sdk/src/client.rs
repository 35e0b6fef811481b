//! The kube API: thin words over the interface `kube`. Its errors say what was being done.

use crate::bindings::phase::kubewright::provision::kube;
use crate::object::Object;
use crate::types::Change;
use crate::{Context, Document, Error, Result, tokens};
use serde_json::Value;

pub use kube::{Condition, ObjectReference, PatchType, Selection};

/// A connection as the user of a kubeconfig.
pub struct Client(kube::Client);

impl Client {
    /// As the administrator of the new cluster.
    pub fn admin(document: &Document) -> Result<Self> {
        Self::local(document, &document.kubeconfig("admin.conf"))
    }

    /// As the current user of this kubeconfig, to the API server of this very
    /// node: a load balancer in front of `controlPlaneEndpoint` does not know
    /// the server that an `init` just started (kubeadm
    /// `PointKubeConfigToLocalAPIEndpoint`).
    pub fn local(document: &Document, kubeconfig: &str) -> Result<Self> {
        let server = document.init()?.local_api_endpoint.url()?;
        Ok(Self(kube::connect_to(kubeconfig, &server).with_context(
            || format!("connecting with {kubeconfig} to {server}"),
        )?))
    }

    /// As the current user of this kubeconfig.
    pub fn connect(kubeconfig: &str) -> Result<Self> {
        Ok(Self(kube::connect(kubeconfig).with_context(|| {
            format!("connecting with {kubeconfig}")
        })?))
    }

    /// The same, to this API server.
    pub fn connect_to(kubeconfig: &str, server: &str) -> Result<Self> {
        Ok(Self(kube::connect_to(kubeconfig, server).with_context(
            || format!("connecting with {kubeconfig} to {server}"),
        )?))
    }

    /// Server-side apply: the fields that are given become so, others stay.
    pub fn apply(&self, object: &Object) -> Result<Change> {
        Ok(self
            .0
            .apply(&object.json().to_string(), &sealed_fields(object))?)
    }

    /// Waits until at least `minimum` objects are selected and the condition
    /// holds for all of them.
    pub fn wait_all(
        &self,
        selection: &Selection,
        minimum: u32,
        condition: &Condition,
        seconds: u32,
    ) -> Result<()> {
        Ok(self.0.wait_all(selection, minimum, condition, seconds)?)
    }

    /// The object, or none where it is not there. Values of Secrets are masked.
    pub fn get(&self, reference: &ObjectReference) -> Result<Option<Value>> {
        let text = self.0.get(reference)?;
        text.map(|text| read(&text))
            .transpose()
            .with_context(|| format!("getting {} {}", reference.kind, reference.name))
    }

    /// All objects that are selected.
    pub fn list(&self, selection: &Selection) -> Result<Vec<Value>> {
        let texts = self.0.get_list(selection)?;
        texts
            .iter()
            .map(|text| read(text))
            .collect::<Result<_>>()
            .with_context(|| format!("listing {}s", selection.kind))
    }

    /// Creates an object; gives its name.
    pub fn create(&self, object: &Object) -> Result<String> {
        Ok(self
            .0
            .create(&object.json().to_string(), &sealed_fields(object))?)
    }

    /// Deletes an object, in the background; one that is not there is no error.
    pub fn delete(&self, reference: &ObjectReference) -> Result<Change> {
        Ok(self.0.delete(reference)?)
    }

    /// Changes an object by a patch.
    pub fn patch(
        &self,
        reference: &ObjectReference,
        patch_type: PatchType,
        patch: &Value,
    ) -> Result<Change> {
        Ok(self.0.patch(reference, patch_type, &patch.to_string())?)
    }

    /// Waits until the condition holds.
    pub fn wait(
        &self,
        reference: &ObjectReference,
        condition: &Condition,
        seconds: u32,
    ) -> Result<()> {
        Ok(self.0.wait(reference, condition, seconds)?)
    }

    /// Takes over the token of an existing Secret for `pointer` of the
    /// configuration; false where that token is known already.
    pub fn adopt_token(&self, pointer: &str, namespace: &str, name: &str) -> Result<bool> {
        tokens::adopt(pointer, &self.0, namespace, name)
            .with_context(|| format!("adopting the token of Secret {name}"))
    }
}

/// All objects of a kind; no namespace for kinds that have none, or for all.
pub fn all(api_version: &str, kind: &str, namespace: Option<&str>) -> Selection {
    Selection {
        api_version: api_version.to_owned(),
        kind: kind.to_owned(),
        namespace: namespace.map(str::to_owned),
        label_selector: String::new(),
        field_selector: String::new(),
    }
}

/// What an object is called; no namespace for kinds that have none.
pub fn reference(
    api_version: &str,
    kind: &str,
    namespace: Option<&str>,
    name: &str,
) -> ObjectReference {
    ObjectReference {
        api_version: api_version.to_owned(),
        kind: kind.to_owned(),
        namespace: namespace.map(str::to_owned),
        name: name.to_owned(),
    }
}

fn sealed_fields(object: &Object) -> Vec<kube::SealedField<'_>> {
    let fields = object.sealed().iter();
    fields
        .map(|(pointer, value)| kube::SealedField {
            pointer: pointer.clone(),
            value,
        })
        .collect()
}

fn read(text: &str) -> Result<Value> {
    serde_json::from_str(text).map_err(|error| Error::new(error.to_string()))
}
