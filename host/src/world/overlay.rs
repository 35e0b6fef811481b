//! What a dry run has changed so far, laid over a live API: whoever reads sees
//! what would be there.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use http::{Method, Response, StatusCode, Uri};
use kube::client::Body;
use serde_json::{Value, json};
use tower::BoxError;

use crate::kube::changes::content;
use crate::kube::embedded::{Behaviour, selects};

/// Stands for a version that the server would give.
const VERSION: &str = "(planned)";

/// Objects by their path; none for one that would be gone.
#[derive(Default)]
pub(super) struct Overlay {
    behaviours: Vec<Behaviour>,
    objects: Mutex<BTreeMap<String, Option<Value>>>,
}

impl Overlay {
    /// `behaviours`: what controllers would do after a write. In a dry run
    /// nobody does, and phases wait for it.
    pub fn new(behaviours: Vec<Behaviour>) -> Self {
        Self {
            behaviours,
            objects: Mutex::default(),
        }
    }

    fn objects(&self) -> MutexGuard<'_, BTreeMap<String, Option<Value>>> {
        self.objects.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What would be at a path; the outer none where that is as it was.
    pub fn get(&self, path: &str) -> Option<Option<Value>> {
        self.objects().get(path).cloned()
    }

    /// Notes what became of an object and gives what a reader is to see: of a
    /// dry run the server says the version that there was before, be the
    /// object changed or not.
    pub fn note(&self, path: &str, before: Option<&Value>, mut after: Value) -> Value {
        if before.is_none_or(|before| content(before) != content(&after)) {
            for behaviour in &self.behaviours {
                behaviour.act(&mut after, before.is_none());
            }
            after["metadata"]["resourceVersion"] = VERSION.into();
        } else if let Some(before) = before {
            after = before.clone();
        }
        self.objects().insert(path.to_owned(), Some(after.clone()));
        after
    }

    /// Notes that an object would be gone.
    pub fn remove(&self, path: &str) {
        self.objects().insert(path.to_owned(), None);
    }

    /// Whether an object is there only because a dry run made it.
    pub fn has_made(&self, path: &str) -> bool {
        matches!(self.get(path), Some(Some(object)) if object["metadata"]["resourceVersion"] == VERSION)
    }

    /// Puts what would be there into the list at `uri`.
    pub fn amend(&self, uri: &Uri, list: &mut Value) {
        let below = format!("{}/", uri.path());
        let query = uri.query().unwrap_or_default();
        let Some(items) = list.get_mut("items").and_then(Value::as_array_mut) else {
            return;
        };
        for (path, object) in self.objects().iter() {
            let Some(name) = path.strip_prefix(&below).filter(|name| !name.contains('/')) else {
                continue;
            };
            items.retain(|item| item["metadata"]["name"] != name);
            items.extend(object.iter().filter(|one| selects(query, one)).cloned());
        }
    }
}

/// The path of the object that a request is about, by what came of it.
pub(super) fn path_of(method: &Method, path: &str, object: &Value) -> String {
    match (method == Method::POST, object["metadata"]["name"].as_str()) {
        (true, Some(name)) => format!("{path}/{name}"),
        _ => path.to_owned(),
    }
}

/// An answer with an object, or with a status.
pub(super) fn answer(object: Option<Value>) -> Result<Response<Body>, BoxError> {
    let (code, body) = match object {
        Some(object) => (StatusCode::OK, object),
        None => (
            StatusCode::NOT_FOUND,
            json!({
                "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure",
                "message": "it would be deleted by then", "reason": "NotFound", "code": 404,
            }),
        ),
    };
    Ok(Response::builder()
        .status(code)
        .header("Content-Type", "application/json")
        .body(Body::from(body.to_string().into_bytes()))?)
}
