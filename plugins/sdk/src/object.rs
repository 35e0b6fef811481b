//! Objects of the kube API, as phases write them.

use crate::{Sealed, encoding};
use serde_json::{Value, json};

/// An object, with sealed values for some of its fields.
pub struct Object {
    value: Value,
    sealed: Vec<(String, Sealed)>,
}

impl Object {
    /// `Object::new("apps/v1", "Deployment", "coredns")`
    pub fn new(api_version: &str, kind: &str, name: &str) -> Self {
        let value = json!({"apiVersion": api_version, "kind": kind, "metadata": {"name": name}});
        Self {
            value,
            sealed: Vec::new(),
        }
    }

    /// An object that is there as JSON.
    pub fn from_value(value: Value) -> Self {
        Self {
            value,
            sealed: Vec::new(),
        }
    }

    /// Puts it into a namespace.
    #[must_use]
    pub fn namespace(self, namespace: &str) -> Self {
        self.metadata("namespace", json!(namespace))
    }

    /// Adds a label.
    #[must_use]
    pub fn label(self, name: &str, value: &str) -> Self {
        self.entry("labels", name, value)
    }

    /// Adds an annotation.
    #[must_use]
    pub fn annotation(self, name: &str, value: &str) -> Self {
        self.entry("annotations", name, value)
    }

    /// Sets a field of the metadata.
    #[must_use]
    pub fn metadata(mut self, field: &str, value: Value) -> Self {
        self.value["metadata"][field] = value;
        self
    }

    /// Sets a top field: `set("spec", json!({...}))`.
    #[must_use]
    pub fn set(mut self, field: &str, value: Value) -> Self {
        self.value[field] = value;
        self
    }

    /// Adds a text to a ConfigMap's `data`.
    #[must_use]
    pub fn data(mut self, key: &str, text: impl Into<String>) -> Self {
        self.value["data"][key] = Value::String(text.into());
        self
    }

    /// Adds a public text to a Secret's `data`, in base64.
    #[must_use]
    pub fn secret_data(self, key: &str, text: &str) -> Self {
        self.data(key, encoding::base64(text))
    }

    /// Adds a secret to a Secret's `data`. `value` is base64 already
    /// ([`crate::Content::base64`]).
    #[must_use]
    pub fn sealed_data(mut self, key: &str, value: Sealed) -> Self {
        self = self.data(key, "");
        self.sealed.push((pointer(&["data", key]), value));
        self
    }

    /// The object as JSON; sealed fields are empty in it.
    pub fn json(&self) -> &Value {
        &self.value
    }

    /// JSON pointers of the sealed fields, with their values.
    pub fn sealed(&self) -> &[(String, Sealed)] {
        &self.sealed
    }

    /// `Secret kube-system/kubeadm-certs`, for messages.
    pub fn describe(&self) -> String {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let metadata = &self.value["metadata"];
        let namespace = text(&metadata["namespace"]);
        let slash = if namespace.is_empty() { "" } else { "/" };
        format!(
            "{} {namespace}{slash}{}",
            text(&self.value["kind"]),
            text(&metadata["name"])
        )
    }

    fn entry(mut self, field: &str, name: &str, value: &str) -> Self {
        self.value["metadata"][field][name] = json!(value);
        self
    }
}

/// A JSON pointer (RFC 6901).
pub fn pointer(path: &[&str]) -> String {
    path.iter()
        .map(|part| format!("/{}", part.replace('~', "~0").replace('/', "~1")))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn builds_objects() {
        let object = Object::new("v1", "ConfigMap", "a")
            .namespace("kube-system")
            .label("app", "x")
            .annotation("note", "y")
            .data("key", "text")
            .secret_data("public", "hi");
        assert_eq!(
            *object.json(),
            json!({
                "apiVersion": "v1", "kind": "ConfigMap",
                "metadata": {"name": "a", "namespace": "kube-system", "labels": {"app": "x"}, "annotations": {"note": "y"}},
                "data": {"key": "text", "public": "aGk="},
            })
        );
        assert_eq!(object.describe(), "ConfigMap kube-system/a");
        assert_eq!(Object::new("v1", "Node", "n").describe(), "Node n");
        assert_eq!(pointer(&["data", "a/b~c"]), "/data/a~1b~0c");
    }
}
