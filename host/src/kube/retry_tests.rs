//! Calls on an API server that answers 429, 500 or not at all.

use std::time::Duration;

use ::kube::Client;
use serde_json::json;
use tower::Layer;

use super::embedded::{EmbeddedApi, Fault, Faults, Options, control_plane_seed};
use super::objects::{ApiError, Objects, Resource};

fn api() -> EmbeddedApi {
    let now = "2026-01-02T03:04:05Z".parse().unwrap();
    EmbeddedApi::new(&Options {
        seeds: control_plane_seed("cp", &[]),
        ..Options::repeatable(now, 7)
    })
    .unwrap()
}

/// A run's worth of writes: created, applied over, patched away.
async fn write(objects: &Objects) -> Result<(), ApiError> {
    let maps = Resource::new("v1", "ConfigMap", Some("kube-system"));
    let map = |name: &str, value: &str| {
        json!({"apiVersion": "v1", "kind": "ConfigMap",
            "metadata": {"name": name, "namespace": "kube-system"}, "data": {"a": value}})
    };
    objects.apply(&maps, "one", &map("one", "1")).await?;
    objects.create(&maps, &map("two", "2")).await?;
    objects.apply(&maps, "one", &map("one", "3")).await?;
    objects.delete(&maps, "two").await?;
    Ok(())
}

fn maps(api: &EmbeddedApi) -> Vec<serde_json::Value> {
    let all = api.objects().into_iter();
    all.filter(|object| object["kind"] == "ConfigMap").collect()
}

#[tokio::test]
async fn a_fault_at_any_request_changes_nothing_of_what_comes_out() {
    let undisturbed = api();
    write(&Objects::new(undisturbed.client())).await.unwrap();
    assert_eq!(maps(&undisturbed).len(), 1);
    let faults = [
        (
            "429",
            Fault::TooManyRequests {
                retry_after: Duration::from_secs(0),
            },
        ),
        ("500", Fault::InternalError),
        ("reset", Fault::ConnectionReset),
    ];
    for (name, fault) in faults {
        for at in 1..=4 {
            let disturbed = api();
            // Twice in a row: the second try meets it as well.
            let plan = Faults::new([(at, fault), (at + 1, fault)]);
            let client = Client::new(plan.layer(disturbed.service()), "default");
            write(&Objects::new(client))
                .await
                .unwrap_or_else(|error| panic!("{name} at {at}: {error}"));
            assert_eq!(maps(&disturbed), maps(&undisturbed), "{name} at {at}");
            assert_eq!(plan.requests(), 6, "{name} at {at}");
        }
    }
}

#[tokio::test]
async fn what_trying_again_does_not_help_is_reported_at_once() {
    let api = api();
    let objects = Objects::new(api.client());
    let maps = Resource::new("v1", "ConfigMap", Some("kube-system"));
    let nameless = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {}});
    let started = std::time::Instant::now();
    let error = objects.create(&maps, &nameless).await.unwrap_err();
    assert!(
        matches!(error, ApiError::Status { code: 422, .. }),
        "{error}"
    );
    assert!(started.elapsed() < Duration::from_secs(2));
}

#[tokio::test]
async fn a_server_that_asks_to_wait_for_ever_is_not_waited_for() {
    let api = api();
    let for_ever = Fault::TooManyRequests {
        retry_after: Duration::from_secs(u64::MAX),
    };
    // Beyond the first second: what has passed counts, too.
    let faults = (1..=4).map(|at| (at, Fault::InternalError));
    let plan = Faults::new(faults.chain([(5, for_ever)]));
    let client = Client::new(plan.layer(api.service()), "default");
    let error = write(&Objects::new(client)).await.unwrap_err();
    assert!(
        matches!(error, ApiError::Status { code: 429, .. }),
        "{error}"
    );
    assert_eq!(plan.requests(), 5);
}
