//! `kube`: the API of the cluster that is being made, by grant.

mod fields;
mod names;
mod wait;

use serde_json::Value;
use wasmtime::component::Resource as Handle;

use super::bindings::{kube, types};
use super::state::{IntoWit, PhaseState, wit_error};
use crate::effect::{Action, Change, Content, KubeAction, ObjectReference};
use crate::kube::objects::{ApiError, Objects, Resource};
use crate::kube::secrets::{is_secret_kind, mask};
use crate::world::{KubeAccessError, MachinePath};

/// A connection to the API.
pub struct ClientHandle {
    objects: Objects,
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

fn version(object: &Value) -> Option<&str> {
    object.pointer("/metadata/resourceVersion")?.as_str()
}

/// What to do where somebody else has set fields that a phase would set.
fn taken(phase: &str) -> String {
    format!(
        "nothing was overwritten. --skip-phases {phase} keeps what they set; --force-conflicts takes it over ('kubewright plan --force-conflicts' shows what that changes)"
    )
}

/// What a write did, by the resource versions before and after it.
fn change(before: Option<&Value>, after: &Value) -> Change {
    match before {
        None => Change::Created,
        Some(before) if version(before) == version(after) => Change::Unchanged,
        Some(_) => Change::Updated,
    }
}

impl PhaseState {
    fn objects(&self, client: &Handle<ClientHandle>) -> wasmtime::Result<Objects> {
        Ok(self.table.get(client)?.objects.clone())
    }

    /// Whether this may be done; the words go where a failure finds them.
    fn granted_object(
        &mut self,
        reference: &ObjectReference,
        verb: &str,
    ) -> Result<(), types::Error> {
        names::check(reference)?;
        self.doing = format!("{verb} {reference}");
        self.origin
            .grants
            .covers_object(reference, verb)
            .map_err(IntoWit::into_wit)
    }

    fn granted_selection(
        &mut self,
        selection: &kube::Selection,
        verb: &str,
    ) -> Result<(), types::Error> {
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
        self.origin
            .grants
            .covers_kube(
                group,
                &selection.api_version,
                &selection.kind,
                selection.namespace.as_deref(),
                None,
                verb,
            )
            .map_err(IntoWit::into_wit)
    }

    /// An object with its sealed fields filled in, and the effect that writing
    /// it is.
    fn object(
        &mut self,
        action: KubeAction,
        object: &str,
        sealed: Vec<kube::SealedField>,
    ) -> wasmtime::Result<Result<(Value, ObjectReference, Action), types::Error>> {
        self.spend(object.len())?;
        let mut values = Vec::with_capacity(sealed.len());
        for field in sealed {
            values.push((field.pointer, self.table.get(&field.value)?.clone()));
        }
        Ok(fields::fill(object, &values).map(|filled| {
            let effect = Action::Kube {
                action,
                reference: filled.reference.clone(),
                object: filled.masked,
                sealed: Content::new(
                    values
                        .into_iter()
                        .map(|(_, value)| crate::effect::Piece::Sealed(value))
                        .collect(),
                )
                .kinds(),
            };
            (filled.object, filled.reference, effect)
        }))
    }
}

impl kube::Host for PhaseState {
    async fn connect(
        &mut self,
        kubeconfig: String,
    ) -> wasmtime::Result<Result<Handle<ClientHandle>, types::Error>> {
        self.open(&kubeconfig, None).await
    }

