use std::net::IpAddr;
use std::time::{Duration, SystemTime};

use der::Encode;
use proptest::prelude::*;
use x509_cert::ext::pkix::{AuthorityKeyIdentifier, SubjectKeyIdentifier};

use super::test_support::{assert_reveals_nothing, fixture, now};
use super::*;
use crate::causes::chain;

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

fn key() -> KeyPair {
    KeyPair::generate(Algorithm::EcdsaP256).unwrap()
}

fn ip(text: &str) -> IpAddr {
    text.parse().unwrap()
}

fn corp_ca() -> (Certificate, KeyPair) {
    (
        Certificate::from_pem(fixture("corp-ca.crt")).unwrap(),
        KeyPair::from_pem(fixture("rsa-2048.pkcs8.key")).unwrap(),
    )
}

fn extension_oids(certificate: &Certificate) -> Vec<(String, bool)> {
    let extensions = certificate.tbs.extensions.iter().flatten();
    extensions
        .map(|e| (e.extn_id.to_string(), e.critical))
        .collect()
}

#[test]
fn a_ca_is_what_kubeadm_1_36_makes() {
    let ca_key = key();
    let profile = Profile {
        dns_names: vec!["kubernetes".into()],
        ..Profile::authority("kubernetes")
    };
    let ca = self_sign(&profile, &ca_key, now() + Duration::from_millis(900)).unwrap();
    let facts = ca.facts();
    assert_eq!(facts.subject, profile.subject);
    assert_eq!(facts.subject_name, "CN=kubernetes");
    assert_eq!(facts.issuer_name, "CN=kubernetes");
    assert_eq!(facts.dns_names, ["kubernetes"]);
    assert_eq!(facts.not_before, now() - Duration::from_secs(300));
    assert_eq!(facts.not_after, now() + 3650 * DAY);
    assert!(facts.is_ca);
    assert_eq!(facts.key_usages.as_deref(), Some(&profile.key_usages[..]));
    assert_eq!(facts.extended_key_usages, None);
    assert_eq!(ca.public_key(), ca_key.public_key());
    // Key usage, basic constraints (both critical), subject key identifier, alternative names.
    let wanted = [
        ("2.5.29.15", true),
        ("2.5.29.19", true),
        ("2.5.29.14", false),
        ("2.5.29.17", false),
    ];
    assert_eq!(
        extension_oids(&ca),
        wanted.map(|(oid, critical)| (oid.to_owned(), critical))
    );
    assert_eq!(ca.verify_signed_by(&ca), Ok(()));
    assert_eq!(Certificate::from_pem(ca.pem()).unwrap(), ca);
}

#[test]
fn a_leaf_is_what_kubeadm_1_36_makes() {
    let (ca_key, leaf_key) = (key(), key());
    let ca = self_sign(&Profile::authority("kubernetes"), &ca_key, now()).unwrap();
    let mut profile = Profile::leaf("system:node:cp-1");
    profile.subject.organizations = vec!["system:nodes".into()];
    profile.dns_names = ["cp-1", "kubernetes", "cp-1"].map(String::from).to_vec();
    profile.ip_addresses = ["10.96.0.1", "::1", "::ffff:10.96.0.1"].map(ip).to_vec();
    profile.extended_key_usages = vec![ExtendedKeyUsage::ServerAuth, ExtendedKeyUsage::ClientAuth];
    let leaf = sign(&profile, leaf_key.public_key(), &ca, &ca_key, now()).unwrap();
    let facts = leaf.facts();
    assert_eq!(facts.subject_name, "CN=system:node:cp-1,O=system:nodes");
    assert_eq!(facts.dns_names, ["cp-1", "kubernetes"]);
    assert_eq!(facts.ip_addresses, ["10.96.0.1", "::1"].map(ip));
    assert_eq!(
        facts.extended_key_usages.as_deref(),
        Some(&profile.extended_key_usages[..])
    );
    assert_eq!(facts.not_after, now() + 365 * DAY);
    assert!(!facts.is_ca);
    assert_eq!(leaf.public_key(), leaf_key.public_key());
    let wanted = [
        ("2.5.29.15", true),
        ("2.5.29.37", false),
        ("2.5.29.19", true),
        ("2.5.29.35", false),
        ("2.5.29.17", false),
    ];
    assert_eq!(
        extension_oids(&leaf),
        wanted.map(|(oid, critical)| (oid.to_owned(), critical))
    );
    let authority: AuthorityKeyIdentifier = leaf.tbs.extension().unwrap().unwrap();
    let SubjectKeyIdentifier(own) = ca.tbs.extension().unwrap().unwrap();
    assert_eq!(authority.key_identifier, Some(own));
    assert_eq!(leaf.verify_chain(&ca, now()), Ok(()));
}

