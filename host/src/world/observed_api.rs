//! A kube API whose changes are looked at, for plans.

use std::sync::{Arc, Mutex, PoisonError};

use http::{Method, Request, Response};
use http_body_util::BodyExt;
use kube::client::Body;
use serde_json::Value;
use tower::BoxError;

use super::{Door, KubeAccess, KubeAccessError, MachinePath};

/// An object before and after a change; none where it was not or is no more.
#[derive(Clone, Debug)]
pub struct ObjectChange {
    pub before: Option<Value>,
    pub after: Option<Value>,
}

/// Another door to the API, with every change noted. With `dry_run` the server
/// answers as if it had changed the object, and does not (`dryRun=All`).
pub struct ObservedApi {
    inner: Arc<dyn KubeAccess>,
    dry_run: bool,
    changes: Arc<Mutex<Vec<ObjectChange>>>,
}

impl ObservedApi {
    pub fn new(inner: Arc<dyn KubeAccess>, dry_run: bool) -> Self {
        Self {
            inner,
            dry_run,
            changes: Arc::default(),
        }
    }

    /// What was changed so far, in order.
    pub fn changes(&self) -> Vec<ObjectChange> {
        self.changes
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}

impl KubeAccess for ObservedApi {
    fn client<'a>(
        &'a self,
        kubeconfig: &'a MachinePath,
    ) -> Door<'a, Result<kube::Client, KubeAccessError>> {
        Box::pin(async move {
            let inner = self.inner.client(kubeconfig).await?;
            Ok(observed(inner, self.dry_run, &self.changes))
        })
    }

    fn client_at<'a>(
        &'a self,
        kubeconfig: &'a MachinePath,
        server: &'a str,
    ) -> Door<'a, Result<kube::Client, KubeAccessError>> {
        Box::pin(async move {
            let inner = self.inner.client_at(kubeconfig, server).await?;
            Ok(observed(inner, self.dry_run, &self.changes))
        })
    }
}

fn observed(
    inner: kube::Client,
    dry_run: bool,
    changes: &Arc<Mutex<Vec<ObjectChange>>>,
) -> kube::Client {
    let namespace = inner.default_namespace().to_owned();
    let changes = Arc::clone(changes);
    let service = tower::service_fn(move |request: Request<Body>| {
        let (client, changes) = (inner.clone(), Arc::clone(&changes));
        async move {
            if request.method() == Method::GET {
                return Ok::<_, BoxError>(client.send(request).await?);
            }
            let path = request.uri().path().to_owned();
            let before = match request.method() == Method::POST {
                true => None,
                false => {
                    let asked = Request::get(&path).body(Vec::new())?;
                    client.request::<Value>(asked).await.ok()
                }
            };
            let deletes = request.method() == Method::DELETE;
            let response = client.send(with_dry_run(request, dry_run)?).await?;
            let (parts, body) = response.into_parts();
            let bytes = body.collect().await?.to_bytes();
            if parts.status.is_success() {
                let after = match deletes {
                    true => None,
                    false => serde_json::from_slice(&bytes).ok(),
                };
                changes
                    .lock()
                    .unwrap_or_else(PoisonError::into_inner)
                    .push(ObjectChange { before, after });
            }
            Ok(Response::from_parts(parts, Body::from(bytes)))
        }
    });
    kube::Client::new(service, namespace)
}

fn with_dry_run(request: Request<Body>, dry_run: bool) -> Result<Request<Body>, BoxError> {
    if !dry_run {
        return Ok(request);
    }
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
            let observed = ObservedApi::new(inner, dry_run);
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
