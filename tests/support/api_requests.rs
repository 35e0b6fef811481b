//! Requests of others than the program under test, and refusals.

use bytes::Bytes;
use http::{Request, Response, StatusCode, header};
use http_body_util::{BodyExt, Full, combinators::UnsyncBoxBody};
use kube::client::Body;
use kubewright::kube::embedded::EmbeddedApi;
use serde_json::{Value, json};
use tower::{BoxError, Service};

/// What a server answers.
pub type Answer = Response<UnsyncBoxBody<Bytes, BoxError>>;

/// A request of somebody else.
#[derive(Clone, Debug)]
pub struct Foreign {
    pub method: &'static str,
    pub path: String,
    pub content_type: &'static str,
    pub body: Value,
}

impl Foreign {
    pub fn get(path: &str) -> Self {
        Self {
            method: "GET",
            path: path.to_owned(),
            content_type: "application/json",
            body: Value::Null,
        }
    }

    /// A merge patch, as `kubectl edit` and `kubectl label` send.
    pub fn edit(path: &str, manager: &str, patch: Value) -> Self {
        Self {
            method: "PATCH",
            path: format!("{path}?fieldManager={manager}"),
            content_type: "application/merge-patch+json",
            body: patch,
        }
    }

    /// `kubectl apply --server-side --force-conflicts`
    pub fn force_apply(path: &str, manager: &str, object: Value) -> Self {
        Self {
            method: "PATCH",
            path: format!("{path}?fieldManager={manager}&force=true"),
            content_type: "application/apply-patch+yaml",
            body: object,
        }
    }
}

/// Carries out a request of somebody who may do everything; gives the code and
/// the object.
pub async fn carry_out(api: &EmbeddedApi, foreign: &Foreign) -> (u16, Value) {
    let body = match &foreign.body {
        Value::Null => Vec::new(),
        body => body.to_string().into_bytes(),
    };
    let request = Request::builder()
        .method(foreign.method)
        .uri(&foreign.path)
        .header(header::CONTENT_TYPE, foreign.content_type)
        .body(Body::from(body))
        .expect("a request");
    let response = api.service().call(request).await.expect("an answer");
    let code = response.status().as_u16();
    let bytes = response.into_body().collect().await.expect("an answer");
    let answer = serde_json::from_slice(&bytes.to_bytes()).unwrap_or_default();
    (code, answer)
}

/// An answer with a status, as an API server words it.
pub fn refused(code: u16, retry_after: Option<u32>) -> Answer {
    let (reason, message) = match code {
        401 => ("Unauthorized", "Unauthorized"),
        403 => ("Forbidden", "forbidden: the user may not do this"),
        409 => (
            "Conflict",
            "the object has been modified; please apply your changes to the latest version and try again",
        ),
        429 => (
            "TooManyRequests",
            "the server has received too many requests and has asked us to try again later",
        ),
        _ => (
            "InternalError",
            "Internal error occurred: etcdserver: leader changed",
        ),
    };
    refusal(code, reason, message, retry_after)
}

/// An answer that says of a request what was sent.
pub fn repeated(sent: &[u8]) -> Answer {
    let sent = String::from_utf8_lossy(sent);
    refusal(422, "Invalid", &format!("Invalid value: {sent}"), None)
}

fn refusal(code: u16, reason: &str, message: &str, retry_after: Option<u32>) -> Answer {
    let status = json!({
        "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure",
        "message": message, "reason": reason, "code": code,
    });
    let mut response = Response::new(
        Full::new(Bytes::from(status.to_string()))
            .map_err(|never| match never {})
            .boxed_unsync(),
    );
    *response.status_mut() =
        StatusCode::from_u16(code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let headers = response.headers_mut();
    headers.insert(
        header::CONTENT_TYPE,
        header::HeaderValue::from_static("application/json"),
    );
    if let Some(seconds) = retry_after {
        headers.insert(header::RETRY_AFTER, seconds.into());
    }
    response
}
