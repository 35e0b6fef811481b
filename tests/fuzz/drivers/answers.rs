//! Answers of an API server that is out for harm.

use std::convert::Infallible;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use http_body_util::Full;
use kube::Client;
use kubewright::kube::objects::{Objects, PatchBody, Resource};
use serde_json::json;

use super::Driver;
use kubewright::causes::chain;

/// How long calls are tried again. The clock of the runtime goes on by itself
/// while all wait.
const CALL: Duration = Duration::from_secs(20);
const WAIT: Duration = Duration::from_secs(100);

pub struct Answers;

/// What came and what was asked for must be the same.
fn is_asked_for(object: &serde_json::Value) {
    assert_eq!(object["kind"], "ConfigMap", "{object}");
    assert_eq!(object["metadata"]["name"], "asked", "{object}");
    assert_eq!(object["metadata"]["namespace"], "kube-system", "{object}");
}

impl Driver for Answers {
    fn new() -> Self {
        Self
    }

    /// The first byte says what is asked for. Answers are split at `\0`: the
    /// first byte of each is its status, the rest its body; the last one is
    /// given again and again.
    fn take(&self, input: &[u8]) {
        let Some((&asked, rest)) = input.split_first() else {
            return;
        };
        let answers: Vec<Vec<u8>> = rest.split(|byte| *byte == 0).map(<[u8]>::to_vec).collect();
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .start_paused(true)
            .build()
            .expect("a runtime");
        let started = std::time::Instant::now();
        runtime.block_on(ask(asked, answers));
        assert!(started.elapsed() < Duration::from_secs(10));
    }
}

async fn ask(asked: u8, answers: Vec<Vec<u8>>) {
    let answers = Arc::new(Mutex::new((answers, 0_usize)));
    let service = tower::service_fn(move |_: http::Request<kube::client::Body>| {
        let mut state = answers.lock().expect("nobody panics in between");
        let at = state.1.min(state.0.len() - 1);
        state.1 += 1;
        let (status, body) = match state.0[at].split_first() {
            Some((status, body)) => (200 + u16::from(*status), body.to_vec()),
            None => (200, Vec::new()),
        };
        let answer = http::Response::builder()
            .status(status)
            .body(Full::new(Bytes::from(body)))
            .expect("a status from 200 to 455");
        async move { Ok::<_, Infallible>(answer) }
    });
    let objects = Objects::new(Client::new(service, "default")).with_call_timeout(CALL);
    let resource = Resource::new("v1", "ConfigMap", Some("kube-system"));
    let object = json!({
        "apiVersion": "v1", "kind": "ConfigMap",
        "metadata": {"name": "asked", "namespace": "kube-system"},
        "data": {"a": "b"},
    });
    let error = match asked % 7 {
        0 => match objects.get(&resource, "asked").await {
            Ok(found) => {
                found.iter().for_each(is_asked_for);
                None
            }
            Err(error) => Some(error),
        },
        1 => match objects.list(&resource, "", "").await {
            Ok((items, _)) => {
                assert!(items.iter().all(|item| item["kind"] == "ConfigMap"));
                None
            }
            Err(error) => Some(error),
        },
        2 => match objects.create(&resource, &object).await {
            Ok(made) => {
                is_asked_for(&made);
                None
            }
            Err(error) => Some(error),
        },
        3 => objects.apply(&resource, "asked", &object).await.err(),
        4 => match (objects.patch(&resource, "asked", &PatchBody::Merge(object))).await {
            Ok(made) => {
                is_asked_for(&made);
                None
            }
            Err(error) => Some(error),
        },
        5 => objects.delete(&resource, "asked").await.err(),
        _ => (objects.wait(&resource, "", "", WAIT, &|items| items.len() == 3))
            .await
            .err(),
    };
    let said = error.map(|error| chain(&error)).unwrap_or_default();
    assert!(said.chars().count() < 10_000, "{said}");
}
