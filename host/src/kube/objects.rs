//! Objects of any kind over the kube API, with retries.

use std::time::Duration;

use ::kube::Client;
use ::kube::core::{ApiResource, GroupVersionKind, Request, params};
use futures::{StreamExt, TryStreamExt};
use serde_json::Value;

use super::call::{Called, call};
use super::changes::content;

/// The field manager of everything this program applies.
pub const FIELD_MANAGER: &str = "kubewright";

/// How long a call is tried again while the server is starting, restarting or
/// overloaded: kubeadm's `timeouts.kubernetesAPICall`.
/// Where the configuration does not say otherwise.
pub const CALL_TIMEOUT: Duration = Duration::from_secs(60);

/// Why a call to the API did not do what it should.
#[derive(Debug, thiserror::Error)]
pub enum ApiError {
    #[error("{doing}: {message}")]
    Status {
        doing: String,
        code: u16,
        /// `AlreadyExists`, `Conflict` ...
        reason: String,
        message: String,
    },
    #[error("{doing}: the API server does not answer")]
    Unreachable {
        doing: String,
        #[source]
        source: Box<::kube::Error>,
    },
    #[error("{doing}: the request cannot be made")]
    Request {
        doing: String,
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    #[error("{doing}: the API server took the request and did not answer within {}s", after.as_secs())]
    Silent { doing: String, after: Duration },
    #[error("{doing}: not so within {}s", after.as_secs())]
    Timeout { doing: String, after: Duration },
}

/// One kind of object, in a namespace or in none.
#[derive(Clone, Debug)]
pub struct Resource {
    resource: ApiResource,
    namespace: Option<String>,
}

impl Resource {
    /// `api_version` as in objects: `v1`, `apps/v1`.
    pub fn new(api_version: &str, kind: &str, namespace: Option<&str>) -> Self {
        let (group, version) = api_version.split_once('/').unwrap_or(("", api_version));
        Self {
            resource: ApiResource::from_gvk(&GroupVersionKind::gvk(group, version, kind)),
            namespace: namespace.map(str::to_owned),
        }
    }

    fn request(&self) -> Request {
        use ::kube::core::DynamicObject;
        use ::kube::core::Resource as _;
        Request::new(DynamicObject::url_path(
            &self.resource,
            self.namespace.as_deref(),
        ))
    }

    fn named(&self, name: &str) -> String {
        match &self.namespace {
            Some(namespace) => format!("{} {namespace}/{name}", self.resource.kind),
            None => format!("{} {name}", self.resource.kind),
        }
    }
}

/// Calls on objects as JSON.
#[derive(Clone)]
pub struct Objects {
    client: Client,
    call_timeout: Duration,
    force: bool,
}

impl Objects {
    pub fn new(client: Client) -> Self {
        Self {
            client,
            call_timeout: CALL_TIMEOUT,
            force: false,
        }
    }

    /// Tries calls again for as long as this.
    pub fn with_call_timeout(self, call_timeout: Duration) -> Self {
        Self {
            call_timeout,
            ..self
        }
    }

    /// Whether applying takes fields from other field managers.
    pub fn with_force(self, force: bool) -> Self {
        Self { force, ..self }
    }

