use super::*;
use ::kube::api::{Api, DynamicObject, PostParams};
use ::kube::core::{ApiResource, GroupVersionKind};
use k8s_openapi::api::core::v1::{ConfigMap, Namespace, Node, Secret};

#[tokio::test]
async fn typed_and_dynamic_clients_meet_the_same_objects() {
    let client = api().client();
    let maps: Api<ConfigMap> = Api::default_namespaced(client.clone());
    let mut map: ConfigMap =
        serde_json::from_value(config_map("a", json!({"x": "1"}))).expect("typed");
    let created = maps
        .create(&PostParams::default(), &map)
        .await
        .expect("created");
    map.metadata.resource_version = created.metadata.resource_version.clone();
    map.data
        .get_or_insert_default()
        .insert("y".into(), "2".into());
    let replaced = maps
        .replace("a", &PostParams::default(), &map)
        .await
        .expect("replaced");
    assert_eq!(replaced.metadata.uid, created.metadata.uid);
    assert_ne!(
        replaced.metadata.resource_version,
        created.metadata.resource_version
    );
    let resource = ApiResource::from_gvk(&GroupVersionKind::gvk("", "v1", "ConfigMap"));
    let dynamic: Api<DynamicObject> = Api::default_namespaced_with(client.clone(), &resource);
    assert_eq!(
        dynamic.get("a").await.expect("found").data["data"],
        json!({"x": "1", "y": "2"})
    );
    let list = dynamic.list(&Default::default()).await.expect("listed");
    assert_eq!(list.items.len(), 1);
    let deleted = maps
        .delete("a", &Default::default())
        .await
        .expect("deleted");
    assert!(deleted.right().is_some_and(|status| status.is_success()));
    assert!(maps.get_opt("a").await.expect("asked").is_none());
}

#[tokio::test]
async fn seeds_are_there() {
    let client = api().client();
    let namespaces: Api<Namespace> = Api::all(client.clone());
    let names: Vec<_> = namespaces
        .list(&Default::default())
        .await
        .expect("listed")
        .into_iter()
        .filter_map(|namespace| namespace.metadata.name)
        .collect();
    assert_eq!(
        names,
        ["default", "kube-node-lease", "kube-public", "kube-system"]
    );
    let node = Api::<Node>::all(client).get("cp").await.expect("a node");
    assert_eq!(
        node.metadata
            .labels
            .and_then(|labels| labels.get("kubernetes.io/hostname").cloned())
            .as_deref(),
        Some("cp")
    );
}

#[tokio::test]
async fn the_server_fills_in_metadata() {
    let client = api().client();
    let reply = done(
        &client,
        &format!("POST {DEPLOYMENTS}"),
        deployment("d", "i"),
    )
    .await;
    assert_eq!(reply.code, 201);
    assert_eq!(
        reply.text("/metadata/creationTimestamp"),
        "2026-01-02T03:04:05Z"
    );
    assert_eq!(reply.body["metadata"]["generation"], 1);
    assert_eq!(reply.text("/metadata/namespace"), "default");
    let uid = reply.text("/metadata/uid").to_owned();
    assert_eq!((uid.len(), uid.get(14..15)), (36, Some("4")), "{uid}");
    let scaled = done(
        &client,
        &format!("MERGE {DEPLOYMENTS}/d"),
        json!({"spec": {"replicas": 3}}),
    )
    .await;
    assert_eq!(
        scaled.body["metadata"]["generation"], 2,
        "what is asked for changed"
    );
    let labelled = done(
        &client,
        &format!("MERGE {DEPLOYMENTS}/d"),
        json!({"metadata": {"labels": {"a": "b"}}}),
    )
    .await;
    assert_eq!(
        labelled.body["metadata"]["generation"], 2,
        "only metadata changed"
    );
    let again = done(
        &client,
        &format!("POST {DEPLOYMENTS}"),
        json!({"metadata": {"generateName": "d-"}, "spec": deployment("d", "i")["spec"]}),
    )
    .await;
    assert!(
        again.text("/metadata/name").starts_with("d-") && again.text("/metadata/name").len() == 7
    );
}

#[tokio::test]
async fn two_servers_answer_alike() {
    let mut answers = Vec::new();
    for _ in 0..2 {
        let client = api().client();
        let first = done(
            &client,
            &format!("POST {MAPS}"),
            json!({"metadata": {"generateName": "x-"}}),
        )
        .await;
        answers.push(first.body);
    }
    assert_eq!(answers[0], answers[1]);
}

