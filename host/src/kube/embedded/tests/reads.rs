use super::*;
use ::kube::api::{Api, ListParams};
use k8s_openapi::api::core::v1::ConfigMap;

#[tokio::test]
async fn lists_by_selector() {
    let client = api().client();
    for (name, app) in [("a", "web"), ("b", "db"), ("c", "web")] {
        let mut map = config_map(name, json!({}));
        map["metadata"]["labels"] = json!({"app": app});
        done(&client, &format!("POST {MAPS}"), map).await;
    }
    let maps: Api<ConfigMap> = Api::all(client.clone());
    let cases = [
        (ListParams::default(), "a b c"),
        (ListParams::default().labels("app=web"), "a c"),
        (ListParams::default().labels("app notin (web)"), "b"),
        (
            ListParams::default().fields("metadata.name=c,metadata.namespace=default"),
            "c",
        ),
        (
            ListParams::default().fields("metadata.namespace!=default"),
            "",
        ),
    ];
    for (params, wanted) in cases {
        let names: Vec<String> = maps
            .list(&params)
            .await
            .expect("listed")
            .into_iter()
            .filter_map(|map| map.metadata.name)
            .collect();
        assert_eq!(names.join(" "), wanted, "{params:?}");
    }
    let first = maps
        .list(&ListParams::default().limit(2))
        .await
        .expect("listed");
    assert_eq!(
        (first.items.len(), first.metadata.remaining_item_count),
        (2, Some(1))
    );
    let next = ListParams::default()
        .limit(2)
        .continue_token(first.metadata.continue_.as_deref().unwrap_or_default());
    let rest = maps.list(&next).await.expect("went on");
    assert_eq!(
        rest.items
            .iter()
            .filter_map(|map| map.metadata.name.clone())
            .collect::<Vec<_>>(),
        ["c"]
    );
    let metadata = maps
        .list_metadata(&ListParams::default())
        .await
        .expect("metadata only");
    assert_eq!(metadata.items.len(), 3);
}

#[tokio::test]
async fn the_server_describes_itself() {
    let client = api().client();
    assert_eq!(
        client
            .apiserver_version()
            .await
            .map(|version| version.git_version)
            .ok()
            .as_deref(),
        Some("v1.36.2")
    );
    for path in ["/livez", "/readyz", "/healthz", "/readyz?verbose=true"] {
        assert_eq!(get(&client, path).await.body, json!("ok"), "{path}");
    }
    let groups = client.list_api_groups().await.expect("groups");
    assert!(
        groups
            .groups
            .iter()
            .any(|group| group.name == "rbac.authorization.k8s.io")
    );
    let core = client
        .list_core_api_resources("v1")
        .await
        .expect("core resources");
    let pods = core
        .resources
        .iter()
        .find(|resource| resource.name == "pods")
        .expect("pods");
    assert_eq!(
        (
            pods.kind.as_str(),
            pods.namespaced,
            pods.short_names.clone()
        ),
        ("Pod", true, Some(vec!["po".into()]))
    );
    let discovery = ::kube::discovery::Discovery::new(client)
        .run()
        .await
        .expect("discovered");
    assert!(
        discovery
            .groups()
            .flat_map(|group| group.recommended_resources())
            .any(|(resource, _)| resource.kind == "Deployment")
    );
}
