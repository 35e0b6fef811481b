//! DELETE, of one object or of all that a selector matches.

use serde_json::{Value, json};

use super::{Answer, read};
use crate::kube::embedded::call::Call;
use crate::kube::embedded::object::{meta_text, text};
use crate::kube::embedded::state::State;
use crate::kube::embedded::status::{self, Failure};
use crate::kube::embedded::store::{Entry, Place};

/// Namespaces that no client may delete.
const IMMORTAL: [&str; 3] = ["default", "kube-system", "kube-public"];

/// What a client says of a deletion.
#[derive(Debug, Default)]
struct Terms {
    orphan: bool,
    dry_run: bool,
    uid: Option<String>,
    version: Option<String>,
}

fn terms(call: &Call) -> Result<Terms, Failure> {
    let body = if call.request.body.is_empty() {
        json!({})
    } else {
        call.json()?
    };
    if !body.is_object() {
        return Err(Failure::bad_request(
            "the body of a deletion must be DeleteOptions",
        ));
    }
    let policy = Some(text(&body, "/propagationPolicy"))
        .filter(|policy| !policy.is_empty())
        .or(call.query.get("propagationPolicy"));
    let orphan = match policy {
        None => body.get("orphanDependents") == Some(&Value::Bool(true)),
        Some("Orphan") => true,
        Some("Background" | "Foreground") => false,
        Some(other) => {
            return Err(Failure::unprocessable(&format!(
                "DeleteOptions.meta.k8s.io \"\" is invalid: propagationPolicy: Unsupported value: {other:?}: supported values: \"Background\", \"Foreground\", \"Orphan\""
            )));
        }
    };
    let own = |pointer: &str| {
        Some(text(&body, pointer))
            .filter(|text| !text.is_empty())
            .map(str::to_owned)
    };
    let dry_run = call.dry_run
        || body
            .get("dryRun")
            .and_then(Value::as_array)
            .is_some_and(|list| list.iter().any(|item| item == "All"));
    Ok(Terms {
        orphan,
        dry_run,
        uid: own("/preconditions/uid"),
        version: own("/preconditions/resourceVersion"),
    })
}

fn check(call: &Call, entry: &Entry, terms: &Terms) -> Result<(), Failure> {
    let (info, name) = (&call.kind.info, meta_text(&entry.bare, "name"));
    if call.kind.is("", "Namespace") && IMMORTAL.contains(&name) {
        return Err(Failure::forbidden(
            info,
            name,
            "this namespace may not be deleted",
        ));
    }
    let differs = |asked: &Option<String>, key: &str| {
        asked
            .clone()
            .filter(|asked| asked != meta_text(&entry.bare, key))
    };
    if let Some(uid) = differs(&terms.uid, "uid") {
        let is = meta_text(&entry.bare, "uid");
        let why = format!(
            "the UID in the precondition ({uid}) does not match the UID in record ({is}). The object might have been deleted and then recreated"
        );
        return Err(Failure::conflict(info, name, &why));
    }
    if let Some(version) = differs(&terms.version, "resourceVersion") {
        let is = meta_text(&entry.bare, "resourceVersion");
        let why = format!(
            "the ResourceVersion in the precondition ({version}) does not match the ResourceVersion in record ({is}). The object might have been modified"
        );
        return Err(Failure::conflict(info, name, &why));
    }
    Ok(())
}

pub(super) fn one(state: &mut State, call: &Call) -> Result<Answer, Failure> {
    let terms = terms(call)?;
    let entry = state
        .store
        .get(&call.kind.storage, call.namespace(), call.name())
        .cloned();
    let entry = entry.ok_or_else(|| Failure::not_found(&call.kind.info, call.name()))?;
    check(call, &entry, &terms)?;
    let place = entry.place();
    let gone = terms.dry_run || state.delete(&call.kind.storage, &place, terms.orphan);
    if gone && !call.kind.returned_when_deleted() {
        return Ok(Answer::json(
            200,
            status::deleted(&call.kind.info, call.name(), meta_text(&entry.bare, "uid")),
        ));
    }
    let last = state
        .store
        .get(&call.kind.storage, &place.0, &place.1)
        .map_or(entry.full, |entry| entry.full.clone());
    Ok(Answer::json(200, call.shape.show(&last)))
}

pub(super) fn collection(state: &mut State, call: &Call) -> Result<Answer, Failure> {
    let (terms, selector) = (terms(call)?, read::selector(call)?);
    let list = read::list(state, call)?;
    let selected = state
        .store
        .list(&call.kind.storage, call.target.namespace.as_deref())
        .filter(|entry| selector.matches(&entry.full));
    let entries: Vec<Entry> = selected.cloned().collect();
    entries
        .iter()
        .try_for_each(|entry| check(call, entry, &terms))?;
    let places: Vec<Place> = entries.iter().map(Entry::place).collect();
    for place in places.iter().filter(|_| !terms.dry_run) {
        state.delete(&call.kind.storage, place, terms.orphan);
    }
    Ok(list)
}
