//! PATCH in its four formats.

use serde_json::{Value, json};

use super::Answer;
use super::write::{self, Creation};
use crate::kube::embedded::call::Call;
use crate::kube::embedded::fields::apply::{self, Refused};
use crate::kube::embedded::kinds::Origin;
use crate::kube::embedded::object::prepare::Part;
use crate::kube::embedded::object::{meta, meta_mut, meta_text};
use crate::kube::embedded::patch::{Format, patched};
use crate::kube::embedded::state::State;
use crate::kube::embedded::status::Failure;
use crate::kube::embedded::store::By;

pub(super) fn patch(state: &mut State, call: &Call) -> Result<Answer, Failure> {
    let format = Format::of(
        &call.request.content_type,
        call.kind.origin == Origin::Custom,
    )?;
    if format == Format::Apply {
        return server_side(state, call);
    }
    if call.query.get("force").is_some() {
        return Err(Failure::unprocessable(
            "PatchOptions.meta.k8s.io \"\" is invalid: force: Forbidden: may not be specified for non-apply patch",
        ));
    }
    let live = state
        .store
        .get(&call.kind.storage, call.namespace(), call.name())
        .cloned();
    let live = live.ok_or_else(|| Failure::not_found(&call.kind.info, call.name()))?;
    let mut object = patched(
        &call.shape.show_whole(&live.full),
        &call.json()?,
        format,
        &call.kind.ty,
    )?;
    let mut warnings = Vec::new();
    call.read(&mut object, &mut warnings)?;
    call.settle_identity(&mut object)?;
    let stored = write::change(state, call, &live, object, None)?;
    Ok(Answer::json(200, call.shape.show(&stored)).warn(warnings))
}

fn server_side(state: &mut State, call: &Call) -> Result<Answer, Failure> {
    if call.query.get("fieldManager").is_none() {
        return Err(Failure::unprocessable(
            "PatchOptions.meta.k8s.io \"\" is invalid: fieldManager: Required value: is required for apply patch",
        ));
    }
    let kind = &call.kind;
    let mut applied = call.json().map_err(|failure| {
        Failure::bad_request(format!("error decoding YAML: {}", failure.message))
    })?;
    for field in ["apiVersion", "kind"] {
        if applied
            .get(field)
            .and_then(Value::as_str)
            .is_none_or(str::is_empty)
        {
            return Err(Failure::bad_request(format!(
                "an applied object must name its {field}"
            )));
        }
    }
    if meta(&applied).is_some_and(|meta| {
        meta.get("managedFields")
            .is_some_and(|list| !list.is_null())
    }) {
        return Err(Failure::bad_request("metadata.managedFields must be nil"));
    }
    let mut unknown = Vec::new();
    let strict = call.read(&mut applied, &mut unknown);
    refuse_unknown(call, &unknown)?;
    strict?;
    call.settle_identity(&mut applied)?;
    let (author, force) = (write::author(state, call), call.query.flag("force"));
    let refused = |refused: Refused| match refused {
        Refused::Conflict(failure) => failure,
        Refused::Unreadable(error) => Failure::unforeseen(format!(
            "failed to create typed patch object ({}): {error}",
            describe(call)
        )),
    };
    let Some(live) = state
        .store
        .get(&kind.storage, call.namespace(), call.name())
        .cloned()
    else {
        if write::part(call) != Part::Main {
            return Err(Failure::not_found(&kind.info, call.name()));
        }
        if !meta_text(&applied, "uid").is_empty()
            || !meta_text(&applied, "resourceVersion").is_empty()
        {
            return Err(Failure::conflict(
                &kind.info,
                call.name(),
                "the object has been deleted: an apply that names a uid or a resourceVersion creates none",
            ));
        }
        let nothing =
            json!({"apiVersion": kind.info.api_version(), "kind": kind.info.kind, "metadata": {}});
        let (object, managers) =
            apply::apply(&nothing, &applied, &kind.ty, &[], &author, force).map_err(refused)?;
        let creation = Creation {
            kind,
            namespace: call.namespace(),
            author,
            managers: Some(managers),
            by: By::Client,
            dry_run: call.dry_run,
        };
        let created = write::create(state, object, creation)?;
        return Ok(Answer::json(201, call.shape.show(&created)).warn(unknown));
    };
    let base = call.shape.show_whole(&live.bare);
    let (mut object, managers) =
        apply::apply(&base, &applied, &kind.ty, &live.managers, &author, force).map_err(refused)?;
    if meta_text(&applied, "resourceVersion").is_empty() {
        meta_mut(&mut object).remove("resourceVersion");
    }
    let stored = write::change(state, call, &live, object, Some(managers))?;
    Ok(Answer::json(200, call.shape.show(&stored)).warn(unknown))
}

/// An apply may not have fields that a built-in kind does not declare, whatever the validation asked for.
fn refuse_unknown(call: &Call, unknown: &[String]) -> Result<(), Failure> {
    let Some(first) = unknown
        .first()
        .filter(|_| call.kind.origin == Origin::BuiltIn)
    else {
        return Ok(());
    };
    let path = first
        .trim_start_matches("unknown field \"")
        .trim_end_matches('"');
    Err(Failure::unforeseen(format!(
        "failed to create typed patch object ({}): .{path}: field not declared in schema",
        describe(call)
    )))
}

fn describe(call: &Call) -> String {
    format!(
        "{}/{}; {}, Kind={}",
        call.namespace(),
        call.name(),
        call.kind.info.api_version(),
        call.kind.info.kind
    )
}
