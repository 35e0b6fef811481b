//! POST.

use super::write::{self, Creation};
use super::{Answer, review};
use crate::kube::embedded::call::Call;
use crate::kube::embedded::state::State;
use crate::kube::embedded::status::Failure;
use crate::kube::embedded::store::By;

pub(super) fn create(state: &mut State, call: &Call) -> Result<Answer, Failure> {
    let mut warnings = Vec::new();
    let mut object = call.object(&mut warnings)?;
    call.settle_identity(&mut object)?;
    if !call.kind.info.serves("get") {
        return review::review(call, object).map(|answer| answer.warn(warnings));
    }
    let creation = Creation {
        kind: &call.kind,
        namespace: call.namespace(),
        author: write::author(state, call),
        managers: None,
        by: By::Client,
        dry_run: call.dry_run,
    };
    let created = write::create(state, object, creation)?;
    Ok(Answer::json(201, call.shape.show(&created)).warn(warnings))
}
