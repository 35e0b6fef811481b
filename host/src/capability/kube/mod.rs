//! `kube`: the API of the cluster that is being made, by grant.

mod names;
mod wait;

use serde_json::Value;
use wasmtime::component::Resource as Handle;

use super::bindings::{kube, types};
use super::gate::{Answer, Disclosed};
use super::refusal::{IntoWit, Refusal, wit_error};
use super::state::PhaseState;
use crate::effect::{
    ApplyObject, Cluster, CreateObject, DeleteObject, Destination, ObjectReference, PatchObject,
    Place, SealedObject, SealedValue,
};
use crate::kube::objects::{ApiError, Objects, PatchBody, Resource};
use crate::kube::secrets::is_secret_kind;
use crate::world::{KubeAccessError, LastLink, Purpose};

/// What is read of a kubeconfig at most.
const KUBECONFIG_LIMIT: u64 = 1 << 20;

/// A connection to the API.
pub struct ClientHandle {
    cluster: Cluster,
}

impl IntoWit for ApiError {
    fn into_wit(self) -> types::Error {
        use types::ErrorCode;
        let code = match &self {
            Self::Status { code: 404, .. } => ErrorCode::NotFound,
            Self::Status { reason, .. } if reason == "AlreadyExists" => ErrorCode::AlreadyExists,
            Self::Status { code: 409, .. } => ErrorCode::Conflict,
            Self::Status {
                code: 401 | 403, ..
            } => ErrorCode::Denied,
            Self::Status {
                code: 400..=499, ..
            } => ErrorCode::Invalid,
            Self::Status { .. }
            | Self::Unreachable { .. }
            | Self::Answer { .. }
            | Self::Silent { .. } => ErrorCode::Unavailable,
            Self::Request { .. } => ErrorCode::Invalid,
            Self::Timeout { .. } => ErrorCode::Timeout,
        };
        wit_error(code, &self)
    }
}

impl IntoWit for KubeAccessError {
    fn into_wit(self) -> types::Error {
        let code = match &self {
            Self::File { .. } => types::ErrorCode::NotFound,
            Self::Kubeconfig { .. } => types::ErrorCode::Unsound,
            Self::Server { .. } => types::ErrorCode::Invalid,
        };
        wit_error(code, &self)
    }
}

fn reference(reference: kube::ObjectReference) -> ObjectReference {
    ObjectReference {
        api_version: reference.api_version,
        kind: reference.kind,
        namespace: reference.namespace,
        name: reference.name,
    }
}

fn resource(reference: &ObjectReference) -> Resource {
    Resource::new(
        &reference.api_version,
        &reference.kind,
        reference.namespace.as_deref(),
    )
}

/// What to do where somebody else has set fields that a phase would set.
fn taken(phase: &str) -> String {
    format!(
        "nothing was overwritten. --skip-phases {phase} keeps what they set; --force-conflicts takes it over ('kubewright plan --force-conflicts' shows what that changes)"
    )
}

impl PhaseState {
    fn cluster(&self, client: &Handle<ClientHandle>) -> Result<Cluster, Refusal> {
        Ok(self.table.get(client)?.cluster.clone())
    }

    /// Whether this may be done; the words go where a failure finds them.
    fn granted_object(&mut self, reference: &ObjectReference, verb: &str) -> Result<(), Refusal> {
        names::check(reference)?;
        self.doing = format!("{verb} {reference}");
        Ok(self.origin.grants.covers_object(reference, verb)?)
    }

    fn granted_selection(
        &mut self,
        selection: &kube::Selection,
        verb: &str,
    ) -> Result<(), Refusal> {
        names::check_kind(
            &selection.api_version,
            &selection.kind,
            selection.namespace.as_deref(),
        )?;
        self.doing = format!("{verb} {}", selection.kind);
        let group = selection
            .api_version
            .split_once('/')
            .map_or("", |(group, _)| group);
        Ok(self.origin.grants.covers_kube(
            group,
            &selection.api_version,
            &selection.kind,
            selection.namespace.as_deref(),
            None,
            verb,
        )?)
    }

