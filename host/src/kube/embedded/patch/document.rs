//! Patches for documents that are in no API.

use serde_json::Value;

use super::super::kinds::Kinds;
use super::super::schema::Type;
use super::super::status::Failure;
use super::{Format, patched as patched_as};
use crate::kube::patching::PatchForm;

/// A patch that does not fit its document, in the API's words.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct PatchFailure(String);

impl From<Failure> for PatchFailure {
    fn from(failure: Failure) -> Self {
        Self(failure.message)
    }
}

/// `document` patched as the API would patch an object of its kind.
pub fn patched(document: &Value, patch: &Value, form: PatchForm) -> Result<Value, PatchFailure> {
    let format = match form {
        PatchForm::Json => Format::Json,
        PatchForm::Merge => Format::Merge,
        PatchForm::Strategic => Format::Strategic,
    };
    let text = |field: &str| document[field].as_str().unwrap_or_default();
    let kinds = Kinds::new(Vec::new());
    let kind = kinds.by_kind(text("apiVersion"), text("kind"));
    let ty = kind.map_or(Type::Deduced, |kind| kind.ty.clone());
    Ok(patched_as(document, patch, format, &ty)?)
}
