use super::*;

fn parse(text: &str) -> Result<Distribution, DistributionError> {
    let head = "apiVersion: kubewright.dev/v1alpha1\nkind: Distribution\nname: mine\n";
    Distribution::parse(&format!("{head}{text}"), "mine.yaml", Some(Path::new(".")))
}

#[test]
fn the_built_in_distributions_load() {
    for name in BuiltIn::distributions() {
        let distribution = Distribution::load(name).unwrap();
        assert_eq!(distribution.name, name);
        assert!(!distribution.leaves.is_empty());
    }
}

#[test]
fn what_extends_another_keeps_its_other_phases() {
    let base = Distribution::load("kubernetes").unwrap();
    let mine =
        parse("extends: kubernetes\nphases:\n- name: etcd\n  grants: {use: [clock]}\n").unwrap();
    assert_eq!(mine.leaves.len(), base.leaves.len());
    let etcd = mine
        .groups
        .iter()
        .find(|group| group.name == "etcd")
        .unwrap();
    assert_eq!(etcd.granted().interfaces, ["clock"]);
    assert!(
        etcd.granted().files.is_empty(),
        "grants are replaced, not added to"
    );
    assert_eq!(mine.kinds, base.kinds);
}

#[test]
fn what_a_phase_leaves_out_stays() {
    let leaves = |text: &str| -> Vec<(String, Vec<String>)> {
        let mine = parse(&format!("extends: kubernetes\nphases:\n{text}")).unwrap();
        let name = |at: &usize| mine.leaves[*at].name.clone();
        mine.leaves
            .iter()
            .map(|leaf| (leaf.name.clone(), leaf.needs.iter().map(name).collect()))
            .collect()
    };
    let base = leaves("- name: etcd\n");
    let needs = |of: &[(String, Vec<String>)], wanted: &str| {
        let found = of.iter().find(|(name, _)| name == wanted);
        found.map(|(_, needs)| needs.clone()).unwrap_or_default()
    };
    let names = |of: &[(String, Vec<String>)]| -> BTreeSet<String> {
        of.iter().map(|(name, _)| name.clone()).collect()
    };
    let other_needs = leaves("- name: addon\n  needs: [certs]\n");
    assert_eq!(names(&other_needs), names(&base));
    assert!(needs(&other_needs, "addon/coredns").contains(&"certs/ca".to_owned()));
    assert!(!needs(&other_needs, "addon/coredns").contains(&"wait-control-plane".to_owned()));
    let fewer = leaves("- name: addon\n  phases: [{name: coredns}]\n");
    let one = leaves("- name: addon\n  phases: []\n");
    assert!(names(&one).contains("addon") && !names(&one).contains("addon/coredns"));
    assert!(needs(&one, "show-join-command").contains(&"addon".to_owned()));
    assert!(!names(&fewer).contains("addon/kube-proxy"));
    assert_eq!(
        needs(&fewer, "addon/coredns"),
        needs(&base, "addon/coredns")
    );
    let ordered = leaves("- name: upload-config\n  needs: [certs/ca]\n");
    assert_eq!(
        needs(&ordered, "upload-config/kubelet"),
        ["certs/ca", "upload-config/kubeadm"]
    );
    let none = leaves("- name: addon\n  needs: []\n");
    assert!(needs(&none, "addon/coredns").is_empty());
}

#[test]
fn mistakes_are_errors_that_say_what_would_be_right() {
    let cases = [
        (
            "unknown key",
            "phases: []\nfoo: 1\n",
            "not a distribution file",
        ),
        (
            "unknown grant",
            "phases:\n- name: a\n  component: kubernetes/certs\n  grants: {magic: 1}\n",
            "not a distribution file",
        ),
        ("no phases", "phases: []\n", "no phases"),
        ("no component", "phases:\n- name: a\n", "has no component"),
        (
            "unknown component",
            "phases:\n- name: a\n  component: nothing\n",
            "nor a built-in component; there are: kubernetes",
        ),
        (
            "missing file",
            "phases:\n- name: a\n  component: nothing.wasm\n",
            "phase a",
        ),
        (
            "twice",
            "phases:\n- {name: a, component: kubernetes/certs}\n- {name: a, component: kubernetes/certs}\n",
            "twice",
        ),
        (
            "wrong digest",
            "phases:\n- {name: a, component: kubernetes/certs, digest: 'sha256:00'}\n",
            "change that line",
        ),
        (
            "unknown base",
            "extends: other\nphases: []\n",
            "not a built-in distribution",
        ),
    ];
    for (name, text, wanted) in cases {
        let message = parse(text).unwrap_err().to_string();
        assert!(message.contains(wanted), "{name}: {message}");
    }
}