#[test]
fn certificates_of_2016_can_be_made() {
    let (ca_key, leaf_key) = (key(), key());
    let ca_profile = Profile {
        serial: Serial::Fixed(0),
        start: Start::WithSigner,
        key_identifiers: false,
        ..Profile::authority("kubernetes")
    };
    let ca = self_sign(&ca_profile, &ca_key, now()).unwrap();
    assert_eq!(ca.facts().serial, "00");
    assert_eq!(ca.facts().not_before, now());
    let leaf_profile = Profile {
        start: Start::WithSigner,
        ..Profile::leaf("kube-apiserver")
    };
    let later = now() + 30 * DAY;
    let leaf = sign(&leaf_profile, leaf_key.public_key(), &ca, &ca_key, later).unwrap();
    assert_eq!(leaf.facts().not_before, now());
    assert_eq!(leaf.facts().not_after, later + 365 * DAY);
    // A CA without key identifier is not pointed at.
    let wanted = [("2.5.29.15", true), ("2.5.29.19", true)];
    for certificate in [&ca, &leaf] {
        let wanted = wanted.map(|(oid, critical)| (oid.to_owned(), critical));
        assert_eq!(extension_oids(certificate), wanted);
    }
    assert_eq!(leaf.verify_chain(&ca, later), Ok(()));
}

#[test]
fn the_signature_follows_the_key_of_the_signer() {
    for (algorithm, oid) in [
        (Algorithm::Rsa2048, "1.2.840.113549.1.1.11"),
        (Algorithm::EcdsaP256, "1.2.840.10045.4.3.2"),
        (Algorithm::EcdsaP384, "1.2.840.10045.4.3.3"),
    ] {
        let signer = KeyPair::generate(algorithm).unwrap();
        let ca = self_sign(&Profile::authority("ca"), &signer, now()).unwrap();
        let leaf = sign(&Profile::leaf("x"), key().public_key(), &ca, &signer, now()).unwrap();
        assert_eq!(leaf.signed.algorithm.oid.to_string(), oid, "{algorithm}");
        assert_eq!(leaf.verify_signed_by(&ca), Ok(()), "{algorithm}");
    }
}

#[test]
fn the_name_of_a_ca_of_openssl_is_kept_byte_for_byte() {
    let (ca, ca_key) = corp_ca();
    let leaf = sign(&Profile::leaf("x"), key().public_key(), &ca, &ca_key, now()).unwrap();
    assert_eq!(
        leaf.tbs.issuer.to_der().unwrap(),
        ca.tbs.subject.to_der().unwrap()
    );
    assert!(
        leaf.facts().issuer_name.ends_with("DC=example,DC=corp"),
        "{:?}",
        leaf.facts()
    );
    assert_eq!(leaf.verify_chain(&ca, now()), Ok(()));
}

#[test]
fn what_cannot_sign_does_not() {
    let (signer, other) = (key(), key());
    let leaf = self_sign(&Profile::leaf("leaf"), &signer, now()).unwrap();
    let mute = Profile {
        key_usages: vec![KeyUsage::DigitalSignature],
        ..Profile::authority("mute")
    };
    let mute = self_sign(&mute, &signer, now()).unwrap();
    let ca = self_sign(&Profile::authority("ca"), &signer, now()).unwrap();
    for (name, ca, key, at, wanted) in [
        (
            "a leaf",
            &leaf,
            &signer,
            now(),
            "CN=leaf may not sign certificates",
        ),
        (
            "without cert sign",
            &mute,
            &signer,
            now(),
            "CN=mute may not sign certificates",
        ),
        (
            "another key",
            &ca,
            &other,
            now(),
            "the key of the CA CN=ca does not belong",
        ),
        (
            "expired",
            &ca,
            &signer,
            now() + 4000 * DAY,
            "from 2029-12-31T23:55:00Z to 2039-12-30T00:00:00Z",
        ),
        ("not yet", &ca, &signer, now() - DAY, "is not valid now"),
    ] {
        let error = sign(&Profile::leaf("x"), other.public_key(), ca, key, at).unwrap_err();
        let printed = chain(&error);
        assert!(printed.contains(wanted), "{name}: {printed}");
    }
}

