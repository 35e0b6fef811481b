//! A component that reaches for what it was not granted gets an error that
//! says so, and nothing of it lands.

use std::collections::BTreeMap;
use std::os::unix::fs::{MetadataExt, symlink};

use crate::support::distribution::{Hostile, LEAST};
use crate::support::is_root;
use crate::support::program::{Finished, Place};
use crate::support::tree::{differences, tree};

/// What the component tells that it saw, by the name of the attempt.
fn saw(finished: &Finished) -> BTreeMap<String, String> {
    let mut seen: BTreeMap<String, String> = BTreeMap::new();
    for line in finished.stdout.lines() {
        if let Some(rest) = line.strip_prefix("[hostile] saw ")
            && let Some((name, outcome)) = rest.split_once(' ')
        {
            seen.entry(name.to_owned()).or_default().push_str(outcome);
        }
    }
    seen
}

/// A place in which the default distribution is rendered.
fn rendered() -> Place {
    let place = Place::new();
    place.render(&[]).exits(0);
    place
}

fn attempt(place: &Place, phase: &str, grants: &str) -> BTreeMap<String, String> {
    Hostile {
        phases: &[phase],
        grants,
        limits: "",
    }
    .write(place);
    let name = format!("hostile/{phase}");
    let finished = place
        .render(&["--distribution", "distribution.yaml", "--phase", &name])
        .exits(0);
    saw(&finished)
}

#[track_caller]
fn all_refused(seen: &BTreeMap<String, String>, but: &[&str]) {
    assert!(!seen.is_empty(), "the component said nothing");
    for (name, outcome) in seen {
        assert_eq!(
            outcome.starts_with("error"),
            !but.contains(&name.as_str()),
            "{name}: {outcome}"
        );
    }
}

#[test]
fn files_outside_of_the_grants_are_out_of_reach() {
    let place = rendered();
    let before = tree(&place.out());
    let seen = attempt(&place, "files", LEAST);
    all_refused(&seen, &[]);
    for name in [
        "write",
        "write-beside",
        "make",
        "remove",
        "read",
        "list",
        "stat",
    ] {
        let outcome = &seen[name];
        assert!(outcome.contains("Denied"), "{name}: {outcome}");
        // The hint is the line that would grant it.
        assert!(outcome.contains("files: [{paths: ["), "{name}: {outcome}");
    }
    assert_eq!(
        differences(&before, &tree(&place.out())),
        Vec::<String>::new()
    );
}

#[test]
fn paths_do_not_lead_astray() {
    let place = rendered();
    let outside = place.write("outside/secret", "outside");
    let own = place.rendered("/srv/hostile");
    std::fs::create_dir_all(&own).unwrap();
    symlink(place.path("outside"), own.join("link")).unwrap();
    symlink("../../../../outside/secret", own.join("file")).unwrap();
    let seen = attempt(&place, "paths", LEAST);
    // Writing replaces a link; it does not follow it. Other names of the own
    // folder are cleaned before anybody looks at them.
    let own_names = ["dot", "dot-read", "slashes", "slashes-read"];
    all_refused(&seen, &[&["file", "file-read"], &own_names[..]].concat());
    assert_eq!(std::fs::read_to_string(own.join("x")).unwrap(), "escaped");
    for name in ["dots", "dots-read"] {
        assert!(
            seen[name].contains("/etc/passwd: not granted")
                || seen[name].contains("files: [{paths: [/etc/passwd]"),
            "{name}: {}",
            seen[name]
        );
    }
    // A link within the own folder may be looked at; what lies behind may not.
    assert!(seen["link"].contains("which leads to"), "{}", seen["link"]);
    for (name, outcome) in seen.iter().filter(|(name, _)| !name.starts_with("link")) {
        assert!(!outcome.contains("outside"), "{name}: {outcome}");
    }
    assert!(!seen["link-read"].contains("Ok("), "{}", seen["link-read"]);
    assert_eq!(std::fs::read_to_string(&outside).unwrap(), "outside");
    assert_eq!(std::fs::read_dir(place.path("outside")).unwrap().count(), 1);
    assert!(!place.path("outside/escaped").exists());
}

