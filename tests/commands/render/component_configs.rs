//! The configurations of the kubelet and of kube-proxy, as they are uploaded.

use crate::support::program::Place;

const HASH: &str = "kubeadm.kubernetes.io/component-config.hash";
const CLUSTER: &str = "apiVersion: kubeadm.k8s.io/v1beta4
kind: ClusterConfiguration
kubernetesVersion: v1.36.2
encryptionAlgorithm: ECDSA-P256
";

/// The hashes that the uploaded configurations carry, of the kubelet and of
/// kube-proxy. A configuration that the user gave has none, and so an upgrade
/// by kubeadm leaves it alone.
fn hashes(given: &str) -> [Option<String>; 2] {
    let place = Place::new();
    let config = place.write("cluster.yaml", format!("{CLUSTER}{given}"));
    let config = config.to_str().expect("a path in UTF-8");
    place
        .run(&["render", "--config", config, "--out", "out"])
        .exits(0);
    let objects = std::fs::read_to_string(place.out().join("objects.yaml")).expect("the objects");
    ["kubelet-config", "kube-proxy"].map(|name| {
        let named = format!("\n  name: {name}\n");
        let object = objects
            .split("\n---\n")
            .find(|one| one.contains("kind: ConfigMap") && one.contains(&named))
            .unwrap_or_else(|| panic!("{name}: {objects}"));
        let line = object.lines().find(|line| line.contains(HASH))?;
        Some(line.trim().trim_start_matches(HASH).to_owned())
    })
}

#[test]
fn a_default_configuration_is_kubeadms_to_the_letter() {
    // What kubeadm v1.36.2 annotates the kubelet's with.
    let kubelet = ": sha256:26488e9fc7c5cb5fdda9996cda2e6651a9af5febce07ea02de11bd3ef3f49e9c";
    let [found, kube_proxy] = hashes("");
    assert_eq!(found.as_deref(), Some(kubelet));
    assert!(kube_proxy.is_some());
}

#[test]
fn what_the_user_gave_carries_no_hash() {
    let kubelet = "---\napiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\n";
    let kube_proxy =
        "---\napiVersion: kubeproxy.config.k8s.io/v1alpha1\nkind: KubeProxyConfiguration\n";
    let cases = [
        ("the kubelet's", kubelet.to_owned(), [false, true]),
        ("kube-proxy's", kube_proxy.to_owned(), [true, false]),
        ("both", format!("{kubelet}{kube_proxy}"), [false, false]),
    ];
    for (name, given, expected) in cases {
        assert_eq!(
            hashes(&given).map(|hash| hash.is_some()),
            expected,
            "{name}"
        );
    }
}
