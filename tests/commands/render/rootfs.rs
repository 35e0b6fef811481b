//! `init` on a folder, where no kubelet and no cluster is at work.

use crate::support::others::{Prepared, give_away, open_to_all};
use crate::support::program::Place;

const INIT: [&str; 6] = [
    "init",
    "--rootfs",
    "root",
    "--offline",
    "--config",
    "config.yaml",
];

#[test]
fn what_needs_a_cluster_at_work_is_left_out_and_told() {
    let place = Place::new();
    std::fs::create_dir(place.path("root")).unwrap();
    let finished = place.run(&INIT).exits(0);
    finished.says(&[
        "--offline: left out is what needs a kubelet or a cluster at work",
        "wait-control-plane, cluster-admins",
        "[kubelet-start] Writing kubelet configuration to file",
    ]);
    assert!(place.path("root/var/lib/kubelet/config.yaml").exists());
    place.run(&INIT).exits(0).says(&["Nothing changed"]);
}

#[test]
fn a_quiet_run_tells_results_and_warnings() {
    let place = Place::new();
    std::fs::create_dir(place.path("root")).unwrap();
    let finished = place.run(&[&INIT[..], &["--quiet"]].concat()).exits(0);
    assert_eq!(finished.stdout, "", "of a first init the rest is progress");
    assert!(finished.stderr.contains("WARNING: --offline: left out"));
    let finished = place.render(&["--quiet"]).exits(0);
    assert!(!finished.stdout.contains("[certs]"), "{}", finished.stdout);
    finished.says(&["Rendered into out"]);
}

/// Whose key it would be, whose token: another user of the machine has no part
/// in a run.
#[test]
fn what_belongs_to_another_user_is_not_used() {
    if !crate::support::is_root() {
        return;
    }
    let cases: [Prepared<'_>; 5] = [
        (
            "the folder",
            &|place| give_away(place.path("root")),
            "--rootfs: root belongs to another user (uid 65534)",
        ),
        (
            "everybody's",
            &|place| open_to_all(place.path("root")),
            "every user of this machine may write to root",
        ),
        (
            "the state folder",
            &|place| give_away(place.path("root/var/lib/kubewright")),
            "/var/lib/kubewright belongs to another user (uid 65534)",
        ),
        (
            "the journals",
            &|place| give_away(place.path("root/var/lib/kubewright/runs")),
            "/var/lib/kubewright/runs belongs to another user (uid 65534)",
        ),
        (
            "what a run left unfinished",
            &|place| give_away(place.write("root/var/lib/kubewright/unfinished", "{}")),
            "/var/lib/kubewright/unfinished belongs to another user (uid 65534)",
        ),
    ];
    for (name, prepare, words) in cases {
        let place = Place::new();
        std::fs::create_dir_all(place.path("root/var/lib/kubewright/runs")).unwrap();
        prepare(&place);
        place.run(&INIT).exits(1).one_error(&[words]);
        assert!(!place.path("root/etc").exists(), "{name}");
    }
}