#[tokio::test]
async fn secrets_keep_texts_as_data() {
    let client = api().client();
    let secret = json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s"}, "type": "bootstrap.kubernetes.io/token", "stringData": {"token-id": "abcdef"}});
    done(
        &client,
        "POST /api/v1/namespaces/kube-system/secrets",
        secret,
    )
    .await;
    let secret = Api::<Secret>::namespaced(client.clone(), "kube-system")
        .get("s")
        .await
        .expect("found");
    assert_eq!(
        secret
            .data
            .and_then(|data| data.get("token-id").map(|bytes| bytes.0.clone())),
        Some(b"abcdef".to_vec())
    );
    assert!(secret.string_data.is_none());
    let found = get(
        &client,
        "/api/v1/secrets?fieldSelector=type%3Dbootstrap.kubernetes.io/token",
    )
    .await;
    assert_eq!(found.body["items"].as_array().map(Vec::len), Some(1));
}

#[tokio::test]
async fn services_get_and_keep_their_addresses() {
    let client = api().client();
    let services = "/api/v1/namespaces/default/services";
    let service = |name: &str, ip: Option<&str>| {
        let mut service = json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": name}, "spec": {"ports": [{"port": 53}]}});
        if let Some(ip) = ip {
            service["spec"]["clusterIP"] = ip.into();
        }
        service
    };
    let given = done(&client, &format!("POST {services}"), service("a", None)).await;
    assert_eq!(given.text("/spec/clusterIP"), "10.96.1.1");
    done(
        &client,
        &format!("POST {services}"),
        service("dns", Some("10.96.0.10")),
    )
    .await;
    let kept = done(&client, &format!("PUT {services}/a"), service("a", None)).await;
    assert_eq!(kept.text("/spec/clusterIP"), "10.96.1.1");
    for (name, line, body, wanted) in [
        (
            "taken",
            format!("POST {services}"),
            service("b", Some("10.96.0.10")),
            "provided IP is already allocated",
        ),
        (
            "outside",
            format!("POST {services}"),
            service("b", Some("10.95.0.10")),
            "not in the valid range",
        ),
        (
            "changed",
            format!("PUT {services}/dns"),
            service("dns", Some("10.96.0.11")),
            "may not change once set",
        ),
    ] {
        let reply = call(&client, &line, body).await;
        assert_eq!(reply.code, 422, "{name}");
        assert!(
            reply.text("/message").contains(wanted),
            "{name}: {}",
            reply.body
        );
    }
}

#[tokio::test]
async fn status_and_object_are_written_apart() {
    let client = api().client();
    let mut body = deployment("d", "i");
    body["status"] = json!({"replicas": 9});
    let created = done(&client, &format!("POST {DEPLOYMENTS}"), body.clone()).await;
    assert_eq!(
        created.body.get("status"),
        None,
        "a create leaves the status alone"
    );
    let stored = done(
        &client,
        &format!("MERGE {DEPLOYMENTS}/d/status"),
        json!({"status": {"replicas": 2}, "spec": {"replicas": 7}}),
    )
    .await;
    assert_eq!(
        (
            &stored.body["status"]["replicas"],
            &stored.body["spec"]["replicas"]
        ),
        (&json!(2), &json!(2))
    );
    let put = done(&client, &format!("PUT {DEPLOYMENTS}/d"), body).await;
    assert_eq!(
        put.body["status"]["replicas"], 2,
        "a PUT leaves the status alone"
    );
    let scale = done(
        &client,
        &format!("MERGE {DEPLOYMENTS}/d/scale"),
        json!({"spec": {"replicas": 5}}),
    )
    .await;
    assert_eq!(
        (scale.text("/kind"), &scale.body["spec"]["replicas"]),
        ("Scale", &json!(5))
    );
    assert_eq!(
        get(&client, &format!("{DEPLOYMENTS}/d")).await.body["spec"]["replicas"],
        5
    );
}

#[tokio::test]
async fn certificate_requests_are_approved() {
    let client = api().client();
    let requests = "/apis/certificates.k8s.io/v1/certificatesigningrequests";
    let request = json!({"metadata": {"name": "c"}, "spec": {"request": "YQ==", "signerName": "kubernetes.io/kube-apiserver-client-kubelet", "usages": ["client auth"]}});
    done(&client, &format!("POST {requests}"), request).await;
    let approval = json!({"spec": {"signerName": "other"}, "status": {"certificate": "YQ==", "conditions": [{"type": "Approved", "status": "True", "reason": "a", "message": "b"}]}});
    let reply = done(&client, &format!("MERGE {requests}/c/approval"), approval).await;
    assert_eq!(reply.text("/status/conditions/0/type"), "Approved");
    assert_eq!(
        reply.body.pointer("/status/certificate"),
        None,
        "an approval sets conditions and no more"
    );
    assert_eq!(
        reply.text("/spec/signerName"),
        "kubernetes.io/kube-apiserver-client-kubelet"
    );
    let signed = done(
        &client,
        &format!("MERGE {requests}/c/status"),
        json!({"status": {"certificate": "YQ=="}}),
    )
    .await;
    assert_eq!(signed.text("/status/certificate"), "YQ==");
}

