use super::*;

fn definition() -> Value {
    json!({
        "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition", "metadata": {"name": "widgets.example.com"},
        "spec": {
            "group": "example.com", "scope": "Namespaced",
            "names": {"plural": "widgets", "singular": "widget", "kind": "Widget", "shortNames": ["w"]},
            "versions": [
                {"name": "v1", "served": true, "storage": true, "subresources": {"status": {}}, "schema": {"openAPIV3Schema": {
                    "type": "object", "required": ["spec"], "properties": {
                        "spec": {"type": "object", "properties": {
                            "size": {"type": "integer"},
                            "free": {"type": "object", "x-kubernetes-preserve-unknown-fields": true},
                            "parts": {"type": "array", "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["name"],
                                "items": {"type": "object", "properties": {"name": {"type": "string"}, "value": {"type": "string"}}}},
                        }},
                        "status": {"type": "object", "properties": {"ready": {"type": "boolean"}}},
                    },
                }}},
                {"name": "v2", "served": true, "storage": false, "schema": {"openAPIV3Schema": {"type": "object", "x-kubernetes-preserve-unknown-fields": true}}},
                {"name": "v0", "served": false, "storage": false, "schema": {"openAPIV3Schema": {"type": "object"}}},
            ],
        },
    })
}

const DEFINITIONS: &str = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
const WIDGETS: &str = "/apis/example.com/v1/namespaces/default/widgets";

fn widget(name: &str, spec: Value) -> Value {
    json!({"apiVersion": "example.com/v1", "kind": "Widget", "metadata": {"name": name}, "spec": spec})
}

#[tokio::test]
async fn a_definition_serves_its_kind() {
    let client = api().client();
    assert_eq!(get(&client, WIDGETS).await.code, 404);
    let created = done(&client, &format!("POST {DEFINITIONS}"), definition()).await;
    assert_eq!(created.text("/status/conditions/1/type"), "Established");
    done(
        &client,
        &format!("POST {WIDGETS}"),
        widget("a", json!({"size": 1, "free": {"x": {"y": [1]}}})),
    )
    .await;
    let v2 = get(&client, "/apis/example.com/v2/namespaces/default/widgets/a").await;
    assert_eq!(
        (v2.text("/apiVersion"), &v2.body["spec"]["free"]["x"]["y"]),
        ("example.com/v2", &json!([1]))
    );
    assert_eq!(
        get(&client, "/apis/example.com/v0/namespaces/default/widgets/a")
            .await
            .code,
        404,
        "not served"
    );
    assert_eq!(
        get(&client, "/apis/example.com")
            .await
            .text("/preferredVersion/version"),
        "v2"
    );
    done(
        &client,
        &format!("DELETE {DEFINITIONS}/widgets.example.com"),
        Value::Null,
    )
    .await;
    assert_eq!(get(&client, WIDGETS).await.code, 404);
    done(&client, &format!("POST {DEFINITIONS}"), definition()).await;
    assert_eq!(
        get(&client, WIDGETS).await.body["items"],
        json!([]),
        "objects went with their definition"
    );
}

