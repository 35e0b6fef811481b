//! Distributions of others: phases replaced, removed, added.

use kubewright_test_hostile_calls::random::random;
use kubewright_test_hostile_calls::shorthand::GENEROUS;
use kubewright_test_hostile_calls::{Call, PROGRAM, Piece, Program};

use crate::support::attack::{Scene, World};
use crate::support::components::hostile;
use crate::support::distribution::LEAST;
use crate::support::program::{Finished, Place};

/// A place with a distribution that extends `kubernetes`.
fn place(rest: &str) -> Place {
    let place = Place::new();
    place.write(
        "distribution.yaml",
        format!(
            "apiVersion: kubewright.dev/v1alpha1\nkind: Distribution\nname: mine\n\
             extends: kubernetes\n{rest}"
        ),
    );
    place
}

fn render(place: &Place, more: &[&str]) -> Finished {
    place.render(&[&["--distribution", "distribution.yaml"], more].concat())
}

#[test]
fn a_phase_that_is_removed_does_not_run() {
    let place = place("remove: [addon/kube-proxy, show-join-command]\n");
    let finished = render(&place, &[]).exits(0);
    let objects = std::fs::read_to_string(place.out().join("objects.yaml")).unwrap();
    assert!(objects.contains("name: coredns") && !objects.contains("name: kube-proxy"));
    assert!(!finished.said().contains("kubeadm join"));
    render(&place, &["--phase", "addon/kube-proxy"])
        .exits(2)
        .one_error(&["invalid phase name \"addon/kube-proxy\""]);
}

#[test]
fn a_file_extends_a_file() {
    let place = place("remove: [addon]\n");
    place.write(
        "more.yaml",
        "apiVersion: kubewright.dev/v1alpha1\nkind: Distribution\nname: more\n\
         extends: distribution.yaml\nremove: [upload-config]\n",
    );
    place.render(&["--distribution", "more.yaml"]).exits(0);
    let objects = std::fs::read_to_string(place.out().join("objects.yaml")).unwrap();
    assert!(!objects.contains("name: coredns") && !objects.contains("name: kubeadm-config"));
}

/// A phase that writes the manifest of etcd, which another one writes.
fn second_writer(rest: &str) -> Place {
    second(
        rest,
        Call::FilesWrite {
            path: "/etc/kubernetes/manifests/etcd.yaml".into(),
            mode: 0o600,
            content: vec![Piece::text("# another one\n")],
        },
    )
}

/// A phase that comes after that of etcd and does this.
fn second(rest: &str, call: Call) -> Place {
    let built = hostile();
    let grants = LEAST.replace(
        "/srv/hostile/**], verbs: [read, write]",
        "/srv/hostile/**, /etc/kubernetes/manifests, /etc/kubernetes/manifests/etcd.yaml], verbs: [read, write, remove, own]",
    );
    let place = place(&format!(
        "phases:\n- name: hostile\n  component: hostile.wasm\n  digest: {}\n  \
         needs: [etcd]\n{rest}  phases: [{{name: program}}]\n  grants:\n{grants}",
        built.digest
    ));
    place.write("hostile.wasm", &built.component);
    let mut program = Program::new();
    program.call(call);
    let own = place.rendered(PROGRAM);
    std::fs::create_dir_all(own.parent().unwrap()).unwrap();
    std::fs::write(own, program.file()).unwrap();
    place
}

#[test]
fn two_phases_do_not_write_one_file_unawares() {
    let place = second_writer("");
    render(&place, &[]).exits(1).one_error(&[
        "/etc/kubernetes/manifests/etcd.yaml was written by the phase etcd/local in this run",
        "changes: [etcd/local]",
    ]);
    assert!(
        !place
            .rendered("/etc/kubernetes/manifests/etcd.yaml")
            .exists()
    );
}

/// A file is the same however it is spelt and whatever is done to it.
#[test]
fn a_file_of_another_phase_is_left_alone() {
    const MANIFEST: &str = "/etc/kubernetes/manifests/etcd.yaml";
    for (name, call) in [
        (
            "by a link",
            Call::FilesWrite {
                path: "/srv/hostile/link/etcd.yaml".into(),
                mode: 0o600,
                content: vec![Piece::text("# another one\n")],
            },
        ),
        (
            "removed",
            Call::FilesRemove {
                path: MANIFEST.into(),
            },
        ),
        (
            "given away",
            Call::AccountsSetOwner {
                path: MANIFEST.into(),
                user: "root".into(),
                group: "root".into(),
                mode: 0o640,
            },
        ),
        (
            "given away with its folder",
            Call::AccountsSetOwnerBelow {
                directory: "/etc/kubernetes/manifests".into(),
                user: "root".into(),
                group: "root".into(),
            },
        ),
    ] {
        let place = second("", call);
        std::os::unix::fs::symlink(
            "/etc/kubernetes/manifests",
            place.rendered("/srv/hostile/link"),
        )
        .unwrap();
        let finished = render(&place, &[]);
        assert_eq!(finished.code, 1, "{name}: {}", finished.said());
        finished.says(&["etcd.yaml was written by the phase etcd/local in this run"]);
    }
}

#[test]
fn a_phase_may_say_that_it_changes_a_file_of_another_one() {
    let place = second_writer("  changes: [etcd]\n");
    render(&place, &[]).exits(0);
    let manifest = place.rendered("/etc/kubernetes/manifests/etcd.yaml");
    assert_eq!(
        std::fs::read_to_string(manifest).unwrap(),
        "# another one\n"
    );
    render(&place, &[]).exits(0).says(&["Nothing changed"]);
}

/// Whatever a component does to files, and undoes.
#[test]
fn a_plan_says_that_there_are_changes_exactly_when_it_lists_one() {
    if !crate::support::is_root() {
        return;
    }
    let mut codes = std::collections::BTreeSet::new();
    for seed in 0..10 {
        let scene = Scene::with(World::Machine, GENEROUS);
        scene.put("/srv/hostile/a", "x");
        // From nothing to much.
        let random = random(seed, 100, |name| name.starts_with("files."));
        let mut program = Program::new();
        for step in random.steps.iter().take(8 * seed as usize) {
            program.call(step.call.clone());
        }
        program.call(Call::FilesWrite {
            path: "/srv/hostile/a".into(),
            mode: 0o644,
            content: vec![Piece::text("x")],
        });
        scene.put(PROGRAM, program.file());
        let finished = scene.place.run(&[
            "plan",
            "--rootfs",
            "root",
            "--config",
            "config.yaml",
            "--distribution",
            "distribution.yaml",
            "--phase",
            "hostile/program",
        ]);
        let lists = finished.stdout.lines().any(|line| {
            let mark = line.trim_start();
            line.starts_with("  ")
                && ["created: ", "updated: ", "removed: "]
                    .iter()
                    .any(|word| mark.starts_with(word))
        });
        let wanted = if lists { 2 } else { 0 };
        assert_eq!(finished.code, wanted, "seed {seed}: {}", finished.said());
        codes.insert(finished.code);
    }
    assert_eq!(codes.len(), 2, "only one of both was tried");
}
