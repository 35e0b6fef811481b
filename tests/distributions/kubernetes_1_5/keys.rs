//! Steps 3 and 4: keys and certificates.

use std::time::{Duration, SystemTime};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use kubewright::pki::{Certificate, ExtendedKeyUsage, KeyPair, KeyUsage, PublicKey};

use super::render::{Rendered, outcomes};

const DAY: u64 = 24 * 60 * 60;

fn pki(done: &Rendered, name: &str) -> String {
    done.text(&format!("/etc/kubernetes/pki/{name}"))
}

fn certificate(done: &Rendered, name: &str) -> Certificate {
    Certificate::from_pem(pki(done, name)).unwrap()
}

/// Whether the moment is that many days from now; the render took a while.
fn is_in_days(moment: SystemTime, days: u64) -> bool {
    let wanted = SystemTime::now() + Duration::from_secs(days * DAY);
    let apart = wanted
        .duration_since(moment)
        .unwrap_or_else(|early| early.duration());
    apart < Duration::from_secs(600)
}

#[test]
fn create_pki_assets_leaves_these_files() {
    for done in outcomes() {
        let mut names: Vec<_> = std::fs::read_dir(done.path("/etc/kubernetes/pki"))
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        assert_eq!(
            names,
            [
                "apiserver-key.pem",
                "apiserver-pub.pem",
                "apiserver.pem",
                "ca-key.pem",
                "ca-pub.pem",
                "ca.pem",
                "sa-key.pem",
                "sa-pub.pem",
                "token.csv",
            ]
        );
        for name in names {
            let wanted = match name.as_str() {
                "ca.pem" | "apiserver.pem" => 0o644,
                _ => 0o600,
            };
            assert_eq!(
                done.mode(&format!("/etc/kubernetes/pki/{name}")),
                wanted,
                "{name}"
            );
        }
    }
}

#[test]
fn keys_are_rsa_of_2048_bits_with_their_public_halves() {
    for done in outcomes() {
        for name in ["ca", "apiserver", "sa"] {
            let text = pki(done, &format!("{name}-key.pem"));
            assert!(
                text.starts_with("-----BEGIN RSA PRIVATE KEY-----\n"),
                "{name}"
            );
            let key = KeyPair::from_pem(&text).unwrap();
            assert_eq!(key.key_type().to_string(), "RSA-2048", "{name}");
            let text = pki(done, &format!("{name}-pub.pem"));
            assert!(text.starts_with("-----BEGIN PUBLIC KEY-----\n"), "{name}");
            assert_eq!(
                PublicKey::from_pem(text).unwrap(),
                *key.public_key(),
                "{name}"
            );
            if name != "sa" {
                let certificate = certificate(done, &format!("{name}.pem"));
                assert_eq!(certificate.public_key(), key.public_key(), "{name}");
            }
        }
    }
}

#[test]
fn the_authority() {
    for done in outcomes() {
        let ca = certificate(done, "ca.pem");
        let facts = ca.facts();
        assert_eq!(facts.subject.common_name, "kubernetes");
        assert!(facts.subject.organizations.is_empty());
        assert_eq!(facts.subject_name, facts.issuer_name);
        assert_eq!(facts.serial.trim_start_matches('0'), "", "serial 0");
        assert!(facts.is_ca);
        assert_eq!(
            facts.key_usages.as_deref(),
            Some(
                &[
                    KeyUsage::DigitalSignature,
                    KeyUsage::KeyEncipherment,
                    KeyUsage::CertSign
                ][..]
            )
        );
        assert_eq!(facts.extended_key_usages, None);
        assert!(is_in_days(facts.not_before, 0) && is_in_days(facts.not_after, 3650));
    }
}

#[test]
fn the_api_servers_certificate() {
    for done in outcomes() {
        let (ca, server) = (
            certificate(done, "ca.pem"),
            certificate(done, "apiserver.pem"),
        );
        let facts = server.facts();
        assert_eq!(facts.subject.common_name, "kube-apiserver");
        assert!(facts.subject.organizations.is_empty());
        assert_eq!(facts.issuer_name, ca.facts().subject_name);
        assert_ne!(facts.serial.trim_start_matches('0'), "");
        assert!(!facts.is_ca);
        assert_eq!(
            facts.key_usages.as_deref(),
            Some(&[KeyUsage::DigitalSignature, KeyUsage::KeyEncipherment][..])
        );
        assert_eq!(
            facts.extended_key_usages.as_deref(),
            Some(&[ExtendedKeyUsage::ServerAuth, ExtendedKeyUsage::ClientAuth][..])
        );
        assert_eq!(facts.not_before, ca.facts().not_before);
        assert!(is_in_days(facts.not_after, 365));
        let addresses: Vec<_> = facts.ip_addresses.iter().map(ToString::to_string).collect();
        assert_eq!(addresses, [done.address.as_str(), "10.96.0.1"]);
        assert_eq!(
            facts.dns_names,
            [
                "kubernetes",
                "kubernetes.default",
                "kubernetes.default.svc",
                "kubernetes.default.svc.cluster.local",
            ]
        );
    }
}

#[test]
fn create_certs_and_config_for_clients() {
    for done in outcomes() {
        let ca = certificate(done, "ca.pem");
        let config = done.yaml("/etc/kubernetes/admin.conf");
        let mut keys = Vec::new();
        for user in config["users"].as_array().unwrap() {
            let data = |field: &str| {
                STANDARD
                    .decode(user["user"][field].as_str().unwrap())
                    .unwrap()
            };
            let certificate = Certificate::from_pem(data("client-certificate-data")).unwrap();
            let key = KeyPair::from_pem(data("client-key-data")).unwrap();
            assert_eq!(certificate.public_key(), key.public_key());
            assert_eq!(key.key_type().to_string(), "RSA-2048");
            let facts = certificate.facts();
            assert_eq!(
                facts.subject.common_name, "kubernetes-admin",
                "the same for both"
            );
            assert!(facts.subject.organizations.is_empty());
            assert_eq!(facts.issuer_name, ca.facts().subject_name);
            assert_eq!(
                facts.extended_key_usages.as_deref(),
                Some(&[ExtendedKeyUsage::ServerAuth, ExtendedKeyUsage::ClientAuth][..])
            );
            assert!(is_in_days(facts.not_after, 365));
            keys.push(key.public_key().pem());
        }
        keys.dedup();
        assert_eq!(keys.len(), 2);
    }
}
