//! Steps 6 to 9: what is in the cluster.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::render::{Rendered, outcomes, words};

const TOLERATIONS: &str = r#"[{"key":"dedicated","value":"master","effect":"NoSchedule"}]"#;

fn labels(name: &str) -> Value {
    json!({"component": name, "name": name, "k8s-app": name, "kubernetes.io/cluster-service": "true", "tier": "node"})
}

fn annotations(expressions: Value) -> Value {
    let affinity = json!({"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution":
        {"nodeSelectorTerms": [{"matchExpressions": expressions}]}}});
    json!({"tolerations": serde_json::from_str::<Value>(TOLERATIONS).unwrap(), "affinity": affinity})
}

fn architecture() -> Value {
    json!({"key": "beta.kubernetes.io/arch", "operator": "In", "values": ["amd64"]})
}

/// Checks the metadata of a workload, and gives its pod's spec.
fn pod_of(rendered: &Rendered, kind: &str, name: &str, expressions: Value) -> Value {
    let object = rendered.object(kind, name);
    assert_eq!(object["apiVersion"], "extensions/v1beta1");
    assert_eq!(
        object["metadata"],
        json!({"name": name, "namespace": "kube-system"})
    );
    let spec = &object["spec"];
    match kind {
        "Deployment" => assert_eq!(spec["replicas"], 1),
        _ => assert!(spec.get("replicas").is_none()),
    }
    assert_eq!(spec["selector"], json!({"matchLabels": labels(name)}));
    let metadata = &spec["template"]["metadata"];
    assert_eq!(metadata["labels"], labels(name));
    let read = |key: &str| -> Value {
        let key = format!("scheduler.alpha.kubernetes.io/{key}");
        serde_json::from_str(metadata["annotations"][key].as_str().unwrap()).unwrap()
    };
    assert_eq!(
        json!({"tolerations": read("tolerations"), "affinity": read("affinity")}),
        annotations(expressions)
    );
    spec["template"]["spec"].clone()
}

#[test]
fn create_client_and_wait_for_api_leaves_nothing() {
    for done in outcomes() {
        let names = crate::support::names(&done.objects());
        assert_eq!(
            names,
            [
                "Node master-1",
                "Deployment kube-discovery",
                "Secret clusterinfo",
                "DaemonSet kube-proxy",
                "Deployment kube-dns",
                "Service kube-dns",
            ],
            "the dummy is gone, the rest in the order it was made"
        );
    }
}

#[test]
fn the_test_deployment_is_created_seen_and_deleted() {
    let rendered = super::render::Wanted {
        arguments: &["-v"],
        ..Default::default()
    }
    .done();
    let at = |words: &str| {
        rendered
            .output
            .find(words)
            .unwrap_or_else(|| panic!("{words}: {}", rendered.output))
    };
    let created = at("created: Create Deployment kube-system/dummy");
    let seen = at("[apiclient] Test deployment succeeded");
    let deleted = at("removed: Delete Deployment kube-system/dummy");
    assert!(created < seen && seen < deleted);
}

#[test]
fn update_master_role_labels_and_taints() {
    for done in outcomes() {
        let node = done.object("Node", "master-1");
        assert_eq!(
            node["metadata"]["labels"]["kubeadm.alpha.kubernetes.io/role"],
            "master"
        );
        assert_eq!(
            node["metadata"]["labels"]["beta.kubernetes.io/arch"], "amd64",
            "others stay"
        );
        assert_eq!(
            node["metadata"]["annotations"],
            json!({"scheduler.alpha.kubernetes.io/taints": TOLERATIONS})
        );
        assert!(
            node["spec"].get("taints").is_none(),
            "taints were no field yet"
        );
    }
}