    async fn connect_to(
        &mut self,
        kubeconfig: String,
        server: String,
    ) -> wasmtime::Result<Result<Handle<ClientHandle>, types::Error>> {
        self.open(&kubeconfig, Some(&server)).await
    }
}

impl PhaseState {
    async fn open(
        &mut self,
        kubeconfig: &str,
        server: Option<&str>,
    ) -> wasmtime::Result<Result<Handle<ClientHandle>, types::Error>> {
        self.enter()?;
        self.doing = match server {
            None => format!("connecting with {kubeconfig}"),
            Some(server) => format!("connecting with {kubeconfig} to {server}"),
        };
        let path = match MachinePath::parse(kubeconfig) {
            Ok(path) => path,
            Err(error) => return Ok(Err(error.into_wit())),
        };
        if let Err(denial) = self.origin.grants.covers_kubeconfig(&path) {
            return Ok(Err(denial.into_wit()));
        }
        let world = self.world().clone();
        let client = match server {
            None => world.kube.client(&path).await,
            Some(server) => world.kube.client_at(&path, server).await,
        };
        match client {
            Ok(client) => Ok(Ok(self.table.push(ClientHandle {
                objects: Objects::new(client)
                    .with_call_timeout(self.run.call_timeout)
                    .with_force(self.run.force_conflicts),
            })?)),
            Err(error) => Ok(Err(error.into_wit())),
        }
    }
}

impl kube::HostClient for PhaseState {
    async fn get(
        &mut self,
        client: Handle<ClientHandle>,
        wanted: kube::ObjectReference,
    ) -> wasmtime::Result<Result<Option<String>, types::Error>> {
        self.enter()?;
        let wanted = reference(wanted);
        if let Err(error) = self.granted_object(&wanted, "get") {
            return Ok(Err(error));
        }
        let objects = self.objects(&client)?;
        Ok(objects
            .get(&resource(&wanted), &wanted.name)
            .await
            .map(|found| {
                found.map(|mut object| {
                    mask(&mut object, is_secret_kind(&wanted.kind));
                    object.to_string()
                })
            })
            .map_err(IntoWit::into_wit))
    }

    async fn get_list(
        &mut self,
        client: Handle<ClientHandle>,
        selection: kube::Selection,
    ) -> wasmtime::Result<Result<Vec<String>, types::Error>> {
        self.enter()?;
        if let Err(error) = self.granted_selection(&selection, "list") {
            return Ok(Err(error));
        }
        let objects = self.objects(&client)?;
        let found = objects
            .list(
                &wait::selected(&selection),
                &selection.label_selector,
                &selection.field_selector,
            )
            .await;
        Ok(found
            .map(|(items, _)| {
                items
                    .into_iter()
                    .map(|mut object| {
                        mask(&mut object, is_secret_kind(&selection.kind));
                        object.to_string()
                    })
                    .collect()
            })
            .map_err(IntoWit::into_wit))
    }

    async fn apply(
        &mut self,
        client: Handle<ClientHandle>,
        object: String,
        sealed: Vec<kube::SealedField>,
    ) -> wasmtime::Result<Result<types::Change, types::Error>> {
        self.enter()?;
        let objects = self.objects(&client)?;
        let (object, reference, action) = match self.object(KubeAction::Apply, &object, sealed)? {
            Ok(parts) => parts,
            Err(error) => return Ok(Err(error)),
        };
        let landed = self
            .land(action, async |_| {
                let resource = resource(&reference);
                let before = objects.get(&resource, &reference.name).await?;
                let after = objects.apply(&resource, &reference.name, &object).await?;
                Ok::<_, ApiError>(((), change(before.as_ref(), &after)))
            })
            .await?;
        Ok(match landed {
            Ok(((), change)) => Ok(change.into()),
            Err(mut error) => {
                if error.code == types::ErrorCode::Conflict {
                    error.hint.get_or_insert_with(|| taken(&self.origin.phase));
                }
                Err(error)
            }
        })
    }

    async fn create(
        &mut self,
        client: Handle<ClientHandle>,
        object: String,
        sealed: Vec<kube::SealedField>,
    ) -> wasmtime::Result<Result<String, types::Error>> {
        self.enter()?;
        let objects = self.objects(&client)?;
        let (object, reference, action) = match self.object(KubeAction::Create, &object, sealed)? {
            Ok(parts) => parts,
            Err(error) => return Ok(Err(error)),
        };
        let landed = self
            .land(action, async |_| {
                let made = objects.create(&resource(&reference), &object).await?;
                let name = made
                    .pointer("/metadata/name")
                    .and_then(Value::as_str)
                    .unwrap_or(&reference.name)
                    .to_owned();
                Ok::<_, ApiError>((name, Change::Created))
            })
            .await?;
        Ok(landed.map(|(name, _)| name))
    }

