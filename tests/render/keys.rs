//! Keys, certificates and kubeconfigs that lie in the folder already: what is
//! sound is kept, what is not is an error that names it, and nothing of either
//! is written over.

use std::fs;

use crate::support::program::{CONFIG, Place};
use crate::support::tree::{differences, tree};

const PKI: &str = "/etc/kubernetes/pki";
const RENDER: [&str; 5] = ["render", "--config", "config.yaml", "--out", "out"];

/// A render, and another of the same configuration to take foreign files from.
fn two() -> (Place, Place) {
    let (place, other) = (Place::new(), Place::new());
    place.render(&[]).exits(0);
    other.render(&[]).exits(0);
    (place, other)
}

fn write(place: &Place, file: &str, content: impl AsRef<[u8]>) {
    fs::write(place.rendered(&format!("{PKI}/{file}")), content).expect("files can be written");
}

fn read(place: &Place, file: &str) -> Vec<u8> {
    fs::read(place.rendered(&format!("{PKI}/{file}"))).expect("files can be read")
}

fn remove(place: &Place, file: &str) {
    fs::remove_file(place.rendered(&format!("{PKI}/{file}"))).expect("files can be removed");
}

fn copy(place: &Place, from: &Place, files: &[&str]) {
    for file in files {
        write(place, file, read(from, file));
    }
}