    /// None where it is not there.
    pub async fn get(&self, resource: &Resource, name: &str) -> Result<Option<Value>, ApiError> {
        let doing = format!("getting {}", resource.named(name));
        let request = resource.request().get(name, &params::GetParams::default());
        match self.call(&doing, request.map_err(boxed)).await {
            Ok(object) => Ok(Some(object)),
            Err(ApiError::Status { code: 404, .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// The items, with `apiVersion` and `kind` filled in, and the list's
    /// resource version.
    pub async fn list(
        &self,
        resource: &Resource,
        labels: &str,
        fields: &str,
    ) -> Result<(Vec<Value>, String), ApiError> {
        let doing = format!("listing {}", resource.resource.plural);
        let mut wanted = params::ListParams::default();
        if !labels.is_empty() {
            wanted = wanted.labels(labels);
        }
        if !fields.is_empty() {
            wanted = wanted.fields(fields);
        }
        let request = resource.request().list(&wanted);
        let mut list = self.call(&doing, request.map_err(boxed)).await?;
        let version = list
            .pointer("/metadata/resourceVersion")
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_owned();
        let mut items = match list.get_mut("items").map(Value::take) {
            Some(Value::Array(items)) => items,
            _ => Vec::new(),
        };
        // The server knows better than who asked: `SECRET` leads to Secrets.
        let kind = list["kind"]
            .as_str()
            .and_then(|kind| kind.strip_suffix("List"))
            .filter(|kind| !kind.is_empty())
            .unwrap_or(&resource.resource.kind)
            .to_owned();
        for item in &mut items {
            item["apiVersion"] = resource.resource.api_version.clone().into();
            item["kind"] = kind.as_str().into();
        }
        Ok((items, version))
    }

    /// Server-side apply. Conflicts with other field managers are errors,
    /// unless they are to be forced, or nothing but the owner of fields would
    /// change: the server compares what is applied before it fills in what it
    /// defaults, so that `fieldRef: {fieldPath: x}` conflicts with the
    /// `{apiVersion: v1, fieldPath: x}` that became of the same words of
    /// another manager.
    pub async fn apply(
        &self,
        resource: &Resource,
        name: &str,
        object: &Value,
    ) -> Result<Value, ApiError> {
        let refused = match self
            .apply_as(resource, name, object, self.force, false)
            .await
        {
            Err(refused @ ApiError::Status { code: 409, .. }) if !self.force => refused,
            answer => return answer,
        };
        let Some(live) = self.get(resource, name).await? else {
            return Err(refused);
        };
        // Of this version only: what somebody changes in between conflicts.
        let mut object = object.clone();
        object["metadata"]["resourceVersion"] = live["metadata"]["resourceVersion"].clone();
        match self.apply_as(resource, name, &object, true, true).await {
            Ok(forced) if content(&forced) == content(&live) => {
                let taken = self.apply_as(resource, name, &object, true, false).await;
                taken.map_err(|error| match error {
                    ApiError::Status { code: 409, .. } => refused,
                    error => error,
                })
            }
            _ => Err(refused),
        }
    }

    async fn apply_as(
        &self,
        resource: &Resource,
        name: &str,
        object: &Value,
        force: bool,
        dry_run: bool,
    ) -> Result<Value, ApiError> {
        let doing = format!("applying {}", resource.named(name));
        let mut wanted = params::PatchParams::apply(FIELD_MANAGER);
        wanted.force = force;
        wanted.dry_run = dry_run;
        let request = resource
            .request()
            .patch(name, &wanted, &params::Patch::Apply(object));
        self.call(&doing, request.map_err(boxed)).await
    }

    pub async fn create(&self, resource: &Resource, object: &Value) -> Result<Value, ApiError> {
        let name = object
            .pointer("/metadata/name")
            .and_then(Value::as_str)
            .unwrap_or("(generated name)");
        let doing = format!("creating {}", resource.named(name));
        let wanted = params::PostParams {
            field_manager: Some(FIELD_MANAGER.to_owned()),
            ..Default::default()
        };
        let body = serde_json::to_vec(object).map_err(|error| ApiError::Request {
            doing: doing.clone(),
            source: Box::new(error),
        })?;
        let request = resource.request().create(&wanted, body);
        let called = self.called(&doing, request.map_err(boxed)).await?;
        match called.answer {
            // Not there when it was asked for first, and there at the second
            // try: the answer to the first was lost.
            Err(ApiError::Status { code: 409, .. }) if called.unsure => {
                match self.get(resource, name).await? {
                    Some(found) if is_made_by_us(&found) => Ok(found),
                    _ => called.answer,
                }
            }
            answer => answer,
        }
    }

    pub async fn patch(
        &self,
        resource: &Resource,
        name: &str,
        patch: &PatchBody,
    ) -> Result<Value, ApiError> {
        let doing = format!("patching {}", resource.named(name));
        let wanted = params::PatchParams {
            field_manager: Some(FIELD_MANAGER.to_owned()),
            ..Default::default()
        };
        let request = resource.request();
        let request = match patch {
            PatchBody::Json(patch) => {
                request.patch(name, &wanted, &params::Patch::<Value>::Json(patch.clone()))
            }
            PatchBody::Merge(patch) => request.patch(name, &wanted, &params::Patch::Merge(patch)),
            PatchBody::Strategic(patch) => {
                request.patch(name, &wanted, &params::Patch::Strategic(patch))
            }
        };
        self.call(&doing, request.map_err(boxed)).await
    }

    /// Deletes in the background; false where it was not there.
    pub async fn delete(&self, resource: &Resource, name: &str) -> Result<bool, ApiError> {
        let doing = format!("deleting {}", resource.named(name));
        let request = resource
            .request()
            .delete(name, &params::DeleteParams::background());
        match self.call(&doing, request.map_err(boxed)).await {
            Ok(_) => Ok(true),
            Err(ApiError::Status { code: 404, .. }) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Waits until `fulfilled` says so of the selected objects. A watch wakes
    /// it; a server that goes away is asked again.
    pub async fn wait(
        &self,
        resource: &Resource,
        labels: &str,
        fields: &str,
        timeout: Duration,
        fulfilled: &(dyn Fn(&[Value]) -> bool + Send + Sync),
    ) -> Result<(), ApiError> {
        let doing = format!("waiting for {}", resource.resource.plural);
        let until_so = async {
            loop {
                let (items, version) = self.list(resource, labels, fields).await?;
                if fulfilled(&items) {
                    return Ok(());
                }
                self.until_changed(resource, labels, fields, &version).await;
            }
        };
        tokio::time::timeout(timeout, until_so)
            .await
            .unwrap_or(Err(ApiError::Timeout {
                doing,
                after: timeout,
            }))
    }

    /// Returns at the next change, or when watching fails (then a little
    /// later, so that a server that refuses to be watched is not flooded).
    async fn until_changed(&self, resource: &Resource, labels: &str, fields: &str, version: &str) {
        let mut wanted = params::WatchParams::default().timeout(60);
        if !labels.is_empty() {
            wanted = wanted.labels(labels);
        }
        if !fields.is_empty() {
            wanted = wanted.fields(fields);
        }
        let changed = async {
            let request = resource.request().watch(&wanted, version).ok()?;
            let events = self
                .client
                .request_events::<::kube::core::DynamicObject>(request)
                .await
                .ok()?;
            events.into_stream().boxed().next().await?.ok()
        };
        if changed.await.is_none() {
            tokio::time::sleep(Duration::from_millis(500)).await;
        }
    }

    async fn call(
        &self,
        doing: &str,
        request: Result<http::Request<Vec<u8>>, Box<dyn std::error::Error + Send + Sync>>,
    ) -> Result<Value, ApiError> {
        self.called(doing, request).await?.answer
    }

    async fn called(
        &self,
        doing: &str,
        request: Result<http::Request<Vec<u8>>, Box<dyn std::error::Error + Send + Sync>>,
    ) -> Result<Called, ApiError> {
        let request = request.map_err(|source| ApiError::Request {
            doing: doing.to_owned(),
            source,
        })?;
        Ok(call(&self.client, self.call_timeout, doing, &request).await)
    }
}

/// A patch of one of the three kinds.
#[derive(Clone, Debug)]
pub enum PatchBody {
    Json(json_patch::Patch),
    Merge(Value),
    Strategic(Value),
}

/// Whether an object is as this program made it, by who manages its fields.
fn is_made_by_us(object: &Value) -> bool {
    let managers = object.pointer("/metadata/managedFields");
    managers
        .and_then(Value::as_array)
        .is_some_and(|managers| managers.iter().any(|one| one["manager"] == FIELD_MANAGER))
}

fn boxed<E: std::error::Error + Send + Sync + 'static>(
    error: E,
) -> Box<dyn std::error::Error + Send + Sync> {
    Box::new(error)
}
