use proptest::prelude::*;

use super::*;
use crate::causes::chain;
use crate::pki::Algorithm;
use crate::pki::test_support::{assert_reveals_nothing, fixture};

#[test]
fn generated_keys_read_back_as_what_kubeadm_writes() {
    for (algorithm, label) in [
        (Algorithm::Rsa2048, "RSA PRIVATE KEY"),
        (Algorithm::EcdsaP256, "EC PRIVATE KEY"),
        (Algorithm::EcdsaP384, "EC PRIVATE KEY"),
    ] {
        let key = KeyPair::generate(algorithm).unwrap();
        let text = String::from_utf8(key.private_pem().reveal().to_vec()).unwrap();
        assert!(
            text.starts_with(&format!("-----BEGIN {label}-----\n")),
            "{algorithm}"
        );
        assert!(
            text.ends_with(&format!("-----END {label}-----\n")),
            "{algorithm}"
        );
        assert!(!text.contains('\r'), "{algorithm}");
        let again = KeyPair::from_pem(&text).unwrap();
        assert_eq!(again.public_key(), key.public_key(), "{algorithm}");
        assert_eq!(again.key_type().algorithm(), Some(algorithm));
        let signature = key.sign(b"message").unwrap();
        let verified =
            again
                .public_key()
                .verifies(key.signature_algorithm().oid, b"message", &signature);
        assert_eq!(verified, Some(true), "{algorithm}");
    }
}

#[test]
fn keys_of_openssl_load_and_keep_their_text() {
    for (file, wanted) in [
        ("rsa-2048.pkcs1.key", KeyType::Rsa { bits: 2048 }),
        ("rsa-2048.pkcs8.key", KeyType::Rsa { bits: 2048 }),
        ("p256.parameters.key", KeyType::EcdsaP256),
        ("p256.pkcs8.key", KeyType::EcdsaP256),
        ("p384.sec1.key", KeyType::EcdsaP384),
        ("p521.sec1.key", KeyType::EcdsaP521),
    ] {
        let mut text = b"a word before\r\n".to_vec();
        text.extend(fixture(file));
        let key = KeyPair::from_pem(&text).unwrap();
        assert_eq!(*key.key_type(), wanted, "{file}");
        assert_eq!(key.private_pem().reveal(), text, "{file}");
        let signature = key.sign(b"message").unwrap();
        let algorithm = key.signature_algorithm().oid;
        let verified = key.public_key().verifies(algorithm, b"message", &signature);
        assert_eq!(verified, Some(true), "{file}");
    }
    let pkcs1 = KeyPair::from_pem(fixture("rsa-2048.pkcs1.key")).unwrap();
    let pkcs8 = KeyPair::from_pem(fixture("rsa-2048.pkcs8.key")).unwrap();
    assert_eq!(pkcs1.public_key().pin(), pkcs8.public_key().pin());
}

#[test]
fn a_certificate_before_the_key_is_passed_over() {
    let mut text = fixture("corp-ca.crt");
    text.extend(fixture("rsa-2048.pkcs1.key"));
    assert!(KeyPair::from_pem(text).is_ok());
}

/// A PEM text whose body was cut after `length` bytes of DER.
fn cut(file: &str, length: usize) -> String {
    let text = fixture(file);
    let block = pem::blocks(&text).next().unwrap().unwrap();
    pem::encode(block.label, &block.der[..length])
}

