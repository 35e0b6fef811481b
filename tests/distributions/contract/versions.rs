//! A component that was built for another version of the contract is taken as
//! far as the program has what it imports.

use std::path::Path;

use wit_parser::Resolve;

use super::handmade::{Called, component};
use crate::support::components::digest;
use crate::support::program::{Finished, Place};

/// The contract as another version of it would be: these texts of its files
/// replaced by those.
fn altered(changes: &[(&str, &str)]) -> Resolve {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../wit/v0.1.0");
    let altered = tempfile::tempdir().unwrap();
    let mut done = vec![0; changes.len()];
    for file in std::fs::read_dir(folder).unwrap() {
        let file = file.unwrap();
        let mut text = std::fs::read_to_string(file.path()).unwrap();
        for (at, (old, new)) in changes.iter().enumerate() {
            done[at] += text.matches(old).count();
            text = text.replace(old, new);
        }
        std::fs::write(altered.path().join(file.file_name()), text).unwrap();
    }
    assert!(!done.contains(&0), "{done:?}: {changes:?}");
    let mut resolve = Resolve::default();
    resolve.push_dir(altered.path()).unwrap();
    resolve
}

const CLOCK: Called = Called {
    interface: "clock",
    function: "now",
    message: 12,
};

fn rendered(component: &[u8]) -> Finished {
    let place = Place::new();
    place.write("x.wasm", component);
    place.write(
        "distribution.yaml",
        format!(
            "apiVersion: kubewright.dev/v1alpha1\nkind: Distribution\nname: mine\nextends: kubernetes\n\
             phases:\n- name: x\n  component: x.wasm\n  digest: {}\n  grants: {{use: [clock, checks], files: [{{paths: [/srv/x], verbs: [read]}}]}}\n",
            digest(component)
        ),
    );
    place.render(&["--distribution", "distribution.yaml", "--phase", "x", "-v"])
}

/// The package of a later version.
const LATER: (&str, &str) = ("provision@0.1.0;", "provision@0.1.9;");

#[track_caller]
fn runs(changes: &[(&str, &str)], called: Called) {
    let finished = rendered(&component(&altered(changes), called));
    finished.exits(0).says(&["phase x took"]);
}

#[track_caller]
fn refused(changes: &[(&str, &str)], called: Called, words: &[&str]) {
    let finished = rendered(&component(&altered(changes), called)).exits(1);
    finished
        .says(&["nothing was run, because not every component may"])
        .says(words);
}

#[test]
fn a_policy_that_judges_no_plan_is_taken() {
    let judge = "export judge: func(plan: string) -> list<finding>;";
    let place = Place::new();
    let policy = super::handmade::policy(&altered(&[(judge, "")]));
    place.write("policy.wasm", &policy);
    place
        .render(&["--policy", "policy.wasm", "--phase", "certs"])
        .exits(0);
}

#[test]
fn one_of_the_same_version_runs() {
    runs(&[("provision@0.1.0;", "provision@0.1.0;")], CLOCK);
}

#[test]
fn one_of_a_later_version_runs() {
    runs(&[LATER], CLOCK);
}

#[test]
fn one_of_a_later_version_runs_without_what_is_new() {
    let more = (
        "interface clock {",
        "interface clock {\n/// New.\nzone: func() -> result<s64, error>;\n",
    );
    runs(&[LATER, more], CLOCK);
}

#[test]
fn one_of_an_earlier_version_runs() {
    // That version had fewer functions in this interface.
    let system = Called {
        interface: "checks",
        function: "system",
        message: 8,
    };
    runs(
        &[(
            "find-program: func(name: string) -> result<option<string>, error>;",
            "",
        )],
        system,
    );
}

#[test]
fn what_is_new_and_called_is_named() {
    let more = (
        "interface clock {",
        "interface clock {\n/// New.\nzone: func() -> result<s64, error>;\n",
    );
    let zone = Called {
        function: "zone",
        ..CLOCK
    };
    refused(
        &[LATER, more],
        zone,
        &["kubewright:provision/clock@0.1.9", "zone"],
    );
}

#[test]
fn what_is_another_type_is_named() {
    let other = (
        "now: func() -> result<s64, error>;",
        "now: func() -> result<u64, error>;",
    );
    refused(
        &[LATER, other],
        CLOCK,
        &["kubewright:provision/clock@0.1.9", "now"],
    );
}

#[test]
fn another_interface_is_named() {
    let more = (
        "world phase {",
        "interface magic { use types.{error};\nnow: func() -> result<s64, error>; }\nworld phase {\nimport magic;\n",
    );
    let magic = Called {
        interface: "magic",
        ..CLOCK
    };
    refused(
        &[LATER, more],
        magic,
        &["`kubewright:provision/magic@0.1.9`, which kubewright:provision@0.1.0 does not have"],
    );
}

#[test]
fn another_major_version_is_refused() {
    for version in ["0.2.0", "1.0.0"] {
        let package = format!("provision@{version};");
        refused(
            &[("provision@0.1.0;", &package)],
            CLOCK,
            &[&format!("clock@{version}`; this program has version 0.1.0")],
        );
    }
}
