//! A component that completes a configuration blinds policies and widens grants.

use kubewright_test_hostile_calls::{Algorithm, Call, Existing, Piece, Program};

use super::calls::{at, write};
use super::policies::effects_of;
use crate::support::attack::{CERTIFICATE_KEY, GENEROUS, TOKEN_SECRET, Told, config};
use crate::support::components::{hostile, hostile_configuration, hostile_policy};
use crate::support::program::{CONFIG, Place};

/// A distribution whose configuration is completed by the hostile component.
fn declared(place: &Place, schemas: &str, grants: &str) {
    let configuration = hostile_configuration();
    place.write("configuration.wasm", &configuration.component);
    place.write("hostile.wasm", &hostile().component);
    place.write("policy.wasm", &hostile_policy().component);
    place.write(
        "distribution.yaml",
        format!(
            "apiVersion: kubewright.dev/v1alpha1\nkind: Distribution\nname: mine\n\
             configuration:\n\
             \x20 kinds: [kubeadm.k8s.io/v1beta4/InitConfiguration, kubeadm.k8s.io/v1beta4/ClusterConfiguration]\n\
             \x20 component: configuration.wasm\n  digest: {}\n{schemas}\
             phases:\n- name: hostile\n  component: hostile.wasm\n  digest: {}\n\
             \x20 phases:\n  - name: program\n  grants:\n{grants}",
            configuration.digest,
            hostile().digest
        ),
    );
}

/// Runs a program in such a distribution, in a folder.
fn run_declared(place: &Place, wish: &str, program: &Program, more: &[&str]) -> Told {
    place.write(
        "config.yaml",
        CONFIG.replace("{name: cp1}", &format!("{{name: {wish}}}")),
    );
    run_as_given(place, program, more)
}

fn run_as_given(place: &Place, program: &Program, more: &[&str]) -> Told {
    place.write(
        &format!("root{}", kubewright_test_hostile_calls::PROGRAM),
        program.file(),
    );
    let arguments = [
        "init",
        "--config",
        "config.yaml",
        "--distribution",
        "distribution.yaml",
        "--rootfs",
        "root",
        "--phase",
        "hostile/program",
    ];
    Told::new(crate::support::watched::Watched::new(place).run(&[&arguments, more].concat()))
}

/// A private key for a group to read, which the baseline denies.
fn loose_key() -> Program {
    let mut program = Program::new();
    program.call(Call::PkiEnsureKeyPair {
        name: "mine".into(),
        algorithm: Algorithm::EcdsaP256,
        key: at("/srv/hostile/mine.key", 0o640),
        public_key: None,
        existing: Existing::Keep,
    });
    program
}

fn own_grants() -> String {
    GENEROUS.replace("below: /etc/kubernetes/pki", "below: /srv/hostile")
}

cases!(a_configuration_blinds_no_policy:
    that_says_nothing("plain"),
    that_says_it_is_another_effect("blind"),
);

fn a_configuration_blinds_no_policy(wish: &str) {
    let place = Place::new();
    declared(&place, "", &own_grants());
    // The control: it is the policy that denies it.
    let allowed = run_declared(&place, wish, &loose_key(), &[]);
    assert_eq!(allowed.finished.code, 0, "{}", allowed.finished.said());
    assert!(place.path("root/srv/hostile/mine.key").exists());
    std::fs::remove_file(place.path("root/srv/hostile/mine.key")).unwrap();
    let told = run_declared(&place, wish, &loose_key(), &["--policy", "baseline"]);
    told.finished.exits(1).says(&["key-file-mode"]);
    assert!(!place.path("root/srv/hostile/mine.key").exists());
}

#[test]
fn the_context_of_a_configuration_stands_in_a_place_of_its_own() {
    let place = Place::new();
    declared(&place, "", &own_grants());
    let told = run_declared(
        &place,
        "blind",
        &loose_key(),
        &["--policy", "policy.wasm", "-vv"],
    );
    let seen = effects_of(&told, 0);
    assert_eq!(seen.len(), 1, "{}", told.finished.said());
    assert_eq!(seen[0]["action"], "CreateKey");
    assert_eq!(seen[0]["phase"], "hostile/program");
    assert_eq!(seen[0]["context"]["action"], "Nothing");
    assert_eq!(seen[0]["context"]["path"], "/etc/motd");
}