#[test]
fn what_cannot_be_written_is_refused() {
    let leaf = || Profile::leaf("x");
    let dns = |name: &str| Profile {
        dns_names: vec![name.into()],
        ..leaf()
    };
    for (name, profile, wanted) in [
        ("no name", Profile::leaf(""), "needs a common name"),
        ("empty DNS name", dns(""), "\"\" is no DNS name"),
        (
            "DNS name beyond ASCII",
            dns("bücher.example"),
            "\"bücher.example\" is no DNS name",
        ),
        (
            "DNS name with a blank",
            dns("a b"),
            "\"a b\" is no DNS name",
        ),
        (
            "purpose",
            Profile {
                extended_key_usages: vec![ExtendedKeyUsage::Other("server".into())],
                ..leaf()
            },
            "\"server\" is no extended key usage",
        ),
        (
            "a validity of ten thousand years",
            Profile {
                validity: 3_652_500 * DAY,
                ..leaf()
            },
            "outside of the years 1970 to 9999",
        ),
        (
            "a validity without end",
            Profile {
                validity: Duration::MAX,
                ..leaf()
            },
            "outside of the years 1970 to 9999",
        ),
        (
            "a start before time",
            Profile {
                start: Start::Backdated(36_525 * DAY),
                ..leaf()
            },
            "outside of the years 1970 to 9999",
        ),
    ] {
        let error = self_sign(&profile, &key(), now()).unwrap_err();
        let printed = chain(&error);
        assert!(printed.contains(wanted), "{name}: {printed}");
    }
}

#[test]
fn years_after_2049_read_back() {
    let profile = Profile {
        validity: 36_500 * DAY,
        ..Profile::authority("ca")
    };
    let ca = self_sign(&profile, &key(), now()).unwrap();
    assert_eq!(ca.facts().not_after, now() + 36_500 * DAY);
}

#[test]
fn a_request_asks_for_subject_and_names() {
    use der::Decode;
    let key = key();
    let mut profile = Profile::leaf("system:node:cp-1");
    profile.subject.organizations = vec!["system:nodes".into()];
    profile.dns_names = vec!["cp-1".into()];
    let text = request(&profile, &key).unwrap();
    let block = pem::blocks(text.as_bytes()).next().unwrap().unwrap();
    assert_eq!(block.label, Label::CertificateRequest);
    let request = x509_cert::request::CertReq::from_der(&block.der).unwrap();
    assert_eq!(
        request.info.subject.to_string(),
        "CN=system:node:cp-1,O=system:nodes"
    );
    assert_eq!(request.info.attributes.len(), 1);
    let verified = key.public_key().verifies(
        request.algorithm.oid,
        &request.info.to_der().unwrap(),
        request.signature.raw_bytes(),
    );
    assert_eq!(verified, Some(true));
    let bare = super::request(&Profile::leaf("x"), &key).unwrap();
    let block = pem::blocks(bare.as_bytes()).next().unwrap().unwrap();
    let bare = x509_cert::request::CertReq::from_der(&block.der).unwrap();
    assert!(bare.info.attributes.is_empty());
}

#[test]
fn chains_go_through_intermediates_of_the_file() {
    let (root_key, middle_key, leaf_key) = (key(), key(), key());
    let root = self_sign(&Profile::authority("root"), &root_key, now()).unwrap();
    let middle = Profile::authority("middle");
    let middle = sign(&middle, middle_key.public_key(), &root, &root_key, now()).unwrap();
    let leaf = Profile::leaf("leaf");
    let leaf = sign(&leaf, leaf_key.public_key(), &middle, &middle_key, now()).unwrap();

    let alone = leaf.verify_chain(&root, now()).unwrap_err();
    assert_eq!(
        alone.to_string(),
        "it was issued by CN=middle, not by CN=root"
    );
    let file = Certificate::from_pem(leaf.pem() + &middle.pem()).unwrap();
    assert_eq!(file.others(), std::slice::from_ref(&middle));
    assert_eq!(file.bundle_pem(), leaf.pem() + &middle.pem());
    assert_eq!(file.verify_chain(&root, now()), Ok(()));
    // The CA may be the intermediate itself.
    assert_eq!(file.verify_chain(&middle, now()), Ok(()));
    let late = now() + 4000 * DAY;
    assert!(matches!(
        file.verify_chain(&root, late),
        Err(VerifyError::CaNotInForce(_))
    ));
}

