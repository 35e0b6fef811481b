use super::*;
use ::kube::api::{Api, Patch, PatchParams};
use k8s_openapi::api::core::v1::ConfigMap;

async fn apply(client: &Client, manager: &str, force: bool, object: &Value) -> Reply {
    let name = object["metadata"]["name"].as_str().expect("a name");
    let base = if object["kind"] == "ConfigMap" {
        MAPS
    } else {
        DEPLOYMENTS
    };
    call(
        client,
        &format!("APPLY {base}/{name}?fieldManager={manager}&force={force}"),
        object.clone(),
    )
    .await
}

fn managers(reply: &Reply) -> Vec<(String, String, Value)> {
    let entries = reply
        .body
        .pointer("/metadata/managedFields")
        .and_then(Value::as_array);
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    entries
        .into_iter()
        .flatten()
        .map(|entry| {
            (
                text(&entry["manager"]),
                text(&entry["operation"]),
                entry["fieldsV1"].clone(),
            )
        })
        .collect()
}

#[tokio::test]
async fn a_typed_client_applies() {
    let maps: Api<ConfigMap> = Api::default_namespaced(api().client());
    let map: ConfigMap = serde_json::from_value(config_map("a", json!({"x": "1"}))).expect("typed");
    let params = PatchParams::apply("kubewright").force();
    let first = maps
        .patch("a", &params, &Patch::Apply(&map))
        .await
        .expect("created");
    let second = maps
        .patch("a", &params, &Patch::Apply(&map))
        .await
        .expect("applied");
    assert_eq!(first, second, "the same again is a no-op");
}

#[tokio::test]
async fn ownership_is_written_down() {
    let client = api().client();
    let created = apply(&client, "a", false, &deployment("d", "1")).await;
    assert_eq!(created.code, 201);
    let fields = json!({"f:spec": {
        "f:replicas": {}, "f:selector": {},
        "f:template": {"f:metadata": {"f:labels": {"f:app": {}}}, "f:spec": {"f:containers": {"k:{\"name\":\"main\"}": {".": {}, "f:name": {}, "f:image": {}}}}},
    }});
    assert_eq!(managers(&created), [("a".into(), "Apply".into(), fields)]);
    let patched = done(
        &client,
        &format!("MERGE {DEPLOYMENTS}/d?fieldManager=kubectl"),
        json!({"spec": {"replicas": 5}}),
    )
    .await;
    let update = (
        "kubectl".to_owned(),
        "Update".to_owned(),
        json!({"f:spec": {"f:replicas": {}}}),
    );
    assert_eq!(managers(&patched)[1], update);
    assert_eq!(
        managers(&patched)[0].2.pointer("/f:spec/f:replicas"),
        None,
        "what another changed is given up"
    );
}

#[tokio::test]
async fn conflicts_are_worded_as_a_real_server_does() {
    let client = api().client();
    apply(&client, "a", false, &deployment("d", "1")).await;
    done(
        &client,
        &format!("MERGE {DEPLOYMENTS}/d?fieldManager=kubectl"),
        json!({"spec": {"replicas": 5}}),
    )
    .await;
    let reply = apply(&client, "b", false, &deployment("d", "2")).await;
    assert_eq!((reply.code, reply.text("/reason")), (409, "Conflict"));
    let wanted = "Apply failed with 2 conflicts: conflicts with \"a\":\n- .spec.template.spec.containers[name=\"main\"].image\nconflicts with \"kubectl\" using apps/v1:\n- .spec.replicas";
    assert_eq!(reply.text("/message"), wanted);
    let causes = json!([
        {"reason": "FieldManagerConflict", "message": "conflict with \"a\"", "field": ".spec.template.spec.containers[name=\"main\"].image"},
        {"reason": "FieldManagerConflict", "message": "conflict with \"kubectl\" using apps/v1", "field": ".spec.replicas"},
    ]);
    assert_eq!(reply.body["details"]["causes"], causes);
    let forced = apply(&client, "b", true, &deployment("d", "2")).await;
    assert_eq!(
        (forced.code, &forced.body["spec"]["replicas"]),
        (200, &json!(2))
    );
    assert_eq!(
        apply(&client, "a", false, &deployment("d", "2")).await.code,
        200,
        "the same value is no conflict"
    );
}

