//! What kubeadm's `init` goes on without: warnings, unless `--strict` is given.
//! `config validate` refuses it.

use std::fs;

use crate::support::program::{CONFIG, Place};

/// The sound configuration with this behind it, which begins on line 10.
fn ignored(text: &str, words: &[&str]) {
    let place = Place::new();
    place.write("config.yaml", format!("{CONFIG}{text}"));
    let warned = place
        .run(&["render", "--config", "config.yaml", "--out", "out"])
        .exits(0);
    let warnings: Vec<_> = warned
        .stderr
        .lines()
        .filter(|line| line.starts_with("WARNING: "))
        .collect();
    assert_eq!(warnings.len(), 1, "{}", warned.stderr);
    for word in words {
        assert!(warnings[0].contains(word), "{word}: {}", warnings[0]);
    }
    assert!(place.rendered("/etc/kubernetes/admin.conf").exists());
    place
        .run(&["config", "images", "list", "--config", "config.yaml"])
        .exits(0);
    for arguments in [
        &[
            "render",
            "--strict",
            "--config",
            "config.yaml",
            "--out",
            "other",
        ][..],
        &[
            "plan",
            "--strict",
            "--rootfs",
            "machine",
            "--config",
            "config.yaml",
        ],
        &["config", "validate", "--config", "config.yaml"],
    ] {
        fs::create_dir_all(place.path("machine")).unwrap();
        place.refused(1, arguments, &words[..1]);
    }
}

cases! {
    ignored:
    metadata("metadata: {name: config}\n", &["config.yaml:10: ClusterConfiguration.metadata: unknown field", "(ignored)"]),
    a_misspelt_field("clustername: a\n", &["config.yaml:10: ClusterConfiguration.clustername: unknown field", "did you mean \"clusterName\""]),
    a_field_of_another_document("skipPhases: [addon]\n", &["config.yaml:10: ClusterConfiguration.skipPhases: unknown field", "belongs in InitConfiguration.skipPhases"]),
    a_field_given_twice("kubernetesVersion: v1.36.1\n", &["config.yaml:10: ClusterConfiguration.kubernetesVersion: is given twice, first on line 8"]),
    a_document_of_another_program("---\napiVersion: audit.k8s.io/v1\nkind: Policy\n", &["config.yaml:11: ", "kind Policy"]),
}

fn refused(text: &str, words: &[&str]) {
    let place = Place::new();
    place.write("config.yaml", format!("{CONFIG}{text}"));
    place.refused(
        1,
        &["render", "--config", "config.yaml", "--out", "out"],
        words,
    );
}

cases! {
    refused:
    a_wrong_type("clusterName: [a]\n", &["config.yaml:10: ClusterConfiguration.clusterName: expected a string, found a list"]),
    a_kind_twice("---\napiVersion: a.io/v1\nkind: X\n---\napiVersion: b.io/v1\nkind: X\n", &["config.yaml:14: X: ", "specified twice"]),
    an_object_of_the_api("---\napiVersion: v1\nkind: Secret\n", &["config.yaml:11: Secret: ", "objects of the API are no configuration"]),
}

#[test]
fn strictness_is_about_a_file() {
    let place = Place::new();
    place.refused(2, &["render", "--strict", "--out", "out"], &["--config"]);
}

#[test]
fn nothing_is_warned_about_that_nobody_asked_for() {
    let place = Place::new();
    place.write(
        "config.yaml",
        CONFIG.replace("kubernetesVersion: v1.36.2\n", ""),
    );
    let rendered = place
        .run(&["render", "--config", "config.yaml", "--out", "out"])
        .exits(0);
    assert_eq!(rendered.stderr, "");
    place.write("config.yaml", CONFIG.replace("v1.36.2", "stable-1"));
    place
        .run(&["render", "--config", "config.yaml", "--out", "out"])
        .exits(0)
        .says(&["WARNING: the version label \"stable-1\" is not looked up on the internet; using v1.36.2"]);
}

/// A socket that is not the node's own: a flag and an annotation.
#[test]
fn a_gate_that_is_turned_off_takes_effect() {
    let place = Place::new();
    place.write(
        "config.yaml",
        format!("{CONFIG}featureGates: {{NodeLocalCRISocket: false}}\n").replace(
            "{name: cp1}",
            "{name: cp1, criSocket: \"unix:///run/x.sock\"}",
        ),
    );
    place
        .run(&["render", "--config", "config.yaml", "--out", "out"])
        .exits(0)
        .says(&["NodeLocalCRISocket=false still takes effect"]);
    let read = |path: &str| fs::read_to_string(place.rendered(path)).unwrap();
    assert!(
        read("/var/lib/kubelet/kubeadm-flags.env")
            .contains("--container-runtime-endpoint=unix:///run/x.sock")
    );
    assert!(
        read("/var/lib/kubelet/config.yaml").contains("containerRuntimeEndpoint: ''\n")
            || read("/var/lib/kubelet/config.yaml").contains("containerRuntimeEndpoint: \"\"\n")
    );
    assert!(
        !place
            .rendered("/var/lib/kubelet/instance-config.yaml")
            .exists()
    );
    let objects = fs::read_to_string(place.out().join("objects.yaml")).unwrap();
    assert!(
        objects.contains("kubeadm.alpha.kubernetes.io/cri-socket: unix:///run/x.sock"),
        "{objects}"
    );
}

#[test]
fn a_node_name_is_blamed_on_who_gave_it() {
    let place = Place::new();
    place.refused(
        2,
        &[
            "render",
            "--config",
            "config.yaml",
            "--node-name",
            "a_b",
            "--out",
            "out",
        ],
        &["--node-name: Invalid value: \"a_b\""],
    );
    place.refused(
        2,
        &[
            "render",
            "--config",
            "config.yaml",
            "--ignore-preflight-errors",
            "all,Swap",
            "--out",
            "out",
        ],
        &["--ignore-preflight-errors: Invalid value: \"all,swap\""],
    );
}

fn levels(arguments: &[&str], says: bool) {
    let place = Place::new();
    let shown = place
        .run(
            &[
                &["render", "--config", "config.yaml", "--out", "out"],
                arguments,
            ]
            .concat(),
        )
        .exits(0);
    assert_eq!(
        shown
            .stdout
            .contains("created: IssueCertificate certificate ca (certs/ca)"),
        says,
        "{}",
        shown.stdout
    );
}

cases! {
    levels:
    none(&[], false),
    zero(&["-v=0"], false),
    once(&["-v"], true),
    twice(&["-vv"], true),
    in_words(&["--verbose"], true),
    equals(&["-v=5"], true),
    two_dashes(&["--v=5"], true),
    apart(&["-v", "5"], true),
    joined(&["-v5"], true),
}

#[test]
fn a_level_is_a_number() {
    let place = Place::new();
    place.refused(
        2,
        &["render", "-v=x", "--out", "out"],
        &["-v=x: a level is a number, like -v=5"],
    );
    place.refused(1, &["plan", "--v"], &["--v takes a level, like --v=5"]);
}
