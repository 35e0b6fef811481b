//! What creates, updates and patches have in common.

use std::sync::Arc;

use serde_json::Value;

use crate::kube::embedded::call::Call;
use crate::kube::embedded::fields::apply::{self, Author, Reach};
use crate::kube::embedded::fields::managed::{self, Manager, Sent};
use crate::kube::embedded::kinds::Kind;
use crate::kube::embedded::object::prepare::{self, Birth, Part};
use crate::kube::embedded::object::{self, meta, meta_text, service};
use crate::kube::embedded::state::{Ready, State};
use crate::kube::embedded::status::Failure;
use crate::kube::embedded::store::{By, Entry};

/// The part of the object that a request writes.
pub(super) fn part(call: &Call) -> Part {
    match call.target.subresource.as_deref() {
        Some("status") => Part::Status,
        Some("approval") => Part::Approval,
        Some("finalize") => Part::Finalize,
        _ => Part::Main,
    }
}

/// The fields a write to that part can own.
fn reach(kind: &Kind, part: Part) -> Reach {
    match part {
        Part::Status | Part::Approval => Reach::StatusOnly,
        Part::Main if kind.guards_status() => Reach::AllButStatus,
        Part::Main | Part::Finalize => Reach::Everything,
    }
}

/// Who a request writes as.
pub(super) fn author(state: &State, call: &Call) -> Author {
    Author {
        manager: call.manager(),
        api_version: call.kind.info.api_version(),
        subresource: call.target.subresource.clone().unwrap_or_default(),
        now: state.now(),
        reach: reach(&call.kind, part(call)),
    }
}

/// Checks that a new object can go where it wants to.
fn check_namespace(state: &State, kind: &Kind, namespace: &str, name: &str) -> Result<(), Failure> {
    if !kind.info.namespaced {
        return Ok(());
    }
    let namespaces = state
        .kinds
        .by_plural("", "v1", "namespaces")
        .ok_or_else(Failure::no_such_path)?;
    let entry = state
        .store
        .get(&namespaces.storage, "", namespace)
        .ok_or_else(|| Failure::not_found(&namespaces.info, namespace))?;
    if object::is_terminating(&entry.bare) {
        let why = format!(
            "unable to create new content in namespace {namespace} because it is being terminated"
        );
        return Err(Failure::forbidden(&kind.info, name, &why));
    }
    Ok(())
}

/// How a new object comes about.
#[derive(Debug)]
pub(in crate::kube::embedded) struct Creation<'a> {
    pub kind: &'a Arc<Kind>,
    pub namespace: &'a str,
    pub author: Author,
    /// The managers, if the object was applied; otherwise the author owns all of it.
    pub managers: Option<Vec<Manager>>,
    pub by: By,
    pub dry_run: bool,
}

/// Creates an object and returns it as it is served.
pub(in crate::kube::embedded) fn create(
    state: &mut State,
    mut object: Value,
    creation: Creation<'_>,
) -> Result<Arc<Value>, Failure> {
    let Creation {
        kind,
        namespace,
        author,
        managers,
        by,
        dry_run,
    } = creation;
    prepare::settle_name(&mut object, || state.random());
    let name = meta_text(&object, "name").to_owned();
    check_namespace(state, kind, namespace, &name)?;
    if !meta_text(&object, "resourceVersion").is_empty() {
        return Err(Failure::unforeseen(
            "resourceVersion should not be set on objects to be created",
        ));
    }
    if state.store.get(&kind.storage, namespace, &name).is_some() {
        return Err(Failure::already_exists(&kind.info, &name));
    }
    let (uid, now) = (state.uid(), state.now());
    let birth = Birth {
        namespace: kind.info.namespaced.then_some(namespace),
        uid: &uid,
        now: &now,
    };
    prepare::create(kind, &mut object, &birth)?;
    let sets_status = kind.keeps_status_at_creation() && object.get("status").is_some();
    let managers = managers.unwrap_or_else(|| {
        let nothing = Value::Object(serde_json::Map::new());
        apply::update(&nothing, &object, &kind.ty, &[], &author)
    });
    let filled = fill(state, kind, &mut object, by)?;
    if dry_run {
        return Ok(Arc::new(with_managers(object, &managers)));
    }
    let client_status = sets_status && by == By::Client;
    Ok(state.insert(
        kind,
        Ready {
            object,
            managers,
            by,
            sets_status: client_status,
        },
        filled,
    ))
}

