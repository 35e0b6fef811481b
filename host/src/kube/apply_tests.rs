//! Applying what another field manager has.

use std::sync::{Arc, Mutex};

use ::kube::Client;
use ::kube::client::Body;
use http::{Method, Request, Response};
use http_body_util::BodyExt;
use serde_json::{Value, json};

use super::objects::{ApiError, Objects, Resource};

const REFUSAL: &str = "Apply failed with 1 conflict: conflict with \"kubeadm\"";

fn map(value: &str) -> Value {
    json!({"apiVersion": "v1", "kind": "ConfigMap",
        "metadata": {"name": "a", "resourceVersion": "5", "managedFields": [{"manager": value}]},
        "data": {"a": value}})
}

fn answer(code: u16, body: &Value) -> Response<Body> {
    let body = Body::from(body.to_string().into_bytes());
    Response::builder().status(code).body(body).unwrap()
}

fn conflict(message: &str) -> Response<Body> {
    let status = json!({"kind": "Status", "reason": "Conflict", "code": 409, "message": message});
    answer(409, &status)
}

/// A server that refuses to apply without force, and says of a forced apply
/// that this would come of it.
fn server(forced: &'static str, changed_meanwhile: bool) -> (Client, Arc<Mutex<Vec<Value>>>) {
    let applied = Arc::<Mutex<Vec<Value>>>::default();
    let seen = Arc::clone(&applied);
    let service = tower::service_fn(move |request: Request<Body>| {
        let seen = Arc::clone(&seen);
        async move {
            let query = request.uri().query().unwrap_or_default().to_owned();
            let has = |option: &str| query.split('&').any(|one| one == option);
            let response = match (has("force=true"), has("dryRun=All")) {
                _ if request.method() == Method::GET => answer(200, &map("1")),
                (false, _) => conflict(REFUSAL),
                (true, true) => answer(200, &map(forced)),
                (true, false) if changed_meanwhile => conflict("the object has been modified"),
                (true, false) => {
                    let body = request.into_body().collect().await?.to_bytes();
                    seen.lock().unwrap().push(serde_json::from_slice(&body)?);
                    answer(200, &map(forced))
                }
            };
            Ok::<_, tower::BoxError>(response)
        }
    });
    (Client::new(service, "default"), applied)
}

#[tokio::test]
async fn fields_are_taken_over_where_their_values_stay() {
    let cases = [
        ("the same comes of it", "1", false, true),
        ("another value", "2", false, false),
        ("changed in between", "1", true, false),
    ];
    for (name, forced, changed_meanwhile, taken) in cases {
        let (client, applied) = server(forced, changed_meanwhile);
        let maps = Resource::new("v1", "ConfigMap", Some("default"));
        let mut object = map("1");
        object["metadata"] = json!({"name": "a"});
        let got = Objects::new(client).apply(&maps, "a", &object).await;
        match got {
            Ok(_) => assert!(taken, "{name}"),
            Err(ApiError::Status { message, .. }) => {
                assert!(!taken && message == REFUSAL, "{name}: {message}");
            }
            Err(error) => panic!("{name}: {error}"),
        }
        let applied = applied.lock().unwrap();
        assert_eq!(applied.len(), usize::from(taken), "{name}");
        for body in applied.iter() {
            assert_eq!(body["metadata"]["resourceVersion"], "5", "{name}");
        }
    }
}
