//! Commands that a distribution brings.

use crate::support::program::Place;

/// The certificates of a cluster as a command, another one of two words, and an
/// `init` that lacks a flag.
const DISTRIBUTION: &str = r#"
apiVersion: kubewright.dev/v1alpha1
kind: Distribution
name: vendor
extends: kubernetes
operations:
  authorities:
    summary: Make the certificate authorities.
    about: Nothing else of a cluster is made.
    flags:
    - {name: reason, short: r, value: TEXT, help: Why they are made.}
    - {name: quick, help: Without asking twice., conflicts: [reason]}
    phases: &phases
    - name: certs
      component: certs
      phases: [{name: ca}, {name: front-proxy-ca}, {name: etcd-ca}]
      grants:
        files:
        - {paths: ["${ClusterConfiguration.certificatesDir}/ca.crt"], verbs: [read]}
        pki:
        - {names: [ca, front-proxy-ca, etcd/ca], below: "${ClusterConfiguration.certificatesDir}", verbs: [load, create]}
        use: [terminal]
  both:
    summary: With two phases.
    flags:
    - {name: late, value: TEXT, help: For the second., phases: [upload-certs]}
    phases:
    - {name: certs, component: certs}
    - {name: upload-certs, component: upload-certs}
  certs renew:
    summary: Renew them.
    phases: *phases
  init:
    removeFlags: [token]
"#;

fn place(distribution: &str) -> Place {
    let place = Place::new();
    place.write("d.yaml", distribution);
    std::fs::create_dir(place.path("machine")).unwrap();
    place
}

/// The distribution may stand before the command, which it makes.
fn with<'a>(arguments: &[&'a str]) -> Vec<&'a str> {
    [&["--distribution", "d.yaml"], arguments].concat()
}

#[test]
fn help_lists_them_and_their_flags() {
    let place = place(DISTRIBUTION);
    let help = place.run(&with(&["--help"])).exits(0);
    help.says(&["Make the certificate authorities", "Commands about certs"]);
}

#[test]
fn help_of_one_has_its_flags_and_phases() {
    let place = place(DISTRIBUTION);
    place
        .run(&with(&["authorities", "--help"]))
        .exits(0)
        .says(&[
            "Nothing else of a cluster is made",
            "-r, --reason <TEXT>",
            "Why they are made",
            "--quick",
            "/front-proxy-ca",
        ]);
    let init = place.run(&with(&["init", "--help"])).exits(0);
    let said = init.said();
    assert!(said.contains("--node-name") && !said.contains("--token <TOKEN>"));
}

#[test]
fn one_runs_with_a_journal() {
    let place = place(DISTRIBUTION);
    let run = |more: &[&str]| place.run(&with(&[more, &["--rootfs", "machine"]].concat()));
    run(&["plan", "authorities"]).exits(2).says(&[
        "issued: certificate front-proxy-ca",
        "`kubewright authorities` would change",
    ]);
    run(&["authorities", "-r", "a drill"])
        .exits(0)
        .says(&["Generating \"ca\" certificate and key"]);
    let pki = place.path("machine/etc/kubernetes/pki");
    assert!(pki.join("etcd/ca.key").exists() && !pki.join("apiserver.key").exists());
    run(&["plan", "authorities"]).exits(0);
    run(&["authorities"]).exits(0).says(&["Nothing changed"]);
    place
        .run(&["history", "--rootfs", "machine"])
        .exits(0)
        .says(&["authorities  done"]);
    place
        .run(&["reset", "--rootfs", "machine", "--yes"])
        .exits(0);
    assert!(!place.path("machine/etc/kubernetes").exists());
}

#[test]
fn one_phase_of_one_runs_alone() {
    let place = place(DISTRIBUTION);
    let command = [
        "authorities",
        "phase",
        "certs",
        "front-proxy-ca",
        "--rootfs",
        "machine",
    ];
    place.run(&with(&command)).exits(0);
    let pki = place.path("machine/etc/kubernetes/pki");
    assert!(pki.join("front-proxy-ca.key").exists() && !pki.join("ca.key").exists());
}

#[test]
fn one_is_rendered() {
    let place = place(DISTRIBUTION);
    place
        .run(&with(&["render", "certs", "renew", "--out", "out"]))
        .exits(0);
    assert!(place.rendered("etc/kubernetes/pki/ca.key").exists());
    assert!(!place.rendered("etc/kubernetes/manifests").exists());
    place
        .run(&with(&["phases", "certs", "renew"]))
        .exits(0)
        .says(&["certs/front-proxy-ca"]);
}

/// It has no ResetConfiguration, and needs none.
#[test]
fn one_may_undo() {
    let place = place(
        "apiVersion: kubewright.dev/v1alpha1\nkind: Distribution\nname: vendor\nextends: kubernetes\n\
         operations:\n  leave:\n    undoes: true\n    flags: [{name: reason, value: TEXT, help: Why.}]\n\
         \x20   phases: [{name: preflight, component: reset-preflight, grants: {use: [terminal]}}]\n",
    );
    let leave = [
        "leave",
        "--reason",
        "a drill",
        "--dry-run",
        "--rootfs",
        "machine",
    ];
    place
        .run(&with(&leave))
        .exits(0)
        .says(&["[preflight] Running pre-flight checks"]);
}

/// Arguments, the exit code, what is said.
fn wrong(arguments: &[&str], code: i32, words: &[&str]) {
    place(DISTRIBUTION).refused(code, &with(arguments), words);
}

cases! { wrong:
    an_unknown_flag(&["authorities", "--tolken", "x"], 2, &["unexpected argument '--tolken'"]),
    two_that_conflict(&["authorities", "--quick", "--reason", "x"], 2, &["'--quick' cannot be used with '--reason <TEXT>'"]),
    a_flag_that_was_taken_away(&["init", "--token", "x"], 2, &["unexpected argument '--token'"]),
    no_such_operation(&["backup"], 2, &["unrecognized subcommand 'backup'"]),
    half_a_name(&["certs"], 2, &["'kubewright certs' requires a subcommand"]),
    a_flag_of_another_phase(&["both", "phase", "certs", "ca", "--late", "x"], 2, &["the phase certs has no use for --late; it is for upload-certs"]),
    phases_of_none(&["phases", "backup"], 1, &["has no operation \"backup\"; it has: authorities, both, certs renew, init"]),
}

/// What the distribution says of an operation, and what is said of it.
fn unusable(name: &str, flags: &str, words: &[&str]) {
    let operation = format!(
        "apiVersion: kubewright.dev/v1alpha1\nkind: Distribution\nname: vendor\nextends: kubernetes\n\
         operations:\n  {name}:\n    flags: [{flags}]\n    phases: [{{name: a, component: certs}}]\n"
    );
    place(&operation).refused(1, &with(&["init"]), words);
}

cases! { unusable:
    a_command_of_the_program("plan", "", &["operation plan: plan is a command of the program"]),
    a_word_that_means_phases("backup phase", "", &["operation backup phase: `phase` runs one phase"]),
    a_flag_of_the_program("backup", "{name: config, value: X, help: x}", &["the flag --config is one of the program's own"]),
    a_letter_of_the_program("backup", "{name: other, short: o, help: x}", &["the flag --other is one of the program's own, or has the letter of one"]),
    an_operation_within_another("init more", "", &["init is an operation itself"]),
}
