//! A kube API whose changes are looked at, for plans.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use http::{Method, Request, Response, StatusCode};
use http_body_util::BodyExt;
use kube::client::Body;
use serde_json::Value;
use tower::BoxError;

use super::overlay::{self, Overlay};
use super::{Connection, Door, KubeAccess, KubeAccessError, MachinePath};
use crate::kube::embedded::Behaviour;
use crate::kube::{answer, secrets};

/// An object before and after a change; none where it was not or is no more.
#[derive(Clone, Debug)]
pub struct ObjectChange {
    /// Whether it is a Secret, by its path: whatever a server calls it.
    pub is_secret: bool,
    pub before: Option<Value>,
    pub after: Option<Value>,
}

/// Another door to the API, with every change noted.
pub struct ObservedApi {
    inner: Arc<dyn KubeAccess>,
    dry_run: Option<DryRun>,
    changes: Arc<Mutex<Vec<ObjectChange>>>,
}

/// A dry run: the server answers as if it had changed the object, and does not
/// (`dryRun=All`). What it would have changed is there for who reads later.
#[derive(Clone)]
pub struct DryRun {
    overlay: Arc<Overlay>,
    /// Whose rights decide where the user has none yet: in earnest an earlier
    /// phase would have given them.
    fallback: Option<kube::Client>,
}

impl DryRun {
    /// `behaviours` act in place of controllers, which do nothing for what is
    /// not there.
    pub fn new(behaviours: Vec<Behaviour>, fallback: Option<kube::Client>) -> Self {
        Self {
            overlay: Arc::new(Overlay::new(behaviours)),
            fallback,
        }
    }
}

impl ObservedApi {
    pub fn new(inner: Arc<dyn KubeAccess>, dry_run: Option<DryRun>) -> Self {
        Self {
            inner,
            dry_run,
            changes: Arc::default(),
        }
    }

    /// What was changed so far, in order.
    pub fn changes(&self) -> Vec<ObjectChange> {
        locked(&self.changes).clone()
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl KubeAccess for ObservedApi {
    fn connect<'a>(
        &'a self,
        kubeconfig: &'a MachinePath,
        server: Option<&'a str>,
    ) -> Door<'a, Result<Connection, KubeAccessError>> {
        Box::pin(async move {
            let Connection { client, server } = self.inner.connect(kubeconfig, server).await?;
            Ok(Connection {
                client: observed(client, self.dry_run.clone(), &self.changes),
                server,
            })
        })
    }
}

fn observed(
    inner: kube::Client,
    dry_run: Option<DryRun>,
    changes: &Arc<Mutex<Vec<ObjectChange>>>,
) -> kube::Client {
    let namespace = inner.default_namespace().to_owned();
    let connection = Arc::new(Observed {
        inner,
        dry_run,
        changes: Arc::clone(changes),
    });
    let service = tower::service_fn(move |request: Request<Body>| {
        let connection = Arc::clone(&connection);
        async move {
            match request.method() == Method::GET {
                true => connection.read(request).await,
                false => connection.write(request).await,
            }
        }
    });
    kube::Client::new(service, namespace)
}

struct Observed {
    inner: kube::Client,
    dry_run: Option<DryRun>,
    changes: Arc<Mutex<Vec<ObjectChange>>>,
}

impl Observed {
    async fn read(&self, request: Request<Body>) -> Result<Response<Body>, BoxError> {
        let Some(DryRun { overlay, .. }) = &self.dry_run else {
            return Ok(self.inner.send(request).await?);
        };
        if let Some(planned) = overlay.get(request.uri().path()) {
            return overlay::answer(planned);
        }
        let uri = request.uri().clone();
        let response = self.send(request).await?;
        let watches = uri.query().is_some_and(|query| query.contains("watch="));
        if watches || !response.status().is_success() {
            return Ok(response);
        }
        let (parts, body) = response.into_parts();
        let bytes = answer::read(body).await?;
        let body = match answer::value(&bytes) {
            Ok(mut list) if list["items"].is_array() => {
                overlay.amend(&uri, &mut list);
                list.to_string().into_bytes()
            }
            _ => bytes.to_vec(),
        };
        Ok(with_body(parts, body))
    }

    async fn write(&self, request: Request<Body>) -> Result<Response<Body>, BoxError> {
        // Somebody asks what a write would do: it is none.
        if is_dry_run(request.uri()) {
            return self.send(request).await;
        }
        let (method, path) = (request.method().clone(), request.uri().path().to_owned());
        let deletes = method == Method::DELETE;
        let before = match method == Method::POST {
            true => None,
            false => self.object(&path).await?,
        };
        if let (true, Some(DryRun { overlay, .. })) = (deletes, &self.dry_run)
            && overlay.has_made(&path)
        {
            overlay.remove(&path);
            self.note(&path, before, None);
            return overlay::answer(Some(serde_json::json!({
                "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success",
            })));
        }
        let response = match self.dry_run.is_some() {
            true => self.send(with_dry_run(request)?).await?,
            false => self.inner.send(request).await?,
        };
        let (parts, body) = response.into_parts();
        let mut bytes = answer::read(body).await?.to_vec();
        if parts.status.is_success() {
            let mut after = match deletes {
                true => None,
                false => answer::value(&bytes).ok(),
            };
            if let Some(DryRun { overlay, .. }) = &self.dry_run {
                match after.take() {
                    None => overlay.remove(&path),
                    Some(object) => {
                        let path_of = overlay::path_of(&method, &path, &object);
                        let object = overlay.note(&path_of, before.as_ref(), object);
                        bytes = object.to_string().into_bytes();
                        after = Some(object);
                    }
                }
            }
            self.note(&path, before, after);
        }
        Ok(with_body(parts, bytes))
    }

