use super::*;
use proptest::prelude::*;

fn json() -> impl Strategy<Value = Value> {
    let word = || {
        prop_oneof![
            Just("name"),
            Just("metadata"),
            Just("spec"),
            Just("labels"),
            Just("containers"),
            Just("$patch"),
            Just("op"),
            Just("path"),
            Just("managedFields"),
            Just("finalizers"),
            Just("data")
        ]
        .prop_map(str::to_owned)
    };
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        ".{0,8}".prop_map(Value::from),
        word().prop_map(Value::from)
    ];
    leaf.prop_recursive(5, 40, 6, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            prop::collection::vec((prop_oneof![word(), ".{0,8}"], inner), 0..6)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

fn pod(
    labels: &[(String, String)],
    containers: &[(String, String)],
    finalizers: &[String],
) -> Value {
    let labels: serde_json::Map<String, Value> = labels
        .iter()
        .map(|(key, value)| (key.clone(), value.as_str().into()))
        .collect();
    let mut seen = Vec::new();
    let unique = containers.iter().filter(|(name, _)| {
        let new = !seen.contains(name);
        seen.push(name.clone());
        new
    });
    let containers: Vec<Value> = unique
        .map(|(name, image)| json!({"name": name, "image": image}))
        .collect();
    let mut finalizers = finalizers.to_vec();
    finalizers.sort();
    finalizers.dedup();
    json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p", "labels": labels, "finalizers": finalizers}, "spec": {"containers": containers}})
}

fn pods() -> impl Strategy<Value = Value> {
    let pairs = || prop::collection::vec(("[a-d]", "[x-z]"), 0..5);
    (pairs(), pairs(), prop::collection::vec("[a-c]", 0..3))
        .prop_map(|(labels, containers, finalizers)| pod(&labels, &containers, &finalizers))
}

fn run(test: impl Future<Output = ()>) {
    tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .expect("a runtime")
        .block_on(test);
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(64) })]

    #[test]
    fn no_body_stops_the_server(body in json(), path in "[a-z0-9/%.:]{0,30}") {
        run(async move {
            let client = api().client();
            done(&client, &format!("POST {MAPS}"), config_map("a", json!({"x": "1"}))).await;
            for line in ["POST /api/v1/namespaces/default/pods", "PUT /api/v1/nodes/cp", "MERGE /api/v1/nodes/cp", "JSON /api/v1/nodes/cp", "STRATEGIC /api/v1/nodes/cp",
                "APPLY /api/v1/nodes/cp?fieldManager=a", "MERGE /api/v1/nodes/cp/status", "DELETE /api/v1/namespaces/default/configmaps/a", "POST /apis/apiextensions.k8s.io/v1/customresourcedefinitions"] {
                call(&client, line, body.clone()).await;
            }
            let applied = json!({"apiVersion": "v1", "kind": "Pod", "metadata": body.clone(), "spec": body.clone()});
            call(&client, "APPLY /api/v1/namespaces/default/pods/x?fieldManager=a", applied).await;
            if let Ok(uri) = format!("/{path}").parse::<http::Uri>() {
                send(&client, "GET", &uri.to_string(), "", Vec::new()).await;
            }
            prop_assert_alive(&client).await;
        });
    }

    #[test]
    fn the_same_apply_twice_is_one(first in pods(), second in pods(), other in pods()) {
        run(async move {
            let client = api().client();
            let path = "/api/v1/namespaces/default/pods/p";
            for (manager, object) in [("a", &first), ("b", &other), ("a", &second)] {
                let once = done(&client, &format!("APPLY {path}?fieldManager={manager}&force=true"), object.clone()).await;
                let twice = done(&client, &format!("APPLY {path}?fieldManager={manager}&force=true"), object.clone()).await;
                assert_eq!(once.body, twice.body);
                for container in object["spec"]["containers"].as_array().into_iter().flatten() {
                    assert!(once.body["spec"]["containers"].as_array().is_some_and(|all| all.contains(container)), "what is applied is there");
                }
            }
        });
    }
}

async fn prop_assert_alive(client: &Client) {
    assert_eq!(get(client, "/readyz").await.body, json!("ok"));
}
