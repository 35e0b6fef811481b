//! What was sound, and what has happened since.

use super::*;

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