/// Writes where a grant speaks of `${ClusterConfiguration.certificatesDir}`.
fn wide_grants() -> String {
    GENEROUS.replace(
        "      pki:\n",
        "      - {paths: [\"${ClusterConfiguration.certificatesDir}/**\"], verbs: [read, write, remove]}\n      pki:\n",
    )
}

fn wide_program() -> (Program, Vec<usize>) {
    let mut program = Program::new();
    let steps = [
        "/etc/shadow",
        "/usr/bin/sh",
        "/root/.ssh/authorized_keys",
        "/boot/x",
    ]
    .map(|path| program.call(write(path, vec![Piece::text("root::::::::\n")])));
    (program, steps.into())
}

fn nothing_was_widened(place: &Place, told: &Told) {
    for path in [
        "etc/shadow",
        "usr/bin/sh",
        "root/.ssh/authorized_keys",
        "boot/x",
    ] {
        assert!(
            !place.path("root").join(path).exists(),
            "/{path} was written:\n{}",
            told.finished.said()
        );
    }
}

#[test]
fn a_configuration_widens_no_grant() {
    let place = Place::new();
    declared(&place, "", &wide_grants());
    let (program, _) = wide_program();
    let told = run_declared(&place, "widen", &program, &[]);
    nothing_was_widened(&place, &told);
}

cases!(a_folder_of_the_system_widens_no_grant:
    the_root("/"),
    the_root_by_another_name("/srv/.."),
    the_folder_of_settings("/etc"),
    the_folder_of_programs("/usr"),
    the_home_of_root("/root"),
);

/// A value that the user gave may be a mistake: a folder of the system is none
/// of certificates.
fn a_folder_of_the_system_widens_no_grant(folder: &str) {
    let place = Place::new();
    declared(&place, "", &wide_grants());
    place.write(
        "config.yaml",
        CONFIG.replace(
            "kubernetesVersion:",
            &format!("certificatesDir: {folder}\nkubernetesVersion:"),
        ),
    );
    let (program, _) = wide_program();
    let told = run_as_given(&place, &program, &[]);
    nothing_was_widened(&place, &told);
}

#[test]
fn a_folder_of_certificates_is_granted() {
    let place = Place::new();
    declared(&place, "", &wide_grants());
    place.write(
        "config.yaml",
        CONFIG.replace(
            "kubernetesVersion:",
            "certificatesDir: /srv/pki\nkubernetesVersion:",
        ),
    );
    let mut program = Program::new();
    let step = program.call(write("/srv/pki/x", vec![Piece::text("x")]));
    let told = run_as_given(&place, &program, &[]);
    assert_eq!(told.finished.code, 0, "{}", told.finished.said());
    told.done(step);
    assert!(place.path("root/srv/pki/x").exists());
}

#[test]
fn a_distribution_makes_no_plain_text_of_secrets() {
    let place = Place::new();
    let schemas = "  schemas:\n    kubeadm.k8s.io/v1beta4/InitConfiguration:\n      localAPIEndpoint: {advertiseAddress: string}\n      nodeRegistration: {name: string}\n      certificateKey: string\n      bootstrapTokens: [{token: string}]\n";
    declared(&place, schemas, GENEROUS);
    place.write(
        "config.yaml",
        config().replace("apiServer: {certSANs: [127.0.0.1]}\n", ""),
    );
    let told = run_as_given(&place, &Program::new(), &["-vv"]);
    let said = told.finished.said();
    for secret in [TOKEN_SECRET, CERTIFICATE_KEY] {
        assert!(!said.contains(secret), "{said}");
    }
    // A kind that the program knows cannot be described anew.
    told.finished
        .exits(1)
        .one_error(&["schemas", "InitConfiguration"]);
}
