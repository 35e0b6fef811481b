use std::time::Instant;

use super::*;

/// Prints what a phase's worth of requests costs: `cargo test --release speed -- --ignored --nocapture`.
#[tokio::test]
#[ignore = "a measurement"]
async fn forty_applies_and_reads() {
    for round in 0..5 {
        let start = Instant::now();
        let client = api().client();
        for number in 0..40 {
            let (path, mut object) = match number % 4 {
                0 => (format!("{DEPLOYMENTS}/o{number}"), deployment("o", "i")),
                _ => (
                    format!("{MAPS}/o{number}"),
                    config_map("o", json!({"a": "x".repeat(2000)})),
                ),
            };
            object["metadata"]["name"] = format!("o{number}").into();
            done(
                &client,
                &format!("APPLY {path}?fieldManager=m&force=true"),
                object,
            )
            .await;
            get(&client, &path).await;
        }
        println!("round {round}: {:?}", start.elapsed());
    }
}
