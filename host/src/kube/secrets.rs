//! What of a Secret anybody may see.

use base64::Engine;
use base64::prelude::BASE64_STANDARD as BASE64;
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

/// Whether the path of a URL leads to Secrets.
pub fn is_secret_path(path: &str) -> bool {
    path.split('/').any(|segment| segment == "secrets")
}

/// Masks the values of an object where what was asked for is secret
/// ([`is_secret_kind`]), or it calls itself so: what a server says of an object
/// makes nothing public. Others stay as they are. Of a bootstrap token
/// everything but `token-secret` is public: its id, its expiration, its usages
/// and its groups.
pub fn mask(object: &mut Value, asked_for_secret: bool) {
    if !asked_for_secret && !is_secret(object) {
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

/// What a server says of a request to `path`, without the values of a Secret
/// that was sent with it: field errors repeat a value that is wrong, and
/// webhooks say whatever they like.
pub fn redact(said: String, path: &str, sent: &[u8]) -> String {
    if !is_secret_path(path) {
        return said;
    }
    let Ok(secret) = serde_json::from_slice::<Value>(sent) else {
        return said;
    };
    let mut masked = secret.clone();
    // A patch does not say what it is for.
    mask(&mut masked, true);
    let mut values = Vec::new();
    for (field, is_encoded) in [("data", true), ("stringData", false)] {
        let members = secret[field].as_object().into_iter().flatten();
        for (_, value) in members.filter(|(key, _)| masked[field][*key] == MASK) {
            let Some(text) = value.as_str() else { continue };
            let other = match is_encoded {
                true => BASE64
                    .decode(text)
                    .ok()
                    .map(|bytes| String::from_utf8_lossy(&bytes).into_owned()),
                false => Some(BASE64.encode(text)),
            };
            values.extend(other);
            values.push(text.to_owned());
        }
    }
    // What holds another one goes first.
    values.sort_by_key(|value| std::cmp::Reverse(value.len()));
    values
        .iter()
        .filter(|value| !value.is_empty())
        .fold(said, |said, value| said.replace(value.as_str(), MASK))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_a_server_repeats_of_a_secret_is_not_told() {
        let token = json!({"kind": "Secret", "type": BOOTSTRAP_TOKEN,
            "data": {"token-id": "YWJjZGVm", "token-secret": "c2VjcmV0c2VjcmV0"}});
        let secrets = "/api/v1/namespaces/a/secrets";
        let cases = [
            (
                "as sent",
                secrets,
                token.clone(),
                "data[token-secret]: Invalid value: \"c2VjcmV0c2VjcmV0\"",
                "data[token-secret]: Invalid value: \"<sealed>\"",
            ),
            (
                "decoded, and what is public",
                secrets,
                token.clone(),
                "bootstrap-token-abcdef YWJjZGVm: secretsecret",
                "bootstrap-token-abcdef YWJjZGVm: <sealed>",
            ),
            (
                "a patch",
                "/api/v1/namespaces/a/secrets/b",
                json!({"stringData": {"key": "hush-hush"}}),
                "hush-hush or aHVzaC1odXNo",
                "<sealed> or <sealed>",
            ),
            (
                "no Secret",
                "/api/v1/namespaces/a/configmaps",
                json!({"data": {"key": "hush"}}),
                "hush",
                "hush",
            ),
            ("nothing sent", secrets, Value::Null, "gone", "gone"),
            (
                "an empty value",
                secrets,
                json!({"stringData": {"key": ""}}),
                "as it was",
                "as it was",
            ),
        ];
        for (name, path, sent, said, wanted) in cases {
            let sent = sent.to_string().into_bytes();
            assert_eq!(redact(said.to_owned(), path, &sent), wanted, "{name}");
        }
    }

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
            mask(&mut object, false);
            assert_eq!(object, wanted, "{name}");
        }
    }

    #[test]
    fn a_secret_under_another_name_is_masked() {
        for called in [json!("ConfigMap"), json!(null), json!(["Secret"])] {
            let mut object = json!({"kind": called, "data": {"a": "eA=="}});
            mask(&mut object, true);
            assert_eq!(object["data"]["a"], MASK, "{called}");
        }
    }
}
