//! A second render into the same folder changes nothing, and says so.

use std::fs;

use crate::support::program::{CONFIG, Finished, Place};
use crate::support::tree::{Entry, differences, tree};

const KEY: &str = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";

fn nothing_changed(
    place: &Place,
    finished: Finished,
    before: &std::collections::BTreeMap<String, Entry>,
) {
    let finished = finished
        .exits(0)
        .says(&["Nothing changed: out is already so."]);
    // Byte for byte, and no file was written over with the same either.
    let changed = differences(before, &tree(&place.out()));
    assert!(changed.is_empty(), "{changed:?}\n{}", finished.said());
}

#[test]
fn nothing_changes() {
    let cases: &[(&str, &str, &[&str])] = &[
        (
            "with a token",
            "bootstrapTokens: [{token: abcdef.0123456789abcdef}]",
            &[],
        ),
        ("with a token that is made", "", &[]),
        (
            "with several tokens",
            "bootstrapTokens: [{}, {token: abcdef.0123456789abcdef}, {ttl: 0s}]",
            &[],
        ),
        ("with certificates uploaded", "", &["--upload-certs"]),
        (
            "without kube-proxy",
            "",
            &["--skip-phases", "addon/kube-proxy"],
        ),
        ("in part", "", &["--phase", "certs"]),
    ];
    crate::support::at_once(cases, |(name, fields, more)| {
        println!("{name}");
        let place = Place::new();
        let key = format!("certificateKey: {KEY}");
        let lines = format!("nodeRegistration: {{name: cp1}}\n{key}\n{fields}");
        place.write(
            "config.yaml",
            CONFIG.replace("nodeRegistration: {name: cp1}", &lines),
        );
        place.render(more).exits(0).says(&["Rendered into out: "]);
        let before = tree(&place.out());
        nothing_changed(&place, place.render(more), &before);
        nothing_changed(&place, place.render(more), &before);
    });
}

#[test]
fn nothing_changes_without_a_configuration() {
    let place = Place::new();
    let arguments = ["render", "--out", "out"];
    place
        .run(&arguments)
        .exits(0)
        .says(&["Rendered into out: "]);
    let before = tree(&place.out());
    nothing_changed(&place, place.run(&arguments), &before);
    let json = place
        .run(&["render", "--out", "out", "-o", "json"])
        .exits(0);
    let events = json.events();
    let result = &events.last().expect("a result")["result"];
    assert_eq!(result["changed"], false, "{result}");
    assert_eq!(result["filesChanged"], 0, "{result}");
    assert_eq!(result["objectsChanged"], 0, "{result}");
    assert_eq!(
        differences(&before, &tree(&place.out())),
        Vec::<String>::new()
    );
}

/// Nobody knows the key of the first render any more: the certificates are
/// uploaded anew, under a new one, and that is all.
#[test]
fn uploaded_certificates_change_with_a_key_that_is_made() {
    let place = Place::new();
    place
        .render(&["--upload-certs"])
        .exits(0)
        .says(&["Using certificate key:"]);
    let before = tree(&place.out());
    let again = place.render(&["--upload-certs"]).exits(0);
    let again = again.says(&["Using certificate key:", "no file and "]);
    let changed = differences(&before, &tree(&place.out()));
    assert_eq!(changed, ["objects.yaml"], "{}", again.said());
    let objects = fs::read_to_string(place.out().join("objects.yaml")).expect("objects");
    let proxies = objects.matches("name: kubeadm-certs\n").count();
    assert_eq!(proxies, 1, "{objects}");
}

#[test]
fn what_changes_is_counted_and_nothing_else_is_touched() {
    let place = Place::new();
    place.render(&[]).exits(0);
    let before = tree(&place.out());
    place.write(
        "config.yaml",
        format!("{CONFIG}scheduler: {{extraArgs: [{{name: v, value: \"4\"}}]}}\n"),
    );
    place
        .render(&[])
        .exits(0)
        .says(&["Rendered into out: 1 file and 1 object changed."]);
    assert_eq!(
        differences(&before, &tree(&place.out())),
        [
            "objects.yaml",
            "rootfs/etc/kubernetes/manifests/kube-scheduler.yaml"
        ]
    );
}

/// What somebody else put between, or changed, comes back or stays.
#[test]
fn what_was_changed_by_hand_is_made_again() {
    let place = Place::new();
    place.render(&[]).exits(0);
    let before = tree(&place.out());
    let manifest = place.rendered("/etc/kubernetes/manifests/etcd.yaml");
    fs::write(&manifest, "mine").expect("files can be written");
    let own = place.rendered("/etc/kubernetes/manifests/mine.yaml");
    fs::write(&own, "mine").expect("files can be written");
    place
        .render(&[])
        .exits(0)
        .says(&["1 file and no object changed"]);
    let after = tree(&place.out());
    assert_eq!(
        after["rootfs/etc/kubernetes/manifests/etcd.yaml"].content,
        before["rootfs/etc/kubernetes/manifests/etcd.yaml"].content
    );
    assert_eq!(fs::read_to_string(own).expect("it stays"), "mine");
}
