//! Imports are a component's, grants a phase's.

use std::collections::BTreeSet;
use std::path::Path;

use kubewright_test_hostile_calls::every::every_function;
use kubewright_test_hostile_calls::{Outcome, PROGRAM, Program};
use wit_parser::Resolve;

use super::handmade::{Called, component};
use crate::support::attack::{Scene, World};
use crate::support::components::digest;
use crate::support::distribution::LEAST;
use crate::support::program::{Finished, Place};

const CLOCK: Called = Called {
    interface: "clock",
    function: "now",
    message: 12,
};

/// Renders the phases `x` and `y` of one component, of which these are granted
/// the clock.
fn rendered(granted: &[&str]) -> Finished {
    let mut resolve = Resolve::default();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../wit/v0.1.0");
    resolve.push_dir(folder).unwrap();
    let component = component(&resolve, CLOCK);
    let place = Place::new();
    place.write("x.wasm", &component);
    let mut text = String::from(
        "apiVersion: kubewright.dev/v1alpha1\nkind: Distribution\nname: mine\nextends: kubernetes\nphases:\n",
    );
    for name in ["x", "y"] {
        text.push_str(&format!(
            "- name: {name}\n  component: x.wasm\n  digest: {}\n",
            digest(&component)
        ));
        if granted.contains(&name) {
            text.push_str("  grants: {use: [clock]}\n");
        }
    }
    place.write("distribution.yaml", text);
    place.render(&[
        "--distribution",
        "distribution.yaml",
        "--phase",
        "x,y",
        "-v",
    ])
}

#[test]
fn a_phase_that_was_not_granted_what_its_sister_was_is_told() {
    rendered(&["x", "y"]).exits(0);
    let finished = rendered(&["x"]).exits(1);
    finished.says(&[
        "phase x took",
        "phase y failed",
        "not granted: the interface clock",
    ]);
}

#[test]
fn what_no_phase_was_granted_runs_nothing() {
    let finished = rendered(&[]).exits(1);
    finished.says(&[
        "nothing was run, because not every component may",
        "imports `kubewright:provision/clock@0.1.0`, which is not granted",
        "use: [clock]",
    ]);
}

/// The component's import list is granted to a phase that does not run; the
/// one that does may read its program, and tell.
#[test]
fn every_interface_is_denied_where_it_is_not_granted() {
    let scene = Scene::with(
        World::Render,
        &format!(
            "      files: [{{paths: [/srv/hostile/program], verbs: [read]}}]\n      use: [terminal]\n\
             - name: other\n  component: hostile.wasm\n  digest: {}\n  grants:\n{LEAST}",
            crate::support::components::hostile().digest
        ),
    );
    let mut program = Program::new();
    every_function(&mut program);
    scene.put(PROGRAM, program.file());
    let told = scene.carry_out(&program);
    let mut denied = BTreeSet::new();
    for (at, step) in program.steps.iter().enumerate() {
        let function = step.call.function();
        let interface = function.split('.').next().unwrap();
        if ["files", "sealed", "log", "terminal"].contains(&interface) {
            continue;
        }
        let seen = told.step(at);
        assert_ne!(seen.outcome, Outcome::Done, "{function}: {}", seen.text());
        if seen.outcome == Outcome::Refused {
            let words = format!("not granted: the interface {interface}");
            assert!(
                seen.text().contains("Denied"),
                "{function}: {}",
                seen.text()
            );
            assert!(seen.text().contains(&words), "{function}: {}", seen.text());
            denied.insert(interface);
        }
    }
    let all = [
        "accounts",
        "checks",
        "clock",
        "container-runtime",
        "documents",
        "etcd",
        "health",
        "kube",
        "kubeconfigs",
        "leftovers",
        "mounts",
        "node",
        "patches",
        "pki",
        "pods",
        "tokens",
        "undo",
    ];
    assert_eq!(denied, all.into());
}
