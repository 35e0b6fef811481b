use std::collections::BTreeSet;

use super::*;

/// The main operation of what a file says.
fn parse(text: &str) -> Result<Operation, DistributionError> {
    parse_whole(text).map(|mine| mine.operation(MAIN).unwrap().clone())
}

fn parse_whole(text: &str) -> Result<Distribution, DistributionError> {
    let head = "apiVersion: kubewright.dev/v1alpha1\nkind: Distribution\nname: mine\n";
    Distribution::parse(
        &format!("{head}{text}"),
        "mine.yaml",
        Some(Path::new(".")),
        0,
    )
}

#[test]
fn the_built_in_distributions_load() {
    for name in BuiltIn::distributions() {
        let distribution = Distribution::load(name).unwrap();
        assert_eq!(distribution.name, name);
        assert!(!distribution.operation(MAIN).unwrap().leaves.is_empty());
    }
}

#[test]
fn what_extends_another_keeps_its_other_phases() {
    let distribution = Distribution::load("kubernetes").unwrap();
    let base = distribution.operation(MAIN).unwrap();
    let whole =
        parse_whole("extends: kubernetes\nphases:\n- name: etcd\n  grants: {use: [clock]}\n")
            .unwrap();
    let mine = whole.operation(MAIN).unwrap();
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
    assert_eq!(whole.kinds, distribution.kinds);
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
        ("unknown key", "foo: 1\n", "not a distribution file"),
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
            "neither a built-in distribution nor a file beside this one",
        ),
        (
            "null",
            "extends: kubernetes\nphases: [{name: etcd, component: null}]\n",
            "a key without a value",
        ),
        (
            "no sub-phases",
            "extends: kubernetes\nphases: [{name: addon, phases: []}]\n",
            "phase addon: phases is an empty list",
        ),
        (
            "no paths",
            "extends: kubernetes\nphases: [{name: etcd, grants: {files: [{paths: [], verbs: [read]}]}}]\n",
            "phase etcd: grants.files.paths is an empty list",
        ),
        (
            "a sub-phase of nothing",
            "extends: kubernetes\nphases: [{name: nothing/a, component: certs}]\n",
            "there is no phase nothing that it could be of",
        ),
        (
            "a sub-phase of a phase that has none",
            "extends: kubernetes\nphases: [{name: preflight/a, component: certs}]\n",
            "preflight has no sub-phases",
        ),
        (
            "a sub-phase of a sub-phase",
            "extends: kubernetes\nphases: [{name: certs/ca/a, component: certs}]\n",
            "is no name of a phase",
        ),
        (
            "a sub-phase twice",
            "phases: [{name: a, component: kubernetes/certs, phases: [{name: b}, {name: b}]}]\n",
            "phase a: the sub-phase b stands there twice",
        ),
        (
            "nothing to remove",
            "extends: kubernetes\nremove: [addons/coredns]\n",
            "remove: there is no phase \"addons/coredns\"; did you mean \"addon/coredns\"?",
        ),
        (
            "nothing to come before",
            "extends: kubernetes\nphases: [{name: etcd, before: [certificates]}]\n",
            "there is no phase \"certificates\"",
        ),
        (
            "nothing to change",
            "extends: kubernetes\nphases: [{name: etcd, changes: [cert]}]\n",
            "did you mean \"certs\"?",
        ),
        (
            "all removed",
            "extends: kubernetes-1.5\nremove: [everything]\n",
            "there is no phase \"everything\"; there are: ",
        ),
    ];
    for (name, text, wanted) in cases {
        let message = crate::causes::chain(&parse(text).unwrap_err());
        assert!(message.contains(wanted), "{name}: {message}");
    }
}

/// The leaves of a distribution with what each needs.
fn leaves(distribution: &Operation) -> Vec<(String, Vec<String>)> {
    let name = |at: &usize| distribution.leaves[*at].name.clone();
    distribution
        .leaves
        .iter()
        .map(|leaf| (leaf.name.clone(), leaf.needs.iter().map(name).collect()))
        .collect()
}

fn needs<'a>(of: &'a [(String, Vec<String>)], wanted: &str) -> &'a [String] {
    let found = of.iter().find(|(name, _)| name == wanted);
    found.map_or(&[], |(_, needs)| needs)
}

