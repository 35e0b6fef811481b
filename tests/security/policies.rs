//! Policies judge every effect before it lands, and a policy that breaks
//! allows nothing.

use kubewright_test_hostile_calls::shorthand::{GENEROUS, write};
use kubewright_test_hostile_calls::{Piece, Program};

use crate::support::attack::{Scene, Told, World};
use crate::support::components::{hostile, hostile_policy};
use crate::support::distribution::{Hostile, LEAST};
use crate::support::program::Place;
use crate::support::tree::{differences, tree};

fn with_policy(phases: &[&str]) -> Place {
    let place = Place::new();
    place.write("policy.wasm", &hostile_policy().component);
    Hostile {
        phases,
        grants: LEAST,
        limits: "",
    }
    .write(&place);
    place
}

#[test]
fn the_baseline_passes_on_the_default_distribution() {
    let place = Place::new();
    let finished = place
        .render(&["--policy", "baseline", "--upload-certs"])
        .exits(0);
    assert_eq!(finished.stderr, "");
}

#[test]
fn what_the_baseline_denies_does_not_land() {
    let keys = LEAST
        .replace("verbs: [load]", "verbs: [load, place]")
        .replace("[mine]", "[sa]")
        .replace(
            "files: [{paths: [/srv/hostile/**]",
            "files: [{paths: [/etc/kubernetes/pki/copy.key, /srv/hostile/**]",
        );
    for (phase, grants, rule, target) in [
        (
            "key-file",
            keys.as_str(),
            "key-file-mode",
            "/etc/kubernetes/pki/copy.key",
        ),
        ("pod", LEAST, "static-pod-location", "/srv/hostile/pod.yaml"),
    ] {
        let place = Place::new();
        Hostile {
            phases: &[phase],
            grants,
            limits: "",
        }
        .write(&place);
        let arguments = [
            "--distribution",
            "distribution.yaml",
            "--policy",
            "baseline",
        ];
        let words = [
            &format!("phase hostile/{phase} failed"),
            "the policy policies/baseline denies it",
            &format!("WriteFile {target} breaks the rule {rule}"),
            "hint: write ",
        ];
        let finished = place.render(&arguments).exits(1).says(&words);
        assert!(!place.out().exists(), "{phase}:\n{}", finished.said());
        // Nor does anything change where something was before.
        place.render(&[]).exits(0);
        let before = tree(&place.out());
        place.render(&arguments).exits(1).says(&words);
        assert_eq!(
            differences(&before, &tree(&place.out())),
            Vec::<String>::new()
        );
        // Without the policy it lands: the denial above is the policy's.
        place
            .render(&["--distribution", "distribution.yaml"])
            .exits(0);
        assert!(place.rendered(target).exists(), "{phase}");
    }
}

#[test]
fn a_policy_warns_and_denies() {
    let place = with_policy(&["ask-warn", "ask-deny"]);
    let base = [
        "--distribution",
        "distribution.yaml",
        "--policy",
        "policy.wasm",
        "--phase",
    ];
    let run = |phase: &str| place.render(&[&base[..], &[phase]].concat());
    run("hostile/ask-warn").exits(0).says(&[
        "WARNING: [hostile/ask-warn] policy policy.wasm, rule as-asked: WriteFile /srv/hostile/warn: it was asked for (do not ask)",
    ]);
    run("hostile/ask-deny").exits(1).says(&[
        "the policy policy.wasm denies it",
        "as-asked",
        "hint: do not ask",
    ]);
    assert!(place.rendered("/srv/hostile/warn").exists());
    assert!(!place.rendered("/srv/hostile/deny").exists());
}

#[test]
fn the_baseline_knows_a_key_that_is_there_when_it_is_given_away() {
    let place = Place::new();
    let own = "files: [{paths: [/etc/kubernetes/pki/ca.key], verbs: [own]}, {";
    Hostile {
        phases: &["loose"],
        grants: &format!("{}  changes: [certs]\n", LEAST.replace("files: [{", own)),
        limits: "",
    }
    .write(&place);
    place
        .render(&[
            "--distribution",
            "distribution.yaml",
            "--policy",
            "baseline",
        ])
        .exits(1)
        .says(&[
            "SetOwner /etc/kubernetes/pki/ca.key breaks the rule key-file-mode",
            "/etc/kubernetes/pki/ca.key holds a private key and would have mode 0640",
        ]);
    assert!(!place.out().exists());
    // Without the policy it is not the mode that stands in the way.
    place
        .render(&["--distribution", "distribution.yaml"])
        .exits(0)
        .says(&["saw key error", "there are no accounts here"]);
}

#[test]
fn a_policy_that_breaks_allows_nothing() {
    let cases = [
        ("panic", "no judgement today"),
        ("loop", "without coming to an end"),
        ("flood", "called the host more than 20000 times"),
    ];
    crate::support::at_once(&cases, |(what, words)| {
        let phase = format!("ask-{what}");
        let place = with_policy(&[&phase]);
        let name = format!("hostile/{phase}");
        place
            .render(&[
                "--distribution",
                "distribution.yaml",
                "--policy",
                "policy.wasm",
                "--phase",
                &name,
            ])
            .exits(1)
            .says(&[
                &name,
                "the policy policy.wasm could not judge an effect",
                words,
            ]);
        assert!(!place.out().exists(), "{what}");
    });
}

#[test]
fn a_policy_must_be_one() {
    let place = Place::new();
    place.write("phase.wasm", &hostile().component);
    place.write("garbage.wasm", "garbage");
    for (policy, words) in [
        ("phase.wasm", "not a component of the world `policy`"),
        ("garbage.wasm", "not WebAssembly"),
        (
            "nothing.wasm",
            "neither a component file nor a built-in policy",
        ),
    ] {
        place
            .render(&["--policy", policy])
            .exits(1)
            .says(&[policy, words]);
        assert!(!place.out().exists(), "{policy}");
    }
}

