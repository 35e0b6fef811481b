//! Objects of any kind over the kube API, with retries.

use std::time::Duration;

use ::kube::Client;
use ::kube::core::{ApiResource, Request, params};
use serde_json::Value;

use super::answer::{AnswerError, MOST_MEMORY};
use super::bounded_json::Budget;
use super::call::{Called, call, single};
use super::changes::content;
use super::identity::Identity;
use super::list::selected;
use super::{kinds, secrets, watch};

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
        /// In words of bounded length.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    #[error("{doing}: what the API server answers cannot be used")]
    Answer {
        doing: String,
        #[source]
        source: AnswerError,
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
    pub(super) resource: ApiResource,
    namespace: Option<String>,
}

impl Resource {
    /// `api_version` as in objects: `v1`, `apps/v1`. A kind of the API itself
    /// is the one that it takes this for ([`kinds::canonical`]).
    pub fn new(api_version: &str, kind: &str, namespace: Option<&str>) -> Self {
        Self {
            resource: kinds::resource(api_version, kind),
            namespace: namespace.map(str::to_owned),
        }
    }

    /// Whether its objects are Secrets, whatever a server calls them.
    pub fn is_secret(&self) -> bool {
        self.resource.plural == "secrets" || secrets::is_secret_kind(&self.resource.kind)
    }

    pub(super) fn identity<'a>(&'a self, name: Option<&'a str>) -> Identity<'a> {
        Identity {
            resource: &self.resource,
            namespace: self.namespace.as_deref(),
            name,
        }
    }

    pub(super) fn request(&self) -> Request {
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
    pub(super) call_timeout: Duration,
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
            Ok(object) => claimed(&doing, resource, Some(name), object).map(Some),
            Err(ApiError::Status { code: 404, .. }) => Ok(None),
            Err(error) => Err(error),
        }
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
        let applied = self.call(&doing, request.map_err(boxed)).await?;
        claimed(&doing, resource, Some(name), applied)
    }

    pub async fn create(&self, resource: &Resource, object: &Value) -> Result<Value, ApiError> {
        let text = |pointer| object.pointer(pointer).and_then(Value::as_str);
        let name = text("/metadata/name").filter(|name| !name.is_empty());
        let prefix = text("/metadata/generateName").unwrap_or_default();
        let doing = format!(
            "creating {}",
            resource.named(name.unwrap_or("(generated name)"))
        );
        let wanted = params::PostParams {
            field_manager: Some(FIELD_MANAGER.to_owned()),
            ..Default::default()
        };
        let body = serde_json::to_vec(object).map_err(|error| ApiError::Request {
            doing: doing.clone(),
            source: Box::new(error),
        })?;
        let request = resource.request().create(&wanted, body);
        let budget = Budget::new(MOST_MEMORY);
        let called = self
            .called(&doing, request.map_err(boxed), self.call_timeout, &budget)
            .await?;
        match called.answer {
            Ok(made) => {
                let made = claimed(&doing, resource, name, made)?;
                let is_ours = |made: &str| name.is_some() || made.starts_with(prefix);
                match made["metadata"]["name"].as_str().is_some_and(is_ours) {
                    true => Ok(made),
                    false => Err(ApiError::Answer {
                        doing,
                        source: AnswerError::Other {
                            found: "an object with another name".to_owned(),
                            wanted: format!("one that begins with {prefix:?}"),
                        },
                    }),
                }
            }
            // Not there when it was asked for first, and there at the second
            // try: the answer to the first was lost.
            Err(ApiError::Status { code: 409, .. }) if called.unsure && name.is_some() => {
                match self.get(resource, name.unwrap_or_default()).await? {
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
        let patched = self.call(&doing, request.map_err(boxed)).await?;
        claimed(&doing, resource, Some(name), patched)
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
                let selected = selected(labels, fields);
                watch::until_changed(&self.client, resource, &selected, &version)
                    .await
                    .map_err(|source| ApiError::Answer {
                        doing: doing.clone(),
                        source,
                    })?;
            }
        };
        tokio::time::timeout(timeout, until_so)
            .await
            .unwrap_or_else(|_| {
                Err(ApiError::Timeout {
                    doing: doing.clone(),
                    after: timeout,
                })
            })
    }

    /// What is at a path of the API, be it an object, a list or something else:
    /// nothing is made of what it calls itself. It is asked for once.
    pub async fn at(&self, path: &str) -> Result<Value, ApiError> {
        let doing = format!("getting {path}");
        let request = http::Request::get(path).body(Vec::new());
        let request = request.map_err(|error| ApiError::Request {
            doing: doing.clone(),
            source: Box::new(error),
        })?;
        single(&self.client, self.call_timeout, &doing, &request).await
    }

    async fn call(
        &self,
        doing: &str,
        request: Result<http::Request<Vec<u8>>, Box<dyn std::error::Error + Send + Sync>>,
    ) -> Result<Value, ApiError> {
        let budget = Budget::new(MOST_MEMORY);
        self.called(doing, request, self.call_timeout, &budget)
            .await?
            .answer
    }

    pub(super) async fn called(
        &self,
        doing: &str,
        request: Result<http::Request<Vec<u8>>, Box<dyn std::error::Error + Send + Sync>>,
        timeout: Duration,
        budget: &Budget,
    ) -> Result<Called, ApiError> {
        let request = request.map_err(|source| ApiError::Request {
            doing: doing.to_owned(),
            source,
        })?;
        Ok(call(&self.client, timeout, doing, &request, budget).await)
    }
}

fn claimed(
    doing: &str,
    resource: &Resource,
    name: Option<&str>,
    object: Value,
) -> Result<Value, ApiError> {
    let claimed = resource.identity(name).claim(object);
    claimed.map_err(|source| ApiError::Answer {
        doing: doing.to_owned(),
        source,
    })
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

pub(super) fn boxed<E: std::error::Error + Send + Sync + 'static>(
    error: E,
) -> Box<dyn std::error::Error + Send + Sync> {
    Box::new(error)
}
