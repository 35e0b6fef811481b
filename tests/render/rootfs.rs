//! `init` on a folder, where no kubelet and no cluster is at work.

use crate::support::program::Place;

const INIT: [&str; 5] = ["init", "--rootfs", "root", "--config", "config.yaml"];

#[test]
fn what_needs_a_cluster_at_work_is_left_out_and_told() {
    let place = Place::new();
    std::fs::create_dir(place.path("root")).unwrap();
    let finished = place.run(&INIT).exits(0);
    finished.says(&[
        "no API server answers for it",
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
    assert!(
        finished
            .stderr
            .contains("WARNING: --rootfs is another root")
    );
    let finished = place.render(&["--quiet"]).exits(0);
    assert!(!finished.stdout.contains("[certs]"), "{}", finished.stdout);
    finished.says(&["Rendered into out"]);
}

/// Whoever names a phase gets it.
#[test]
fn a_phase_that_is_named_is_not_left_out() {
    let place = Place::new();
    std::fs::create_dir(place.path("root")).unwrap();
    let finished = place.run(&[&INIT[..], &["--phase", "mark-control-plane"]].concat());
    assert_eq!(finished.code, 1);
    assert!(finished.said().contains("phase mark-control-plane failed"));
}
