//! Patches for documents that are in no API.

use serde_json::Value;

use super::super::kinds::Kinds;
use super::super::schema::{Type, decode};
use super::super::status::Failure;
use super::{Format, json, patched as patched_as};
use crate::kube::patching::PatchForm;

/// A patch that does not fit its document.
#[derive(Debug, thiserror::Error)]
pub enum PatchFailure {
    /// In the API's words.
    #[error("{0}")]
    Refused(String),
    /// It is no longer of its kind. Whoever reads the file would refuse it, or
    /// pass over what was meant.
    #[error("what comes out is no {kind}: {}", findings.join("; "))]
    Misfit { kind: String, findings: Vec<String> },
}

impl From<Failure> for PatchFailure {
    fn from(failure: Failure) -> Self {
        Self::Refused(failure.message)
    }
}

/// `document` patched as the API would patch an object of its kind. What comes
/// out is of that kind, too: kubeadm decodes it (`app/util/staticpod/utils.go`,
/// `PatchStaticPod`) and drops fields that no such object has; here they are
/// told.
pub fn patched(document: &Value, patch: &Value, form: PatchForm) -> Result<Value, PatchFailure> {
    let text = |field: &str| document[field].as_str().unwrap_or_default();
    let kinds = Kinds::new(Vec::new());
    let kind = kinds.by_kind(text("apiVersion"), text("kind"));
    let ty = kind.map_or(Type::Deduced, |kind| kind.ty.clone());
    let mut patched = match form {
        // Not in the words of a server: there is none.
        PatchForm::Json => json::patched(document.clone(), patch)
            .map_err(|refused| PatchFailure::Refused(refused.to_string()))?,
        PatchForm::Merge => patched_as(document, patch, Format::Merge, &ty)?,
        PatchForm::Strategic => patched_as(document, patch, Format::Strategic, &ty)?,
    };
    if !patched.is_object() {
        return Err(PatchFailure::Refused("the patch leaves no object".into()));
    }
    let found = decode::decode(&mut patched, &ty);
    let unknown = found.unknown.iter().map(|path| format!("it has no {path}"));
    let wrong = found.wrong.iter().map(|wrong| {
        let hint = match (wrong.found, wrong.wanted) {
            ("bool", "string") => {
                " (y, yes, on, n, no and off are booleans in YAML: put it in quotes)"
            }
            ("number", "string") => " (put it in quotes)",
            _ => "",
        };
        format!(
            "{} must be {}, not {}{hint}",
            wrong.path, wrong.wanted, wrong.found
        )
    });
    let findings: Vec<String> = wrong.chain(unknown).collect();
    match findings.is_empty() {
        true => Ok(patched),
        false => Err(PatchFailure::Misfit {
            kind: format!("{} {}", text("apiVersion"), text("kind")),
            findings,
        }),
    }
}