fn with_managers(mut object: Value, managers: &[Manager]) -> Value {
    if let Some(managers) = managed::write(managers) {
        object::meta_mut(&mut object).insert("managedFields".into(), managers);
    }
    object
}

/// Fills in what comes from the server's own stock. Returns JSON pointers of it.
fn fill(
    state: &State,
    kind: &Kind,
    object: &mut Value,
    by: By,
) -> Result<Vec<&'static str>, Failure> {
    if kind.is("", "Namespace") {
        return Ok(vec!["/status"]);
    }
    let Some(range) = state
        .service_range
        .filter(|_| kind.is("", "Service") && by == By::Client)
    else {
        return Ok(Vec::new());
    };
    let name = meta_text(object, "name").to_owned();
    let given = service::allocate(object, &range, &addresses(state, kind, object))
        .map_err(|cause| Failure::invalid(&kind.info, &name, vec![cause]))?;
    Ok(if given {
        vec!["/spec/clusterIP", "/spec/clusterIPs"]
    } else {
        Vec::new()
    })
}

/// The addresses of the other services.
fn addresses(state: &State, kind: &Kind, service: &Value) -> Vec<String> {
    let uid = meta_text(service, "uid");
    let others = state
        .store
        .list(&kind.storage, None)
        .filter(|entry| meta_text(&entry.bare, "uid") != uid);
    let lists = others.flat_map(|entry| {
        let list = entry
            .bare
            .pointer("/spec/clusterIPs")
            .and_then(Value::as_array);
        let all = list
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .chain([object::text(&entry.bare, "/spec/clusterIP")]);
        all.map(str::to_owned).collect::<Vec<_>>()
    });
    lists.collect()
}

/// Stores `new`, a client's version of the object `live`, and returns it as it is served.
/// `managers` are those after an apply; otherwise the author takes what it changed.
pub(super) fn change(
    state: &mut State,
    call: &Call,
    live: &Entry,
    mut new: Value,
    managers: Option<Vec<Manager>>,
) -> Result<Arc<Value>, Failure> {
    let (kind, part) = (&call.kind, part(call));
    check_identity(call, live, &new)?;
    let sent = managed::sent(meta(&new).and_then(|meta| meta.get("managedFields")));
    prepare::update(kind, part, &live.bare, &mut new)?;
    allocate_later(state, kind, &mut new)?;
    let managers = match managers {
        Some(managers) => managers,
        None => {
            let base = match sent {
                Sent::Nothing => live.managers.clone(),
                Sent::Reset => Vec::new(),
                Sent::Entries(entries) => entries,
            };
            // Nobody's fields are followed until somebody applies the object.
            if base.is_empty() {
                base
            } else {
                apply::update(&live.bare, &new, &kind.ty, &base, &author(state, call))
            }
        }
    };
    if call.dry_run {
        return Ok(Arc::new(with_managers(new, &managers)));
    }
    let sets_status = match part {
        Part::Status | Part::Approval => true,
        Part::Main => !kind.guards_status() && new.get("status").is_some(),
        Part::Finalize => false,
    };
    Ok(state.change(
        live,
        Ready {
            object: new,
            managers,
            by: By::Client,
            sets_status,
        },
    ))
}

/// A service that was without an address may ask for one later.
fn allocate_later(state: &State, kind: &Kind, new: &mut Value) -> Result<(), Failure> {
    if kind.is("", "Service") && object::text(new, "/spec/clusterIP").is_empty() {
        fill(state, kind, new, By::Client)?;
    }
    Ok(())
}

fn check_identity(call: &Call, live: &Entry, new: &Value) -> Result<(), Failure> {
    let info = &call.kind.info;
    let (asked, is) = (meta_text(new, "uid"), meta_text(&live.bare, "uid"));
    if !asked.is_empty() && asked != is {
        let why =
            format!("Precondition failed: UID in precondition: {asked}, UID in object meta: {is}");
        return Err(Failure::conflict(info, call.name(), &why));
    }
    let (asked, is) = (
        meta_text(new, "resourceVersion"),
        meta_text(&live.bare, "resourceVersion"),
    );
    if !asked.is_empty() && asked != is {
        return Err(Failure::modified(info, call.name()));
    }
    Ok(())
}
