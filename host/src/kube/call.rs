//! A call to the API, tried again while that may help.

use std::time::Duration;

use ::kube::Client;
use ::kube::client::Body;
use http::{HeaderMap, Request, StatusCode, header};
use serde_json::Value;
use tokio::time::Instant;

use super::answer::{self, AnswerError, MOST_MEMORY, cut};
use super::bounded_json::Budget;
use super::objects::ApiError;
use super::secrets::redact;
use crate::causes::chain;

/// How long a refusal for want of rights is tried again: a server follows the
/// bindings that were made a moment ago with a little delay. kubeadm tries
/// every error again, for a minute.
const RIGHTS_TIMEOUT: Duration = Duration::from_secs(5);

const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(2);

/// In characters: what is repeated of the words of a server, and of its
/// reasons, which are single words.
const MESSAGE_LIMIT: usize = 2000;
const REASON_LIMIT: usize = 100;

/// What came of a call.
pub(super) struct Called {
    pub answer: Result<Value, ApiError>,
    /// Whether an earlier try may have been carried out, though no answer
    /// came.
    pub unsure: bool,
}

/// A try that failed.
struct Failed {
    error: ApiError,
    /// How long trying again may help.
    patience: Duration,
    /// How long the server asks to wait.
    retry_after: Option<Duration>,
    /// Whether it may have been carried out.
    unsure: bool,
}

/// Sends a request, again and again while the server says that it cannot now
/// (429, 500, 502, 503, 504) or does not answer, for as long as `timeout`; and
/// for a few seconds where the user may not (403). `Retry-After` is heeded, as
/// far as it does not lead beyond that time. `budget` is the memory that the
/// answer may take.
pub(super) async fn call(
    client: &Client,
    timeout: Duration,
    doing: &str,
    request: &Request<Vec<u8>>,
    budget: &Budget,
) -> Called {
    let started = Instant::now();
    let mut pause = FIRST_PAUSE;
    let mut unsure = false;
    loop {
        let left = timeout.saturating_sub(started.elapsed());
        let once = once(client, timeout, doing, request, budget);
        let tried = tokio::time::timeout(left.max(FIRST_PAUSE), once).await;
        let failed = match tried {
            Ok(Ok(answer)) => {
                let answer = Ok(answer);
                return Called { answer, unsure };
            }
            Ok(Err(failed)) => failed,
            Err(_) => Failed {
                error: ApiError::Silent {
                    doing: doing.to_owned(),
                    after: timeout,
                },
                patience: Duration::ZERO,
                retry_after: None,
                unsure: true,
            },
        };
        unsure |= failed.unsure;
        let next = failed.retry_after.unwrap_or_default().max(pause);
        // A server may ask to wait for longer than a duration can be.
        if started.elapsed().saturating_add(next) > failed.patience {
            return Called {
                answer: Err(failed.error),
                unsure,
            };
        }
        tracing::debug!(doing, error = %failed.error, "trying again");
        tokio::time::sleep(next).await;
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}

/// Sends a request once.
pub(super) async fn single(
    client: &Client,
    timeout: Duration,
    doing: &str,
    request: &Request<Vec<u8>>,
) -> Result<Value, ApiError> {
    let budget = Budget::new(MOST_MEMORY);
    let tried = tokio::time::timeout(timeout, once(client, timeout, doing, request, &budget));
    match tried.await {
        Ok(answer) => answer.map_err(|failed| failed.error),
        Err(_) => Err(ApiError::Silent {
            doing: doing.to_owned(),
            after: timeout,
        }),
    }
}

async fn once(
    client: &Client,
    timeout: Duration,
    doing: &str,
    request: &Request<Vec<u8>>,
    budget: &Budget,
) -> Result<Value, Failed> {
    let response = client.send(request.clone().map(Body::from)).await;
    let (parts, body) = response
        .map_err(|error| unreachable(doing, timeout, &error))?
        .into_parts();
    let unusable = |source: AnswerError| Failed {
        patience: match source.may_pass() {
            true => timeout,
            false => Duration::ZERO,
        },
        error: ApiError::Answer {
            doing: doing.to_owned(),
            source,
        },
        retry_after: None,
        unsure: true,
    };
    let bytes = answer::read(body).await.map_err(unusable)?;
    if parts.status.is_success() {
        return answer::parse(&bytes, budget).map_err(unusable);
    }
    let mut failed = refused(doing, timeout, parts.status, &parts.headers, &bytes);
    if let ApiError::Status { message, .. } = &mut failed.error {
        let said = std::mem::take(message);
        // Cut afterwards: half of a value is not found.
        let said = redact(said, request.uri().path(), request.body());
        *message = cut(&said, MESSAGE_LIMIT);
    }
    Err(failed)
}

/// There is no answer; why, in words of bounded length: of a certificate all
/// names are told that it is for.
fn unreachable(doing: &str, timeout: Duration, error: &::kube::Error) -> Failed {
    Failed {
        patience: match error {
            ::kube::Error::HyperError(_) | ::kube::Error::Service(_) => timeout,
            _ => Duration::ZERO,
        },
        error: ApiError::Unreachable {
            doing: doing.to_owned(),
            source: cut(&chain(error), MESSAGE_LIMIT).into(),
        },
        retry_after: None,
        unsure: true,
    }
}

fn refused(
    doing: &str,
    timeout: Duration,
    status: StatusCode,
    headers: &HeaderMap,
    body: &[u8],
) -> Failed {
    let told = answer::value(body).unwrap_or_default();
    let text = |field: &str| told[field].as_str();
    let retry_after = headers
        .get(header::RETRY_AFTER)
        .and_then(|value| value.to_str().ok()?.parse().ok())
        .map(Duration::from_secs);
    Failed {
        error: ApiError::Status {
            doing: doing.to_owned(),
            code: status.as_u16(),
            reason: cut(text("reason").unwrap_or_default(), REASON_LIMIT),
            message: match text("message") {
                Some(message) => message.to_owned(),
                None if status.is_redirection() => {
                    format!("the server answers {status}: nobody follows it elsewhere")
                }
                // What stands between us and the server speaks HTML.
                None => format!("the server answers {status}"),
            },
        },
        patience: match status.as_u16() {
            429 | 500 | 502 | 503 | 504 => timeout,
            403 => timeout.min(RIGHTS_TIMEOUT),
            _ => Duration::ZERO,
        },
        retry_after,
        // A gateway may have lost the answer of a server that did it.
        unsure: matches!(status.as_u16(), 500 | 502 | 504),
    }
}
