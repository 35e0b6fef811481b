//! kube-dns: four containers in a pod, and its Service.

use kubewright_1_5_common::{Affinity, Master, NAMESPACE, annotations, labels};
use kubewright_plugin::object::Object;
use kubewright_plugin::{Value, json};

const NAME: &str = "kube-dns";

pub fn deployment(master: &Master) -> Object {
    let placed = Some(annotations(master, Affinity::Architecture));
    let pod = json!({
        "dnsPolicy": "Default",
        "containers": [
            kube_dns(master),
            dnsmasq(master),
            metrics(master),
            healthz(master),
        ],
    });
    kubewright_1_5_common::deployment(NAME, placed, pod)
}

pub fn service(master: &Master) -> Object {
    let mut service = Object::new("v1", "Service", NAME).namespace(NAMESPACE);
    for (name, value) in labels(NAME).as_object().into_iter().flatten() {
        service = service.label(name, value.as_str().unwrap_or_default());
    }
    service.set(
        "spec",
        json!({
            "selector": {"name": NAME},
            "clusterIP": master.dns_service,
            "ports": [
                {"name": "dns", "port": 53, "targetPort": 53, "protocol": "UDP"},
                {"name": "dns-tcp", "port": 53, "targetPort": 53, "protocol": "TCP"},
            ],
        }),
    )
}

fn kube_dns(master: &Master) -> Value {
    json!({
        "name": NAME,
        "image": master.other_image("kubedns", "1.9"),
        "resources": {
            "limits": {"memory": "170Mi"},
            "requests": {"cpu": "100m", "memory": "70Mi"},
        },
        "livenessProbe": liveness("/healthz-kubedns", 8080),
        "readinessProbe": {
            "httpGet": {"path": "/readiness", "port": 8081, "scheme": "HTTP"},
            "initialDelaySeconds": 3,
            "timeoutSeconds": 5,
        },
        "args": [
            format!("--domain={}", master.dns_domain),
            "--dns-port=10053",
            "--config-map=kube-dns",
            "--v=2",
        ],
        "env": [{"name": "PROMETHEUS_PORT", "value": "10055"}],
        "ports": [
            port(10053, "dns-local", "UDP"),
            port(10053, "dns-tcp-local", "TCP"),
            port(10055, "metrics", "TCP"),
        ],
    })
}

fn dnsmasq(master: &Master) -> Value {
    json!({
        "name": "dnsmasq",
        "image": master.other_image("kube-dnsmasq", "1.4"),
        "livenessProbe": liveness("/healthz-dnsmasq", 8080),
        "args": [
            "--cache-size=1000",
            "--no-resolv",
            "--server=127.0.0.1#10053",
            "--log-facility=-",
        ],
        "ports": [port(53, "dns", "UDP"), port(53, "dns-tcp", "TCP")],
        "resources": {"requests": {"cpu": "150m", "memory": "10Mi"}},
    })
}

fn metrics(master: &Master) -> Value {
    json!({
        "name": "dnsmasq-metrics",
        "image": master.other_image("dnsmasq-metrics", "1.0"),
        "livenessProbe": liveness("/metrics", 10054),
        "args": ["--v=2", "--logtostderr"],
        "ports": [port(10054, "metrics", "TCP")],
        "resources": {"requests": {"memory": "10Mi"}},
    })
}

fn healthz(master: &Master) -> Value {
    let look_up = |server: &str| {
        format!(
            "--cmd=nslookup kubernetes.default.svc.{} {server} >/dev/null",
            master.dns_domain
        )
    };
    json!({
        "name": "healthz",
        "image": master.other_image("exechealthz", "1.2"),
        "resources": {
            "limits": {"memory": "50Mi"},
            "requests": {"cpu": "10m", "memory": "50Mi"},
        },
        "args": [
            look_up("127.0.0.1"),
            "--url=/healthz-dnsmasq",
            look_up("127.0.0.1:10053"),
            "--url=/healthz-kubedns",
            "--port=8080",
            "--quiet",
        ],
        "ports": [{"containerPort": 8080, "protocol": "TCP"}],
    })
}

fn liveness(path: &str, port: u16) -> Value {
    json!({
        "httpGet": {"path": path, "port": port, "scheme": "HTTP"},
        "initialDelaySeconds": 60,
        "timeoutSeconds": 5,
        "successThreshold": 1,
        "failureThreshold": 5,
    })
}

fn port(number: u16, name: &str, protocol: &str) -> Value {
    json!({"containerPort": number, "name": name, "protocol": protocol})
}
