//! What is none, or does not belong together.

use super::*;

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
