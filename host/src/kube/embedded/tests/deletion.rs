use super::*;

async fn exists(client: &Client, path: &str) -> bool {
    get(client, path).await.code == 200
}

#[tokio::test]
async fn finalizers_hold_an_object() {
    let client = api().client();
    let mut map = config_map("a", json!({}));
    map["metadata"]["finalizers"] = json!(["example.com/wait"]);
    done(&client, &format!("POST {MAPS}"), map).await;
    let reply = done(&client, &format!("DELETE {MAPS}/a"), Value::Null).await;
    assert_eq!(
        reply.text("/metadata/deletionTimestamp"),
        "2026-01-02T03:04:05Z"
    );
    assert!(exists(&client, &format!("{MAPS}/a")).await);
    let more = call(
        &client,
        &format!("MERGE {MAPS}/a"),
        json!({"metadata": {"finalizers": ["example.com/wait", "example.com/more"]}}),
    )
    .await;
    assert!(
        more.text("/message")
            .contains("no new finalizers can be added"),
        "{}",
        more.body
    );
    done(
        &client,
        &format!("MERGE {MAPS}/a"),
        json!({"metadata": {"finalizers": null}}),
    )
    .await;
    assert!(!exists(&client, &format!("{MAPS}/a")).await);
}

#[tokio::test]
async fn what_is_owned_goes_with_its_owner() {
    for (name, body, gone) in [
        (
            "background",
            json!({"propagationPolicy": "Background"}),
            true,
        ),
        ("default", Value::Null, true),
        ("orphan", json!({"propagationPolicy": "Orphan"}), false),
    ] {
        let client = api().client();
        let mut uids = Vec::new();
        for owner in ["owner", "other"] {
            uids.push(
                done(
                    &client,
                    &format!("POST {MAPS}"),
                    config_map(owner, json!({})),
                )
                .await
                .text("/metadata/uid")
                .to_owned(),
            );
        }
        let owned = |name: &str, owners: &[usize]| {
            let references: Vec<Value> = owners.iter().map(|index| json!({"apiVersion": "v1", "kind": "ConfigMap", "name": "o", "uid": uids[*index]})).collect();
            json!({"metadata": {"name": name, "ownerReferences": references}})
        };
        let one = done(&client, &format!("POST {MAPS}"), owned("one", &[0])).await;
        let deep = json!({"metadata": {"name": "deep", "ownerReferences": [{"apiVersion": "v1", "kind": "ConfigMap", "name": "one", "uid": one.text("/metadata/uid")}]}});
        done(&client, &format!("POST {MAPS}"), deep).await;
        done(&client, &format!("POST {MAPS}"), owned("both", &[0, 1])).await;
        done(&client, &format!("DELETE {MAPS}/owner"), body).await;
        assert_eq!(
            exists(&client, &format!("{MAPS}/one")).await,
            !gone,
            "{name}"
        );
        assert_eq!(
            exists(&client, &format!("{MAPS}/deep")).await,
            !gone,
            "{name}"
        );
        let both = get(&client, &format!("{MAPS}/both")).await;
        assert_eq!(
            both.body
                .pointer("/metadata/ownerReferences")
                .and_then(Value::as_array)
                .map(Vec::len),
            Some(1),
            "{name}"
        );
    }
}

#[tokio::test]
async fn a_namespace_takes_its_contents_along() {
    let client = api().client();
    let created = done(
        &client,
        "POST /api/v1/namespaces",
        json!({"metadata": {"name": "n"}}),
    )
    .await;
    assert_eq!(created.text("/status/phase"), "Active");
    let maps = "/api/v1/namespaces/n/configmaps";
    done(&client, &format!("POST {maps}"), config_map("a", json!({}))).await;
    let mut held = config_map("held", json!({}));
    held["metadata"]["finalizers"] = json!(["example.com/wait"]);
    done(&client, &format!("POST {maps}"), held).await;
    let reply = done(&client, "DELETE /api/v1/namespaces/n", Value::Null).await;
    assert_eq!(reply.text("/status/phase"), "Terminating");
    assert!(!exists(&client, &format!("{maps}/a")).await);
    let refused = call(&client, &format!("POST {maps}"), config_map("b", json!({}))).await;
    assert_eq!(refused.code, 403);
    assert!(
        refused
            .text("/message")
            .contains("because it is being terminated")
    );
    done(
        &client,
        &format!("MERGE {maps}/held"),
        json!({"metadata": {"finalizers": []}}),
    )
    .await;
    assert!(
        !exists(&client, "/api/v1/namespaces/n").await,
        "the last content frees the namespace"
    );
}

#[tokio::test]
async fn collections_are_deleted_by_selector() {
    let client = api().client();
    for (name, app) in [("a", "x"), ("b", "y")] {
        let mut map = config_map(name, json!({}));
        map["metadata"]["labels"] = json!({"app": app});
        done(&client, &format!("POST {MAPS}"), map).await;
    }
    done(
        &client,
        &format!("DELETE {MAPS}?labelSelector=app%3Dx"),
        Value::Null,
    )
    .await;
    assert!(!exists(&client, &format!("{MAPS}/a")).await);
    assert!(exists(&client, &format!("{MAPS}/b")).await);
    assert_eq!(
        call(&client, "DELETE /api/v1/configmaps", Value::Null)
            .await
            .code,
        405
    );
}