#[test]
fn another_ca_of_the_same_name_is_not_the_ca() {
    let (one, two) = (key(), key());
    let first = self_sign(&Profile::authority("kubernetes"), &one, now()).unwrap();
    let second = self_sign(&Profile::authority("kubernetes"), &two, now()).unwrap();
    let leaf = sign(&Profile::leaf("x"), key().public_key(), &first, &one, now()).unwrap();
    assert_eq!(
        leaf.verify_signed_by(&second),
        Err(VerifyError::Signature("CN=kubernetes".into()))
    );
}

#[test]
fn what_is_no_certificate_says_why() {
    let whole = String::from_utf8(fixture("corp-ca.crt")).unwrap();
    let block = pem::blocks(whole.as_bytes()).next().unwrap().unwrap();
    for (name, text, wanted) in [
        ("empty", String::new(), "it is empty (0 bytes)"),
        (
            "cut file",
            whole[..whole.len() / 2].to_owned(),
            "it is truncated",
        ),
        (
            "cut body",
            pem::encode(Label::Certificate, &block.der[..400]),
            "is damaged",
        ),
        (
            "key",
            String::from_utf8(fixture("p256.pkcs8.key")).unwrap(),
            "holds a PRIVATE KEY, not a CERTIFICATE",
        ),
    ] {
        let error = Certificate::from_pem(&text).unwrap_err();
        let printed = chain(&error);
        assert!(printed.contains(wanted), "{name}: {printed}");
        assert_reveals_nothing(&error, text.as_bytes());
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn any_bytes_read_or_fail_without_panic(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        let _ = Certificate::from_pem(&bytes);
        let _ = Certificate::from_pem(pem::encode(Label::Certificate, &bytes));
        let _ = PublicKey::from_pem(pem::encode(Label::PublicKey, &bytes));
    }

    #[test]
    fn mutated_certificates_read_or_fail_without_panic(
        changes in proptest::collection::vec((any::<proptest::sample::Index>(), any::<u8>()), 1..4),
    ) {
        let (ca, ca_key) = corp_ca();
        let mut der = ca.der().to_vec();
        for (at, byte) in changes {
            let at = at.index(der.len());
            der[at] = byte;
        }
        if let Ok(mutated) = Certificate::from_pem(pem::encode(Label::Certificate, &der)) {
            // Whatever still reads must still be usable without panic, and not verify.
            let signed = mutated.verify_signed_by(&mutated);
            prop_assert!(signed.is_err() || mutated == ca);
            let _ = mutated.verify_chain(&ca, now());
            let _ = check(&mutated, Some(&ca_key), &Profile::authority("x"), None, Some(&ca), now());
            let _ = sign(&Profile::leaf("x"), ca.public_key(), &mutated, &ca_key, now());
        }
    }

    #[test]
    fn whatever_is_asked_for_reads_back(
        common_name in "[ -~äöü漢]{1,80}",
        organizations in proptest::collection::btree_set("[ -~é]{1,20}", 0..4),
        dns_names in proptest::collection::btree_set("[!-~]{1,40}", 0..6),
        ips in proptest::collection::btree_set(any::<IpAddr>().prop_map(|ip| ip.to_canonical()), 0..6),
        seconds in 1_u64..10_000_000_000,
    ) {
        let mut profile = Profile::leaf(common_name);
        profile.subject.organizations = organizations.into_iter().collect();
        profile.dns_names = dns_names.into_iter().collect();
        profile.ip_addresses = ips.into_iter().collect();
        profile.validity = Duration::from_secs(seconds);
        let key = KeyPair::from_pem(fixture("p256.pkcs8.key")).unwrap();
        let made = self_sign(&profile, &key, now()).unwrap();
        let facts = made.facts();
        prop_assert!(facts.subject.names_same(&profile.subject));
        prop_assert_eq!(&facts.dns_names, &profile.dns_names);
        prop_assert_eq!(&facts.ip_addresses, &profile.ip_addresses);
        prop_assert_eq!(facts.not_after, now() + profile.validity);
        prop_assert_eq!(made.tbs.to_der().unwrap(), made.signed.tbs.to_der().unwrap());
        prop_assert_eq!(check(&made, Some(&key), &profile, None, None, SystemTime::max(now(), facts.not_before)), vec![]);
    }
}
