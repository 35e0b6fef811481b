//! What may not run is refused before anything runs: every finding at once,
//! each with what would mend it.

use wasm_encoder::{
    Component, ComponentImportSection, ComponentTypeRef, ComponentTypeSection, InstanceType,
    PrimitiveValType,
};

use crate::support::components::{digest, hostile, hostile_policy};
use crate::support::program::Place;

/// A distribution with these phases, each `name` from a file with this content.
fn distribution(place: &Place, phases: &[(&str, &[u8])]) {
    let mut text = String::from(
        "apiVersion: kubewright.dev/v1alpha1\nkind: Distribution\nname: mine\nextends: kubernetes\nphases:\n",
    );
    for (name, content) in phases {
        place.write(&format!("{name}.wasm"), content);
        text.push_str(&format!(
            "- name: {name}\n  component: {name}.wasm\n  digest: {}\n",
            digest(content)
        ));
    }
    place.write("distribution.yaml", text);
}

#[track_caller]
fn refused(place: &Place, words: &[&str]) {
    let finished = place
        .render(&["--distribution", "distribution.yaml"])
        .exits(1)
        .says(words);
    assert!(!place.out().exists(), "{}", finished.said());
    assert!(
        !finished.stdout.contains('['),
        "something ran: {}",
        finished.stdout
    );
}

/// A component that imports an interface of this name, and nothing else.
fn importing(name: &str) -> Vec<u8> {
    let mut instance = InstanceType::new();
    instance
        .ty()
        .function()
        .params([] as [(&str, PrimitiveValType); 0])
        .result(None);
    instance.export("f", ComponentTypeRef::Func(0));
    let mut types = ComponentTypeSection::new();
    types.instance(&instance);
    let mut imports = ComponentImportSection::new();
    imports.import(name, ComponentTypeRef::Instance(0));
    let mut component = Component::new();
    component.section(&types).section(&imports);
    component.finish()
}

#[test]
fn every_finding_is_reported_at_once() {
    let place = Place::new();
    distribution(
        &place,
        &[
            ("ungranted", &hostile().component),
            ("wasi", &importing("wasi:cli/environment@0.2.6")),
            (
                "other-version",
                &importing("kubewright:provision/files@0.2.0"),
            ),
            ("no-such", &importing("kubewright:provision/magic@0.1.0")),
            ("policy", &hostile_policy().component),
            ("module", &hostile().module),
            ("garbage", b"this is no component"),
            ("empty", b""),
            ("truncated", &hostile().component[..5000]),
        ],
    );
    refused(
        &place,
        &[
            "nothing was run, because not every component may",
            &format!(
                "phase ungranted (component ungranted.wasm, {})",
                hostile().digest
            ),
            "imports `kubewright:provision/files@0.1.0`, which is not granted",
            "files: [{paths: ",
            "pki: [{names: ",
            "kube: {kubeconfigs: ",
            "node: {}",
            "node: {accounts: [",
            "use: [tokens]",
            "use: [terminal]",
            "`wasi:cli/environment@0.2.6`, which does not exist here",
            "without WASI",
            "`kubewright:provision/files@0.2.0`; this program has version 0.1.0",
            "`kubewright:provision/magic@0.1.0`, which kubewright:provision@0.1.0 does not have",
            "phase policy (component policy.wasm",
            "does not export `run`",
            "module.wasm is a core WebAssembly module, not a component",
            "garbage.wasm is not WebAssembly",
            "empty.wasm is not WebAssembly",
            "truncated.wasm is not a valid component",
        ],
    );
}

#[test]
fn a_component_is_what_its_digest_says() {
    let good = hostile();
    for (case, line, words) in [
        ("missing", String::new(), "needs its digest"),
        (
            "wrong",
            format!("  digest: sha256:{}\n", "0".repeat(64)),
            "change that line",
        ),
        (
            "malformed",
            "  digest: md5:00\n".to_owned(),
            "but the file says digest: md5:00",
        ),
    ] {
        let place = Place::new();
        place.write("x.wasm", &good.component);
        place.write(
            "distribution.yaml",
            format!(
                "apiVersion: kubewright.dev/v1alpha1\nkind: Distribution\nname: mine\nextends: kubernetes\n\
                 phases:\n- name: x\n  component: x.wasm\n{line}"
            ),
        );
        let digest = good.digest.clone();
        println!("{case}");
        refused(&place, &["distribution.yaml", "phase x", words, &digest]);
    }
}

#[test]
fn a_component_must_provide_its_phases() {
    let place = Place::new();
    crate::support::distribution::Hostile {
        phases: &["idle", "good-deed"],
        grants: crate::support::distribution::LEAST,
        limits: "",
    }
    .write(&place);
    refused(&place, &["hostile/good-deed"]);
}

#[test]
fn a_swapped_component_runs() {
    let place = Place::new();
    crate::support::distribution::Hostile {
        phases: &["idle"],
        grants: crate::support::distribution::LEAST,
        limits: "",
    }
    .write(&place);
    place
        .render(&["--distribution", "distribution.yaml", "-v"])
        .exits(0)
        .says(&["phase hostile/idle took"]);
}
