//! Watches: a stream of what happens to the objects that a request selects.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures::channel::mpsc::{UnboundedReceiver, UnboundedSender, unbounded};
use futures::{Stream, StreamExt, stream};
use serde_json::{Value, json};

use super::select::Selector;
use super::store::Event;

/// What a watch is about.
#[derive(Debug, Clone)]
pub(super) struct Interest {
    pub storage: String,
    pub namespace: Option<String>,
    pub selector: Selector,
    pub shape: Shape,
}

/// How objects are shown to the client.
#[derive(Debug, Clone)]
pub(super) struct Shape {
    pub api_version: String,
    pub metadata_only: bool,
}

impl Shape {
    /// The object as the client asked to see it.
    pub fn show(&self, object: &Arc<Value>) -> Arc<Value> {
        if self.metadata_only {
            let metadata = object.get("metadata").cloned().unwrap_or_default();
            return Arc::new(
                json!({"apiVersion": "meta.k8s.io/v1", "kind": "PartialObjectMetadata", "metadata": metadata}),
            );
        }
        self.show_whole(object)
    }

    /// The object in the version of the request.
    pub fn show_whole(&self, object: &Arc<Value>) -> Arc<Value> {
        if object.get("apiVersion").and_then(Value::as_str) == Some(&self.api_version) {
            return object.clone();
        }
        let mut shown = Value::clone(object);
        super::object::members(&mut shown)
            .insert("apiVersion".into(), self.api_version.as_str().into());
        Arc::new(shown)
    }
}

impl Interest {
    /// What the watch tells of an event: an object that comes into the selection was added, one
    /// that leaves it was deleted.
    pub fn line(&self, event: &Event) -> Option<Bytes> {
        if event.storage != self.storage
            || self
                .namespace
                .as_ref()
                .is_some_and(|namespace| *namespace != event.namespace)
        {
            return None;
        }
        let was = event
            .before
            .as_ref()
            .is_some_and(|before| self.selector.matches(before));
        let is = !event.deleted && self.selector.matches(&event.after);
        let word = match (was, is) {
            (false, true) => "ADDED",
            (true, true) => "MODIFIED",
            (true, false) => "DELETED",
            (false, false) => return None,
        };
        Some(line(word, &self.shape.show(&event.after)))
    }
}

/// One line of a watch.
pub(super) fn line(word: &str, object: &Value) -> Bytes {
    let mut text = json!({"type": word, "object": object}).to_string();
    text.push('\n');
    text.into()
}

/// A running watch, on the server's side.
#[derive(Debug)]
pub(super) struct Watcher {
    interest: Interest,
    lines: UnboundedSender<Bytes>,
}

impl Watcher {
    /// A watch and the lines it will give.
    pub fn new(interest: Interest) -> (Self, UnboundedReceiver<Bytes>) {
        let (lines, received) = unbounded();
        (Watcher { interest, lines }, received)
    }

    /// Tells of an event; `false` if nobody listens any more.
    pub fn tell(&self, event: &Event) -> bool {
        match self.interest.line(event) {
            Some(line) => self.lines.unbounded_send(line).is_ok(),
            None => !self.lines.is_closed(),
        }
    }
}

/// The body of a watch: first lines that are known already, then those to come, until `limit` has
/// passed or the server is gone.
pub(super) fn body(
    first: Vec<Bytes>,
    live: UnboundedReceiver<Bytes>,
    limit: Option<Duration>,
) -> impl Stream<Item = Bytes> + Send + 'static {
    let end = async move {
        match limit {
            Some(limit) => tokio::time::sleep(limit).await,
            None => futures::future::pending().await,
        }
    };
    stream::iter(first).chain(live.take_until(Box::pin(end)))
}
