//! What is in a cluster, held against another.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::support::live::Live;

/// Objects by name, without what differs from cluster to cluster: tokens are
/// random, and so are their ends and what is signed with them.
pub fn comparable(live: &Live) -> BTreeMap<String, Value> {
    let named = |object: &Value| {
        let name = object["metadata"]["name"].as_str().unwrap_or_default();
        let token = name.starts_with("bootstrap-token-");
        format!(
            "{} {}",
            object["kind"].as_str().unwrap_or_default(),
            if token { "bootstrap-token" } else { name }
        )
    };
    let objects = live.objects().into_iter();
    objects
        .map(|mut object| {
            let name = named(&object);
            if name == "Secret bootstrap-token" {
                object["metadata"]["name"] = Value::Null;
                for part in ["token-id", "token-secret", "expiration"] {
                    assert!(object["data"][part].is_string(), "{object}");
                    object["data"][part] = Value::Null;
                }
            }
            (name, object)
        })
        .collect()
}

pub fn tokens(live: &Live) -> Vec<Value> {
    let mut objects = live.objects();
    objects.retain(|object| object["type"] == "bootstrap.kubernetes.io/token");
    objects
}