#[test]
fn what_does_not_load_says_why() {
    let whole = String::from_utf8(fixture("rsa-2048.pkcs1.key")).unwrap();
    let half = whole[..whole.len() / 2].to_owned();
    let text = |file| String::from_utf8(fixture(file)).unwrap();
    // Swap the two halves of the key: well-formed base64, broken numbers.
    let mut damaged = pem::blocks(whole.as_bytes()).next().unwrap().unwrap();
    damaged.der[600..1000].reverse();
    let damaged = pem::encode(damaged.label, &damaged.der);

    for (name, text, wanted) in [
        ("empty", String::new(), "it is empty (0 bytes)"),
        ("new line", "\n".into(), "nothing but white space"),
        ("prose", "no key".into(), "it is not PEM"),
        (
            "cut file",
            half,
            "it is truncated: its RSA PRIVATE KEY has no \"-----END\" line",
        ),
        (
            "cut body",
            cut("rsa-2048.pkcs1.key", 700),
            "ends before the length it announces",
        ),
        (
            "cut EC body",
            cut("p256.pkcs8.key", 60),
            "ends before the length it announces",
        ),
        (
            "no body",
            cut("p384.sec1.key", 0),
            "ends before the length it announces",
        ),
        ("damaged", damaged, "does not hold a consistent key"),
        (
            "certificate",
            text("corp-ca.crt"),
            "holds a CERTIFICATE, not a private key",
        ),
        (
            "public key",
            text("ec-p256.pub"),
            "holds a PUBLIC KEY, not a private key",
        ),
        (
            "password, PKCS#8",
            text("encrypted.pkcs8.key"),
            "is encrypted with a password",
        ),
        (
            "password, PKCS#1",
            text("encrypted.pkcs1.key"),
            "is encrypted with a password",
        ),
        (
            "small RSA",
            text("rsa-1024.pkcs1.key"),
            "not supported: RSA-1024;",
        ),
        (
            "Ed25519",
            text("ed25519.pkcs8.key"),
            "not supported: Ed25519;",
        ),
        (
            "other curve",
            text("k256.sec1.key"),
            "not supported: the algorithm 1.3.132.0.10;",
        ),
    ] {
        let error = KeyPair::from_pem(&text).unwrap_err();
        let printed = chain(&error);
        assert!(printed.contains(wanted), "{name}: {printed}");
        assert_reveals_nothing(&error, text.as_bytes());
    }
}

#[test]
fn a_key_prints_sealed() {
    let key = KeyPair::from_pem(fixture("p256.pkcs8.key")).unwrap();
    let printed = format!("{key:#?}");
    assert!(
        printed.contains("<sealed>") && printed.contains("sha256:"),
        "{printed}"
    );
    assert!(!printed.contains("BEGIN"), "{printed}");
}

const FILES: [&str; 5] = [
    "rsa-2048.pkcs1.key",
    "rsa-2048.pkcs8.key",
    "p256.parameters.key",
    "p521.sec1.key",
    "ed25519.pkcs8.key",
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn any_bytes_load_or_fail_without_panic(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        if let Err(error) = KeyPair::from_pem(&bytes) {
            assert_reveals_nothing(&error, &bytes);
        }
        for label in [Label::RsaPrivateKey, Label::EcPrivateKey, Label::PrivateKey] {
            let text = pem::encode(label, &bytes);
            if let Err(error) = KeyPair::from_pem(&text) {
                assert_reveals_nothing(&error, text.as_bytes());
            }
        }
    }

    #[test]
    fn mutated_keys_load_or_fail_without_a_word_of_them(
        file in proptest::sample::select(&FILES[..]),
        changes in proptest::collection::vec((any::<proptest::sample::Index>(), any::<u8>()), 1..4),
        cut in any::<proptest::sample::Index>(),
        in_text in any::<bool>(),
    ) {
        let text = fixture(file);
        let mut text = if in_text {
            text
        } else {
            let mut block = pem::blocks(&text).last().unwrap().unwrap();
            for (at, byte) in &changes {
                let at = at.index(block.der.len());
                block.der[at] = *byte;
            }
            pem::encode(block.label, &block.der).into_bytes()
        };
        if in_text {
            for (at, byte) in &changes {
                let at = at.index(text.len());
                text[at] = *byte;
            }
            if changes.len() == 3 {
                text.truncate(cut.index(text.len()));
            }
        }
        if let Err(error) = KeyPair::from_pem(&text) {
            assert_reveals_nothing(&error, &text);
        }
    }
}
