//! CAs that others made, with their keys and without.

use super::*;

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
