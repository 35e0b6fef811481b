use serde_json::{Map, Value, json};

use super::*;

fn cluster() -> ClusterConfiguration {
    let mut cluster = ClusterConfiguration::default();
    crate::defaults::cluster(&mut cluster);
    cluster.networking.pod_subnet = "10.244.0.0/16".into();
    cluster
}

fn object(value: Value) -> Map<String, Value> {
    value.as_object().cloned().unwrap()
}

fn at(address: &str) -> ApiEndpoint {
    ApiEndpoint {
        advertise_address: address.into(),
        bind_port: 6443,
    }
}

fn filled(zeros: Value, mut document: Value) -> Value {
    zeros::fill(&mut document, &zeros);
    document
}

#[test]
fn what_go_writes_of_unset_fields_never_replaces_what_is_set() {
    let given = object(json!({
        "syncFrequency": "1m0s",
        "authentication": {"webhook": {"cacheTTL": "5s"}},
        "logging": {"verbosity": 3},
        "memorySwap": {"swapBehavior": "LimitedSwap"},
    }));
    let document = kubelet(Some(&given), &cluster()).document;
    assert_eq!(document["syncFrequency"], "1m0s");
    assert_eq!(document["authentication"]["webhook"]["cacheTTL"], "5s");
    assert_eq!(document["logging"]["verbosity"], 3);
    assert_eq!(document["logging"]["flushFrequency"], 0);
    assert_eq!(
        document["memorySwap"],
        json!({"swapBehavior": "LimitedSwap"})
    );
    assert_eq!(document["volumeStatsAggPeriod"], "0s");
}

#[test]
fn the_kubelet_without_a_document() {
    let mut cluster = cluster();
    cluster.networking.service_subnet = "fd00:10:96::/112,10.96.0.0/16".into();
    cluster.certificates_dir = "/srv/pki".into();
    let config = kubelet(None, &cluster);
    assert!(!config.user_supplied && config.warnings.is_empty());
    assert_eq!(
        config.document,
        filled(
            zeros::kubelet(),
            json!({
                "apiVersion": "kubelet.config.k8s.io/v1beta1",
                "kind": "KubeletConfiguration",
                "authentication": {
                    "anonymous": {"enabled": false},
                    "webhook": {"enabled": true},
                    "x509": {"clientCAFile": "/srv/pki/ca.crt"},
                },
                "authorization": {"mode": "Webhook"},
                "cgroupDriver": "systemd",
                "clusterDNS": ["fd00:10:96::a"],
                "clusterDomain": "cluster.local",
                "healthzBindAddress": "127.0.0.1",
                "healthzPort": 10248,
                "rotateCertificates": true,
                "staticPodPath": "/etc/kubernetes/manifests",
            })
        )
    );
}

