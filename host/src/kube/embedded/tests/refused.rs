//! Requests that are wrong in themselves, and what refusals have in common.

use super::*;

/// (name, request, body, code, reason, a part of the message)
pub type Case = (&'static str, String, Value, u16, &'static str, &'static str);

pub async fn check(client: &Client, cases: Vec<Case>) {
    for (name, line, body, code, reason, message) in cases {
        let reply = call(client, &line, body).await;
        assert_eq!(
            (reply.code, reply.text("/reason")),
            (code, reason),
            "{name}: {}",
            reply.body
        );
        assert!(
            reply.text("/message").contains(message),
            "{name}: {}",
            reply.body
        );
        if code >= 400 {
            assert_eq!(
                (reply.text("/kind"), &reply.body["code"]),
                ("Status", &json!(code)),
                "{name}"
            );
        }
    }
}

/// The object with a value at a JSON pointer.
pub fn with(mut object: Value, pointer: &str, value: Value) -> Value {
    let (parent, key) = pointer.rsplit_once('/').expect("a pointer");
    object.pointer_mut(parent).expect("a parent")[key] = value;
    object
}

#[tokio::test]
async fn requests_by_case() {
    let client = api().client();
    done(
        &client,
        &format!("POST {MAPS}"),
        config_map("here", json!({"x": "1"})),
    )
    .await;
    let named = |name: &str| config_map(name, json!({}));
    let cases: Vec<Case> = vec![
        (
            "patch without a format",
            format!("PATCH {MAPS}/here"),
            json!({}),
            415,
            "UnsupportedMediaType",
            "application/strategic-merge-patch+json",
        ),
        (
            "json patch that is none",
            format!("JSON {MAPS}/here"),
            json!({}),
            400,
            "BadRequest",
            "error decoding patch",
        ),
        (
            "json patch that fails",
            format!("JSON {MAPS}/here"),
            json!([{"op": "test", "path": "/data/x", "value": "2"}]),
            422,
            "Invalid",
            "error in our request",
        ),
        (
            "apply without a manager",
            format!("APPLY {MAPS}/here"),
            named("here"),
            422,
            "Invalid",
            "fieldManager: Required value",
        ),
        (
            "apply without a kind",
            format!("APPLY {MAPS}/here?fieldManager=a"),
            json!({"metadata": {"name": "here"}}),
            400,
            "BadRequest",
            "must name its apiVersion",
        ),
        (
            "apply with managed fields",
            format!("APPLY {MAPS}/here?fieldManager=a"),
            with(named("here"), "/metadata/managedFields", json!([])),
            400,
            "BadRequest",
            "metadata.managedFields must be nil",
        ),
        (
            "apply of an unknown field",
            format!("APPLY {MAPS}/here?fieldManager=a"),
            with(named("here"), "/dat", json!({})),
            500,
            "",
            "failed to create typed patch object (default/here; v1, Kind=ConfigMap): .dat: field not declared in schema",
        ),
        (
            "apply of nothing with a uid",
            format!("APPLY {MAPS}/none?fieldManager=a"),
            with(named("none"), "/metadata/uid", "1".into()),
            409,
            "Conflict",
            "deleted",
        ),
        (
            "bad dry run",
            format!("POST {MAPS}?dryRun=Some"),
            named("a"),
            422,
            "Invalid",
            "dryRun: Unsupported value: \"Some\"",
        ),
        (
            "bad selector",
            format!("GET {MAPS}?labelSelector=a%20b"),
            Value::Null,
            400,
            "BadRequest",
            "a b",
        ),
        (
            "bad limit",
            format!("GET {MAPS}?limit=x"),
            Value::Null,
            400,
            "BadRequest",
            "limit",
        ),
        (
            "bad method",
            format!("POST {MAPS}/here"),
            named("here"),
            405,
            "MethodNotAllowed",
            "does not allow this method",
        ),
        (
            "create everywhere",
            "POST /api/v1/configmaps".into(),
            named("a"),
            405,
            "MethodNotAllowed",
            "does not allow this method",
        ),
        (
            "verb not served",
            "POST /api/v1/componentstatuses".into(),
            json!({}),
            405,
            "MethodNotAllowed",
            "create is not supported",
        ),
        (
            "version to come",
            format!("GET {MAPS}?watch=true&resourceVersion=999999"),
            Value::Null,
            504,
            "Timeout",
            "Too large resource version",
        ),
        (
            "namespace that stays",
            "DELETE /api/v1/namespaces/kube-system".into(),
            Value::Null,
            403,
            "Forbidden",
            "this namespace may not be deleted",
        ),
        (
            "delete of another",
            format!("DELETE {MAPS}/here"),
            json!({"preconditions": {"uid": "1"}}),
            409,
            "Conflict",
            "the UID in the precondition (1)",
        ),
        (
            "bad policy",
            format!("DELETE {MAPS}/here"),
            json!({"propagationPolicy": "Now"}),
            422,
            "Invalid",
            "propagationPolicy: Unsupported value",
        ),
        (
            "lease without a version",
            "PUT /apis/coordination.k8s.io/v1/namespaces/default/leases/l".into(),
            json!({"metadata": {"name": "l"}}),
            201,
            "",
            "",
        ),
        (
            "lease put again",
            "PUT /apis/coordination.k8s.io/v1/namespaces/default/leases/l".into(),
            json!({"metadata": {"name": "l"}}),
            422,
            "Invalid",
            "must be specified for an update",
        ),
    ];
    check(&client, cases).await;
}

#[tokio::test]
async fn malformed_json_is_a_bad_request() {
    let client = api().client();
    for (method, path, kind) in [
        ("POST", MAPS.to_owned(), "application/json"),
        (
            "PATCH",
            "/api/v1/nodes/cp".into(),
            "application/merge-patch+json",
        ),
    ] {
        let reply = send(&client, method, &path, kind, b"{".to_vec()).await;
        assert_eq!(
            (reply.code, reply.text("/reason")),
            (400, "BadRequest"),
            "{method}"
        );
    }
    let reply = send(&client, "POST", MAPS, "application/yaml", b"a: b".to_vec()).await;
    assert_eq!(
        (reply.code, reply.text("/reason")),
        (415, "UnsupportedMediaType")
    );
    let reply = send(
        &client,
        "POST",
        MAPS,
        "application/json",
        vec![b' '; 4 << 20],
    )
    .await;
    assert_eq!(
        (reply.code, reply.text("/reason")),
        (413, "RequestEntityTooLarge")
    );
}