#[tokio::test]
async fn what_is_no_longer_applied_goes() {
    let client = api().client();
    apply(
        &client,
        "a",
        false,
        &config_map("m", json!({"x": "1", "y": "2"})),
    )
    .await;
    done(
        &client,
        &format!("MERGE {MAPS}/m?fieldManager=other"),
        json!({"data": {"z": "3"}}),
    )
    .await;
    let reply = apply(&client, "a", false, &config_map("m", json!({"y": "2"}))).await;
    assert_eq!(reply.body["data"], json!({"y": "2", "z": "3"}));
}

#[tokio::test]
async fn ports_are_known_by_number_and_protocol() {
    let client = api().client();
    let path = "/api/v1/namespaces/default/services/dns?fieldManager";
    let service = |ports: Value| json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "dns"}, "spec": {"ports": ports}});
    done(&client, &format!("APPLY {path}=a"), service(json!([{"name": "dns", "port": 53, "protocol": "UDP"}, {"name": "dns-tcp", "port": 53}]))).await;
    let reply = done(
        &client,
        &format!("APPLY {path}=b"),
        service(json!([{"port": 53, "protocol": "TCP", "targetPort": 54}])),
    )
    .await;
    let wanted = json!([{"name": "dns", "port": 53, "protocol": "UDP"}, {"name": "dns-tcp", "port": 53, "protocol": "TCP", "targetPort": 54}]);
    assert_eq!(reply.body["spec"]["ports"], wanted);
}

#[tokio::test]
async fn a_list_that_names_an_item_twice_is_refused() {
    let client = api().client();
    let mut twice = deployment("d", "1");
    twice["spec"]["template"]["spec"]["containers"] = json!([{"name": "a"}, {"name": "a"}]);
    let reply = apply(&client, "a", false, &twice).await;
    assert_eq!(reply.code, 500);
    assert!(
        reply
            .text("/message")
            .ends_with(".spec.template.spec.containers: duplicate entries for key [name=\"a\"]"),
        "{}",
        reply.body
    );
}

#[tokio::test]
async fn the_status_is_applied_apart() {
    let client = api().client();
    let mut object = deployment("d", "1");
    object["status"] = json!({"replicas": 9});
    let created = apply(&client, "a", false, &object).await;
    assert_eq!(created.body.get("status"), None);
    let status = json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "d"}, "status": {"replicas": 2}});
    let reply = done(
        &client,
        &format!("APPLY {DEPLOYMENTS}/d/status?fieldManager=c"),
        status,
    )
    .await;
    assert_eq!(reply.body["status"]["replicas"], 2);
    let wanted = json!({"f:status": {"f:replicas": {}}});
    assert_eq!(
        managers(&reply)
            .iter()
            .find(|(manager, ..)| manager == "c")
            .map(|(.., fields)| fields.clone()),
        Some(wanted)
    );
}

#[tokio::test]
async fn managed_fields_can_be_given_up() {
    let client = api().client();
    apply(&client, "a", false, &config_map("m", json!({"x": "1"}))).await;
    let reply = done(
        &client,
        &format!("MERGE {MAPS}/m"),
        json!({"metadata": {"managedFields": [{}]}}),
    )
    .await;
    assert_eq!(reply.body["metadata"].get("managedFields"), None);
    let reply = apply(&client, "b", false, &config_map("m", json!({"x": "2"}))).await;
    assert_eq!(
        reply.text("/message"),
        "Apply failed with 1 conflict: conflict with \"before-first-apply\" using v1: .data.x"
    );
}
