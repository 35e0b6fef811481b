//! The patch formats other than apply.

mod document;
mod json;
mod strategic;

use serde_json::Value;

pub use document::{PatchFailure, patched as patched_document};

use super::schema::Type;
use super::status::Failure;

/// The format of a patch, by its content type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Format {
    /// RFC 6902.
    Json,
    /// RFC 7386.
    Merge,
    /// A merge patch that knows the kind's lists (kubernetes/community, strategic-merge-patch.md).
    Strategic,
    /// Server-side apply (KEP-555).
    Apply,
}

const STRATEGIC: &str = "application/strategic-merge-patch+json";

impl Format {
    /// The format a request names; custom resources know no strategic merge patch.
    pub fn of(content_type: &str, custom: bool) -> Result<Self, Failure> {
        let accepted = [
            "application/json-patch+json",
            "application/merge-patch+json",
            "application/apply-patch+yaml",
        ];
        match content_type.split(';').next().unwrap_or_default().trim() {
            "application/json-patch+json" => Ok(Format::Json),
            "application/merge-patch+json" => Ok(Format::Merge),
            "application/apply-patch+yaml" => Ok(Format::Apply),
            STRATEGIC if !custom => Ok(Format::Strategic),
            _ if custom => Err(Failure::unsupported_media_type(&accepted.join(", "))),
            _ => Err(Failure::unsupported_media_type(
                &[accepted[0], accepted[1], STRATEGIC, accepted[2]].join(", "),
            )),
        }
    }
}

/// `object` patched. Not for [`Format::Apply`], which needs the managers of fields.
pub(super) fn patched(
    object: &Value,
    patch: &Value,
    format: Format,
    ty: &Type,
) -> Result<Value, Failure> {
    let mut object = object.clone();
    match format {
        Format::Json => {
            object = json::patched(object, patch).map_err(|refused| match refused {
                json::Refused::Impossible(_) => Failure::unprocessable(&format!(
                    "the server rejected our request due to an error in our request: {refused}"
                )),
                _ => Failure::bad_request(refused.to_string()),
            })?;
        }
        Format::Merge | Format::Apply => {
            if !patch.is_object() {
                return Err(Failure::bad_request(
                    "error decoding patch: a merge patch is a JSON object",
                ));
            }
            json_patch::merge(&mut object, patch);
        }
        Format::Strategic => {
            object = strategic::patched(object, patch, ty).map_err(|error| {
                Failure::bad_request(format!("invalid strategic merge patch: {error}"))
            })?;
        }
    }
    if object.is_object() {
        Ok(object)
    } else {
        Err(Failure::bad_request("the patch leaves no object"))
    }
}
