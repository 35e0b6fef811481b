use super::*;

#[tokio::test]
async fn formats_by_case() {
    let client = api().client();
    done(
        &client,
        &format!("POST {DEPLOYMENTS}"),
        deployment("d", "1"),
    )
    .await;
    let path = format!("{DEPLOYMENTS}/d");
    let containers = |reply: &Reply| {
        reply
            .body
            .pointer("/spec/template/spec/containers")
            .cloned()
            .unwrap_or_default()
    };
    let patch = |items: Value| json!({"spec": {"template": {"spec": {"containers": items}}}});
    let cases = [
        (
            "strategic adds",
            "STRATEGIC",
            patch(json!([{"name": "side", "image": "2"}])),
            json!([{"name": "side", "image": "2"}, {"name": "main", "image": "1"}]),
        ),
        (
            "strategic deletes",
            "STRATEGIC",
            patch(json!([{"name": "side", "$patch": "delete"}])),
            json!([{"name": "main", "image": "1"}]),
        ),
        (
            "json",
            "JSON",
            json!([{"op": "replace", "path": "/spec/template/spec/containers/0/image", "value": "3"}]),
            json!([{"name": "main", "image": "3"}]),
        ),
        (
            "merge replaces lists",
            "MERGE",
            patch(json!([{"name": "other", "image": "4"}])),
            json!([{"name": "other", "image": "4"}]),
        ),
    ];
    for (name, format, body, wanted) in cases {
        assert_eq!(
            containers(&done(&client, &format!("{format} {path}"), body).await),
            wanted,
            "{name}"
        );
    }
}

#[tokio::test]
async fn a_node_is_marked_as_a_control_plane() {
    let client = api().client();
    let patch = json!({
        "metadata": {"labels": {"node-role.kubernetes.io/control-plane": ""}},
        "spec": {"taints": [{"key": "node-role.kubernetes.io/control-plane", "effect": "NoSchedule"}]},
    });
    let node = done(&client, "STRATEGIC /api/v1/nodes/cp", patch.clone()).await;
    assert_eq!(node.body["spec"], patch["spec"]);
    assert_eq!(node.text("/metadata/labels/kubernetes.io~1hostname"), "cp");
    let cleared = done(
        &client,
        "STRATEGIC /api/v1/nodes/cp",
        json!({"spec": {"taints": null}}),
    )
    .await;
    assert_eq!(cleared.body["spec"], json!({}));
}

#[tokio::test]
async fn a_patch_that_changes_nothing_keeps_the_version() {
    let client = api().client();
    let created = done(
        &client,
        &format!("POST {MAPS}"),
        config_map("a", json!({"x": "1"})),
    )
    .await;
    for format in ["MERGE", "STRATEGIC"] {
        let patched = done(
            &client,
            &format!("{format} {MAPS}/a"),
            json!({"data": {"x": "1"}}),
        )
        .await;
        assert_eq!(patched.version(), created.version(), "{format}");
    }
    let put = done(
        &client,
        &format!("PUT {MAPS}/a"),
        config_map("a", json!({"x": "1"})),
    )
    .await;
    assert_eq!(put.version(), created.version(), "PUT");
}