/// What is done to a render, with another at hand; what the next one says.
type Fault = (&'static str, fn(&Place, &Place), &'static [&'static str]);

fn refused(faults: &[Fault]) {
    crate::support::at_once(faults, |(name, fault, words)| {
        println!("{name}");
        let (place, other) = two();
        fault(&place, &other);
        let finished = place.refused(1, &RENDER, words);
        assert!(
            finished.stderr.contains("hint: "),
            "{name}:\n{}",
            finished.stderr
        );
        assert!(!finished.said().contains("PRIVATE KEY-----\n"), "{name}");
    });
}

#[test]
fn keys_that_are_none() {
    refused(&[
        (
            "empty",
            |place, _| write(place, "apiserver.key", ""),
            &[
                "/etc/kubernetes/pki/apiserver.key is not a usable private key",
                "it is empty (0 bytes)",
            ],
        ),
        (
            "truncated",
            |place, _| write(place, "ca.key", &read(place, "ca.key")[..60]),
            &[
                "/etc/kubernetes/pki/ca.key is not a usable private key",
                "truncated",
            ],
        ),
        (
            "text",
            |place, _| write(place, "sa.key", "hello\n"),
            &[
                "/etc/kubernetes/pki/sa.key is not a usable private key",
                "it is not PEM",
            ],
        ),
        (
            "binary",
            |place, _| write(place, "etcd/ca.key", [0xff_u8, 0, 1, 2]),
            &["/etc/kubernetes/pki/etcd/ca.key is not a usable private key"],
        ),
        (
            "public",
            |place, _| write(place, "apiserver.key", read(place, "sa.pub")),
            &[
                "apiserver.key is not a usable private key",
                "PUBLIC KEY, not a private key",
            ],
        ),
        (
            "damaged",
            |place, _| {
                let text = String::from_utf8(read(place, "apiserver.key")).expect("PEM");
                let line = text.lines().nth(1).expect("a line");
                let swapped: String = line.chars().rev().collect();
                write(place, "apiserver.key", text.replace(line, &swapped));
            },
            &["apiserver.key is not a usable private key"],
        ),
        (
            "encrypted",
            |place, _| {
                write(
                    place,
                    "apiserver.key",
                    "-----BEGIN ENCRYPTED PRIVATE KEY-----\naGVsbG8=\n-----END ENCRYPTED PRIVATE KEY-----\n",
                )
            },
            &[
                "apiserver.key is not a usable private key",
                "encrypted with a password; decrypt it first",
            ],
        ),
    ]);
}

#[test]
fn certificates_that_are_none() {
    refused(&[
        (
            "empty",
            |place, _| write(place, "apiserver.crt", ""),
            &["/etc/kubernetes/pki/apiserver.crt is not a usable certificate"],
        ),
        (
            "text",
            |place, _| write(place, "apiserver.crt", "hello\n"),
            &["apiserver.crt is not a usable certificate", "it is not PEM"],
        ),
        (
            "garbage",
            |place, _| {
                write(
                    place,
                    "front-proxy-ca.crt",
                    "-----BEGIN CERTIFICATE-----\naGVsbG8=\n-----END CERTIFICATE-----\n",
                )
            },
            &["front-proxy-ca.crt is not a usable certificate", "damaged"],
        ),
        (
            "truncated",
            |place, _| write(place, "ca.crt", &read(place, "ca.crt")[..200]),
            &["ca.crt is not a usable certificate", "truncated"],
        ),
        (
            "a key",
            |place, _| write(place, "apiserver.crt", read(place, "apiserver.key")),
            &["apiserver.crt is not a usable certificate"],
        ),
    ]);
}

#[test]
fn everything_that_ran_and_failed_is_told() {
    let place = Place::new();
    place.render(&[]).exits(0);
    let keys = ["ca.key", "front-proxy-ca.key", "etcd/ca.key"];
    let mut told = Vec::new();
    for key in keys {
        write(&place, key, "");
        told.push(format!("{PKI}/{key} is not a usable private key"));
        told.push(format!("hint: restore {PKI}/{key} from a backup"));
    }
    let told: Vec<&str> = told.iter().map(String::as_str).collect();
    place.refused(1, &RENDER, &told);

    let events = place.render(&["-o", "json"]).exits(1).events();
    let error = &events.last().expect("an error")["error"];
    let also = error["also"].as_array().expect("a list");
    let said: Vec<_> = std::iter::once(error)
        .chain(also)
        .map(|one| one["messages"][0].as_str().expect("text"))
        .collect();
    let [ca, front_proxy, etcd] = said[..] else {
        panic!("{said:?}");
    };
    assert!(ca.starts_with("phase certs/ca failed"), "{ca}");
    assert!(
        front_proxy.starts_with("phase certs/front-proxy-ca failed"),
        "{front_proxy}"
    );
    assert!(etcd.starts_with("phase certs/etcd-ca failed"), "{etcd}");
}

#[test]
fn what_does_not_belong_together() {
    refused(&[
        (
            "key of another certificate",
            |place, other| copy(place, other, &["apiserver.key"]),
            &[
                "/etc/kubernetes/pki/apiserver.crt cannot be kept",
                "does not belong to the private key beside it",
            ],
        ),
        (
            "key of another CA",
            |place, other| copy(place, other, &["ca.key"]),
            &[
                "/etc/kubernetes/pki/ca.crt cannot be kept",
                "does not belong to the private key beside it",
            ],
        ),
        (
            "another CA",
            |place, other| copy(place, other, &["ca.crt", "ca.key"]),
            &["cannot be kept", "was not signed by this CA"],
        ),
        (
            "another CA of etcd's",
            |place, other| copy(place, other, &["etcd/ca.crt", "etcd/ca.key"]),
            &["cannot be kept", "was not signed by this CA"],
        ),
        (
            "no CA",
            |place, _| {
                write(place, "ca.crt", read(place, "apiserver.crt"));
                write(place, "ca.key", read(place, "apiserver.key"));
            },
            &[
                "/etc/kubernetes/pki/ca.crt cannot be kept",
                "it is not a CA",
            ],
        ),
        (
            "a CA for a certificate",
            |place, _| {
                write(place, "apiserver.crt", read(place, "ca.crt"));
                write(place, "apiserver.key", read(place, "ca.key"));
            },
            &["/etc/kubernetes/pki/apiserver.crt cannot be kept"],
        ),
        (
            "a client's for a server's",
            |place, _| {
                write(
                    place,
                    "apiserver.crt",
                    read(place, "apiserver-kubelet-client.crt"),
                );
                write(
                    place,
                    "apiserver.key",
                    read(place, "apiserver-kubelet-client.key"),
                );
            },
            &[
                "/etc/kubernetes/pki/apiserver.crt cannot be kept",
                "is not valid for",
                "is not usable for",
            ],
        ),
        (
            "no key",
            |place, _| remove(place, "apiserver.key"),
            &[
                "/etc/kubernetes/pki/apiserver.crt cannot be kept",
                "it has no private key beside it",
            ],
        ),
        (
            "public half of another key",
            |place, other| copy(place, other, &["sa.pub"]),
            &["sa.pub is not the public half of /etc/kubernetes/pki/sa.key"],
        ),
        (
            "kubeconfig of another cluster",
            |place, other| {
                let path = "/etc/kubernetes/admin.conf";
                fs::copy(other.rendered(path), place.rendered(path)).expect("files can be copied");
            },
            &[
                "\"/etc/kubernetes/admin.conf\"",
                "does not contain a trusted CA",
            ],
        ),
        (
            "kubeconfig that is empty",
            |place, _| {
                fs::write(place.rendered("/etc/kubernetes/admin.conf"), "")
                    .expect("files can be written")
            },
            &["/etc/kubernetes/admin.conf", "is not usable"],
        ),
        (
            "kubeconfig that is none",
            |place, _| {
                fs::write(place.rendered("/etc/kubernetes/scheduler.conf"), "a: b: c")
                    .expect("files can be written")
            },
            &["/etc/kubernetes/scheduler.conf", "is not usable"],
        ),
        (
            "kubeconfig that is cut within its client certificate",
            |place, _| {
                let path = place.rendered("/etc/kubernetes/scheduler.conf");
                let text = fs::read_to_string(&path).expect("it is there");
                let data = text.find("client-certificate-data").expect("it has one");
                // Behind a name of 25 bytes, a whole number of base64's groups.
                fs::write(&path, &text[..data + 25 + 400]).expect("files can be written");
            },
            &[
                "/etc/kubernetes/scheduler.conf is not usable: its client-certificate-data holds no certificate",
                "truncated",
            ],
        ),
    ]);
}

#[test]
fn what_the_configuration_no_longer_asks_for() {
    let place = Place::new();
    place.render(&[]).exits(0);
    place.write(
        "config.yaml",
        format!("{CONFIG}apiServer: {{certSANs: [extra.example.com, 192.0.2.77]}}\n"),
    );
    place.refused(
        1,
        &RENDER,
        &[
            "/etc/kubernetes/pki/apiserver.crt cannot be kept",
            "it is not valid for extra.example.com, 192.0.2.77",
        ],
    );
    place.write("config.yaml", CONFIG.replace("name: cp1", "name: cp2"));
    place.refused(1, &RENDER, &["cannot be kept", "is not valid for cp2"]);
}

/// As a name that is no longer asked for, a key of another algorithm works on:
/// it is told, and kept.
#[test]
fn what_is_kept_in_spite_of_the_configuration_is_told() {
    let place = Place::new();
    place.write(
        "config.yaml",
        format!("{CONFIG}apiServer: {{certSANs: [extra.example.com]}}\n"),
    );
    place.render(&[]).exits(0);
    let before = tree(&place.rendered(PKI));
    place.write("config.yaml", CONFIG.replace("P256", "P384"));
    let finished = place.render(&[]).exits(0);
    for file in [
        "ca.crt",
        "etcd/ca.crt",
        "front-proxy-ca.crt",
        "apiserver.crt",
        "etcd/server.crt",
        "front-proxy-client.crt",
        "sa.key",
    ] {
        let words = format!(
            "{PKI}/{file} has a key of ECDSA-P256, but the configuration asks for ECDSA-P384; renew it to change that; it is kept"
        );
        assert!(
            finished.stderr.contains(&words),
            "{file}:\n{}",
            finished.stderr
        );
    }
    let words =
        "apiserver.crt is also valid for extra.example.com, which the configuration does not name";
    assert!(finished.stderr.contains(words), "{}", finished.stderr);
    assert_eq!(
        differences(&before, &tree(&place.rendered(PKI))),
        Vec::<String>::new()
    );
}

#[test]
fn what_has_expired() {
    for (name, field, words) in [
        (
            "a certificate",
            "certificateValidityPeriod: 1ns",
            "it expired at ",
        ),
        (
            "a CA",
            "caCertificateValidityPeriod: 1ns\ncertificateValidityPeriod: 1ns",
            "it expired at ",
        ),
    ] {
        println!("{name}");
        let place = Place::new();
        place.write("config.yaml", format!("{CONFIG}{field}\n"));
        place.render(&[]).exits(0);
        place.write("config.yaml", CONFIG);
        // Valid until the second it was made in has passed.
        let made =
            fs::metadata(place.rendered("/etc/kubernetes/pki/apiserver.crt")).expect("it is there");
        let made = made.modified().expect("a time");
        while made.elapsed().expect("a clock").as_secs() < 2 {
            std::thread::yield_now();
        }
        place.refused(1, &RENDER, &["cannot be kept", words, "renew it"]);
    }
}

#[test]
fn what_is_missing_is_made_from_what_is_there() {
    let (place, _) = two();
    let key = read(&place, "apiserver.key");
    remove(&place, "apiserver.crt");
    remove(&place, "sa.pub");
    fs::remove_file(place.rendered("/etc/kubernetes/scheduler.conf")).expect("it was there");
    let before = tree(&place.out());
    place
        .render(&[])
        .exits(0)
        .says(&["3 files and no object changed"]);
    assert_eq!(read(&place, "apiserver.key"), key);
    let changed = differences(&before, &tree(&place.out()));
    let wanted = [
        "rootfs/etc/kubernetes/pki/apiserver.crt",
        "rootfs/etc/kubernetes/pki/sa.pub",
        "rootfs/etc/kubernetes/scheduler.conf",
    ];
    assert_eq!(changed, wanted);
    place.render(&[]).exits(0).says(&["Nothing changed"]);
}

/// `ca.crt` without `ca.key`, and all that it signed beforehand.
#[test]
fn an_external_ca_needs_no_key() {
    let (place, _) = two();
    for file in ["ca.key", "front-proxy-ca.key", "etcd/ca.key"] {
        remove(&place, file);
    }
    let before = tree(&place.out());
    place.render(&[]).exits(0);
    // The controller manager cannot sign any more.
    assert_eq!(
        differences(&before, &tree(&place.out())),
        ["rootfs/etc/kubernetes/manifests/kube-controller-manager.yaml"]
    );
    let manifest = place.rendered("/etc/kubernetes/manifests/kube-controller-manager.yaml");
    let manifest = fs::read_to_string(manifest).expect("it is there");
    assert!(
        manifest.contains("--cluster-signing-key-file=\n"),
        "{manifest}"
    );
    // Nor can anything be uploaded that is not there.
    place.refused(
        1,
        &[&RENDER[..], &["--upload-certs"]].concat(),
        &["upload-certs"],
    );
}

#[test]
fn an_external_ca_with_something_missing() {
    refused(&[
        (
            "a certificate",
            |place, _| {
                remove(place, "ca.key");
                remove(place, "apiserver.crt");
            },
            &[
                "/etc/kubernetes/pki/apiserver.crt is missing, and it cannot be made because the key of its CA is not here",
            ],
        ),
        (
            "certificate and key",
            |place, _| {
                remove(place, "ca.key");
                remove(place, "apiserver-kubelet-client.crt");
                remove(place, "apiserver-kubelet-client.key");
            },
            &["apiserver-kubelet-client.crt is missing"],
        ),
        (
            "a client of the front proxy's",
            |place, _| {
                remove(place, "front-proxy-ca.key");
                remove(place, "front-proxy-client.crt");
            },
            &["front-proxy-client.crt is missing"],
        ),
        (
            "the key of service accounts",
            |place, _| {
                remove(place, "ca.key");
                remove(place, "sa.key");
            },
            &[
                "/etc/kubernetes/pki/sa.key is not there",
                "external CA mode",
            ],
        ),
        (
            "a kubeconfig",
            |place, _| {
                remove(place, "ca.key");
                fs::remove_file(place.rendered("/etc/kubernetes/admin.conf"))
                    .expect("it was there");
            },
            &["admin.conf", "external CA mode"],
        ),
        (
            "a certificate of another CA",
            |place, other| {
                remove(place, "ca.key");
                copy(place, other, &["apiserver.crt", "apiserver.key"]);
            },
            &[
                "/etc/kubernetes/pki/apiserver.crt cannot be kept",
                "was not signed by this CA",
            ],
        ),
    ]);
}

/// A CA of one's own, put in place before the first render.
#[test]
fn a_given_ca_signs_everything() {
    let (given, place) = (Place::new(), Place::new());
    given.render(&["--phase", "certs/ca"]).exits(0);
    fs::create_dir_all(place.rendered(PKI)).expect("folders can be made");
    copy(&place, &given, &["ca.crt", "ca.key"]);
    place
        .render(&[])
        .exits(0)
        .says(&["Using existing ca certificate authority"]);
    assert_eq!(read(&place, "ca.crt"), read(&given, "ca.crt"));
    assert_eq!(read(&place, "ca.key"), read(&given, "ca.key"));
    place.render(&[]).exits(0).says(&["Nothing changed"]);
}