    async fn patch(
        &mut self,
        client: Handle<ClientHandle>,
        wanted: kube::ObjectReference,
        patch_type: kube::PatchType,
        patch: String,
    ) -> wasmtime::Result<Result<types::Change, types::Error>> {
        self.enter()?;
        let objects = self.objects(&client)?;
        let reference = reference(wanted);
        if let Err(error) = names::check(&reference) {
            return Ok(Err(error));
        }
        let (kind, value, body) = match fields::patch(&reference.kind, patch_type, &patch) {
            Ok(parts) => parts,
            Err(error) => return Ok(Err(error)),
        };
        let action = Action::Kube {
            action: KubeAction::Patch { kind, patch: value },
            reference: reference.clone(),
            object: Value::Null,
            sealed: Default::default(),
        };
        let landed = self
            .land(action, async |_| {
                let resource = resource(&reference);
                let before = objects.get(&resource, &reference.name).await?;
                let after = objects.patch(&resource, &reference.name, &body).await?;
                Ok::<_, ApiError>(((), change(before.as_ref(), &after)))
            })
            .await?;
        Ok(landed.map(|((), change)| change.into()))
    }

    async fn delete(
        &mut self,
        client: Handle<ClientHandle>,
        wanted: kube::ObjectReference,
    ) -> wasmtime::Result<Result<types::Change, types::Error>> {
        self.enter()?;
        let objects = self.objects(&client)?;
        let reference = reference(wanted);
        if let Err(error) = names::check(&reference) {
            return Ok(Err(error));
        }
        let action = Action::Kube {
            action: KubeAction::Delete,
            reference: reference.clone(),
            object: Value::Null,
            sealed: Default::default(),
        };
        let landed = self
            .land(action, async |_| {
                let was_there = objects
                    .delete(&resource(&reference), &reference.name)
                    .await?;
                let change = match was_there {
                    true => Change::Removed,
                    false => Change::Unchanged,
                };
                Ok::<_, ApiError>(((), change))
            })
            .await?;
        Ok(landed.map(|((), change)| change.into()))
    }

    async fn wait(
        &mut self,
        client: Handle<ClientHandle>,
        wanted: kube::ObjectReference,
        condition: kube::Condition,
        timeout_seconds: u32,
    ) -> wasmtime::Result<Result<(), types::Error>> {
        self.enter()?;
        let wanted = reference(wanted);
        if let Err(error) = self.granted_object(&wanted, "get") {
            return Ok(Err(error));
        }
        let selection = kube::Selection {
            field_selector: format!("metadata.name={}", wanted.name),
            api_version: wanted.api_version,
            kind: wanted.kind,
            namespace: wanted.namespace,
            label_selector: String::new(),
        };
        self.wait_for(&client, selection, 1, condition, timeout_seconds)
            .await
    }

    async fn wait_all(
        &mut self,
        client: Handle<ClientHandle>,
        selection: kube::Selection,
        minimum: u32,
        condition: kube::Condition,
        timeout_seconds: u32,
    ) -> wasmtime::Result<Result<(), types::Error>> {
        self.enter()?;
        if let Err(error) = self.granted_selection(&selection, "list") {
            return Ok(Err(error));
        }
        self.wait_for(&client, selection, minimum, condition, timeout_seconds)
            .await
    }

    async fn adopt_token(
        &mut self,
        client: Handle<ClientHandle>,
        pointer: String,
        namespace: String,
        name: String,
    ) -> wasmtime::Result<Result<bool, types::Error>> {
        self.enter()?;
        let secret = ObjectReference {
            api_version: "v1".to_owned(),
            kind: "Secret".to_owned(),
            namespace: Some(namespace),
            name,
        };
        if let Err(error) = self.granted_object(&secret, "get") {
            return Ok(Err(error));
        }
        let objects = self.objects(&client)?;
        Ok(match objects.get(&resource(&secret), &secret.name).await {
            Ok(Some(found)) => Ok(self.run.secrets.adopt(&pointer, &found)),
            Ok(None) => Ok(false),
            Err(error) => Err(error.into_wit()),
        })
    }

    async fn drop(&mut self, client: Handle<ClientHandle>) -> wasmtime::Result<()> {
        self.table.delete(client)?;
        Ok(())
    }
}
