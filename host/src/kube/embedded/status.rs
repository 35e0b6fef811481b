//! What a request that fails is answered: a `Status` in the words of a real server.

use std::time::Duration;

use serde_json::{Map, Value, json};

use super::kinds::KindInfo;

/// A failed request. Becomes a `Status` object; see
/// `k8s.io/apimachinery/pkg/api/errors` for the reasons and their codes.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("{message}")]
pub(super) struct Failure {
    pub code: u16,
    pub reason: &'static str,
    pub message: String,
    pub details: Map<String, Value>,
}

/// One thing wrong with a field of an object.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Cause {
    pub reason: &'static str,
    pub field: String,
    pub message: String,
}

impl Cause {
    /// The field holds what it may not hold.
    pub fn invalid(field: impl Into<String>, value: &Value, why: &str) -> Self {
        Cause {
            reason: "FieldValueInvalid",
            field: field.into(),
            message: format!("Invalid value: {value}: {why}"),
        }
    }

    /// The field is missing.
    pub fn required(field: impl Into<String>, why: &str) -> Self {
        let message = if why.is_empty() {
            "Required value".into()
        } else {
            format!("Required value: {why}")
        };
        Cause {
            reason: "FieldValueRequired",
            field: field.into(),
            message,
        }
    }

    /// The field may not be set or changed.
    pub fn forbidden(field: impl Into<String>, why: &str) -> Self {
        Cause {
            reason: "FieldValueForbidden",
            field: field.into(),
            message: format!("Forbidden: {why}"),
        }
    }
}

impl Failure {
    fn new(code: u16, reason: &'static str, message: impl Into<String>) -> Self {
        Failure {
            code,
            reason,
            message: message.into(),
            details: Map::new(),
        }
    }

    fn about(mut self, group: &str, kind: &str, name: &str) -> Self {
        for (key, value) in [("name", name), ("group", group), ("kind", kind)] {
            if !value.is_empty() {
                self.details.insert(key.into(), value.into());
            }
        }
        self
    }

    pub fn bad_request(message: impl Into<String>) -> Self {
        Failure::new(400, "BadRequest", message)
    }

    /// A failure without a reason, as an error that no part of a server foresaw is answered.
    pub fn unforeseen(message: impl Into<String>) -> Self {
        Failure::new(500, "", message)
    }

    /// The path leads nowhere.
    pub fn no_such_path() -> Self {
        Failure::new(
            404,
            "NotFound",
            "the server could not find the requested resource",
        )
    }

    pub fn not_found(info: &KindInfo, name: &str) -> Self {
        let message = format!("{} \"{name}\" not found", info.qualified_resource());
        Failure::new(404, "NotFound", message).about(&info.group, &info.plural, name)
    }

    pub fn already_exists(info: &KindInfo, name: &str) -> Self {
        let message = format!("{} \"{name}\" already exists", info.qualified_resource());
        Failure::new(409, "AlreadyExists", message).about(&info.group, &info.plural, name)
    }

    pub fn conflict(info: &KindInfo, name: &str, why: &str) -> Self {
        let message = format!(
            "Operation cannot be fulfilled on {} \"{name}\": {why}",
            info.qualified_resource()
        );
        Failure::new(409, "Conflict", message).about(&info.group, &info.plural, name)
    }

    /// The update was made from an older version of the object.
    pub fn modified(info: &KindInfo, name: &str) -> Self {
        let why = "the object has been modified; please apply your changes to the latest version and try again";
        Failure::conflict(info, name, why)
    }

    /// Fields of the applied object belong to other managers.
    pub fn apply_conflict(message: String, causes: Vec<Cause>) -> Self {
        Failure::new(409, "Conflict", message).with_causes(causes)
    }

    pub fn forbidden(info: &KindInfo, name: &str, why: &str) -> Self {
        let message = format!(
            "{} \"{name}\" is forbidden: {why}",
            info.qualified_resource()
        );
        Failure::new(403, "Forbidden", message).about(&info.group, &info.plural, name)
    }

    pub fn invalid(info: &KindInfo, name: &str, causes: Vec<Cause>) -> Self {
        let words: Vec<String> = causes
            .iter()
            .map(|cause| format!("{}: {}", cause.field, cause.message))
            .collect();
        let words = match words.as_slice() {
            [one] => one.clone(),
            many => format!("[{}]", many.join(", ")),
        };
        let message = format!("{} \"{name}\" is invalid: {words}", info.qualified_kind());
        Failure::new(422, "Invalid", message)
            .about(&info.group, &info.kind, name)
            .with_causes(causes)
    }

    /// A patch that cannot be carried out on the object as it is.
    pub fn unprocessable(message: &str) -> Self {
        Failure::new(422, "Invalid", message)
    }

    pub fn method_not_supported(info: &KindInfo, verb: &str) -> Self {
        let message = format!(
            "{verb} is not supported on resources of kind \"{}\"",
            info.qualified_resource()
        );
        Failure::new(405, "MethodNotAllowed", message).about(&info.group, &info.plural, "")
    }

    pub fn method_not_allowed() -> Self {
        Failure::new(
            405,
            "MethodNotAllowed",
            "the server does not allow this method on the requested resource",
        )
    }

    pub fn unsupported_media_type(accepted: &str) -> Self {
        let message = format!(
            "the body of the request was in an unknown format - accepted media types include: {accepted}"
        );
        Failure::new(415, "UnsupportedMediaType", message)
    }

    pub fn too_large(limit: usize) -> Self {
        Failure::new(413, "RequestEntityTooLarge", format!("limit is {limit}"))
    }

    /// The watch or list asks for a version that is no longer kept.
    pub fn expired(asked: u64, oldest: u64) -> Self {
        Failure::new(
            410,
            "Expired",
            format!("too old resource version: {asked} ({oldest})"),
        )
    }

    /// The watch asks for a version that is yet to come.
    pub fn too_new(asked: u64, newest: u64) -> Self {
        Failure::new(
            504,
            "Timeout",
            format!("Too large resource version: {asked}, current: {newest}"),
        )
    }

    /// The request came in too fast; the client should wait.
    pub fn too_many_requests(wait: Duration) -> Self {
        let mut failure = Failure::new(
            429,
            "TooManyRequests",
            "the server has received too many requests and has asked us to try again later",
        );
        failure
            .details
            .insert("retryAfterSeconds".into(), wait.as_secs().into());
        failure
    }

    /// An error inside the server.
    pub fn internal(why: &str) -> Self {
        Failure::new(
            500,
            "InternalError",
            format!("Internal error occurred: {why}"),
        )
    }

    fn with_causes(mut self, causes: Vec<Cause>) -> Self {
        let causes = causes.into_iter().map(
            |cause| json!({"reason": cause.reason, "message": cause.message, "field": cause.field}),
        );
        self.details.insert("causes".into(), causes.collect());
        self
    }

    /// The `Status` object.
    pub fn to_status(&self) -> Value {
        let mut status = json!({
            "apiVersion": "v1", "kind": "Status", "metadata": {}, "status": "Failure",
            "message": self.message, "code": self.code,
        });
        if !self.reason.is_empty() {
            status["reason"] = self.reason.into();
        }
        if !self.details.is_empty() {
            status["details"] = Value::Object(self.details.clone());
        }
        status
    }
}

/// The answer to a deletion that left nothing behind.
pub(super) fn deleted(info: &KindInfo, name: &str, uid: &str) -> Value {
    json!({
        "apiVersion": "v1", "kind": "Status", "metadata": {}, "status": "Success",
        "details": {"name": name, "group": info.group, "kind": info.plural, "uid": uid},
    })
}
