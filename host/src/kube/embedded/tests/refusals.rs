use super::refused::{Case, check, with};
use super::*;

#[tokio::test]
async fn refusals_by_case() {
    let client = api().client();
    done(
        &client,
        &format!("POST {MAPS}"),
        config_map("here", json!({"x": "1"})),
    )
    .await;
    done(
        &client,
        &format!("POST {DEPLOYMENTS}"),
        deployment("d", "i"),
    )
    .await;
    let roles = "/apis/rbac.authorization.k8s.io/v1/clusterroles";
    done(
        &client,
        &format!("POST {roles}"),
        json!({"metadata": {"name": "kubeadm:get-nodes"}, "rules": []}),
    )
    .await;
    let binding = |role: &str| json!({"metadata": {"name": "b"}, "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": role}});
    let bindings = "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings";
    done(&client, &format!("POST {bindings}"), binding("a")).await;
    let secrets = "/api/v1/namespaces/default/secrets";
    done(&client, &format!("POST {secrets}"), json!({"metadata": {"name": "sealed"}, "immutable": true, "data": {"a": "YQ=="}, "type": "Opaque"})).await;
    let named = |name: &str| config_map(name, json!({}));
    let cases: Vec<Case> = vec![
        (
            "missing object",
            format!("GET {MAPS}/none"),
            Value::Null,
            404,
            "NotFound",
            "configmaps \"none\" not found",
        ),
        (
            "missing object of a group",
            format!("GET {DEPLOYMENTS}/none"),
            Value::Null,
            404,
            "NotFound",
            "deployments.apps \"none\" not found",
        ),
        (
            "missing kind",
            "GET /apis/apps/v1/things".into(),
            Value::Null,
            404,
            "NotFound",
            "the server could not find the requested resource",
        ),
        (
            "cluster kind in a namespace",
            "GET /api/v1/namespaces/default/nodes".into(),
            Value::Null,
            404,
            "NotFound",
            "could not find",
        ),
        (
            "missing subresource",
            format!("GET {MAPS}/here/status"),
            Value::Null,
            404,
            "NotFound",
            "could not find",
        ),
        (
            "missing namespace",
            "POST /api/v1/namespaces/none/configmaps".into(),
            named("a"),
            404,
            "NotFound",
            "namespaces \"none\" not found",
        ),
        (
            "patch of nothing",
            format!("MERGE {MAPS}/none"),
            json!({}),
            404,
            "NotFound",
            "not found",
        ),
        (
            "put of nothing",
            format!("PUT {MAPS}/none"),
            named("none"),
            404,
            "NotFound",
            "not found",
        ),
        (
            "there already",
            format!("POST {MAPS}"),
            named("here"),
            409,
            "AlreadyExists",
            "configmaps \"here\" already exists",
        ),
        (
            "old version",
            format!("PUT {MAPS}/here"),
            with(named("here"), "/metadata/resourceVersion", "1".into()),
            409,
            "Conflict",
            "Operation cannot be fulfilled on configmaps \"here\": the object has been modified",
        ),
        (
            "other uid",
            format!("PUT {MAPS}/here"),
            with(named("here"), "/metadata/uid", "1".into()),
            409,
            "Conflict",
            "UID in precondition: 1",
        ),
        (
            "patch of an old version",
            format!("MERGE {MAPS}/here"),
            json!({"metadata": {"resourceVersion": "1"}}),
            409,
            "Conflict",
            "has been modified",
        ),
        (
            "capital letters",
            format!("POST {MAPS}"),
            named("Bad"),
            422,
            "Invalid",
            "ConfigMap \"Bad\" is invalid: metadata.name: Invalid value: \"Bad\": a lowercase RFC 1123 subdomain",
        ),
        (
            "colons outside rbac",
            format!("POST {MAPS}"),
            named("a:b"),
            422,
            "Invalid",
            "RFC 1123 subdomain",
        ),
        (
            "a slash in rbac",
            format!("POST {roles}"),
            json!({"metadata": {"name": "a/b"}}),
            422,
            "Invalid",
            "may not contain '/'",
        ),
        (
            "no name",
            format!("POST {MAPS}"),
            json!({}),
            422,
            "Invalid",
            "metadata.name: Required value: name or generateName is required",
        ),
        (
            "dots in a namespace",
            "POST /api/v1/namespaces".into(),
            json!({"metadata": {"name": "a.b"}}),
            422,
            "Invalid",
            "RFC 1123 label",
        ),
        (
            "bad label",
            format!("POST {MAPS}"),
            with(named("a"), "/metadata/labels", json!({"a": "b c"})),
            422,
            "Invalid",
            "metadata.labels: Invalid value: \"b c\"",
        ),
        (
            "other namespace",
            format!("POST {MAPS}"),
            with(named("a"), "/metadata/namespace", "kube-system".into()),
            400,
            "BadRequest",
            "the namespace of the provided object does not match the namespace sent on the request",
        ),
        (
            "other name",
            format!("PUT {MAPS}/here"),
            named("there"),
            400,
            "BadRequest",
            "the name of the object (there) does not match the name on the URL (here)",
        ),
        (
            "other kind",
            format!("POST {MAPS}"),
            json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "a"}}),
            400,
            "BadRequest",
            "does not match the expected kind",
        ),
        (
            "other version",
            format!("POST {DEPLOYMENTS}"),
            json!({"apiVersion": "v1", "kind": "Deployment"}),
            400,
            "BadRequest",
            "the API version in the data (v1) does not match the expected API version (apps/v1)",
        ),
        (
            "no object",
            format!("POST {MAPS}"),
            json!([1]),
            400,
            "BadRequest",
            "cannot be handled as a ConfigMap",
        ),
        (
            "wrong type",
            format!("POST {DEPLOYMENTS}"),
            with(deployment("x", "i"), "/spec/replicas", "two".into()),
            400,
            "BadRequest",
            "json: cannot unmarshal string into Go struct field Deployment.spec.replicas of type int32",
        ),
        (
            "unknown field, strictly",
            format!("POST {MAPS}?fieldValidation=Strict"),
            with(named("a"), "/dat", json!({})),
            400,
            "BadRequest",
            "strict decoding error: unknown field \"dat\"",
        ),
        (
            "no selector",
            format!("POST {DEPLOYMENTS}"),
            json!({"metadata": {"name": "x"}, "spec": {"template": {}}}),
            422,
            "Invalid",
            "spec.selector: Required value",
        ),
        (
            "selector changed",
            format!("MERGE {DEPLOYMENTS}/d"),
            json!({"spec": {"selector": {"matchLabels": {"app": "other"}}}}),
            422,
            "Invalid",
            "spec.selector: Invalid value",
        ),
        (
            "roleRef changed",
            format!("PUT {bindings}/b"),
            binding("b"),
            422,
            "Invalid",
            "cannot change roleRef",
        ),
        (
            "secret type changed",
            format!("MERGE {secrets}/sealed"),
            json!({"type": "other"}),
            422,
            "Invalid",
            "type: Invalid value: \"other\": field is immutable",
        ),
        (
            "immutable secret",
            format!("MERGE {secrets}/sealed"),
            json!({"data": {"a": "Yg=="}}),
            422,
            "Invalid",
            "data: Forbidden: field is immutable when `immutable` is set",
        ),
        (
            "not base64",
            format!("POST {secrets}"),
            json!({"metadata": {"name": "x"}, "data": {"a": "!"}}),
            400,
            "BadRequest",
            "Secret.data.a",
        ),
        (
            "version at creation",
            format!("POST {MAPS}"),
            with(named("a"), "/metadata/resourceVersion", "1".into()),
            500,
            "",
            "resourceVersion should not be set on objects to be created",
        ),
    ];
    check(&client, cases).await;
}

#[tokio::test]
async fn unknown_fields_are_dropped_with_a_warning() {
    let client = api().client();
    let mut body = config_map("a", json!({}));
    body["dat"] = json!({});
    let reply = done(&client, &format!("POST {MAPS}"), body.clone()).await;
    assert_eq!(reply.warnings, ["299 - \"unknown field \\\"dat\\\"\""]);
    assert_eq!(reply.body.get("dat"), None);
    body["metadata"]["name"] = "b".into();
    let reply = done(
        &client,
        &format!("POST {MAPS}?fieldValidation=Ignore"),
        body,
    )
    .await;
    assert!(reply.warnings.is_empty());
}

#[tokio::test]
async fn refusals_name_their_causes() {
    let client = api().client();
    let reply = call(
        &client,
        &format!("POST {MAPS}"),
        config_map("Bad", json!({})),
    )
    .await;
    let details = &reply.body["details"];
    assert_eq!(
        (&details["kind"], &details["name"]),
        (&json!("ConfigMap"), &json!("Bad"))
    );
    assert_eq!(
        (
            &details["causes"][0]["field"],
            &details["causes"][0]["reason"]
        ),
        (&json!("metadata.name"), &json!("FieldValueInvalid"))
    );
}