#[test]
fn what_is_removed_lets_nothing_overtake() {
    let mine = parse(
        "phases:\n\
         - {name: a, component: kubernetes/certs}\n\
         - {name: b, component: kubernetes/certs, needs: [a], phases: [{name: x}, {name: y}]}\n\
         - {name: c, component: kubernetes/certs, needs: [b]}\n",
    );
    assert_eq!(needs(&leaves(&mine.unwrap()), "c"), ["b/x", "b/y"]);
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("base.yaml");
    let head = "apiVersion: kubewright.dev/v1alpha1\nkind: Distribution\n";
    let base = "name: base\nphases:\n\
         - {name: a, component: kubernetes/certs}\n\
         - {name: b, component: kubernetes/certs, needs: [a], phases: [{name: x}, {name: y}]}\n\
         - {name: c, component: kubernetes/certs, needs: [b]}\n";
    std::fs::write(&file, format!("{head}{base}")).unwrap();
    for (name, removed, wanted) in [
        ("a sub-phase", "b/x", &["b/y"][..]),
        ("a phase", "b", &["a"]),
        ("what is before it", "a", &["b/x", "b/y"]),
    ] {
        let text = format!("{head}name: mine\nextends: base.yaml\nremove: [{removed}]\n");
        let mine = Distribution::parse(&text, "mine.yaml", Some(folder.path()), 0).unwrap();
        let found = leaves(mine.operation(MAIN).unwrap());
        assert_eq!(needs(&found, "c"), wanted, "{name}");
        assert!(!found.iter().any(|(leaf, _)| leaf == removed), "{name}");
    }
}

#[test]
fn a_sub_phase_may_have_a_component_of_its_own() {
    let distribution = Distribution::load("kubernetes").unwrap();
    let base = distribution.operation(MAIN).unwrap();
    let mine = parse(
        "extends: kubernetes\nphases:\n\
         - {name: control-plane/apiserver, component: kubernetes-1.5/manifests}\n\
         - {name: control-plane/audit, component: kubernetes/certs, needs: [certs/ca]}\n\
         - {name: certs/ca, grants: {use: [terminal]}}\n",
    )
    .unwrap();
    let found = |of: &Operation, name: &str| {
        let leaf = of.leaves.iter().find(|leaf| leaf.name == name).unwrap();
        of.groups[leaf.group].source.name()
    };
    assert_eq!(
        found(&mine, "control-plane/apiserver"),
        "kubernetes-1.5/manifests"
    );
    assert_eq!(
        found(&mine, "control-plane/scheduler"),
        "kubernetes/manifests"
    );
    assert_eq!(found(&mine, "certs/ca"), "kubernetes/certs");
    let (of_base, of_mine) = (leaves(base), leaves(&mine));
    for name in ["control-plane/apiserver", "certs/ca"] {
        assert_eq!(needs(&of_mine, name), needs(&of_base, name), "{name}");
    }
    // Who waits for the phase waits for what was added to it.
    assert!(needs(&of_mine, "wait-control-plane").contains(&"control-plane/audit".to_owned()));
}

#[test]
fn what_comes_before_is_waited_for() {
    let mine = parse(
        "extends: kubernetes\nphases:\n\
         - {name: mine, component: kubernetes/certs, needs: [preflight], before: [certs, kubeconfig/admin]}\n",
    )
    .unwrap();
    let found = leaves(&mine);
    let mine = "mine".to_owned();
    for (name, wanted) in [
        ("certs/ca", true),
        ("certs/sa", true),
        ("kubeconfig/admin", true),
        ("kubeconfig/kubelet", false),
        ("mine", false),
    ] {
        assert_eq!(needs(&found, name).contains(&mine), wanted, "{name}");
    }
}

#[test]
fn files_extend_each_other() {
    let folder = tempfile::tempdir().unwrap();
    let head = "apiVersion: kubewright.dev/v1alpha1\nkind: Distribution\n";
    let write = |name: &str, text: &str| {
        std::fs::write(
            folder.path().join(name),
            format!("{head}name: {name}\n{text}"),
        )
        .unwrap();
    };
    let load = |name: &str| Distribution::load(folder.path().join(name).to_str().unwrap());
    write(
        "a.yaml",
        "extends: kubernetes\nremove: [addon/kube-proxy]\n",
    );
    // A component without a folder is one of the built-in distribution's.
    write(
        "b.yaml",
        "extends: a.yaml\nphases: [{name: mine, component: certs, needs: [certs]}]\n",
    );
    write("circle.yaml", "extends: circle.yaml\n");
    let b = load("b.yaml").unwrap();
    let found = leaves(b.operation(MAIN).unwrap());
    assert!(!found.iter().any(|(leaf, _)| leaf == "addon/kube-proxy"));
    assert!(needs(&found, "mine").contains(&"certs/ca".to_owned()));
    assert_eq!(b.kinds, Distribution::load("kubernetes").unwrap().kinds);
    let error = crate::causes::chain(&load("circle.yaml").unwrap_err());
    assert!(
        error.contains("do they extend each other in a circle?"),
        "{error}"
    );
}