#[test]
fn what_the_user_gives_the_kubelet_is_kept_and_warned_about() {
    let cases = [
        (
            "static pods",
            json!({"staticPodPath": "/x"}),
            Some(
                "\"staticPodPath\" in \"KubeletConfiguration\" is: /etc/kubernetes/manifests; the provided value is: /x",
            ),
        ),
        (
            "no DNS",
            json!({"clusterDNS": []}),
            Some(
                "\"clusterDNS\" in \"KubeletConfiguration\" is: [10.96.0.10]; the provided value is: []",
            ),
        ),
        (
            "domain",
            json!({"clusterDomain": "x"}),
            Some("clusterDomain"),
        ),
        (
            "anonymous",
            json!({"authentication": {"anonymous": {"enabled": true}}}),
            Some("is: false; the provided value is: true"),
        ),
        (
            "no webhook",
            json!({"authentication": {"webhook": {"enabled": false}}}),
            Some("authentication.webhook.enabled"),
        ),
        (
            "allow all",
            json!({"authorization": {"mode": "AlwaysAllow"}}),
            Some("authorization.mode"),
        ),
        (
            "no health port",
            json!({"healthzPort": 0}),
            Some("is: 10248; the provided value is: 0"),
        ),
        (
            "health everywhere",
            json!({"healthzBindAddress": "0.0.0.0"}),
            Some("healthzBindAddress"),
        ),
        (
            "read only port",
            json!({"readOnlyPort": 10255}),
            Some("is: 0; the provided value is: 10255"),
        ),
        (
            "other CA",
            json!({"authentication": {"x509": {"clientCAFile": "/ca"}}}),
            Some("clientCAFile"),
        ),
        (
            "recommended",
            json!({"clusterDNS": ["10.96.0.10"], "readOnlyPort": 0, "healthzPort": 10248}),
            None,
        ),
        ("other driver", json!({"cgroupDriver": "cgroupfs"}), None),
        ("other field", json!({"maxPods": 250}), None),
    ];
    for (name, given, expected) in cases {
        let given = object(given);
        let config = kubelet(Some(&given), &cluster());
        assert!(config.user_supplied, "{name}");
        match expected {
            None => assert!(config.warnings.is_empty(), "{name}: {:?}", config.warnings),
            Some(part) => {
                assert_eq!(config.warnings.len(), 1, "{name}: {:?}", config.warnings);
                assert!(
                    config.warnings[0].contains(part),
                    "{name}: {:?}",
                    config.warnings
                );
            }
        }
        for (field, value) in given.iter().filter(|(_, value)| !value.is_object()) {
            assert_eq!(config.document.get(field), Some(value), "{name}");
        }
    }
}

#[test]
fn empty_is_unset_where_go_can_not_tell_and_rotation_is_not_negotiable() {
    let given =
        object(json!({"staticPodPath": "", "cgroupDriver": "", "rotateCertificates": false}));
    let config = kubelet(Some(&given), &cluster());
    assert_eq!(
        config.document["staticPodPath"],
        "/etc/kubernetes/manifests"
    );
    assert_eq!(config.document["cgroupDriver"], "systemd");
    assert_eq!(config.document["rotateCertificates"], true);
    assert!(config.warnings.is_empty());
}

#[test]
fn systemd_resolved_concerns_one_node() {
    let config = kubelet(None, &cluster());
    assert_eq!(kubelet_on_node(&config, false).document, config.document);
    let on_node = kubelet_on_node(&config, true);
    assert_eq!(
        on_node.document["resolvConf"],
        "/run/systemd/resolve/resolv.conf"
    );
    let given = object(json!({"resolvConf": "/etc/resolv.conf"}));
    let on_node = kubelet_on_node(&kubelet(Some(&given), &cluster()), true);
    assert_eq!(on_node.document["resolvConf"], "/etc/resolv.conf");
    assert!(on_node.warnings[0].contains("resolvConf") && on_node.user_supplied);
}

#[test]
fn kube_proxy_follows_the_address_family_and_the_pod_subnet() {
    let config = kube_proxy(None, &cluster(), &at("10.0.0.1"));
    assert_eq!(
        config.document,
        filled(
            zeros::kube_proxy(),
            json!({
                "apiVersion": "kubeproxy.config.k8s.io/v1alpha1",
                "kind": "KubeProxyConfiguration",
                "bindAddress": "0.0.0.0",
                "clientConnection": {"kubeconfig": "/var/lib/kube-proxy/kubeconfig.conf"},
                "clusterCIDR": "10.244.0.0/16",
            })
        )
    );
    let mut without_pods = cluster();
    without_pods.networking.pod_subnet.clear();
    let config = kube_proxy(None, &without_pods, &at("fd00::1"));
    assert_eq!(config.document["bindAddress"], "::");
    assert_eq!(config.document["clusterCIDR"], "");
    let given =
        object(json!({"clusterCIDR": "10.0.0.0/8", "bindAddress": "10.0.0.1", "mode": "nftables"}));
    let config = kube_proxy(Some(&given), &cluster(), &at("10.0.0.1"));
    assert_eq!(config.warnings.len(), 2, "{:?}", config.warnings);
    assert_eq!(config.document["mode"], "nftables");
}
