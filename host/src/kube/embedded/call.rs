//! A request for a resource: its options, and the object in its body.

use std::sync::Arc;

use bytes::Bytes;
use serde_json::Value;

use super::kinds::{Kind, Origin};
use super::object::{self, members, meta_text};
use super::route::{Query, Resource};
use super::schema::{self, decode};
use super::status::{Cause, Failure};
use super::watch::Shape;

/// A request as it came in.
#[derive(Debug, Clone)]
pub(super) struct Request {
    pub method: http::Method,
    pub path: String,
    pub query: Option<String>,
    pub content_type: String,
    pub accept: String,
    pub user_agent: String,
    pub body: Bytes,
}

/// A request for a resource of a known kind.
#[derive(Debug)]
pub(super) struct Call {
    pub kind: Arc<Kind>,
    pub target: Resource,
    pub query: Query,
    pub request: Request,
    pub dry_run: bool,
    pub validation: Validation,
    pub shape: Shape,
}

/// What becomes of fields that the kind does not have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Validation {
    Ignore,
    Warn,
    Strict,
}

/// What a client must send to name a value: the options of a request that were given wrong.
fn bad_option(field: &str, value: &str, supported: &str) -> Failure {
    Failure::unprocessable(&format!(
        "{field}: Unsupported value: {value:?}: supported values: {supported}"
    ))
}

impl Call {
    pub fn new(
        kind: Arc<Kind>,
        target: Resource,
        query: Query,
        request: Request,
    ) -> Result<Self, Failure> {
        let dry_run = match query.get("dryRun") {
            None => false,
            Some("All") => true,
            Some(other) => return Err(bad_option("dryRun", other, "\"All\"")),
        };
        let validation = match query.get("fieldValidation") {
            None | Some("Warn") => Validation::Warn,
            Some("Ignore") => Validation::Ignore,
            Some("Strict") => Validation::Strict,
            Some(other) => {
                return Err(bad_option(
                    "fieldValidation",
                    other,
                    "\"Ignore\", \"Strict\", \"Warn\"",
                ));
            }
        };
        let shape = Shape {
            api_version: kind.info.api_version(),
            metadata_only: request.accept.contains("as=PartialObjectMetadata"),
        };
        Ok(Call {
            kind,
            target,
            query,
            request,
            dry_run,
            validation,
            shape,
        })
    }

    /// The namespace objects are in; empty for cluster-scoped kinds.
    pub fn namespace(&self) -> &str {
        self.target.namespace.as_deref().unwrap_or_default()
    }

    pub fn name(&self) -> &str {
        self.target.name.as_deref().unwrap_or_default()
    }

    /// The field manager: the one named, or the program that calls.
    pub fn manager(&self) -> String {
        let program = self
            .request
            .user_agent
            .split('/')
            .next()
            .unwrap_or_default();
        let name = self.query.get("fieldManager").unwrap_or(program);
        if name.is_empty() {
            "unknown".into()
        } else {
            name.chars().take(128).collect()
        }
    }

    /// The body as JSON, whatever it is.
    pub fn json(&self) -> Result<Value, Failure> {
        serde_json::from_slice(&self.request.body)
            .map_err(|error| self.unreadable(&format!("the body is no JSON: {error}")))
    }

    fn unreadable(&self, why: &str) -> Failure {
        let info = &self.kind.info;
        Failure::bad_request(format!(
            "{kind} in version \"{}\" cannot be handled as a {kind}: {why}",
            info.version,
            kind = info.kind
        ))
    }

    /// The object in the body of a create or a replace, read as the kind of the request; what it
    /// has beyond its kind becomes a warning or a failure.
    pub fn object(&self, warnings: &mut Vec<String>) -> Result<Value, Failure> {
        let kind = self
            .request
            .content_type
            .split(';')
            .next()
            .unwrap_or_default()
            .trim()
            .to_lowercase();
        if !kind.is_empty() && kind != "application/json" {
            return Err(Failure::unsupported_media_type("application/json"));
        }
        let mut object = self.json()?;
        self.read(&mut object, warnings)?;
        Ok(object)
    }