    /// An object with its sealed fields filled in.
    fn object(
        &mut self,
        object: &str,
        sealed: Vec<kube::SealedField>,
    ) -> Result<SealedObject, Refusal> {
        let mut values: Vec<(String, SealedValue)> = Vec::with_capacity(sealed.len());
        for field in sealed {
            let value = self.table.get(&field.value)?.clone();
            self.budget.spend(value.reveal().len())?;
            values.push((field.pointer, value));
        }
        let object = SealedObject::new(object, &values)?;
        names::check(object.reference())?;
        Ok(object)
    }

    async fn open_connection(
        &mut self,
        kubeconfig: &str,
        server: Option<&str>,
    ) -> Answer<Handle<ClientHandle>> {
        self.doing = match server {
            None => format!("connecting with {kubeconfig}"),
            Some(server) => format!("connecting with {kubeconfig} to {server}"),
        };
        let place = self.place(kubeconfig, LastLink::Follow)?;
        let files = &*self.run.conduit.world().files;
        self.origin.grants.covers_kubeconfig(&place, files)?;
        let is_written = self.is_usable(&place)?;
        let world = self.world().clone();
        // Nothing is sent yet.
        let connection = world.kube.connect(place.path(), server).await?;
        if let Some(origin) = &connection.server
            && (server.is_some() || is_written)
        {
            self.origin.grants.covers_server(origin)?;
        }
        let objects = Objects::new(connection.client).with_call_timeout(self.run.call_timeout);
        self.hand(ClientHandle {
            cluster: Cluster {
                destination: Destination {
                    kubeconfig: place.path().clone(),
                    server: connection.server.map(|server| server.to_string()),
                },
                objects,
            },
        })
    }

    /// Whether a component wrote the kubeconfig, and so chose the server in it.
    /// An error where the host does not connect with such a file; in every
    /// world alike, though a sandbox does not read it.
    fn is_usable(&mut self, place: &Place) -> Result<bool, Refusal> {
        let Some(identity) = self.world().files.identity(place.path())? else {
            return Ok(false);
        };
        self.open(place, Purpose::Connect, KUBECONFIG_LIMIT)?;
        Ok(self.world().provenance.made(identity).is_some())
    }
}

pub async fn connect(state: &mut PhaseState, kubeconfig: String) -> Answer<Handle<ClientHandle>> {
    state.open_connection(&kubeconfig, None).await
}

pub async fn connect_to(
    state: &mut PhaseState,
    kubeconfig: String,
    server: String,
) -> Answer<Handle<ClientHandle>> {
    state.open_connection(&kubeconfig, Some(&server)).await
}

pub async fn get(
    state: &mut PhaseState,
    client: Handle<ClientHandle>,
    wanted: kube::ObjectReference,
) -> Answer<Option<String>> {
    let wanted = reference(wanted);
    state.granted_object(&wanted, "get")?;
    let cluster = state.cluster(&client)?;
    let _waiting = state.wait()?;
    let objects = cluster.objects;
    let found = objects.get(&resource(&wanted), &wanted.name).await?;
    let is_secret = is_secret_kind(&wanted.kind);
    let shown = match found {
        Some(object) => Some(state.gate.object(object, is_secret).await?),
        None => None,
    };
    state.charged(Disclosed::optional(shown))
}

pub async fn get_list(
    state: &mut PhaseState,
    client: Handle<ClientHandle>,
    selection: kube::Selection,
) -> Answer<Vec<String>> {
    state.granted_selection(&selection, "list")?;
    let cluster = state.cluster(&client)?;
    let _waiting = state.wait()?;
    let (items, _) = cluster
        .objects
        .list(
            &wait::selected(&selection),
            &selection.label_selector,
            &selection.field_selector,
        )
        .await?;
    let is_secret = is_secret_kind(&selection.kind);
    let shown = state.gate.objects(items, is_secret).await?;
    state.charged(shown)
}

pub async fn apply(
    state: &mut PhaseState,
    client: Handle<ClientHandle>,
    object: String,
    sealed: Vec<kube::SealedField>,
) -> Answer<types::Change> {
    let envelopes = state.run.secrets.envelopes();
    let effect = ApplyObject {
        cluster: state.cluster(&client)?,
        object: state.object(&object, sealed)?.keeping(envelopes),
        force: state.run.force_conflicts,
    };
    let _waiting = state.wait()?;
    match state.land(effect).await {
        Ok(((), change)) => state.answer(change.into()),
        Err(Refusal::Told(mut error)) => {
            if error.code == types::ErrorCode::Conflict {
                let phase = &state.origin.phase;
                error.hint.get_or_insert_with(|| taken(phase));
            }
            Err(error.into())
        }
        Err(ended) => Err(ended),
    }
}

