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