    /// What is, or would be, at a path.
    async fn object(&self, path: &str) -> Result<Option<Value>, BoxError> {
        let response = self.read(Request::get(path).body(Body::empty())?).await?;
        let found = response.status().is_success();
        let bytes = answer::read(response.into_body()).await?;
        Ok(answer::value(&bytes).ok().filter(|_| found))
    }

    fn note(&self, path: &str, before: Option<Value>, after: Option<Value>) {
        locked(&self.changes).push(ObjectChange {
            is_secret: secrets::is_secret_path(path),
            before,
            after,
        });
    }

    /// Sends a request, and once more with other rights where the user has
    /// none.
    async fn send(&self, request: Request<Body>) -> Result<Response<Body>, BoxError> {
        let fallback = self.dry_run.as_ref().and_then(|one| one.fallback.as_ref());
        let Some(fallback) = fallback else {
            return Ok(self.inner.send(request).await?);
        };
        let (parts, body) = request.into_parts();
        let bytes = body.collect().await?.to_bytes();
        let again = Request::from_parts(parts.clone(), Body::from(bytes.clone()));
        let first = Request::from_parts(parts, Body::from(bytes));
        let response = self.inner.send(first).await?;
        match response.status() {
            StatusCode::FORBIDDEN => Ok(fallback.send(again).await?),
            _ => Ok(response),
        }
    }
}

/// A response with another body than it came with.
fn with_body(mut parts: http::response::Parts, body: Vec<u8>) -> Response<Body> {
    parts.headers.remove(http::header::CONTENT_LENGTH);
    Response::from_parts(parts, Body::from(body))
}

fn is_dry_run(uri: &http::Uri) -> bool {
    let mut options = uri.query().unwrap_or_default().split('&');
    options.any(|option| option.starts_with("dryRun="))
}

fn with_dry_run(request: Request<Body>) -> Result<Request<Body>, BoxError> {
    let (mut parts, body) = request.into_parts();
    let path = parts.uri.path();
    let uri = match parts.uri.query().filter(|query| !query.is_empty()) {
        Some(query) => format!("{path}?{query}&dryRun=All"),
        None => format!("{path}?dryRun=All"),
    };
    parts.uri = uri.parse()?;
    Ok(Request::from_parts(parts, body))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kube::embedded::{EmbeddedApi, Options};
    use crate::kube::objects::{Objects, Resource};
    use crate::world::sandbox::SandboxApi;
    use serde_json::json;

    #[tokio::test]
    async fn changes_are_noted_and_a_dry_run_makes_none() {
        let now = "2026-01-02T03:04:05Z".parse().unwrap();
        for dry_run in [false, true] {
            let api = EmbeddedApi::new(&Options::repeatable(now, 1)).unwrap();
            let nodes = Resource::new("v1", "Node", None);
            let node = |label: &str| {
                json!({"apiVersion": "v1", "kind": "Node",
                    "metadata": {"name": "a", "labels": {"x": label}}})
            };
            let direct = Objects::new(api.client());
            direct.apply(&nodes, "a", &node("1")).await.unwrap();
            let inner: Arc<dyn KubeAccess> = Arc::new(SandboxApi::new(api.client()));
            let planned = dry_run.then(|| DryRun::new(Vec::new(), None));
            let observed = ObservedApi::new(inner, planned);
            let path = MachinePath::parse("/etc/kubernetes/admin.conf").unwrap();
            let objects = Objects::new(observed.client(&path).await.unwrap());
            let after = objects.apply(&nodes, "a", &node("2")).await.unwrap();
            assert_eq!(after["metadata"]["labels"]["x"], "2");
            let changes = observed.changes();
            assert_eq!(changes.len(), 1);
            let label = |object: &Option<Value>| {
                object.as_ref().unwrap()["metadata"]["labels"]["x"].clone()
            };
            assert_eq!(label(&changes[0].before), "1");
            assert_eq!(label(&changes[0].after), "2");
            let now = direct.get(&nodes, "a").await.unwrap();
            let kept = if dry_run { "1" } else { "2" };
            assert_eq!(label(&now), kept, "dry run: {dry_run}");
            assert!(objects.delete(&nodes, "a").await.unwrap());
            assert!(observed.changes()[1].after.is_none());
            let gone = direct.get(&nodes, "a").await.unwrap().is_none();
            assert_eq!(gone, !dry_run);
        }
    }
}