pub async fn create(
    state: &mut PhaseState,
    client: Handle<ClientHandle>,
    object: String,
    sealed: Vec<kube::SealedField>,
) -> Answer<String> {
    let effect = CreateObject {
        cluster: state.cluster(&client)?,
        object: state.object(&object, sealed)?,
    };
    let name = effect.object.reference().name.clone();
    let _waiting = state.wait()?;
    state.land(effect).await?;
    state.answer(name)
}

pub async fn patch(
    state: &mut PhaseState,
    client: Handle<ClientHandle>,
    wanted: kube::ObjectReference,
    patch_type: kube::PatchType,
    patch: String,
) -> Answer<types::Change> {
    let reference = reference(wanted);
    names::check(&reference)?;
    let effect = PatchObject {
        cluster: state.cluster(&client)?,
        body: patch_body(&reference.kind, patch_type, &patch)?,
        reference,
    };
    let _waiting = state.wait()?;
    let ((), change) = state.land(effect).await?;
    state.answer(change.into())
}

pub async fn delete(
    state: &mut PhaseState,
    client: Handle<ClientHandle>,
    wanted: kube::ObjectReference,
) -> Answer<types::Change> {
    let reference = reference(wanted);
    names::check(&reference)?;
    let effect = DeleteObject {
        cluster: state.cluster(&client)?,
        reference,
    };
    let _waiting = state.wait()?;
    let ((), change) = state.land(effect).await?;
    state.answer(change.into())
}

pub async fn wait(
    state: &mut PhaseState,
    client: Handle<ClientHandle>,
    wanted: kube::ObjectReference,
    condition: kube::Condition,
    timeout_seconds: u32,
) -> Answer<()> {
    let wanted = reference(wanted);
    state.granted_object(&wanted, "get")?;
    let selection = kube::Selection {
        field_selector: format!("metadata.name={}", wanted.name),
        api_version: wanted.api_version,
        kind: wanted.kind,
        namespace: wanted.namespace,
        label_selector: String::new(),
    };
    state
        .wait_for(&client, selection, 1, condition, timeout_seconds)
        .await
}

pub async fn wait_all(
    state: &mut PhaseState,
    client: Handle<ClientHandle>,
    selection: kube::Selection,
    minimum: u32,
    condition: kube::Condition,
    timeout_seconds: u32,
) -> Answer<()> {
    state.granted_selection(&selection, "list")?;
    state
        .wait_for(&client, selection, minimum, condition, timeout_seconds)
        .await
}

/// A Secret as it is, for the host: what is in it stays there.
pub(super) async fn secret(
    state: &mut PhaseState,
    client: &Handle<ClientHandle>,
    namespace: String,
    name: String,
) -> Result<Option<Value>, Refusal> {
    let secret = ObjectReference {
        api_version: "v1".to_owned(),
        kind: "Secret".to_owned(),
        namespace: Some(namespace),
        name,
    };
    state.granted_object(&secret, "get")?;
    let objects = state.cluster(client)?.objects;
    let _waiting = state.wait()?;
    Ok(objects.get(&resource(&secret), &secret.name).await?)
}

/// A patch, as the API takes it.
fn patch_body(kind: &str, patch_type: kube::PatchType, text: &str) -> Result<PatchBody, Refusal> {
    // `copy` would move a value to where it is not masked, `test` would tell
    // whether it is right.
    if is_secret_kind(kind) && patch_type == kube::PatchType::Json {
        return Err(Refusal::invalid(
            "Secrets take merge and strategic patches only: a JSON patch could copy their values",
        ));
    }
    let invalid = |error| wit_error(types::ErrorCode::Invalid, &error);
    let value: Value = serde_json::from_str(text).map_err(invalid)?;
    Ok(match patch_type {
        kube::PatchType::Json => PatchBody::Json(serde_json::from_value(value).map_err(invalid)?),
        kube::PatchType::Merge => PatchBody::Merge(value),
        kube::PatchType::Strategic => PatchBody::Strategic(value),
    })
}
