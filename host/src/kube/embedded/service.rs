//! The embedded API as the service behind a `kube::Client`.

use std::convert::Infallible;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};

use ::kube::client::Body;
use bytes::Bytes;
use futures::StreamExt;
use futures::future::BoxFuture;
use http::{HeaderMap, HeaderValue, Response, StatusCode, header};
use http_body::Frame;
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Full, Limited, StreamBody};
use serde_json::Value;
use tower::{BoxError, Service};

use super::call::Request;
use super::export::{self, PlaceError};
use super::options::Options;
use super::state::State;
use super::status::Failure;
use super::verbs::{self, Answer, Content};
use super::watch;

/// The body of an answer.
pub type AnswerBody = UnsyncBoxBody<Bytes, BoxError>;

/// The bytes a request may bring, as a real server limits them.
const BODY_LIMIT: usize = 3 * 1024 * 1024;

/// A Kubernetes API in memory. Clones are the same API.
#[derive(Debug, Clone)]
pub struct EmbeddedApi(Arc<Mutex<State>>);

impl EmbeddedApi {
    /// An API with the seeds of the options in it. Fails if a seed is of an unknown kind or not valid.
    pub fn new(options: &Options) -> Result<Self, PlaceError> {
        let mut state = State::new(options);
        export::seed(&mut state, &options.seeds)?;
        Ok(EmbeddedApi(Arc::new(Mutex::new(state))))
    }

    /// A client of this API, with `default` for its namespace. Needs a tokio runtime, which drives it.
    pub fn client(&self) -> ::kube::Client {
        ::kube::Client::new(self.service(), "default")
    }

    /// The service behind [`EmbeddedApi::client`], for layers such as [`super::Faults`].
    pub fn service(&self) -> EmbeddedService {
        EmbeddedService(self.clone())
    }

    /// The objects that clients wrote, in the order they first wrote them, without what the server
    /// added: as a file that is applied to a cluster has them. An imported object counts as written.
    pub fn objects(&self) -> Vec<Value> {
        export::objects(&self.state())
    }

    /// Puts in objects that [`EmbeddedApi::objects`] gave, as if `field_manager` had applied each:
    /// when it applies the same again, nothing changes and the `resourceVersion` stays.
    pub fn import(&self, objects: &[Value], field_manager: &str) -> Result<(), PlaceError> {
        export::import(&mut self.state(), objects, field_manager)
    }

    /// The version of the newest write, as `resourceVersion` counts them. It stays if nothing changes.
    pub fn revision(&self) -> u64 {
        self.state().store.revision
    }

    /// A lock that a panic left is taken all the same: every write is complete or not begun.
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// [`EmbeddedApi`] as a tower service.
#[derive(Debug, Clone)]
pub struct EmbeddedService(EmbeddedApi);

impl Service<http::Request<Body>> for EmbeddedService {
    type Response = Response<AnswerBody>;
    type Error = Infallible;
    type Future = BoxFuture<'static, Result<Response<AnswerBody>, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<Body>) -> Self::Future {
        let api = self.0.clone();
        Box::pin(async move {
            let (parts, body) = request.into_parts();
            let answer = match Limited::new(body, BODY_LIMIT).collect().await {
                Ok(body) => verbs::answer(&mut api.state(), read(&parts, body.to_bytes())),
                Err(_) => {
                    let failure = Failure::too_large(BODY_LIMIT);
                    Answer::json(failure.code, failure.to_status())
                }
            };
            Ok(response(answer))
        })
    }
}

fn read(parts: &http::request::Parts, body: Bytes) -> Request {
    Request {
        method: parts.method.clone(),
        path: parts.uri.path().to_owned(),
        query: parts.uri.query().map(str::to_owned),
        content_type: text(&parts.headers, header::CONTENT_TYPE),
        accept: text(&parts.headers, header::ACCEPT),
        user_agent: text(&parts.headers, header::USER_AGENT),
        body,
    }
}

fn text(headers: &HeaderMap, name: header::HeaderName) -> String {
    headers
        .get(name)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default()
        .to_owned()
}

fn response(answer: Answer) -> Response<AnswerBody> {
    let mut response = match answer.content {
        Content::Json(object) => json_response(answer.code, &object),
        Content::Text(text) => plain(answer.code, "text/plain", full(text)),
        Content::Watch { first, live, limit } => {
            let frames =
                watch::body(first, live, limit).map(|line| Ok::<_, BoxError>(Frame::data(line)));
            plain(
                answer.code,
                "application/json",
                StreamBody::new(frames).boxed_unsync(),
            )
        }
    };
    for warning in answer.warnings {
        let quoted = warning.replace('\\', "\\\\").replace('"', "\\\"");
        if let Ok(value) = HeaderValue::from_str(&format!("299 - \"{quoted}\"")) {
            response.headers_mut().append(header::WARNING, value);
        }
    }
    response
}

/// A response with a JSON body.
pub(super) fn json_response(code: u16, object: &Value) -> Response<AnswerBody> {
    plain(code, "application/json", full(object.to_string()))
}

fn plain(code: u16, kind: &'static str, body: AnswerBody) -> Response<AnswerBody> {
    let mut response = Response::new(body);
    *response.status_mut() =
        StatusCode::from_u16(code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    response
        .headers_mut()
        .insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    response
}

fn full(text: String) -> AnswerBody {
    Full::new(Bytes::from(text))
        .map_err(|never| match never {})
        .boxed_unsync()
}
