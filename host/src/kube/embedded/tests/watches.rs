use super::*;
use ::kube::api::{Api, WatchEvent, WatchParams};
use futures::{StreamExt, TryStreamExt};
use k8s_openapi::api::core::v1::ConfigMap;

async fn told(maps: &Api<ConfigMap>, params: &WatchParams, version: &str) -> Vec<String> {
    let events = maps.watch(params, version).await.expect("a watch");
    let words = events.map_ok(|event| match event {
        WatchEvent::Added(map) => format!("+{}", map.metadata.name.unwrap_or_default()),
        WatchEvent::Modified(map) => format!("~{}", map.metadata.name.unwrap_or_default()),
        WatchEvent::Deleted(map) => format!("-{}", map.metadata.name.unwrap_or_default()),
        WatchEvent::Bookmark(_) => "bookmark".into(),
        WatchEvent::Error(status) => format!("error {}", status.code),
    });
    words.try_collect().await.expect("events")
}

#[tokio::test]
async fn events_by_case() {
    let client = api().client();
    let maps: Api<ConfigMap> = Api::default_namespaced(client.clone());
    let start = done(&client, &format!("POST {MAPS}"), config_map("a", json!({})))
        .await
        .version()
        .to_owned();
    done(&client, &format!("POST {MAPS}"), config_map("b", json!({}))).await;
    done(
        &client,
        &format!("MERGE {MAPS}/a"),
        json!({"metadata": {"labels": {"on": "yes"}}}),
    )
    .await;
    done(
        &client,
        &format!("MERGE {MAPS}/a"),
        json!({"data": {"x": "1"}}),
    )
    .await;
    done(
        &client,
        &format!("MERGE {MAPS}/a"),
        json!({"metadata": {"labels": {"on": "no"}}}),
    )
    .await;
    done(&client, &format!("DELETE {MAPS}/b"), Value::Null).await;
    let short = WatchParams::default().timeout(1);
    let cases = [
        (
            "from a version",
            short.clone(),
            start.as_str(),
            "+b ~a ~a ~a -b",
        ),
        ("from now", short.clone(), "0", "+a"),
        (
            "what comes into and leaves a selection",
            short.clone().labels("on=yes"),
            start.as_str(),
            "+a ~a -a",
        ),
        (
            "one object",
            short.clone().fields("metadata.name=b"),
            start.as_str(),
            "+b -b",
        ),
        (
            "a list by watch",
            WatchParams::streaming_lists().timeout(1),
            "0",
            "+a bookmark",
        ),
    ];
    // Side by side: each lasts as long as it asked to.
    let watches = cases.map(|(name, params, version, wanted)| {
        let maps = maps.clone();
        async move {
            let told = told(&maps, &params, version).await;
            assert_eq!(told.join(" "), wanted, "{name}");
        }
    });
    futures::future::join_all(watches).await;
}

#[tokio::test]
async fn a_running_watch_hears_of_writes() {
    let client = api().client();
    let maps: Api<ConfigMap> = Api::default_namespaced(client.clone());
    let mut events = maps
        .watch(&WatchParams::default(), "0")
        .await
        .expect("a watch")
        .boxed();
    done(&client, &format!("POST {MAPS}"), config_map("a", json!({}))).await;
    let event = events.try_next().await.expect("an event");
    assert!(
        matches!(event, Some(WatchEvent::Added(map)) if map.metadata.name.as_deref() == Some("a"))
    );
}

#[tokio::test]
async fn a_version_that_is_forgotten_is_gone() {
    let client = api().client();
    let start = done(&client, &format!("POST {MAPS}"), config_map("a", json!({})))
        .await
        .version()
        .to_owned();
    for number in 0..1100 {
        done(
            &client,
            &format!("MERGE {MAPS}/a"),
            json!({"data": {"n": number.to_string()}}),
        )
        .await;
    }
    let reply = get(
        &client,
        &format!("{MAPS}?watch=true&resourceVersion={start}"),
    )
    .await;
    assert_eq!((reply.code, reply.text("/reason")), (410, "Expired"));
}