#[test]
fn services_need_a_grant() {
    let seen = attempt(&rendered(), "service", LEAST);
    all_refused(&seen, &[]);
    assert!(
        seen["stop"].contains(r#"node: {services: [\"sshd\"]}"#),
        "{}",
        seen["stop"]
    );
}

#[test]
fn accounts_and_files_of_others_are_out_of_reach() {
    if !is_root() {
        return;
    }
    let place = Place::new();
    let passwd = "root:x:0:0::/root:/bin/sh\nbob:x:150:150:::\nhostile-root:x:0:0:::/bin/false\n";
    let group = "root:x:0:\nadm:x:4:\nhostile-root:x:101:hostile-root\n";
    place.write("root/etc/passwd", passwd);
    place.write("root/etc/group", group);
    place.write("root/etc/kubernetes/pki/ca.key", "x");
    place.write("root/srv/hostile/own", "x");
    symlink("../../etc/passwd", place.path("root/srv/hostile/link")).unwrap();
    let before = tree(&place.path("root"));
    let own = "files: [{paths: [/srv/hostile/own, /srv/hostile/link], verbs: [own]}, {";
    Hostile {
        phases: &["accounts"],
        grants: &LEAST.replace("files: [{", own),
        limits: "",
    }
    .write(&place);
    let phase = ["--phase", "hostile/accounts", "--rootfs", "root"];
    let arguments = [
        "init",
        "--config",
        "config.yaml",
        "--distribution",
        "distribution.yaml",
    ];
    let finished = place.run(&[&arguments[..], &phase].concat()).exits(0);
    let seen = saw(&finished);
    all_refused(&seen, &["made", "own"]);
    for (name, words) in [
        ("user", r#"node: {accounts: [\"mallory\"]}"#),
        ("group", r#"node: {accounts: [\"sudo\"]}"#),
        ("member", r#"node: {accounts: [\"root\"]}"#),
        ("line", "is no name for a system account"),
        ("groupless", "without a group"),
        ("root-by-name", "outside the system UID range"),
        (
            "key",
            "files: [{paths: [/etc/kubernetes/pki/ca.key], verbs: [own]}]",
        ),
        ("passwd", "files: [{paths: [/etc/passwd], verbs: [own]}]"),
        ("to-user", r#"node: {accounts: [\"bob\"]}"#),
        ("to-group", r#"node: {accounts: [\"adm\"]}"#),
        ("setuid", "bits beyond 0777"),
        ("link", "is a link, a device or a socket"),
        ("no-user", "there is no user"),
        ("below", "files: [{paths: [/etc], verbs: [own]}]"),
        ("file-below", "is not a directory"),
    ] {
        assert!(seen[name].contains(words), "{name}: {}", seen[name]);
    }
    let after = tree(&place.path("root"));
    let changed: Vec<_> = differences(&before, &after)
        .into_iter()
        .filter(|name| !name.starts_with("var"))
        .collect();
    // Of the file nothing changed that a tree shows but its mode.
    assert_eq!(changed, ["etc/group", "etc/passwd", "srv/hostile/own"]);
    let text = |name: &str| String::from_utf8(after[name].content.clone()).unwrap();
    assert_eq!(
        text("etc/passwd"),
        format!("{passwd}hostile-a:x:100:100:::/bin/false\n")
    );
    assert_eq!(
        text("etc/group"),
        format!("{group}hostile-a:x:100:hostile-a\n")
    );
    let own = std::fs::metadata(place.path("root/srv/hostile/own")).unwrap();
    assert_eq!(
        (own.uid(), own.gid(), own.mode() & 0o7777),
        (100, 100, 0o600)
    );
}

#[test]
fn objects_need_a_rule() {
    let place = rendered();
    let before = tree(&place.out());
    let rules = "[{apiGroups: [\"\"], resources: [configmaps], resourceNames: [kubeadm-config], namespaces: [kube-system], verbs: [get]}]";
    let seen = attempt(
        &place,
        "kube",
        &LEAST.replace("rules: []", &format!("rules: {rules}")),
    );
    all_refused(&seen, &["granted"]);
    assert_eq!(seen["granted"], "ok true");
    for (name, outcome) in &seen {
        assert!(
            name == "granted"
                || outcome.contains("not granted: ")
                    && outcome.contains("kube: {rules: [{apiGroups:"),
            "{name}: {outcome}"
        );
    }
    assert_eq!(
        differences(&before, &tree(&place.out())),
        Vec::<String>::new()
    );
}

#[test]
fn names_of_objects_do_not_become_other_urls() {
    let place = rendered();
    let before = tree(&place.out());
    let rules = "[{apiGroups: [\"*\"], resources: [\"*\"], resourceNames: [\"own-*\"], namespaces: [\"*\"], verbs: [\"*\"]}]";
    let seen = attempt(
        &place,
        "names",
        &LEAST.replace("rules: []", &format!("rules: {rules}")),
    );
    all_refused(&seen, &[]);
    for (name, outcome) in &seen {
        assert!(outcome.contains("cannot be the "), "{name}: {outcome}");
    }
    assert_eq!(
        differences(&before, &tree(&place.out())),
        Vec::<String>::new()
    );
}

#[test]
fn kubeconfigs_need_a_grant() {
    let seen = attempt(&rendered(), "kubeconfig", LEAST);
    all_refused(&seen, &[]);
    assert!(
        seen["super"].contains("kube: {kubeconfigs: [/etc/kubernetes/super-admin.conf]}"),
        "{}",
        seen["super"]
    );
    assert_eq!(seen["super"], seen["climbing"]);
}

#[test]
fn a_key_is_granted_by_its_own_name() {
    let place = rendered();
    let before = tree(&place.out());
    let grants = LEAST.replace("verbs: [load]", "verbs: [load, create, place]");
    let seen = attempt(&place, "keys", &grants);
    all_refused(&seen, &["own"]);
    assert_eq!(
        differences(&before, &tree(&place.out())),
        [
            "rootfs/etc/kubernetes/pki/mine.key",
            "rootfs/etc/kubernetes/pki/mine.pub"
        ]
    );
}
