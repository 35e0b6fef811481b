//! The API as clients meet it: every request goes through a real `kube::Client`.

mod apply;
mod custom;
mod deletion;
mod export;
mod faults;
mod objects;
mod patches;
mod reads;
mod refusals;
mod refused;
mod robust;
mod watches;

use ::kube::Client;
use ::kube::client::Body;
use http_body_util::BodyExt;
use serde_json::{Value, json};

use super::{EmbeddedApi, Options, control_plane_seed};

/// An API with the seeds of a control plane.
pub fn options() -> Options {
    let now = "2026-01-02T03:04:05Z".parse().expect("a time");
    Options {
        seeds: control_plane_seed("cp", &[]),
        service_range: Some("10.96.0.0/12".parse().expect("a range")),
        ..Options::repeatable(now, 7)
    }
}

pub fn api() -> EmbeddedApi {
    EmbeddedApi::new(&options()).expect("the seeds are valid")
}

/// The answer to a request: code, body (text in a JSON string if it is no JSON), warnings.
pub struct Reply {
    pub code: u16,
    pub body: Value,
    pub warnings: Vec<String>,
}

impl Reply {
    pub fn text(&self, pointer: &str) -> &str {
        self.body
            .pointer(pointer)
            .and_then(Value::as_str)
            .unwrap_or_default()
    }

    pub fn version(&self) -> &str {
        self.text("/metadata/resourceVersion")
    }
}

/// `"POST /path"`, `"APPLY /path?fieldManager=a"`: the method or the patch format, and the path.
pub async fn call(client: &Client, line: &str, body: Value) -> Reply {
    let (word, path) = line.split_once(' ').expect("a method and a path");
    let (method, kind) = match word {
        "APPLY" => ("PATCH", "application/apply-patch+yaml"),
        "MERGE" => ("PATCH", "application/merge-patch+json"),
        "JSON" => ("PATCH", "application/json-patch+json"),
        "STRATEGIC" => ("PATCH", "application/strategic-merge-patch+json"),
        method => (method, "application/json"),
    };
    let body = if body.is_null() {
        Vec::new()
    } else {
        body.to_string().into_bytes()
    };
    send(client, method, path, kind, body).await
}

pub async fn send(client: &Client, method: &str, path: &str, kind: &str, body: Vec<u8>) -> Reply {
    let request = http::Request::builder()
        .method(method)
        .uri(path)
        .header("content-type", kind)
        .body(Body::from(body))
        .expect("a request");
    let response = client.send(request).await.expect("an answer");
    let warnings = response
        .headers()
        .get_all("warning")
        .iter()
        .map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned())
        .collect();
    let code = response.status().as_u16();
    let bytes = response
        .into_body()
        .collect()
        .await
        .expect("a body")
        .to_bytes();
    let body = serde_json::from_slice(&bytes)
        .unwrap_or_else(|_| String::from_utf8_lossy(&bytes).into_owned().into());
    Reply {
        code,
        body,
        warnings,
    }
}

pub async fn get(client: &Client, path: &str) -> Reply {
    call(client, &format!("GET {path}"), Value::Null).await
}

/// [`call`], which must succeed.
pub async fn done(client: &Client, line: &str, body: Value) -> Reply {
    let reply = call(client, line, body).await;
    assert!(reply.code < 300, "{line}: {}", reply.body);
    reply
}

pub fn config_map(name: &str, data: Value) -> Value {
    json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": data})
}

pub fn deployment(name: &str, image: &str) -> Value {
    json!({
        "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": name},
        "spec": {
            "replicas": 2, "selector": {"matchLabels": {"app": name}},
            "template": {"metadata": {"labels": {"app": name}}, "spec": {"containers": [{"name": "main", "image": image}]}},
        },
    })
}

pub const MAPS: &str = "/api/v1/namespaces/default/configmaps";
pub const DEPLOYMENTS: &str = "/apis/apps/v1/namespaces/default/deployments";
