//! Lists, which come in parts.

use ::kube::core::params;
use serde_json::Value;
use tokio::time::Instant;

use super::answer::{AnswerError, MOST_MEMORY};
use super::bounded_json::Budget;
use super::objects::{ApiError, Objects, Resource, boxed};

/// How many items a part of a list has, how many all of them may have, and how
/// many parts there may be: servers may make smaller ones.
const PART: u32 = 500;
const MOST_ITEMS: usize = 10_000;
const MOST_PARTS: usize = 200;

impl Objects {
    /// The items, with `apiVersion` and `kind` filled in, and the list's
    /// resource version. They come in parts, all within the time of one call.
    pub async fn list(
        &self,
        resource: &Resource,
        labels: &str,
        fields: &str,
    ) -> Result<(Vec<Value>, String), ApiError> {
        let doing = format!("listing {}", resource.resource.plural);
        let unusable = |source| ApiError::Answer {
            doing: doing.clone(),
            source,
        };
        let deadline = Instant::now() + self.call_timeout;
        let budget = Budget::new(MOST_MEMORY);
        let mut wanted = selected(labels, fields).limit(PART);
        let (mut items, mut version) = (Vec::new(), String::new());
        for _ in 0..MOST_PARTS {
            let request = resource.request().list(&wanted).map_err(boxed);
            let left = deadline.saturating_duration_since(Instant::now());
            let called = self.called(&doing, request, left, &budget).await?;
            let answer = called.answer.map_err(|error| match error {
                // The time of all parts.
                ApiError::Silent { doing, .. } => ApiError::Silent {
                    doing,
                    after: self.call_timeout,
                },
                error => error,
            });
            let part = Part::of(answer?).map_err(unusable)?;
            if version.is_empty() {
                version = part.version;
            }
            for item in part.items {
                if items.len() == MOST_ITEMS {
                    return Err(unusable(AnswerError::Items(MOST_ITEMS)));
                }
                items.push(resource.identity(None).claim(item).map_err(unusable)?);
            }
            let next = Some(part.next).filter(|next| !next.is_empty());
            if next.is_none() {
                return Ok((items, version));
            }
            if next == wanted.continue_token {
                return Err(unusable(AnswerError::Again));
            }
            wanted.continue_token = next;
        }
        Err(unusable(AnswerError::Parts(MOST_PARTS)))
    }
}

/// What labels and fields select.
pub(super) fn selected(labels: &str, fields: &str) -> params::ListParams {
    let mut wanted = params::ListParams::default();
    if !labels.is_empty() {
        wanted = wanted.labels(labels);
    }
    if !fields.is_empty() {
        wanted = wanted.fields(fields);
    }
    wanted
}

/// A part of a list.
struct Part {
    items: Vec<Value>,
    version: String,
    /// Leads to the next part; empty where there is none.
    next: String,
}

impl Part {
    fn of(mut list: Value) -> Result<Self, AnswerError> {
        let text = |pointer| {
            let text = list.pointer(pointer).and_then(Value::as_str);
            text.unwrap_or_default().to_owned()
        };
        let (version, next) = (
            text("/metadata/resourceVersion"),
            text("/metadata/continue"),
        );
        let no_list = || AnswerError::Other {
            found: "something else".to_owned(),
            wanted: "a list with items".to_owned(),
        };
        let items = match list.get_mut("items").map(Value::take) {
            Some(Value::Array(items)) => items,
            // As a server in Go writes an empty one.
            Some(Value::Null) => Vec::new(),
            _ => return Err(no_list()),
        };
        Ok(Self {
            items,
            version,
            next,
        })
    }
}
