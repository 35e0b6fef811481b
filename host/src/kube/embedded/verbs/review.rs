//! Kinds that ask the server a question and are not stored.

use serde_json::{Value, json};

use super::Answer;
use crate::kube::embedded::call::Call;
use crate::kube::embedded::object::{members, text};
use crate::kube::embedded::status::Failure;

/// Answers a review. The client of an embedded API may do everything.
pub(super) fn review(call: &Call, mut object: Value) -> Result<Answer, Failure> {
    let everything = json!([{"verbs": ["*"], "apiGroups": ["*"], "resources": ["*"]}]);
    let status = match call.kind.info.kind.as_str() {
        "SelfSubjectAccessReview" | "SubjectAccessReview" | "LocalSubjectAccessReview" => {
            json!({"allowed": true})
        }
        "SelfSubjectRulesReview" => {
            json!({"resourceRules": everything, "nonResourceRules": [{"verbs": ["*"], "nonResourceURLs": ["*"]}], "incomplete": false})
        }
        "SelfSubjectReview" => {
            json!({"userInfo": {"username": "kubernetes-admin", "groups": ["system:masters", "system:authenticated"]}})
        }
        "TokenReview" => json!({"authenticated": false, "error": "no token authenticates here"}),
        "Binding" => return Err(Failure::method_not_supported(&call.kind.info, "create")),
        _ => json!({}),
    };
    if call.kind.info.kind.ends_with("AccessReview")
        && text(&object, "/spec/resourceAttributes/verb").is_empty()
        && text(&object, "/spec/nonResourceAttributes/verb").is_empty()
    {
        return Err(Failure::bad_request(
            "spec: exactly one of resourceAttributes or nonResourceAttributes must be specified, with a verb",
        ));
    }
    members(&mut object).insert("status".into(), status);
    Ok(Answer::json(201, object))
}
