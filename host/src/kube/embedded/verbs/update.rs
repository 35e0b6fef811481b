//! PUT.

use super::Answer;
use super::write::{self, Creation};
use crate::kube::embedded::call::Call;
use crate::kube::embedded::object::meta_text;
use crate::kube::embedded::object::prepare::Part;
use crate::kube::embedded::state::State;
use crate::kube::embedded::status::{Cause, Failure};
use crate::kube::embedded::store::By;

pub(super) fn replace(state: &mut State, call: &Call) -> Result<Answer, Failure> {
    let mut warnings = Vec::new();
    let mut object = call.object(&mut warnings)?;
    call.settle_identity(&mut object)?;
    let info = &call.kind.info;
    let Some(live) = state
        .store
        .get(&call.kind.storage, call.namespace(), call.name())
        .cloned()
    else {
        if write::part(call) != Part::Main
            || !call.kind.created_by_put()
            || !meta_text(&object, "uid").is_empty()
        {
            return Err(Failure::not_found(info, call.name()));
        }
        let author = write::author(state, call);
        let creation = Creation {
            kind: &call.kind,
            namespace: call.namespace(),
            author,
            managers: None,
            by: By::Client,
            dry_run: call.dry_run,
        };
        let created = write::create(state, object, creation)?;
        return Ok(Answer::json(201, call.shape.show(&created)).warn(warnings));
    };
    if call.kind.update_needs_version() && meta_text(&object, "resourceVersion").is_empty() {
        let cause = Cause::invalid(
            "metadata.resourceVersion",
            &0.into(),
            "must be specified for an update",
        );
        return Err(Failure::invalid(info, call.name(), vec![cause]));
    }
    let stored = write::change(state, call, &live, object, None)?;
    Ok(Answer::json(200, call.shape.show(&stored)).warn(warnings))
}