/// What the default distribution makes passes; the same rules see what it does
/// not make.
#[test]
fn the_baseline_knows_certificates_and_directories() {
    let grants = "      files: [{paths: [/srv/hostile, /srv/hostile/**], verbs: [read, write]}, {paths: [/srv/hostile/gone], verbs: [empty]}]
      pki: [{names: [mine, ca], below: /etc/kubernetes/pki, verbs: [load, create, sign]}]
      kube: {kubeconfigs: [/etc/kubernetes/admin.conf], rules: []}
      node: {accounts: [hostile-*], runtimes: [\"unix:///run/hostile.sock\"], mounts: [/srv/hostile]}
      etcd: [{ca: /etc/kubernetes/pki/etcd/ca.crt, certificate: /etc/kubernetes/pki/mine.crt, key: /etc/kubernetes/pki/mine.key, endpoints: [\"https://self:*\"]}]
      undo: [/srv/hostile/**]
      publish: {Hostile: {field: string}}
      use: [checks, clock, health, kubeconfigs, patches, terminal, tokens]
";
    for (phase, rule, words) in [
        ("open-directory", "directory-mode", "with mode 0770"),
        ("masters", "masters-certificate", "O=system:masters"),
        (
            "intermediate",
            "intermediate-authority",
            "signed by kubernetes",
        ),
    ] {
        let place = Place::new();
        Hostile {
            phases: &[phase],
            grants,
            limits: "",
        }
        .write(&place);
        let arguments = ["--distribution", "distribution.yaml"];
        place
            .render(&[&arguments[..], &["--policy", "baseline"]].concat())
            .exits(1)
            .says(&[&format!("breaks the rule {rule}"), words]);
        assert!(!place.out().exists(), "{phase}");
        place.render(&arguments).exits(0);
    }
}

/// What was judged by whom, and what was denied, is on record.
#[test]
fn the_journal_has_the_policies_and_each_denial() {
    let place = Place::new();
    std::fs::create_dir(place.path("root")).unwrap();
    Hostile {
        phases: &["pod"],
        grants: LEAST,
        limits: "",
    }
    .write(&place);
    let init = [
        "init",
        "--rootfs",
        "root",
        "--config",
        "config.yaml",
        "--distribution",
        "distribution.yaml",
        "--phase",
        "hostile/pod",
        "--policy",
        "baseline",
    ];
    place.run(&init).exits(1);
    let history = ["history", "1", "--rootfs", "root"];
    let answer = place
        .run(&[&history[..], &["-o", "json"]].concat())
        .exits(0)
        .answer();
    let run = &answer["runs"][0];
    let policies = run["header"]["policies"].as_object().expect("policies");
    let digests: Vec<_> = policies.iter().collect();
    assert!(
        matches!(digests[..], [(name, digest)] if name.ends_with("baseline")
            && digest.as_str().is_some_and(|digest| digest.starts_with("sha256:"))),
        "{policies:?}"
    );
    let records = run["records"].as_array().expect("records");
    let denied: Vec<_> = records
        .iter()
        .filter(|record| record["record"] == "denied")
        .collect();
    assert_eq!(denied.len(), 1, "{records:?}");
    for (field, wanted) in [
        ("rule", "static-pod-location"),
        ("phase", "hostile/pod"),
        ("action", "WriteFile"),
        ("target", "/srv/hostile/pod.yaml"),
    ] {
        assert_eq!(denied[0][field], wanted, "{field}");
    }
    place
        .run(&history)
        .exits(0)
        .says(&["static-pod-location: WriteFile /srv/hostile/pod.yaml (hostile/pod)"]);
}

/// A program that writes a file of this name; the policy is asked of it all.
fn judged(world: World, name: &str) -> (Scene, Told) {
    let scene = Scene::with(world, GENEROUS);
    scene
        .place
        .write("policy.wasm", &hostile_policy().component);
    let mut program = Program::new();
    for name in ["other", name] {
        let path = format!("/srv/hostile/{name}");
        program.call(write(path, vec![Piece::text("x")]));
    }
    let told = scene.attempt(&program, &["--policy", "policy.wasm"]);
    (scene, told)
}

#[test]
fn a_policy_judges_what_a_run_does_as_a_whole() {
    let (scene, told) = judged(World::Render, "judge-warn");
    told.finished.exits(0).says(&[
        "policy policy.wasm, rule as-a-whole: Plan init: init has 2 new of 2 (leave it out)",
    ]);
    assert!(scene.machine("/srv/hostile/other").exists());

    let (scene, told) = judged(World::Render, "judge-deny");
    told.finished.exits(1).says(&[
        "the policy policy.wasm denies it: Plan init breaks the rule as-a-whole: init has 2 new of 2",
        "hint: leave it out",
    ]);
    assert!(!scene.machine("/srv/hostile/other").exists());

    // On a machine it has landed, and the run says that it failed.
    let (scene, told) = judged(World::Machine, "judge-deny");
    told.finished
        .exits(1)
        .says(&["breaks the rule as-a-whole", "hint: leave it out"]);
    assert!(scene.machine("/srv/hostile/other").exists());
}

#[test]
fn one_that_breaks_over_the_whole_lets_nothing_pass() {
    for (name, words) in [
        ("judge-panic", "no judgement of it all"),
        ("judge-loop", "without coming to an end"),
    ] {
        let (scene, told) = judged(World::Render, name);
        told.finished
            .exits(1)
            .says(&["the policy policy.wasm could not judge the plan", words]);
        assert!(!scene.machine("/srv/hostile/other").exists(), "{name}");
    }
}
