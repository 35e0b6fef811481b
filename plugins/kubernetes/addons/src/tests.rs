//! Whole objects against what kubeadm v1.36.2 creates.

use crate::{coredns, corefile, kube_proxy};
use kubewright_plugin::{Value, serde_json};

#[test]
fn objects_are_those_of_kubeadm() {
    let expected: Value = serde_json::from_str(include_str!("../tests/objects.json")).unwrap();
    let image = "registry.k8s.io/coredns/coredns:v1.14.2";
    assert_eq!(coredns::deployment(image, 2), expected["Deployment"]);
    assert_eq!(*coredns::service("10.96.0.10").json(), expected["Service"]);
    let daemon = kube_proxy::daemon_set("registry.k8s.io/kube-proxy:v1.36.2", Vec::new());
    assert_eq!(*daemon.json(), expected["DaemonSet"]);
    assert_eq!(
        corefile::default("cluster.local"),
        expected["ConfigMap"]["data"]["Corefile"]
    );
}
