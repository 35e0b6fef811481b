use super::*;
use crate::kube::embedded::PlaceError;

#[tokio::test]
async fn what_clients_wrote_comes_out_as_they_wrote_it() {
    let api = api();
    let client = api.client();
    assert!(api.objects().is_empty(), "seeds are not written by clients");
    let mut map = config_map("b", json!({"x": "1"}));
    map["metadata"]["namespace"] = "default".into();
    let service = json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "a", "namespace": "default"}, "spec": {"ports": [{"port": 53}]}});
    let namespace = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "n"}});
    done(
        &client,
        &format!("APPLY {MAPS}/b?fieldManager=m"),
        map.clone(),
    )
    .await;
    done(
        &client,
        "POST /api/v1/namespaces/default/services",
        service.clone(),
    )
    .await;
    done(&client, "POST /api/v1/namespaces", namespace.clone()).await;
    done(
        &client,
        &format!("MERGE {MAPS}/b"),
        json!({"data": {"x": "2"}}),
    )
    .await;
    map["data"]["x"] = "2".into();
    assert_eq!(api.objects(), [map, service, namespace]);
    done(
        &client,
        "STRATEGIC /api/v1/nodes/cp",
        json!({"spec": {"unschedulable": true}}),
    )
    .await;
    assert_eq!(
        api.objects().last().map(|node| node["spec"].clone()),
        Some(json!({"unschedulable": true})),
        "a seed that is written to comes out"
    );
    done(&client, &format!("DELETE {MAPS}/b"), Value::Null).await;
    assert_eq!(api.objects().len(), 3);
}

#[tokio::test]
async fn an_import_makes_the_same_applies_no_ops() {
    let (first, second) = (api(), api());
    let objects = [
        (
            "/api/v1/namespaces/n",
            json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "n"}}),
        ),
        (
            "/api/v1/namespaces/n/configmaps/a",
            json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a", "namespace": "n"}, "data": {"x": "1"}}),
        ),
        ("/apis/apps/v1/namespaces/n/deployments/d", {
            let mut it = deployment("d", "1");
            it["metadata"]["namespace"] = "n".into();
            it
        }),
        (
            "/api/v1/namespaces/n/services/s",
            json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "s", "namespace": "n"}, "spec": {"ports": [{"port": 1}]}}),
        ),
        (
            "/api/v1/namespaces/n/secrets/k",
            json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "k", "namespace": "n"}, "data": {"a": "YQ=="}}),
        ),
    ];
    let client = first.client();
    for (path, object) in &objects {
        done(
            &client,
            &format!("APPLY {path}?fieldManager=kubewright&force=true"),
            object.clone(),
        )
        .await;
    }
    let exported = first.objects();
    second.import(&exported, "kubewright").expect("imported");
    assert_eq!(second.objects(), exported);
    let (client, before) = (second.client(), second.revision());
    for (path, object) in &objects {
        done(
            &client,
            &format!("APPLY {path}?fieldManager=kubewright&force=true"),
            object.clone(),
        )
        .await;
        assert_eq!(second.revision(), before, "{path}");
    }
    let changed = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}, "data": {"y": "2"}});
    let reply = done(
        &client,
        "APPLY /api/v1/namespaces/n/configmaps/a?fieldManager=kubewright",
        changed,
    )
    .await;
    assert_eq!(
        reply.body["data"],
        json!({"y": "2"}),
        "what the import applied is removed when it is no longer applied"
    );
    assert!(second.revision() > before);
}

#[tokio::test]
async fn an_import_over_a_seed_replaces_it() {
    let (first, second) = (api(), api());
    let client = first.client();
    done(
        &client,
        "STRATEGIC /api/v1/nodes/cp",
        json!({"metadata": {"labels": {"a": "b"}}}),
    )
    .await;
    done(
        &client,
        "MERGE /api/v1/nodes/cp/status",
        json!({"status": {"phase": "Running"}}),
    )
    .await;
    second
        .import(&first.objects(), "kubewright")
        .expect("imported");
    let node = get(&second.client(), "/api/v1/nodes/cp").await;
    assert_eq!(
        (node.text("/metadata/labels/a"), node.text("/status/phase")),
        ("b", "Running")
    );
    assert_eq!(second.objects(), first.objects());
}

#[test]
fn imports_that_are_refused() {
    let api = api();
    let unknown = api.import(&[json!({"apiVersion": "v9", "kind": "Thing"})], "m");
    assert!(matches!(
        unknown,
        Err(PlaceError::UnknownKind { index: 0, .. })
    ));
    let homeless = api.import(&[json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a", "namespace": "none"}})], "m");
    assert!(matches!(
        homeless,
        Err(PlaceError::Refused { index: 0, .. })
    ));
    assert!(api.import(&[json!(1)], "m").is_err());
}