#[tokio::test]
async fn reviews_are_answered_and_not_stored() {
    let client = api().client();
    let review = json!({"spec": {"resourceAttributes": {"verb": "get", "resource": "pods"}}});
    let reply = done(
        &client,
        "POST /apis/authorization.k8s.io/v1/selfsubjectaccessreviews",
        review,
    )
    .await;
    assert_eq!(
        (reply.code, &reply.body["status"]["allowed"]),
        (201, &json!(true))
    );
    assert_eq!(
        get(
            &client,
            "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"
        )
        .await
        .code,
        405
    );
}

#[tokio::test]
async fn a_dry_run_changes_nothing() {
    let api = api();
    let client = api.client();
    let before = api.revision();
    let created = done(
        &client,
        &format!("POST {MAPS}?dryRun=All"),
        config_map("a", json!({})),
    )
    .await;
    assert_eq!((created.code, created.version()), (201, ""));
    assert_eq!(get(&client, &format!("{MAPS}/a")).await.code, 404);
    assert_eq!(api.revision(), before);
    done(
        &client,
        &format!("POST {MAPS}"),
        config_map("a", json!({"x": "1"})),
    )
    .await;
    let before = api.revision();
    for line in ["PUT", "MERGE", "STRATEGIC", "APPLY", "DELETE"] {
        let query = if line == "APPLY" {
            "?dryRun=All&fieldManager=m&force=true"
        } else {
            "?dryRun=All"
        };
        let body = if line == "DELETE" {
            Value::Null
        } else {
            config_map("a", json!({"x": "2"}))
        };
        let reply = done(&client, &format!("{line} {MAPS}/a{query}"), body).await;
        assert!(
            line == "DELETE" || reply.text("/data/x") == "2",
            "{line} shows what would be"
        );
        assert_eq!(
            get(&client, &format!("{MAPS}/a")).await.text("/data/x"),
            "1",
            "{line}"
        );
        assert_eq!(api.revision(), before, "{line}");
    }
}

#[tokio::test]
async fn kinds_given_as_data_are_served() {
    use crate::kube::embedded::KindInfo;
    let mut options = options();
    for (kind, plural) in [("Deployment", "deployments"), ("DaemonSet", "daemonsets")] {
        options.kinds.push(KindInfo {
            merges_like: Some(format!("apps/v1/{kind}")),
            ..KindInfo::new("extensions/v1beta1", kind, plural, true)
        });
    }
    let client = EmbeddedApi::new(&options).expect("made").client();
    let mut body = deployment("d", "1");
    body["apiVersion"] = "extensions/v1beta1".into();
    body["spec"]["rollbackTo"] = json!({"revision": 1});
    let path = "/apis/extensions/v1beta1/namespaces/default/deployments";
    let created = done(&client, &format!("POST {path}"), body).await;
    assert_eq!(
        created.body["spec"]["rollbackTo"]["revision"], 1,
        "fields of the old kind stay"
    );
    let patch =
        json!({"spec": {"template": {"spec": {"containers": [{"name": "side", "image": "2"}]}}}});
    let patched = done(&client, &format!("STRATEGIC {path}/d"), patch).await;
    assert_eq!(
        patched
            .body
            .pointer("/spec/template/spec/containers")
            .and_then(Value::as_array)
            .map(Vec::len),
        Some(2)
    );
    assert_eq!(
        get(&client, "/apis/extensions/v1beta1").await.body["resources"][0]["name"],
        "daemonsets"
    );
}

#[tokio::test]
async fn behaviours_follow_writes() {
    use crate::kube::embedded::{Behaviour, On};
    let behaviour = Behaviour {
        api_version: "apps/v1".into(),
        kind: "Deployment".into(),
        on: On::Write,
        patch_status: json!({"availableReplicas": {"$from": "/spec/replicas", "default": 1}, "observedGeneration": {"$from": "/metadata/generation"}}),
    };
    let api = EmbeddedApi::new(&Options {
        behaviours: vec![behaviour],
        ..options()
    })
    .expect("made");
    let client = api.client();
    let created = done(
        &client,
        &format!("POST {DEPLOYMENTS}"),
        deployment("d", "i"),
    )
    .await;
    assert_eq!(
        created.body["status"],
        json!({"availableReplicas": 2, "observedGeneration": 1})
    );
    let scaled = done(
        &client,
        &format!("MERGE {DEPLOYMENTS}/d"),
        json!({"spec": {"replicas": 4}}),
    )
    .await;
    assert_eq!(
        scaled.body["status"],
        json!({"availableReplicas": 4, "observedGeneration": 2})
    );
    let before = api.revision();
    done(
        &client,
        &format!("MERGE {DEPLOYMENTS}/d"),
        json!({"spec": {"replicas": 4}}),
    )
    .await;
    assert_eq!(api.revision(), before, "nothing changed, nothing follows");
    assert_eq!(
        api.objects()[0].get("status"),
        None,
        "clients wrote no status"
    );
}
