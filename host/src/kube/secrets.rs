//! What of a Secret anybody may see.

use serde_json::Value;

/// The type of the Secrets that hold bootstrap tokens.
const BOOTSTRAP_TOKEN: &str = "bootstrap.kubernetes.io/token";

/// What stands in the place of a value that is not shown.
pub const MASK: &str = "<sealed>";

/// The annotation in which `kubectl apply` keeps a copy of the object.
const LAST_APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";

/// Whether an object is a Secret.
pub fn is_secret(object: &Value) -> bool {
    object["kind"].as_str().is_some_and(is_secret_kind)
}

/// Whether a kind leads to Secrets. Whatever its case: the URL that is made of
/// it is lower case.
pub fn is_secret_kind(kind: &str) -> bool {
    kind.eq_ignore_ascii_case("secret")
}

/// Masks the values of a Secret. Other kinds stay as they are. Of a bootstrap
/// token everything but `token-secret` is public: its id, its expiration, its
/// usages and its groups.
pub fn mask(object: &mut Value) {
    if !is_secret(object) {
        return;
    }
    let is_token = object["type"] == BOOTSTRAP_TOKEN;
    for field in ["data", "stringData"] {
        let Some(Value::Object(data)) = object.get_mut(field) else {
            continue;
        };
        for (key, value) in data {
            if !is_token || key == "token-secret" {
                *value = MASK.into();
            }
        }
    }
    if let Some(copy) = object
        .get_mut("metadata")
        .and_then(|metadata| metadata.get_mut("annotations"))
        .and_then(|annotations| annotations.get_mut(LAST_APPLIED))
    {
        *copy = MASK.into();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn values_of_secrets_are_masked() {
        let cases = [
            (
                "opaque",
                json!({"kind": "Secret", "type": "Opaque", "data": {"a": "eA=="}, "stringData": {"b": "y"}}),
                json!({"kind": "Secret", "type": "Opaque", "data": {"a": MASK}, "stringData": {"b": MASK}}),
            ),
            (
                "bootstrap token",
                json!({"kind": "Secret", "type": BOOTSTRAP_TOKEN, "data": {"token-id": "aWQ=", "token-secret": "eA=="}}),
                json!({"kind": "Secret", "type": BOOTSTRAP_TOKEN, "data": {"token-id": "aWQ=", "token-secret": MASK}}),
            ),
            (
                "copy in an annotation",
                json!({"kind": "Secret", "metadata": {"annotations": {LAST_APPLIED: "{data: x}"}}}),
                json!({"kind": "Secret", "metadata": {"annotations": {LAST_APPLIED: MASK}}}),
            ),
            (
                "other kinds",
                json!({"kind": "ConfigMap", "data": {"a": "b"}}),
                json!({"kind": "ConfigMap", "data": {"a": "b"}}),
            ),
        ];
        for (name, mut object, wanted) in cases {
            mask(&mut object);
            assert_eq!(object, wanted, "{name}");
        }
    }
}
