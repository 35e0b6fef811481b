//! get, list and watch.

use std::time::Duration;

use serde_json::{Map, Value, json};

use super::{Answer, Content};
use crate::kube::embedded::call::Call;
use crate::kube::embedded::kinds::Origin;
use crate::kube::embedded::object::{members, meta_mut};
use crate::kube::embedded::select::Selector;
use crate::kube::embedded::state::State;
use crate::kube::embedded::status::Failure;
use crate::kube::embedded::store::{Entry, Place};
use crate::kube::embedded::watch::{Interest, Watcher, line};

pub(super) fn get(state: &State, call: &Call) -> Result<Answer, Failure> {
    let entry = state
        .store
        .get(&call.kind.storage, call.namespace(), call.name());
    let entry = entry.ok_or_else(|| Failure::not_found(&call.kind.info, call.name()))?;
    Ok(Answer::json(200, call.shape.show(&entry.full)))
}

pub(super) fn selector(call: &Call) -> Result<Selector, Failure> {
    Selector::parse(
        call.query.get("labelSelector"),
        call.query.get("fieldSelector"),
    )
}

pub(super) fn list(state: &State, call: &Call) -> Result<Answer, Failure> {
    let selector = selector(call)?;
    let from = call.query.get("continue").map(start).transpose()?;
    let limit = match call.query.get("limit") {
        None | Some("0") => None,
        Some(text) => Some(
            text.parse::<usize>()
                .map_err(|_| Failure::bad_request(format!("limit: {text:?} is no number")))?,
        ),
    };
    let all = state
        .store
        .list(&call.kind.storage, call.target.namespace.as_deref())
        .filter(|entry| selector.matches(&entry.full));
    let rest: Vec<&Entry> = all
        .filter(|entry| from.as_ref().is_none_or(|from| entry.place() >= *from))
        .collect();
    let shown = limit.unwrap_or(rest.len()).min(rest.len());
    let mut metadata = json!({"resourceVersion": state.store.revision.to_string()});
    if let Some(next) = rest.get(shown) {
        let (namespace, name) = next.place();
        metadata["continue"] = json!([namespace, name]).to_string().into();
        metadata["remainingItemCount"] = (rest.len() - shown).into();
    }
    let untyped = call.kind.origin != Origin::Custom && !call.shape.metadata_only;
    let items = rest.iter().take(shown).map(|entry| {
        let mut item = Value::clone(&call.shape.show(&entry.full));
        if untyped {
            let top = members(&mut item);
            top.remove("apiVersion");
            top.remove("kind");
        }
        item
    });
    let (api_version, kind) = match call.shape.metadata_only {
        true => (
            "meta.k8s.io/v1".to_owned(),
            "PartialObjectMetadataList".to_owned(),
        ),
        false => (
            call.shape.api_version.clone(),
            format!("{}List", call.kind.info.kind),
        ),
    };
    let mut list = Map::new();
    list.insert("apiVersion".into(), api_version.into());
    list.insert("kind".into(), kind.into());
    list.insert("metadata".into(), metadata);
    list.insert("items".into(), items.collect());
    Ok(Answer::json(200, Value::Object(list)))
}

/// Where a list goes on.
fn start(token: &str) -> Result<Place, Failure> {
    let parts: Result<(String, String), _> = serde_json::from_str(token);
    parts.map_err(|_| {
        Failure::bad_request(
            "continue key is not valid: it must be one that a list of this server gave",
        )
    })
}

pub(super) fn watch(state: &mut State, call: &Call) -> Result<Answer, Failure> {
    let seconds = match call.query.get("timeoutSeconds") {
        None => None,
        Some(text) => Some(text.parse::<u64>().map_err(|_| {
            Failure::bad_request(format!("timeoutSeconds: {text:?} is no number of seconds"))
        })?),
    };
    let interest = Interest {
        storage: call.kind.storage.clone(),
        namespace: call.target.namespace.clone(),
        selector: selector(call)?,
        shape: call.shape.clone(),
    };
    let version = match call.query.get("resourceVersion") {
        None => 0,
        Some(text) => text.parse::<u64>().map_err(|_| {
            Failure::bad_request(format!(
                "resourceVersion: Invalid value: {text:?}: must be a version this server gave"
            ))
        })?,
    };
    if version > state.store.revision {
        return Err(Failure::too_new(version, state.store.revision));
    }
    let mut first = Vec::new();
    let from_now = call.query.flag("sendInitialEvents");
    if version == 0 || from_now {
        let now = state
            .store
            .list(&interest.storage, interest.namespace.as_deref());
        let selected = now.filter(|entry| interest.selector.matches(&entry.full));
        first.extend(selected.map(|entry| line("ADDED", &interest.shape.show(&entry.full))));
        if from_now && call.query.flag("allowWatchBookmarks") {
            first.push(line("BOOKMARK", &bookmark(call, state.store.revision)));
        }
    } else {
        let past = state
            .store
            .since(version)
            .map_err(|oldest| Failure::expired(version, oldest))?;
        first.extend(past.filter_map(|event| interest.line(event)));
    }
    let (watcher, live) = Watcher::new(interest);
    state.store.watchers.push(watcher);
    let content = Content::Watch {
        first,
        live,
        limit: seconds.map(Duration::from_secs),
    };
    Ok(Answer {
        code: 200,
        content,
        warnings: Vec::new(),
    })
}

/// Tells that all objects there were have been told.
fn bookmark(call: &Call, revision: u64) -> Value {
    let mut object = json!({"apiVersion": call.shape.api_version, "kind": call.kind.info.kind});
    let meta = meta_mut(&mut object);
    meta.insert("resourceVersion".into(), revision.to_string().into());
    meta.insert(
        "annotations".into(),
        json!({"k8s.io/initial-events-end": "true"}),
    );
    object
}
