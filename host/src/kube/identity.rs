//! Whether an object is the one that was asked for. A server that calls it by
//! another name would have others take it for something else: a Secret that
//! it calls a ConfigMap would be shown.

use ::kube::core::ApiResource;
use serde_json::{Value, json};

use super::answer::{AnswerError, cut};
use super::secrets::is_secret_kind;

/// In characters: what is repeated of what a server calls something.
const SHOWN: usize = 100;

/// Who an object has to be.
pub(super) struct Identity<'a> {
    pub resource: &'a ApiResource,
    pub namespace: Option<&'a str>,
    /// None where the server may choose one.
    pub name: Option<&'a str>,
}

impl Identity<'_> {
    /// The object, with all that it does not say of itself; an error where it
    /// says something else.
    pub fn claim(&self, mut object: Value) -> Result<Value, AnswerError> {
        let members = object.as_object_mut().ok_or(AnswerError::NoObject)?;
        self.settle(members, "apiVersion", Some(&self.resource.api_version))?;
        self.settle(members, "kind", Some(&self.resource.kind))?;
        let metadata = members.entry("metadata").or_insert_with(|| json!({}));
        if metadata.is_null() {
            *metadata = json!({});
        }
        let metadata = metadata.as_object_mut().ok_or(AnswerError::NoObject)?;
        self.settle(metadata, "name", self.name)?;
        self.settle(metadata, "namespace", self.namespace)?;
        // Of a cluster's own objects none is in a namespace; a list of all
        // namespaces has no name.
        if self.namespace.is_none() && self.name.is_some() && !is_empty(metadata.get("namespace")) {
            return Err(self.other("namespace", metadata.get("namespace")));
        }
        Ok(object)
    }

    fn settle(
        &self,
        members: &mut serde_json::Map<String, Value>,
        field: &'static str,
        wanted: Option<&str>,
    ) -> Result<(), AnswerError> {
        match (members.get(field), wanted) {
            (found, Some(wanted)) if is_empty(found) => {
                members.insert(field.to_owned(), wanted.into());
                Ok(())
            }
            (Some(Value::String(found)), Some(wanted)) if found == wanted => Ok(()),
            (Some(Value::String(_)), None) => Ok(()),
            (found, None) if field == "namespace" && is_empty(found) => Ok(()),
            (found, _) => Err(self.other(field, found)),
        }
    }

    fn other(&self, field: &str, found: Option<&Value>) -> AnswerError {
        let wanted = match field {
            "apiVersion" => Some(self.resource.api_version.as_str()),
            "kind" => Some(self.resource.kind.as_str()),
            "name" => self.name,
            _ => self.namespace,
        };
        let found = match found {
            None => "none".to_owned(),
            // It may be what it holds that a server tells so.
            Some(_) if is_secret_kind(&self.resource.kind) => "another".to_owned(),
            Some(Value::String(text)) => format!("{:?}", cut(text, SHOWN)),
            Some(_) => "no text".to_owned(),
        };
        let called = |value: String| format!("an object whose {field} is {value}");
        AnswerError::Other {
            found: called(found),
            wanted: match wanted {
                Some(wanted) => format!("{wanted:?}"),
                None => "one that has it".to_owned(),
            },
        }
    }
}

fn is_empty(value: Option<&Value>) -> bool {
    match value {
        None | Some(Value::Null) => true,
        Some(Value::String(text)) => text.is_empty(),
        Some(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kube::kinds;

    #[test]
    fn an_object_is_who_was_asked_for_or_refused() {
        let own = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a", "namespace": "n"}});
        for (name, namespace, asked, object, wanted) in [
            ("itself", Some("n"), Some("a"), own.clone(), None),
            ("nameless", Some("n"), Some("a"), json!({}), None),
            (
                "nulls",
                Some("n"),
                Some("a"),
                json!({"kind": null, "metadata": null}),
                None,
            ),
            (
                "empty texts",
                Some("n"),
                Some("a"),
                json!({"kind": "", "metadata": {"name": ""}}),
                None,
            ),
            (
                "another kind",
                Some("n"),
                Some("a"),
                json!({"kind": "Secret"}),
                Some("kind is \"Secret\", and \"ConfigMap\""),
            ),
            (
                "its kind otherwise",
                Some("n"),
                Some("a"),
                json!({"kind": "configmap"}),
                Some("kind is \"configmap\""),
            ),
            (
                "a kind that is a list",
                Some("n"),
                Some("a"),
                json!({"kind": ["ConfigMap"]}),
                Some("kind is no text"),
            ),
            (
                "another version",
                Some("n"),
                Some("a"),
                json!({"apiVersion": "v2"}),
                Some("apiVersion is \"v2\""),
            ),
            (
                "another name",
                Some("n"),
                Some("a"),
                json!({"metadata": {"name": "b"}}),
                Some("name is \"b\""),
            ),
            (
                "another namespace",
                Some("n"),
                Some("a"),
                json!({"metadata": {"namespace": "m"}}),
                Some("namespace is \"m\""),
            ),
            (
                "in a namespace at all",
                None,
                Some("a"),
                json!({"metadata": {"namespace": "m"}}),
                Some("namespace is \"m\""),
            ),
            ("in one of all namespaces", None, None, own.clone(), None),
            ("any name", Some("n"), None, own.clone(), None),
            (
                "no name at all",
                Some("n"),
                None,
                json!({}),
                Some("name is none"),
            ),
            (
                "no object",
                Some("n"),
                Some("a"),
                json!([]),
                Some("no object"),
            ),
            (
                "no metadata",
                Some("n"),
                Some("a"),
                json!({"metadata": 1}),
                Some("no object"),
            ),
            (
                "long",
                Some("n"),
                Some("a"),
                json!({"kind": "x".repeat(1000)}),
                Some("xxx ...\""),
            ),
        ] {
            let resource = kinds::resource("v1", "ConfigMap");
            let identity = Identity {
                resource: &resource,
                namespace,
                name: asked,
            };
            match (identity.claim(object), wanted) {
                (Ok(object), None) => {
                    assert_eq!(object["kind"], "ConfigMap", "{name}");
                    assert_eq!(object["apiVersion"], "v1", "{name}");
                    assert_eq!(object["metadata"]["name"], "a", "{name}");
                    assert_eq!(object["metadata"]["namespace"], "n", "{name}");
                }
                (Err(error), Some(wanted)) => {
                    let error = error.to_string();
                    assert!(
                        error.contains(wanted) && error.len() < 400,
                        "{name}: {error}"
                    );
                }
                (found, _) => panic!("{name}: {found:?}"),
            }
        }
    }

    #[test]
    fn what_a_server_calls_a_secret_is_not_repeated() {
        let resource = kinds::resource("v1", "Secret");
        let identity = Identity {
            resource: &resource,
            namespace: Some("n"),
            name: Some("a"),
        };
        for object in [
            json!({"kind": "hush"}),
            json!({"metadata": {"name": "hush"}}),
            json!({"metadata": {"namespace": "hush"}}),
        ] {
            let error = identity.claim(object).unwrap_err().to_string();
            assert!(!error.contains("hush"), "{error}");
        }
    }
}
