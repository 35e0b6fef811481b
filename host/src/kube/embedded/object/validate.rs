//! Whether an object may be stored.

use serde_json::Value;

use super::names::{is_label_key, is_label_value, name_problem};
use super::rules::Naming;
use super::{immutable, meta, meta_text, text};
use crate::kube::embedded::kinds::{Kind, Origin};
use crate::kube::embedded::schema::decode;
use crate::kube::embedded::status::{Cause, Failure};

/// The bytes all annotations of an object may have together.
const ANNOTATIONS_LIMIT: usize = 256 * 1024;

/// Checks an object that is about to be stored, and the change from `old` if there is one.
pub(super) fn validate(kind: &Kind, old: Option<&Value>, new: &Value) -> Result<(), Failure> {
    let mut causes = metadata(kind, new);
    let required = kind.required_fields().iter();
    for pointer in required.filter(|pointer| new.pointer(pointer).is_none_or(Value::is_null)) {
        causes.push(Cause::required(
            pointer.trim_start_matches('/').replace('/', "."),
            "",
        ));
    }
    if kind.origin == Origin::Custom {
        causes.extend(
            decode::missing(new, &kind.ty)
                .into_iter()
                .map(|path| Cause::required(path, "")),
        );
    }
    causes.extend(identity(kind, new));
    if let Some(old) = old {
        causes.extend(immutable::forbidden_changes(kind, old, new));
    }
    if causes.is_empty() {
        Ok(())
    } else {
        Err(Failure::invalid(&kind.info, meta_text(new, "name"), causes))
    }
}

fn metadata(kind: &Kind, object: &Value) -> Vec<Cause> {
    let mut causes = Vec::new();
    let name = meta_text(object, "name");
    if name.is_empty() {
        causes.push(Cause::required(
            "metadata.name",
            "name or generateName is required",
        ));
    } else if let Some(problem) = name_problem(name, kind.naming()) {
        causes.push(Cause::invalid("metadata.name", &name.into(), &problem));
    }
    let pairs = |key: &str| {
        meta(object)
            .and_then(|meta| meta.get(key)?.as_object())
            .into_iter()
            .flatten()
    };
    for field in ["labels", "annotations"] {
        let bad = pairs(field)
            .map(|(key, _)| key)
            .filter(|key| !is_label_key(&key.to_lowercase()));
        causes.extend(
            bad.map(|key| Cause::invalid(format!("metadata.{field}"), &key.as_str().into(), KEY)),
        );
    }
    let values = pairs("labels")
        .map(|(_, value)| value)
        .filter(|value| !value.as_str().is_some_and(is_label_value));
    causes.extend(values.map(|value| Cause::invalid("metadata.labels", value, VALUE)));
    let size: usize = pairs("annotations")
        .map(|(key, value)| key.len() + value.as_str().map_or(0, str::len))
        .sum();
    if size > ANNOTATIONS_LIMIT {
        let message = format!("Too long: may not be more than {ANNOTATIONS_LIMIT} bytes");
        causes.push(Cause {
            reason: "FieldValueTooLong",
            field: "metadata.annotations".into(),
            message,
        });
    }
    causes.extend(references(object));
    causes
}

fn references(object: &Value) -> Vec<Cause> {
    let owners = meta(object)
        .and_then(|meta| meta.get("ownerReferences")?.as_array())
        .into_iter()
        .flatten()
        .enumerate();
    let wanted = ["apiVersion", "kind", "name", "uid"];
    let missing = owners.flat_map(|(index, owner)| {
        let lacks = move |key: &&str| {
            owner
                .get(*key)
                .and_then(Value::as_str)
                .is_none_or(str::is_empty)
        };
        wanted.into_iter().filter(lacks).map(move |key| {
            Cause::required(
                format!("metadata.ownerReferences[{index}].{key}"),
                "must not be empty",
            )
        })
    });
    missing.collect()
}

/// Kinds whose name repeats what their content says.
fn identity(kind: &Kind, object: &Value) -> Vec<Cause> {
    let name = meta_text(object, "name");
    let wrong = |wanted: String, words: &str| {
        (name != wanted).then(|| {
            Cause::invalid(
                "metadata.name",
                &name.into(),
                &format!("must be {words} ({wanted:?})"),
            )
        })
    };
    if kind.is("apiextensions.k8s.io", "CustomResourceDefinition") {
        return definition(object)
            .into_iter()
            .chain(wrong(
                format!(
                    "{}.{}",
                    text(object, "/spec/names/plural"),
                    text(object, "/spec/group")
                ),
                "spec.names.plural+\".\"+spec.group",
            ))
            .collect();
    }
    if kind.is("apiregistration.k8s.io", "APIService") {
        return wrong(
            format!(
                "{}.{}",
                text(object, "/spec/version"),
                text(object, "/spec/group")
            ),
            "spec.version+\".\"+spec.group",
        )
        .into_iter()
        .collect();
    }
    Vec::new()
}

fn definition(object: &Value) -> Vec<Cause> {
    let mut causes = Vec::new();
    for pointer in ["/spec/group", "/spec/names/plural", "/spec/names/kind"] {
        if text(object, pointer).is_empty() {
            causes.push(Cause::required(
                pointer.trim_start_matches('/').replace('/', "."),
                "",
            ));
        }
    }
    let plural = text(object, "/spec/names/plural");
    if let Some(problem) = name_problem(plural, Naming::LetterLabel).filter(|_| !plural.is_empty())
    {
        causes.push(Cause::invalid(
            "spec.names.plural",
            &plural.into(),
            &problem,
        ));
    }
    let scope = text(object, "/spec/scope");
    if !["Cluster", "Namespaced"].contains(&scope) {
        let message =
            format!("Unsupported value: {scope:?}: supported values: \"Cluster\", \"Namespaced\"");
        causes.push(Cause {
            reason: "FieldValueNotSupported",
            field: "spec.scope".into(),
            message,
        });
    }
    let versions = object.pointer("/spec/versions").and_then(Value::as_array);
    let stored = versions
        .into_iter()
        .flatten()
        .filter(|version| version.get("storage") == Some(&Value::Bool(true)))
        .count();
    if stored != 1 {
        let value = object.pointer("/spec/versions").unwrap_or(&Value::Null);
        causes.push(Cause::invalid(
            "spec.versions",
            value,
            "must have exactly one version marked as storage version",
        ));
    }
    causes
}

const KEY: &str = "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')";
const VALUE: &str = "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')";
