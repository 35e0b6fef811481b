//! Files that a user was given by somebody who means no good: the program says
//! what is wrong with each, and neither hangs nor takes the machine's memory.

mod components;
mod modules;
mod special;
mod words;

use crate::support::components::digest;
use crate::support::program::{Finished, Place};

/// A distribution of one phase `x`, from a file with this content.
fn with_component(component: &[u8]) -> Place {
    let place = Place::new();
    place.write("x.wasm", component);
    place.write(
        "distribution.yaml",
        format!(
            "apiVersion: kubewright.dev/v1alpha1\nkind: Distribution\nname: mine\nextends: kubernetes\n\
             phases:\n- name: x\n  component: x.wasm\n  digest: {}\n",
            digest(component)
        ),
    );
    place
}

/// What all commands say of such a component that load it.
#[track_caller]
fn refused(name: &str, component: &[u8], words: &[&str]) {
    println!("{name}");
    let place = with_component(component);
    let distribution = ["--distribution", "distribution.yaml"];
    let render = ["render", "--out", "out", "--phase", "x"];
    for command in [&["phases"][..], &render] {
        let arguments = [command, &distribution].concat();
        one_error(place.refused(1, &arguments, words));
    }
    let policy = ["render", "--out", "out", "--policy", "x.wasm"];
    one_error(place.refused(1, &policy, words));
}

/// That what ends a helper is not seen otherwise.
#[track_caller]
fn one_error(finished: Finished) {
    for odd in ["overflow", "memory allocation", "SIGABRT", "Aborted"] {
        assert!(!finished.said().contains(odd), "{odd}: {}", finished.said());
    }
}
