//! Failures on order, for tests of what talks to an API server.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use ::kube::client::Body;
use bytes::Bytes;
use futures::future::BoxFuture;
use http::{HeaderValue, Request, Response, header};
use http_body_util::BodyExt;
use tower::{BoxError, Layer, Service};

use super::service::AnswerBody;
use super::status::Failure;

/// What goes wrong with a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// 429 with `Retry-After`, in whole seconds.
    TooManyRequests {
        /// How long the client is asked to wait.
        retry_after: Duration,
    },
    /// 500 with a status.
    InternalError,
    /// The connection ends without an answer; the request was not carried out.
    ConnectionReset,
    /// The answer comes, but late.
    Delay(Duration),
}

/// Faults by the number of the request, counted from 1 over all clones of the service.
///
/// A [`tower::Layer`] for [`super::EmbeddedApi::service`] or any service that a `kube::Client` uses.
#[derive(Debug, Clone, Default)]
pub struct Faults {
    plan: Arc<Vec<(usize, Fault)>>,
    seen: Arc<AtomicUsize>,
}

impl Faults {
    /// Faults by number of request: `(3, Fault::InternalError)` is for the third.
    pub fn new(plan: impl IntoIterator<Item = (usize, Fault)>) -> Self {
        Faults {
            plan: Arc::new(plan.into_iter().collect()),
            seen: Arc::default(),
        }
    }

    /// How many requests there were.
    pub fn requests(&self) -> usize {
        self.seen.load(Ordering::SeqCst)
    }
}

impl<S> Layer<S> for Faults {
    type Service = Faulty<S>;

    fn layer(&self, inner: S) -> Faulty<S> {
        Faulty {
            inner,
            faults: self.clone(),
        }
    }
}

/// A service with [`Faults`].
#[derive(Debug, Clone)]
pub struct Faulty<S> {
    inner: S,
    faults: Faults,
}

impl<S, B> Service<Request<Body>> for Faulty<S>
where
    S: Service<Request<Body>, Response = Response<B>>,
    B: http_body::Body<Data = Bytes> + Send + 'static,
    B::Error: Into<BoxError>,
    S::Error: Into<BoxError>,
    S::Future: Send + 'static,
{
    type Response = Response<AnswerBody>;
    type Error = BoxError;
    type Future = BoxFuture<'static, Result<Response<AnswerBody>, BoxError>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.inner.poll_ready(context).map_err(Into::into)
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let number = self.faults.seen.fetch_add(1, Ordering::SeqCst) + 1;
        let fault = self
            .faults
            .plan
            .iter()
            .find(|(at, _)| *at == number)
            .map(|(_, fault)| *fault);
        let delay = match fault {
            None => None,
            Some(Fault::Delay(delay)) => Some(delay),
            Some(Fault::TooManyRequests { retry_after }) => {
                let mut response = refused(&Failure::too_many_requests(retry_after));
                response.headers_mut().insert(
                    header::RETRY_AFTER,
                    HeaderValue::from(retry_after.as_secs()),
                );
                return Box::pin(async { Ok(response) });
            }
            Some(Fault::InternalError) => {
                let response = refused(&Failure::internal("a fault was asked for"));
                return Box::pin(async { Ok(response) });
            }
            Some(Fault::ConnectionReset) => {
                return Box::pin(async {
                    Err(io::Error::from(io::ErrorKind::ConnectionReset).into())
                });
            }
        };
        let answer = self.inner.call(request);
        Box::pin(async move {
            if let Some(delay) = delay {
                tokio::time::sleep(delay).await;
            }
            let response = answer.await.map_err(Into::into)?;
            Ok(response.map(|body| body.map_err(Into::into).boxed_unsync()))
        })
    }
}

fn refused(failure: &Failure) -> Response<AnswerBody> {
    super::service::json_response(failure.code, &failure.to_status())
}