#[test]
fn operations_are_added_changed_and_removed() {
    let mine = parse_whole(
        "extends: kubernetes\noperations:\n\
         \x20 backup:\n\
         \x20   summary: Copy the certificates.\n\
         \x20   flags: [{name: to, value: DIR, help: Where to.}]\n\
         \x20   phases: [{name: copy, component: certs}]\n\
         \x20 init:\n\
         \x20   removeFlags: [token]\n\
         \x20   flags: [{name: node-name, value: N, help: Other words.}, {name: new, help: A switch.}]\n\
         \x20   remove: [addon]\n",
    )
    .unwrap();
    let base = Distribution::load("kubernetes").unwrap();
    let backup = mine.operation("backup").unwrap();
    assert_eq!((backup.flags.len(), backup.leaves.len()), (1, 1));
    let (init, before) = (mine.operation(MAIN).unwrap(), base.operation(MAIN).unwrap());
    let flag = |of: &Operation, name: &str| of.flags.iter().find(|one| one.name == name).cloned();
    assert!(flag(before, "token").is_some() && flag(init, "token").is_none());
    assert_eq!(flag(init, "node-name").unwrap().help, "Other words.");
    assert_eq!(init.flags.len(), before.flags.len());
    assert!(
        !leaves(init)
            .iter()
            .any(|(leaf, _)| leaf.starts_with("addon/"))
    );
    assert_eq!(init.summary, before.summary);
    let without = parse_whole(
        "extends: kubernetes\nremoveOperations: [init]\noperations: {x: {phases: [{name: a, component: certs}]}}\n",
    );
    let error = without.unwrap().operation(MAIN).unwrap_err().to_string();
    assert!(
        error.contains("has no operation \"init\"; it has: "),
        "{error}"
    );
}

#[test]
fn mistakes_in_operations_say_what_would_be_right() {
    let flags =
        |text: &str| format!("extends: kubernetes\noperations: {{init: {{flags: [{text}]}}}}\n");
    let cases = [
        (
            "a name",
            "operations: {Backup: {phases: []}}\n".to_owned(),
            "\"Backup\" is no name of a command",
        ),
        (
            "no phases",
            "extends: kubernetes\noperations: {backup: {}}\n".to_owned(),
            "operation backup: it has no phases",
        ),
        (
            "phases in two places",
            "extends: kubernetes\nremove: [addon]\noperations: {init: {remove: [etcd]}}\n"
                .to_owned(),
            "let them stand in one place",
        ),
        (
            "no such operation to remove",
            "extends: kubernetes\nremoveOperations: [nothing]\n".to_owned(),
            "there is no operation \"nothing\"",
        ),
        (
            "no such flag to remove",
            "extends: kubernetes\noperations: {init: {removeFlags: [nothing]}}\n".to_owned(),
            "there is no flag --nothing",
        ),
        (
            "null",
            "extends: kubernetes\noperations: {init: {summary: null}}\n".to_owned(),
            "without a value (null)",
        ),
        (
            "a flag's name",
            flags("{name: --x, help: x}"),
            "is no name of a flag",
        ),
        (
            "a flag twice",
            flags("{name: one, help: x}, {name: one, help: y}"),
            "the flag --one stands there twice",
        ),
        (
            "a type without a value",
            flags("{name: one, type: list, help: x}"),
            "it has a type and no value",
        ),
        (
            "a letter twice",
            flags("{name: one, short: x, help: x}, {name: two, short: x, help: x}"),
            "have the same letter",
        ),
        (
            "a conflict with nothing",
            flags("{name: one, conflicts: [nothing], help: x}"),
            "there is no flag --nothing",
        ),
        (
            "a flag of no phase",
            flags("{name: one, phases: [nothing], help: x}"),
            "there is no phase \"nothing\"",
        ),
    ];
    for (name, text, wanted) in cases {
        let message = crate::causes::chain(&parse_whole(&text).unwrap_err());
        assert!(message.contains(wanted), "{name}: {message}");
    }
}
