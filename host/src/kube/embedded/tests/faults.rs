use std::time::{Duration, Instant};

use super::*;
use crate::kube::embedded::{Fault, Faults};
use tower::Layer;

const LATE: Duration = Duration::from_millis(30);

fn client_with(faults: &Faults) -> Client {
    Client::new(faults.layer(api().service()), "default")
}

#[tokio::test]
async fn faults_come_at_their_request() {
    let faults = Faults::new([
        (
            2,
            Fault::TooManyRequests {
                retry_after: Duration::from_secs(3),
            },
        ),
        (3, Fault::InternalError),
        (5, Fault::Delay(LATE)),
    ]);
    let client = client_with(&faults);
    let codes = [200, 429, 500, 200, 200];
    let start = Instant::now();
    for (index, code) in codes.into_iter().enumerate() {
        assert_eq!(
            get(&client, "/api/v1/nodes").await.code,
            code,
            "request {}",
            index + 1
        );
    }
    assert!(start.elapsed() >= LATE, "the last came late");
    assert_eq!(faults.requests(), codes.len());
}

#[tokio::test]
async fn the_client_is_told_when_to_come_back() {
    let client = client_with(&Faults::new([(
        1,
        Fault::TooManyRequests {
            retry_after: Duration::from_secs(3),
        },
    )]));
    let request = http::Request::get("/api/v1/nodes")
        .body(Body::empty())
        .expect("a request");
    let response = client.send(request).await.expect("an answer");
    assert_eq!(
        response
            .headers()
            .get("retry-after")
            .and_then(|value| value.to_str().ok()),
        Some("3")
    );
}

#[tokio::test]
async fn a_connection_can_break() {
    let client = client_with(&Faults::new([(1, Fault::ConnectionReset)]));
    let request = || {
        http::Request::get("/api/v1/nodes")
            .body(Body::empty())
            .expect("a request")
    };
    assert!(client.send(request()).await.is_err());
    assert!(
        client.send(request()).await.is_ok(),
        "the next request is answered"
    );
}
