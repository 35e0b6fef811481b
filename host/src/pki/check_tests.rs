use std::net::IpAddr;
use std::time::{Duration, SystemTime};

use super::check::DnsNames;
use super::test_support::{fixture, now};
use super::*;

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// A CA, and an API server certificate of it that is all that its profile asks for.
struct Case {
    ca: Certificate,
    ca_key: KeyPair,
    key: KeyPair,
    profile: Profile,
    certificate: Certificate,
}

impl Case {
    fn new() -> Self {
        let generate = || KeyPair::generate(Algorithm::EcdsaP256).unwrap();
        let (ca_key, key) = (generate(), generate());
        let ca = self_sign(&Profile::authority("kubernetes"), &ca_key, now()).unwrap();
        let profile = Profile {
            dns_names: vec!["cp-1".into(), "api.example.com".into()],
            ip_addresses: vec![IpAddr::from([10, 96, 0, 1])],
            extended_key_usages: vec![ExtendedKeyUsage::ServerAuth],
            ..Profile::leaf("kube-apiserver")
        };
        let certificate = sign(&profile, key.public_key(), &ca, &ca_key, now()).unwrap();
        Self {
            ca,
            ca_key,
            key,
            profile,
            certificate,
        }
    }

    /// The findings after the certificate was made of another profile.
    fn made_with(&self, change: impl FnOnce(&mut Profile)) -> Vec<Finding> {
        let mut profile = self.profile.clone();
        change(&mut profile);
        let made = sign(
            &profile,
            self.key.public_key(),
            &self.ca,
            &self.ca_key,
            now(),
        )
        .unwrap();
        self.check(&made, Some(&self.key), now())
    }

    fn check(
        &self,
        certificate: &Certificate,
        key: Option<&KeyPair>,
        at: SystemTime,
    ) -> Vec<Finding> {
        let algorithm = Some(Algorithm::EcdsaP256);
        check(
            certificate,
            key,
            &self.profile,
            algorithm,
            Some(&self.ca),
            at,
        )
    }
}

fn words(findings: &[Finding]) -> Vec<String> {
    let word = |finding: &Finding| format!("{:?}: {finding}", finding.severity());
    findings.iter().map(word).collect()
}

#[test]
fn nothing_is_wrong_with_what_was_asked_for() {
    let case = Case::new();
    assert_eq!(case.check(&case.certificate, Some(&case.key), now()), []);
    // Another validity period is no finding.
    assert_eq!(case.made_with(|profile| profile.validity = 30 * DAY), []);
}

#[test]
fn each_wrong_is_named() {
    let case = Case::new();
    let fatal = |text: &str| vec![format!("Fatal: {text}")];
    let tolerable = |text: &str| vec![format!("Tolerable: {text}")];
    let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
    for (name, findings, wanted) in [
        (
            "key missing",
            case.check(&case.certificate, None, now()),
            fatal("has no private key beside it"),
        ),
        (
            "key of another",
            case.check(&case.certificate, Some(&case.ca_key), now()),
            fatal("does not belong to the private key beside it: their public keys differ"),
        ),
        (
            "expired",
            case.check(&case.certificate, Some(&case.key), now() + 366 * DAY),
            fatal("expired at 2031-01-01T00:00:00Z; renew it"),
        ),
        (
            "DNS name removed from the configuration",
            case.made_with(|profile| profile.dns_names.push("old".into())),
            tolerable("is also valid for old, which the configuration does not name"),
        ),
        (
            "names added to the configuration",
            case.made_with(|profile| {
                profile.dns_names = names(&["CP-1"]);
                profile.ip_addresses = Vec::new();
            }),
            fatal("is not valid for api.example.com, 10.96.0.1; renew it to add them"),
        ),
        (
            "a wildcard covers one label",
            case.made_with(|profile| profile.dns_names = names(&["cp-1", "*.example.com"])),
            Vec::new(),
        ),
        (
            "a wildcard covers no more than one label",
            case.made_with(|profile| profile.dns_names = names(&["cp-1", "*.com"])),
            vec![
                "Fatal: is not valid for api.example.com; renew it to add them".to_owned(),
                "Tolerable: is also valid for *.com, which the configuration does not name"
                    .to_owned(),
            ],
        ),
        (
            "another name on a server",
            case.made_with(|profile| profile.subject.common_name = "api".into()),
            tolerable("is for CN=api, but should be for CN=kube-apiserver"),
        ),
        (
            "a CA where a leaf should be",
            case.made_with(|profile| {
                profile.is_ca = true;
                profile.key_usages.push(KeyUsage::CertSign);
            }),
            vec![
                "Fatal: is a CA, but should not be: whoever holds its key can sign certificates"
                    .to_owned(),
                "Tolerable: is also usable for cert sign, which was not asked for".to_owned(),
            ],
        ),
        (
            "no server",
            case.made_with(|profile| {
                profile.extended_key_usages = vec![ExtendedKeyUsage::ClientAuth]
            }),
            vec![
                "Fatal: is not usable for server auth".to_owned(),
                "Tolerable: is also usable for client auth, which was not asked for".to_owned(),
            ],
        ),
        (
            "any purpose",
            case.made_with(|profile| profile.extended_key_usages = Vec::new()),
            tolerable("is also usable for any, which was not asked for"),
        ),
        (
            "no signatures",
            case.made_with(|profile| profile.key_usages = vec![KeyUsage::KeyEncipherment]),
            fatal("is not usable for digital signature"),
        ),
        (
            "no RSA key transport",
            case.made_with(|profile| profile.key_usages = vec![KeyUsage::DigitalSignature]),
            tolerable("is not usable for key encipherment"),
        ),
    ] {
        assert_eq!(words(&findings), wanted, "{name}");
    }
}

