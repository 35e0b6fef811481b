//! What a plan shows is what init does, objects included.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::support::live::{KUBERNETES, Live};

/// Phase, action, target and change of every effect.
type Effects = Vec<[String; 4]>;

fn effects(list: impl IntoIterator<Item = Value>) -> Effects {
    let fields = ["phase", "action", "target", "change"];
    let mut effects: Effects = list
        .into_iter()
        .map(|one| fields.map(|field| one[field].as_str().unwrap().to_owned()))
        .collect();
    effects.sort();
    effects
}

/// What a plan says: effects, and the objects that differ by name.
fn planned(live: &Live, more: &[&str], code: i32) -> (Effects, BTreeMap<String, String>) {
    let arguments = [&["-o", "json"], more].concat();
    let events = live.plan(&arguments).exits(code).events();
    let result = &events.last().unwrap()["result"];
    assert_eq!(result["apiServer"], "v1.36.2", "{result}");
    let objects = result["objects"].as_array().unwrap();
    let objects = objects.iter().map(|one| {
        let text = |field: &str| one[field].as_str().unwrap().to_owned();
        (text("target"), text("change"))
    });
    (
        effects(result["effects"].as_array().unwrap().clone()),
        objects.collect(),
    )
}

fn done(live: &Live, more: &[&str]) -> Effects {
    let events = live
        .init(&[&["-o", "json", "-v"], more].concat())
        .exits(0)
        .events();
    effects(events.into_iter().filter(|one| one["event"] == "effect"))
}

/// Objects by name, as the server has them but for what changes by itself.
fn cluster(live: &Live) -> BTreeMap<String, Value> {
    let objects = live.objects().into_iter();
    objects
        .map(|object| {
            let metadata = &object["metadata"];
            let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
            let name = match text(&metadata["namespace"]).as_str() {
                "" => text(&metadata["name"]),
                namespace => format!("{namespace}/{}", text(&metadata["name"])),
            };
            (format!("{} {name}", text(&object["kind"])), object)
        })
        .collect()
}

/// Names of objects that differ, and how.
fn differences(
    before: &BTreeMap<String, Value>,
    after: &BTreeMap<String, Value>,
) -> BTreeMap<String, String> {
    let names: std::collections::BTreeSet<_> = before.keys().chain(after.keys()).collect();
    names
        .into_iter()
        .filter_map(|name| {
            let change = match (before.get(name), after.get(name)) {
                (None, _) => "created",
                (_, None) => "removed",
                (before, after) if before != after => "updated",
                _ => return None,
            };
            Some((name.clone(), change.to_owned()))
        })
        .collect()
}

/// Names of tokens are random: a plan makes others than init.
fn without_tokens<T: Clone>(objects: &BTreeMap<String, T>) -> BTreeMap<String, T> {
    let others = objects.iter();
    others
        .filter(|(name, _)| !name.contains("bootstrap-token-"))
        .map(|(name, change)| (name.clone(), change.clone()))
        .collect()
}

fn nameless(effects: Effects) -> Effects {
    effects
        .into_iter()
        .map(|mut effect| {
            if effect[2].contains("/bootstrap-token-") {
                effect[2] = "Secret kube-system/bootstrap-token".to_owned();
            }
            effect
        })
        .collect()
}

#[test]
fn a_control_plane_that_is_up_and_empty() {
    let Some(live) = Live::new(&KUBERNETES) else {
        return;
    };
    let phases = "certs,kubeconfig,etcd,control-plane,kubelet-start,wait-control-plane";
    live.init(&["--phase", phases]).exits(0);
    let before = cluster(&live);
    let (wanted, objects) = planned(&live, &[], 2);
    assert_eq!(cluster(&live), before, "a plan changes nothing");
    let got = done(&live, &[]);
    assert!(got.len() > 40, "{}", got.len());
    assert_eq!(nameless(wanted), nameless(got));
    let mut objects = without_tokens(&objects);
    // It comes and goes.
    objects.remove("Deployment kube-system/kubewright-smoke-test");
    let mut changed = differences(&before, &cluster(&live));
    // It was there: its kubelet made it, and no client had written to it.
    changed.insert("Node cp-1".to_owned(), "updated".to_owned());
    assert_eq!(objects, without_tokens(&changed));
    let (effects, objects) = planned(&live, &[], 0);
    assert!(
        effects.iter().all(|one| one[3] == "unchanged"),
        "{effects:?}"
    );
    assert!(objects.is_empty(), "{objects:?}");
}

#[test]
fn a_configuration_that_changed() {
    let cases: [(&str, &str, &str, &[&str]); 4] = [
        (
            "mode of kube-proxy",
            "mode: iptables",
            "mode: nftables",
            &["ConfigMap kube-system/kube-proxy"],
        ),
        (
            "configuration of the kubelets",
            "kind: KubeletConfiguration",
            "kind: KubeletConfiguration\nmaxPods: 42",
            &["ConfigMap kube-system/kubelet-config"],
        ),
        (
            "a field of the cluster",
            "encryptionAlgorithm: ECDSA-P256",
            "encryptionAlgorithm: ECDSA-P256\nimageRepository: registry.example.com",
            &[
                "ConfigMap kube-system/kubeadm-config",
                "DaemonSet kube-system/kube-proxy",
                "Deployment kube-system/coredns",
            ],
        ),
        (
            "taints of the node",
            "nodeRegistration: {",
            "nodeRegistration: {taints: [{key: mine, effect: NoExecute}], ",
            &["Node cp-1"],
        ),
    ];
    let Some(live) = Live::new(&KUBERNETES) else {
        return;
    };
    live.init(&[]).exits(0);
    for (name, from, to, wanted_objects) in cases {
        live.reconfigure(from, to);
        let (tree, before) = (live.tree(), cluster(&live));
        let (wanted, objects) = planned(&live, &[], 2);
        assert_eq!(live.tree(), tree, "{name}");
        assert_eq!(cluster(&live), before, "{name}");
        assert_eq!(wanted, done(&live, &[]), "{name}");
        let changed = differences(&before, &cluster(&live));
        assert_eq!(objects, changed, "{name}");
        for object in wanted_objects {
            assert_eq!(
                objects.get(*object).map(String::as_str),
                Some("updated"),
                "{name}: {objects:?}"
            );
        }
        planned(&live, &[], 0);
        live.reconfigure(to, from);
        live.init(&[]).exits(0);
        let left = differences(&before, &cluster(&live));
        // Taints are added to what a node has, and stay.
        assert_eq!(
            left.is_empty(),
            name != "taints of the node",
            "{name}: {left:?}"
        );
    }
    // What the plan says for people names the field.
    live.reconfigure("mode: iptables", "mode: nftables");
    live.plan(&[])
        .exits(2)
        .says(&["-    mode: iptables", "+    mode: nftables"]);
}