#[test]
fn create_discovery_deployment_and_secret() {
    for done in outcomes() {
        let role = json!({"key": "kubeadm.alpha.kubernetes.io/role", "operator": "In", "values": ["master"]});
        let pod = pod_of(
            done,
            "Deployment",
            "kube-discovery",
            json!([role, architecture()]),
        );
        assert_eq!(
            pod,
            json!({
                "hostNetwork": true,
                "containers": [{
                    "name": "kube-discovery",
                    "image": "gcr.io/google_containers/kube-discovery-amd64:1.0",
                    "command": ["/usr/local/bin/kube-discovery"],
                    "ports": [{"name": "http", "containerPort": 9898, "hostPort": 9898}],
                    "volumeMounts": [{"name": "clusterinfo", "mountPath": "/tmp/secret", "readOnly": true}],
                    "securityContext": {"seLinuxOptions": {"type": "spc_t"}},
                }],
                "volumes": [{"name": "clusterinfo", "secret": {"secretName": "clusterinfo"}}],
            })
        );
        let secret = done.object("Secret", "clusterinfo");
        assert_eq!(
            secret["metadata"],
            json!({"name": "clusterinfo", "namespace": "kube-system"})
        );
        assert_eq!(secret["type"], "Opaque");
        let data = |key: &str| {
            String::from_utf8(
                STANDARD
                    .decode(secret["data"][key].as_str().unwrap())
                    .unwrap(),
            )
            .unwrap()
        };
        assert_eq!(secret["data"].as_object().unwrap().len(), 3);
        assert_eq!(data("ca.pem"), done.text("/etc/kubernetes/pki/ca.pem"));
        assert_eq!(
            data("endpoint-list.json"),
            format!(r#"["https://{}:{}"]"#, done.address, done.port)
        );
        let token = done.text("/etc/kubernetes/pki/token.csv")[..16].to_owned();
        let map: Value = serde_json::from_str(&data("token-map.json")).unwrap();
        let (id, value) = map.as_object().unwrap().iter().next().unwrap();
        assert_eq!(value, &json!(token));
        assert!(done.output.contains(&format!("--token={id}.{token} ")));
    }
}

#[test]
fn create_essential_addons_kube_proxy() {
    for done in outcomes() {
        let pod = pod_of(done, "DaemonSet", "kube-proxy", json!([architecture()]));
        assert_eq!(
            pod,
            json!({
                "hostNetwork": true,
                "containers": [{
                    "name": "kube-proxy",
                    "image": "gcr.io/google_containers/kube-proxy-amd64:v1.5.1",
                    "command": ["kube-proxy", "--kubeconfig=/run/kubeconfig"],
                    "securityContext": {"privileged": true},
                    "volumeMounts": [
                        {"name": "dbus", "mountPath": "/var/run/dbus"},
                        {"name": "kubeconfig", "mountPath": "/run/kubeconfig"},
                    ],
                }],
                "volumes": [
                    {"name": "kubeconfig", "hostPath": {"path": "/etc/kubernetes/kubelet.conf"}},
                    {"name": "dbus", "hostPath": {"path": "/var/run/dbus"}},
                ],
            })
        );
    }
}

#[test]
fn create_essential_addons_kube_dns() {
    for done in outcomes() {
        let pod = pod_of(done, "Deployment", "kube-dns", json!([architecture()]));
        assert_eq!(pod["dnsPolicy"], "Default");
        assert!(pod.get("serviceAccountName").is_none() && pod.get("hostNetwork").is_none());
        let containers = pod["containers"].as_array().unwrap();
        let images: Vec<_> = containers
            .iter()
            .map(|one| {
                (
                    one["name"].as_str().unwrap(),
                    one["image"].as_str().unwrap(),
                )
            })
            .collect();
        assert_eq!(
            images,
            [
                ("kube-dns", "gcr.io/google_containers/kubedns-amd64:1.9"),
                ("dnsmasq", "gcr.io/google_containers/kube-dnsmasq-amd64:1.4"),
                (
                    "dnsmasq-metrics",
                    "gcr.io/google_containers/dnsmasq-metrics-amd64:1.0"
                ),
                ("healthz", "gcr.io/google_containers/exechealthz-amd64:1.2"),
            ]
        );
        let liveness = |path: &str, port: u16| {
            json!({"httpGet": {"path": path, "port": port, "scheme": "HTTP"}, "initialDelaySeconds": 60,
            "timeoutSeconds": 5, "successThreshold": 1, "failureThreshold": 5})
        };
        let dns = &containers[0];
        assert_eq!(
            words(&dns["args"]),
            [
                "--domain=cluster.local",
                "--dns-port=10053",
                "--config-map=kube-dns",
                "--v=2"
            ]
        );
        assert_eq!(
            dns["env"],
            json!([{"name": "PROMETHEUS_PORT", "value": "10055"}])
        );
        assert_eq!(dns["livenessProbe"], liveness("/healthz-kubedns", 8080));
        assert_eq!(
            dns["readinessProbe"],
            json!({"httpGet": {"path": "/readiness", "port": 8081, "scheme": "HTTP"}, "initialDelaySeconds": 3, "timeoutSeconds": 5})
        );
        assert_eq!(
            dns["resources"],
            json!({"limits": {"memory": "170Mi"}, "requests": {"cpu": "100m", "memory": "70Mi"}})
        );
        assert_eq!(
            dns["ports"],
            json!([
                {"containerPort": 10053, "name": "dns-local", "protocol": "UDP"},
                {"containerPort": 10053, "name": "dns-tcp-local", "protocol": "TCP"},
                {"containerPort": 10055, "name": "metrics", "protocol": "TCP"},
            ])
        );
        let masq = &containers[1];
        assert_eq!(
            words(&masq["args"]),
            [
                "--cache-size=1000",
                "--no-resolv",
                "--server=127.0.0.1#10053",
                "--log-facility=-"
            ]
        );
        assert_eq!(masq["livenessProbe"], liveness("/healthz-dnsmasq", 8080));
        assert_eq!(
            masq["resources"],
            json!({"requests": {"cpu": "150m", "memory": "10Mi"}})
        );
        assert_eq!(
            masq["ports"],
            json!([{"containerPort": 53, "name": "dns", "protocol": "UDP"}, {"containerPort": 53, "name": "dns-tcp", "protocol": "TCP"}])
        );
        let metrics = &containers[2];
        assert_eq!(words(&metrics["args"]), ["--v=2", "--logtostderr"]);
        assert_eq!(metrics["livenessProbe"], liveness("/metrics", 10054));
        assert_eq!(
            metrics["resources"],
            json!({"requests": {"memory": "10Mi"}})
        );
        let healthz = &containers[3];
        assert_eq!(
            words(&healthz["args"]),
            [
                "--cmd=nslookup kubernetes.default.svc.cluster.local 127.0.0.1 >/dev/null",
                "--url=/healthz-dnsmasq",
                "--cmd=nslookup kubernetes.default.svc.cluster.local 127.0.0.1:10053 >/dev/null",
                "--url=/healthz-kubedns",
                "--port=8080",
                "--quiet",
            ]
        );
        assert_eq!(
            healthz["resources"],
            json!({"limits": {"memory": "50Mi"}, "requests": {"cpu": "10m", "memory": "50Mi"}})
        );
        let service = done.object("Service", "kube-dns");
        assert_eq!(service["apiVersion"], "v1");
        assert_eq!(service["metadata"]["labels"], labels("kube-dns"));
        assert_eq!(service["spec"]["selector"], json!({"name": "kube-dns"}));
        assert_eq!(service["spec"]["clusterIP"], "10.96.0.10");
        let ports = service["spec"]["ports"].as_array().unwrap();
        let ports: Vec<_> = ports
            .iter()
            .map(|port| {
                (
                    port["name"].as_str().unwrap(),
                    port["port"].as_i64().unwrap(),
                    port["protocol"].as_str().unwrap(),
                )
            })
            .collect();
        assert_eq!(ports, [("dns", 53, "UDP"), ("dns-tcp", 53, "TCP")]);
    }
}
