//! Patching objects that are not in any API: manifests before they are
//! written, documents before they are sent.

use serde_json::Value;

use super::embedded::{self, PatchFailure};

/// The forms of a patch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PatchForm {
    /// RFC 6902
    Json,
    /// RFC 7386
    Merge,
    /// Kubernetes' own, with merge keys for lists.
    Strategic,
}

/// A patch that does not fit.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub struct PatchError(#[from] PatchFailure);

/// Patches `object` in place. Merge keys are those of its kind; of a kind that
/// is no API kind (KubeletConfiguration) a strategic patch replaces lists.
/// After an error the object is as it was.
pub fn apply(form: PatchForm, object: &mut Value, patch: &Value) -> Result<(), PatchError> {
    *object = embedded::patched_document(object, patch, form)?;
    Ok(())
}