#[tokio::test]
async fn its_schema_is_kept_to() {
    let client = api().client();
    done(&client, &format!("POST {DEFINITIONS}"), definition()).await;
    let cases = [
        (
            "wrong type",
            widget("a", json!({"size": "big"})),
            422,
            "spec.size in body must be of type int64",
        ),
        (
            "missing",
            json!({"apiVersion": "example.com/v1", "kind": "Widget", "metadata": {"name": "a"}}),
            422,
            "spec: Required value",
        ),
    ];
    for (name, body, code, message) in cases {
        let reply = call(&client, &format!("POST {WIDGETS}"), body).await;
        assert_eq!(reply.code, code, "{name}: {}", reply.body);
        assert!(
            reply.text("/message").contains(message),
            "{name}: {}",
            reply.body
        );
    }
    let pruned = done(
        &client,
        &format!("POST {WIDGETS}"),
        widget("a", json!({"size": 1, "colour": "red"})),
    )
    .await;
    assert_eq!(pruned.body["spec"], json!({"size": 1}));
    let strict = call(
        &client,
        &format!("POST {WIDGETS}?fieldValidation=Strict"),
        widget("b", json!({"colour": "red"})),
    )
    .await;
    assert!(
        strict
            .text("/message")
            .contains("unknown field \"spec.colour\""),
        "{}",
        strict.body
    );
    let strategic = call(&client, &format!("STRATEGIC {WIDGETS}/a"), json!({})).await;
    assert_eq!(strategic.code, 415);
    let unversioned = call(&client, &format!("PUT {WIDGETS}/a"), widget("a", json!({}))).await;
    assert!(
        unversioned
            .text("/message")
            .contains("metadata.resourceVersion"),
        "{}",
        unversioned.body
    );
    let status = done(
        &client,
        &format!("MERGE {WIDGETS}/a/status"),
        json!({"status": {"ready": true}}),
    )
    .await;
    assert_eq!(
        (
            &status.body["status"]["ready"],
            &status.body["metadata"]["generation"]
        ),
        (&json!(true), &json!(1))
    );
}

#[tokio::test]
async fn its_lists_are_merged_by_key() {
    let client = api().client();
    done(&client, &format!("POST {DEFINITIONS}"), definition()).await;
    let part =
        |name: &str, value: &str| widget("a", json!({"parts": [{"name": name, "value": value}]}));
    done(
        &client,
        &format!("APPLY {WIDGETS}/a?fieldManager=m"),
        part("x", "1"),
    )
    .await;
    let reply = done(
        &client,
        &format!("APPLY {WIDGETS}/a?fieldManager=n"),
        part("y", "2"),
    )
    .await;
    assert_eq!(
        reply.body["spec"]["parts"],
        json!([{"name": "x", "value": "1"}, {"name": "y", "value": "2"}])
    );
}

#[tokio::test]
async fn bad_definitions_by_case() {
    let client = api().client();
    let with = |pointer: &str, value: Value| {
        let mut definition = definition();
        *definition.pointer_mut(pointer).expect("there") = value;
        definition
    };
    let cases = [
        (
            "name",
            with("/metadata/name", "widget.example.com".into()),
            "must be spec.names.plural+",
        ),
        (
            "scope",
            with("/spec/scope", "Everywhere".into()),
            "spec.scope: Unsupported value",
        ),
        (
            "two stored versions",
            with("/spec/versions/1/storage", true.into()),
            "exactly one version marked as storage version",
        ),
        (
            "plural",
            with("/spec/names/plural", "Widgets".into()),
            "spec.names.plural",
        ),
    ];
    for (name, body, message) in cases {
        let reply = call(&client, &format!("POST {DEFINITIONS}"), body).await;
        assert_eq!(reply.code, 422, "{name}: {}", reply.body);
        assert!(
            reply.text("/message").contains(message),
            "{name}: {}",
            reply.body
        );
    }
}

#[tokio::test]
async fn a_definition_does_not_take_the_place_of_a_built_in_kind() {
    let client = api().client();
    let mut rival = definition();
    rival["metadata"]["name"] = "deployments.apps".into();
    rival["spec"]["group"] = "apps".into();
    rival["spec"]["names"] = json!({"plural": "deployments", "kind": "Deployment"});
    done(&client, &format!("POST {DEFINITIONS}"), rival).await;
    done(
        &client,
        &format!("POST {DEPLOYMENTS}"),
        deployment("d", "i"),
    )
    .await;
    done(
        &client,
        &format!("DELETE {DEFINITIONS}/deployments.apps"),
        Value::Null,
    )
    .await;
    assert_eq!(get(&client, &format!("{DEPLOYMENTS}/d")).await.code, 200);
}
