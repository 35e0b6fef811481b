//! A component that tries every way to get at a private key or a token, with
//! generous grants, sees none of them; and nobody who watches does.

use crate::support::distribution::Hostile;
use crate::support::leaks::Secret;
use crate::support::program::{Finished, Place};

/// More than any phase has: all keys, all files, all objects.
const GENEROUS: &str = "      files:
      - {paths: [/srv/hostile, \"/srv/hostile/**\", \"/etc/kubernetes/**\"], verbs: [read, write, remove]}
      - {paths: [/srv/hostile/gone], verbs: [empty]}
      pki:
      - {names: [\"**\"], below: /etc/kubernetes/pki, verbs: [load, create, sign, place]}
      kube:
        kubeconfigs: [/etc/kubernetes/admin.conf]
        rules:
        - {apiGroups: [\"*\"], resources: [\"*\"], verbs: [\"*\"]}
      node: {accounts: [hostile-*], runtimes: [\"unix:///run/hostile.sock\"], mounts: [/srv/hostile]}
      etcd: [{ca: /etc/kubernetes/pki/etcd/ca.crt, certificate: /etc/kubernetes/pki/mine.crt, key: /etc/kubernetes/pki/mine.key, endpoints: [\"https://self:*\"]}]
      undo: [/srv/hostile/**]
      publish: {Hostile: {field: string}}
      use: [checks, clock, health, kubeconfigs, patches, terminal, tokens]
";

const TOKEN_SECRET: &str = "q1w2e3r4t5y6u7i8";
const CERTIFICATE_KEY: &str = "3f1c9d0be27a48565d90a1b2c3d4e5f60718293a4b5c6d7e8f90a1b2c3d4e5f6";

fn place(phases: &[&str]) -> Place {
    let place = Place::new();
    let config = crate::support::program::CONFIG.replace(
        "nodeRegistration:",
        &format!(
            "certificateKey: {CERTIFICATE_KEY}\nbootstrapTokens:\n- token: abcdef.{TOKEN_SECRET}\nnodeRegistration:"
        ),
    );
    place.write("config.yaml", config);
    Hostile {
        phases,
        grants: GENEROUS,
        limits: "",
    }
    .write(&place);
    place
}

/// Runs one phase of the hostile component, over what was rendered.
fn attempt(place: &Place, phase: &str, more: &[&str]) -> Finished {
    let phase = format!("hostile/{phase}");
    let wanted = ["--distribution", "distribution.yaml", "--phase", &phase];
    place.render(&[&wanted, more].concat()).exits(0)
}

/// Every secret of a rendered machine.
fn secrets(place: &Place) -> Vec<Secret> {
    let mut found = vec![
        Secret::new("token", TOKEN_SECRET),
        Secret::new("certificate key", CERTIFICATE_KEY),
    ];
    for (name, entry) in crate::support::tree::tree(&place.rendered("/etc/kubernetes/pki")) {
        if name.ends_with(".key") {
            let pem = String::from_utf8(entry.content).expect("keys are PEM");
            found.extend(Secret::of_key(&name, &pem));
        }
    }
    for name in ["admin.conf", "super-admin.conf", "kubelet.conf"] {
        let text = std::fs::read_to_string(place.rendered("/etc/kubernetes").join(name))
            .expect("kubeconfigs are rendered");
        for line in text.lines() {
            if let Some(data) = line.trim().strip_prefix("client-key-data: ") {
                // Beyond `-----BEGIN EC PRIVATE KEY-----`, which all share.
                found.push(Secret::new(name, &data[48..120]));
            }
        }
    }
    assert!(found.len() >= 12, "{}", found.len());
    found
}

/// What was said, with its ends of lines: the component says U+2028 for such,
/// which the host makes visible, and JSON once more.
fn decoded(said: &str) -> String {
    said.replace("\\\\u{2028}", "\n").replace("\\u{2028}", "\n")
}

/// Fails the test where a secret shows in what was said.
#[track_caller]
fn sealed(finished: &Finished, place: &Place) {
    let said = decoded(&finished.said());
    // Long values are told in several lines.
    let joined: String = finished
        .stdout
        .lines()
        .filter_map(|line| line.split_once(" ok ").or(line.split_once(" error ")))
        .map(|(_, text)| decoded(text))
        .collect();
    for secret in secrets(place) {
        for text in [&said, &joined] {
            if secret.is_in(text) {
                let lines: Vec<&str> = said.lines().filter(|line| secret.is_in(line)).collect();
                panic!("the {} shows:\n{}", secret.name, lines.join("\n"));
            }
        }
    }
}

/// The control: what is public does show, so that this test could fail.
#[track_caller]
fn shows_what_is_public(finished: &Finished, place: &Place, file: &str) {
    let pem = std::fs::read_to_string(place.rendered(file)).unwrap();
    let said = decoded(&finished.said());
    assert!(Secret::of_key(file, &pem)[0].is_in(&said), "{said}");
}

#[test]
fn nothing_that_can_be_read_holds_a_secret() {
    let place = place(&["read"]);
    place.render(&[]).exits(0);
    let finished = attempt(&place, "read", &[]);
    shows_what_is_public(&finished, &place, "/etc/kubernetes/pki/ca.crt");
    sealed(&finished, &place);
    finished.says(&[
        "saw token-id ok abcdef",
        "saw token-label ok bootstrap token abcdef",
        "saw known-key error",
        "saw sa.key error",
    ]);
}

#[test]
fn what_was_written_in_disguise_is_not_read_back() {
    let place = place(&["disguise", "look"]);
    place.render(&[]).exits(0);
    let finished = attempt(&place, "disguise", &[]);
    sealed(&finished, &place);
    finished.says(&[
        "saw read-nothing ok public",
        "saw write-base64 ok",
        "saw read-base64 error",
    ]);
    // The host of this run knows nothing of what the last one wrote.
    let finished = attempt(&place, "look", &[]);
    sealed(&finished, &place);
    finished.says(&[
        "saw read-nothing ok public",
        "saw read-shifted-1 error",
        "saw read-often error",
    ]);
}

#[test]
fn objects_do_not_give_secrets_away() {
    let place = place(&["objects"]);
    place.render(&[]).exits(0);
    let finished = attempt(&place, "objects", &["-vv"]);
    sealed(&finished, &place);
    finished.says(&[
        "saw list-Secret ok",
        "saw apply-key ok",
        "saw apply-config-map error",
        "saw apply-annotation error",
        "saw oracle-masked ok",
        "saw oracle error",
    ]);
}

#[test]
fn a_private_key_is_not_shown_to_the_terminal() {
    let place = place(&["show"]);
    place.render(&[]).exits(0);
    let finished = attempt(&place, "show", &[]).says(&[
        "saw key error",
        "saw encoded error",
        "before\\u{1b}[2Jafter",
    ]);
    sealed(&finished, &place);
}

#[test]
fn json_output_holds_no_secret() {
    let place = place(&["read", "objects", "show"]);
    let finished = place
        .render(&["--distribution", "distribution.yaml", "-o", "json", "-vv"])
        .exits(0);
    sealed(&finished, &place);
    let events = finished.events();
    let result = events.last().expect("there are events");
    assert_eq!(result["event"], "result");
    // The command for `join` is in it, with its token sealed.
    assert!(
        result["result"]["shown"]
            .to_string()
            .contains("<sealed: bootstrap token abcdef>"),
        "{result}"
    );
}
