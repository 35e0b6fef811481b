//! One run of several, undone.

use std::path::PathBuf;

use crate::support::components::hostile_policy;
use crate::support::program::{Finished, Place};

/// A machine with two runs: certificates, then kubeconfigs.
struct Two {
    place: Place,
}

impl Two {
    fn new() -> Self {
        let place = Place::new();
        std::fs::create_dir(place.path("machine")).unwrap();
        let two = Self { place };
        for phase in [&["certs", "all"][..], &["kubeconfig", "admin"]] {
            let arguments = [&["init", "phase"], phase, &["--node-name", "cp"]].concat();
            two.run(&arguments).exits(0);
        }
        two
    }

    fn run(&self, arguments: &[&str]) -> Finished {
        let all = [arguments, &["--rootfs", "machine"]].concat();
        self.place.run(&all)
    }

    fn file(&self, path: &str) -> PathBuf {
        self.place.path("machine").join(path)
    }
}

const CA: &str = "etc/kubernetes/pki/ca.crt";
const ADMIN: &str = "etc/kubernetes/admin.conf";

#[test]
fn the_other_runs_stay() {
    let two = Two::new();
    two.run(&["undo", "1", "--yes"]).exits(0).says(&[
        "[undo] removed /etc/kubernetes/pki/ca.crt",
        "Run 1 is undone.",
    ]);
    assert!(!two.file(CA).exists() && two.file(ADMIN).exists());
    two.run(&["history"])
        .exits(0)
        .says(&["run 3: ", "undo 1  done"]);
    // All runs are still known to a reset.
    two.run(&["reset", "--yes"]).exits(0);
    assert!(!two.file("etc/kubernetes").exists());
}

#[test]
fn a_second_time_nothing_is_left() {
    let two = Two::new();
    two.run(&["undo", "2", "--yes"]).exits(0);
    assert!(two.file(CA).exists() && !two.file(ADMIN).exists());
    two.run(&["undo", "2", "--yes"])
        .exits(0)
        .says(&["Nothing of run 2 is left to undo."]);
}

#[test]
fn a_dry_run_changes_nothing() {
    let two = Two::new();
    two.run(&["undo", "1", "--dry-run"]).exits(0).says(&[
        "[undo] removed /etc/kubernetes/pki/ca.crt",
        "This is what would be done; nothing was.",
    ]);
    assert!(two.file(CA).exists());
    assert!(!two.run(&["history"]).said().contains("run 3"));
}

#[test]
fn what_others_changed_stays_unless_forced() {
    let two = Two::new();
    std::fs::write(two.file(ADMIN), "theirs").unwrap();
    two.run(&["undo", "2", "--yes"])
        .exits(0)
        .says(&["[undo] kept /etc/kubernetes/admin.conf: it has been changed since"]);
    assert!(two.file(ADMIN).exists());
    two.run(&["undo", "2", "--force"]).exits(0);
    assert!(!two.file(ADMIN).exists());
}

#[test]
fn what_a_later_run_changed_stays() {
    let two = Two::new();
    std::fs::remove_file(two.file(ADMIN)).unwrap();
    two.run(&["init", "phase", "kubeconfig", "admin", "--node-name", "cp"])
        .exits(0);
    two.run(&["undo", "2", "--force"])
        .exits(0)
        .says(&["[undo] kept /etc/kubernetes/admin.conf: run 3 changed it since"]);
    assert!(two.file(ADMIN).exists());
}

#[test]
fn an_undoing_can_be_undone() {
    let two = Two::new();
    let before = std::fs::read(two.file(CA)).unwrap();
    two.run(&["undo", "1", "--yes"]).exits(0);
    two.run(&["undo", "3", "--yes"]).exits(0).says(&[
        "[undo] restored /etc/kubernetes/pki/ca.crt",
        // Of secrets no copy is kept.
        "[undo] kept /etc/kubernetes/pki/ca.key: what it was held a secret",
    ]);
    assert_eq!(std::fs::read(two.file(CA)).unwrap(), before);
}

#[test]
fn policies_see_what_is_undone() {
    let two = Two::new();
    two.place.write("policy.wasm", &hostile_policy().component);
    two.run(&["undo", "2", "--yes", "-vv", "--policy", "policy.wasm"])
        .exits(0)
        .says(&[
            "\"action\":\"Undo\"",
            "\"operation\":\"undo\"",
            "\"path\":\"/etc/kubernetes/admin.conf\"",
        ]);
}

#[test]
fn without_its_policy_nothing_is_undone() {
    let two = Two::new();
    let said = two.run(&["undo", "1", "--yes", "--policy", "nothing.wasm"]);
    said.exits(1).one_error(&["--policy nothing.wasm"]);
    assert!(two.file(CA).exists());
}

#[test]
fn what_cannot_be_undone_is_refused() {
    let two = Two::new();
    two.run(&["undo", "9", "--yes"])
        .exits(1)
        .one_error(&["there is no run 9 on this machine"]);
    two.run(&["undo", "one"]).exits(2);
    two.run(&["undo", "1"])
        .exits(1)
        .one_error(&["give --yes (or --force) to confirm"]);
    two.run(&["reset", "--yes"]).exits(0);
    two.run(&["undo", "3", "--yes"])
        .exits(1)
        .one_error(&["run 3 (reset) undid what others made"]);
}