#[test]
fn a_client_by_another_name_is_somebody_else() {
    let mut case = Case::new();
    case.profile = Profile {
        extended_key_usages: vec![ExtendedKeyUsage::ClientAuth],
        ..Profile::leaf("admin")
    };
    let findings =
        case.made_with(|profile| profile.subject.organizations = vec!["system:masters".into()]);
    assert_eq!(
        words(&findings),
        ["Fatal: is for O=system:masters, CN=admin, but should be for CN=admin"]
    );
}

#[test]
fn another_ca_or_an_expired_one_is_reported() {
    let case = Case::new();
    let (ours, key) = (&case.certificate, Some(&case.key));
    let other = Case::new();
    let findings = check(ours, key, &case.profile, None, Some(&other.ca), now());
    assert!(
        matches!(
            &findings[..],
            [Finding::NotSigned(VerifyError::Signature(_))]
        ),
        "{findings:?}"
    );
    let late = now() + 4000 * DAY;
    let findings = case.check(ours, key, late);
    assert!(
        matches!(
            &findings[..],
            [
                Finding::Expired(_),
                Finding::NotSigned(VerifyError::CaNotInForce(_))
            ]
        ),
        "{findings:?}"
    );
    let early = now() - DAY;
    let findings = case.check(ours, key, early);
    assert!(
        matches!(findings.first(), Some(Finding::NotYetValid(_))),
        "{findings:?}"
    );
}

#[test]
fn an_algorithm_changed_in_the_configuration_is_reported() {
    let case = Case::new();
    let (certificate, key) = (&case.certificate, Some(&case.key));
    let algorithm = Some(Algorithm::Rsa3072);
    let findings = check(
        certificate,
        key,
        &case.profile,
        algorithm,
        Some(&case.ca),
        now(),
    );
    assert_eq!(
        words(&findings),
        [
            "Tolerable: has a key of ECDSA-P256, but the configuration asks for RSA-3072; renew it to change that"
        ]
    );
}

#[test]
fn a_ca_of_the_user_is_kept_with_its_own_name_and_usages() {
    let ca = Certificate::from_pem(fixture("corp-ca.crt")).unwrap();
    let key = KeyPair::from_pem(fixture("rsa-2048.pkcs1.key")).unwrap();
    let profile = Profile {
        dns_names: vec!["kubernetes".into()],
        ..Profile::authority("kubernetes")
    };
    let findings = check(
        &ca,
        Some(&key),
        &profile,
        Some(Algorithm::Rsa2048),
        None,
        now(),
    );
    assert_eq!(
        words(&findings),
        [
            "Tolerable: is for O=Müller, CN=Corp CA, but should be for CN=kubernetes",
            "Tolerable: is not usable for digital signature, key encipherment",
            "Tolerable: is also usable for crl sign, which was not asked for",
        ]
    );
    // A leaf in its place is none.
    let case = Case::new();
    let findings = check(
        &case.certificate,
        Some(&case.key),
        &profile,
        None,
        None,
        now(),
    );
    assert!(findings.contains(&Finding::NotACa), "{findings:?}");
}

/// What the sets stand for, one name held against another.
fn covers(found: &str, wanted: &str) -> bool {
    if found.eq_ignore_ascii_case(wanted) {
        return true;
    }
    match (found.strip_prefix("*."), wanted.split_once('.')) {
        (Some(parent), Some((first, rest))) => {
            !first.is_empty() && first != "*" && parent.eq_ignore_ascii_case(rest)
        }
        _ => false,
    }
}

proptest::proptest! {
    #[test]
    fn names_cover_as_one_by_one(
        found in proptest::collection::vec("[*aB]?[.]?[*ab]?[.]?[aA]?", 0..6),
        wanted in proptest::collection::vec("[*aB]?[.]?[*ab]?[.]?[aA]?", 0..6),
    ) {
        let names = DnsNames::of(&found, &wanted);
        for one in &wanted {
            let by_one = found.iter().any(|name| covers(name, one));
            proptest::prop_assert_eq!(names.cover(one), by_one, "{} of {:?}", one, found);
        }
        for one in &found {
            let by_one = wanted.iter().any(|name| covers(one, name));
            proptest::prop_assert_eq!(names.are_for(one), by_one, "{} for {:?}", one, wanted);
        }
    }
}

#[test]
fn a_certificate_has_no_more_names_than_are_read() {
    let key = KeyPair::generate(Algorithm::EcdsaP256).unwrap();
    let with = |count: usize| {
        let profile = Profile {
            ip_addresses: (0..count as u32)
                .map(|at| IpAddr::from(at.to_be_bytes()))
                .collect(),
            key_usages: vec![KeyUsage::DigitalSignature],
            ..Profile::leaf("many")
        };
        self_sign(&profile, &key, now())
    };
    assert!(with(998).is_ok());
    let error = with(45_000).unwrap_err();
    assert!(
        matches!(error, IssueError::Size(ProfileError::Names(45_001))),
        "{error}"
    );
}

#[test]
fn no_more_certificates_of_a_file_are_read_and_no_longer_chain_is_followed() {
    let key = KeyPair::generate(Algorithm::EcdsaP256).unwrap();
    let ca = self_sign(&Profile::authority("one"), &key, now()).unwrap();
    let bundle = |count: usize| Certificate::from_pem(ca.pem().repeat(count));
    let other = self_sign(&Profile::authority("other"), &key, now()).unwrap();
    let many = bundle(1000).unwrap();
    assert!(matches!(bundle(1001), Err(CertificateError::TooMany)));
    let error = many.verify_chain(&other, now()).unwrap_err();
    assert_eq!(error, VerifyError::TooLong(100));
}
