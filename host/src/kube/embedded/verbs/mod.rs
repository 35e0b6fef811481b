//! What a request does.

mod create;
mod delete;
mod patch;
mod read;
mod review;
mod scale;
mod update;
pub(super) mod write;

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures::channel::mpsc::UnboundedReceiver;
use http::Method;
use serde_json::Value;

use super::call::{Call, Request};
use super::discovery;
use super::kinds::Kind;
use super::route::{self, Query, Resource, Target};
use super::state::State;
use super::status::Failure;

/// The answer to a request.
#[derive(Debug)]
pub(super) struct Answer {
    pub code: u16,
    pub content: Content,
    /// For the `Warning` header.
    pub warnings: Vec<String>,
}

#[derive(Debug)]
pub(super) enum Content {
    Json(Arc<Value>),
    Text(String),
    Watch {
        first: Vec<Bytes>,
        live: UnboundedReceiver<Bytes>,
        limit: Option<Duration>,
    },
}

impl Answer {
    pub fn json(code: u16, object: impl Into<Arc<Value>>) -> Self {
        Answer {
            code,
            content: Content::Json(object.into()),
            warnings: Vec::new(),
        }
    }

    pub fn text(text: impl Into<String>) -> Self {
        Answer {
            code: 200,
            content: Content::Text(text.into()),
            warnings: Vec::new(),
        }
    }

    pub fn warn(mut self, warnings: Vec<String>) -> Self {
        self.warnings = warnings;
        self
    }
}

/// Answers a request; a failure becomes its status.
pub(super) fn answer(state: &mut State, request: Request) -> Answer {
    respond(state, request)
        .unwrap_or_else(|failure| Answer::json(failure.code, failure.to_status()))
}

fn respond(state: &mut State, request: Request) -> Result<Answer, Failure> {
    let query = Query::parse(request.query.as_deref());
    match route::target(&request.path).ok_or_else(Failure::no_such_path)? {
        Target::Fixed(path) => {
            if request.method != Method::GET {
                return Err(Failure::method_not_allowed());
            }
            let words: Vec<&str> = path.iter().map(String::as_str).collect();
            discovery::fixed(state, &words).ok_or_else(Failure::no_such_path)
        }
        Target::Resource(target) => {
            let kind = find(state, &target)?;
            let call = Call::new(kind, target, query, request)?;
            dispatch(state, &call)
        }
    }
}

fn find(state: &State, target: &Resource) -> Result<Arc<Kind>, Failure> {
    let kind = state
        .kinds
        .by_plural(&target.group, &target.version, &target.plural)
        .ok_or_else(Failure::no_such_path)?;
    let one = target.name.is_some();
    let placed = if kind.info.namespaced {
        target.namespace.is_some() || !one
    } else {
        target.namespace.is_none()
    };
    if placed {
        Ok(kind.clone())
    } else {
        Err(Failure::no_such_path())
    }
}

fn dispatch(state: &mut State, call: &Call) -> Result<Answer, Failure> {
    let info = &call.kind.info;
    if let Some(subresource) = call.target.subresource.as_deref() {
        if !info.has(subresource) {
            return Err(Failure::no_such_path());
        }
        return match (subresource, &call.request.method) {
            ("scale", _) => scale::scale(state, call),
            ("status" | "approval" | "finalize", &Method::GET) => read::get(state, call),
            ("status" | "approval" | "finalize", &Method::PUT) => update::replace(state, call),
            ("status" | "approval", &Method::PATCH) => patch::patch(state, call),
            ("status" | "approval" | "finalize", _) => Err(Failure::method_not_allowed()),
            _ => Err(Failure::no_such_path()),
        };
    }
    let named = call.target.name.is_some();
    let verb = match (&call.request.method, named) {
        (&Method::GET, true) => "get",
        (&Method::GET, false) if call.query.flag("watch") => "watch",
        (&Method::GET, false) => "list",
        (&Method::POST, false) => "create",
        (&Method::PUT, true) => "update",
        (&Method::PATCH, true) => "patch",
        (&Method::DELETE, true) => "delete",
        (&Method::DELETE, false) => "deletecollection",
        _ => return Err(Failure::method_not_allowed()),
    };
    if !info.serves(verb) {
        return Err(Failure::method_not_supported(info, verb));
    }
    let everywhere = info.namespaced && call.target.namespace.is_none();
    match verb {
        "get" => read::get(state, call),
        "list" => read::list(state, call),
        "watch" => read::watch(state, call),
        "create" if everywhere => Err(Failure::method_not_allowed()),
        "create" => create::create(state, call),
        "update" => update::replace(state, call),
        "patch" => patch::patch(state, call),
        "delete" => delete::one(state, call),
        _ if everywhere => Err(Failure::method_not_allowed()),
        _ => delete::collection(state, call),
    }
}