    /// Reads `object` as the kind of the request.
    pub fn read(&self, object: &mut Value, warnings: &mut Vec<String>) -> Result<(), Failure> {
        let info = &self.kind.info;
        let Value::Object(top) = object else {
            return Err(self.unreadable("an object is a JSON object"));
        };
        let expected = info.api_version();
        for (field, expected) in [("apiVersion", &expected), ("kind", &info.kind)] {
            match top.get(field) {
                None | Some(Value::Null) => {
                    top.insert(field.into(), expected.as_str().into());
                }
                Some(Value::String(given)) if given == expected || given.is_empty() => {}
                Some(given) => {
                    let named = if field == "kind" {
                        "kind"
                    } else {
                        "API version"
                    };
                    return Err(Failure::bad_request(format!(
                        "the {named} in the data ({}) does not match the expected {named} ({expected})",
                        given.as_str().unwrap_or("not text")
                    )));
                }
            }
        }
        let findings = if self.kind.origin == Origin::Added {
            let metadata = top
                .entry("metadata")
                .or_insert_with(|| Value::Object(serde_json::Map::new()));
            decode::decode(
                metadata,
                &schema::named("meta.v1.ObjectMeta").unwrap_or(schema::Type::Deduced),
            )
        } else {
            decode::decode(object, &self.kind.ty)
        };
        if !findings.wrong.is_empty() {
            return Err(self.wrong(&findings.wrong, object));
        }
        members(object)
            .entry("metadata")
            .or_insert_with(|| Value::Object(serde_json::Map::new()));
        let unknown: Vec<String> = findings
            .unknown
            .iter()
            .map(|path| format!("unknown field \"{path}\""))
            .collect();
        match self.validation {
            Validation::Strict if !unknown.is_empty() => {
                Err(self.unreadable(&format!("strict decoding error: {}", unknown.join(", "))))
            }
            Validation::Warn => {
                warnings.extend(unknown);
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn wrong(&self, wrong: &[decode::Wrong], object: &Value) -> Failure {
        if self.kind.origin == Origin::Custom {
            let cause = |wrong: &decode::Wrong| {
                let why = format!(
                    "{} in body must be of type {}: {:?}",
                    wrong.path, wrong.wanted, wrong.found
                );
                Cause::invalid(wrong.path.as_str(), &wrong.found.into(), &why)
            };
            return Failure::invalid(
                &self.kind.info,
                meta_text(object, "name"),
                wrong.iter().map(cause).collect(),
            );
        }
        let words: Vec<String> = wrong
            .iter()
            .map(|wrong| {
                format!(
                    "json: cannot unmarshal {} into Go struct field {}.{} of type {}",
                    wrong.found, self.kind.info.kind, wrong.path, wrong.wanted
                )
            })
            .collect();
        self.unreadable(&words.join(", "))
    }

    /// Checks that an object is the one that the path names, and says so in the object where it does not say it.
    pub fn settle_identity(&self, object: &mut Value) -> Result<(), Failure> {
        let (namespace, name) = (
            meta_text(object, "namespace").to_owned(),
            meta_text(object, "name").to_owned(),
        );
        if let Some(wanted) = &self.target.namespace {
            if namespace.is_empty() {
                object::meta_mut(object).insert("namespace".into(), wanted.as_str().into());
            } else if namespace != *wanted {
                return Err(Failure::bad_request(
                    "the namespace of the provided object does not match the namespace sent on the request",
                ));
            }
        } else if !namespace.is_empty() {
            return Err(Failure::bad_request(
                "namespace must be empty: the kind is not namespaced",
            ));
        }
        if let Some(wanted) = &self.target.name {
            if name.is_empty() {
                object::meta_mut(object).insert("name".into(), wanted.as_str().into());
            } else if name != *wanted {
                return Err(Failure::bad_request(format!(
                    "the name of the object ({name}) does not match the name on the URL ({wanted})"
                )));
            }
        }
        Ok(())
    }
}
