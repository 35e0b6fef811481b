//! Comparing a certificate that exists with the one that would be made.
//!
//! kubeadm keeps a leaf whose chain is good, whatever its key file holds, whatever names, usages
//! and algorithm its configuration asks for by now. Here everything is looked at and everything
//! wrong is reported at once.

use std::collections::HashSet;
use std::net::IpAddr;
use std::time::SystemTime;

use super::algorithm::Algorithm;
use super::certificate::Certificate;
use super::finding::Finding;
use super::key::KeyPair;
use super::profile::Profile;
use super::usage::{ExtendedKeyUsage, KeyUsage};

/// Everything wrong with `certificate`, measured by what it should be; nothing if it can be kept
/// as it is. How long it is valid in total is not compared.
///
/// - `key`: the private key found beside it. `None` gives [`Finding::KeyMissing`]; who allows
///   that (a CA whose key is kept elsewhere) passes over that finding.
/// - `algorithm`: what a new key would be made of, if that is to be compared.
/// - `ca`: who should have signed it; `None` for a CA of its own, whose signer is not looked at,
///   because a user's CA may be an intermediate of another one.
pub fn check(
    certificate: &Certificate,
    key: Option<&KeyPair>,
    wanted: &Profile,
    algorithm: Option<Algorithm>,
    ca: Option<&Certificate>,
    now: SystemTime,
) -> Vec<Finding> {
    let mut findings = Vec::new();
    match key {
        None => findings.push(Finding::KeyMissing),
        Some(key) if key.public_key() != certificate.public_key() => {
            findings.push(Finding::KeyMismatch);
        }
        Some(_) => {}
    }
    let validity = &certificate.tbs.validity;
    if now > certificate.facts().not_after {
        findings.push(Finding::Expired(validity.not_after.to_string()));
    }
    if now < certificate.facts().not_before {
        findings.push(Finding::NotYetValid(validity.not_before.to_string()));
    }
    if let Some(Err(error)) = ca.map(|ca| certificate.verify_chain(ca, now)) {
        findings.push(Finding::NotSigned(error));
    }
    match (wanted.is_ca, certificate.may_sign_certificates()) {
        (true, false) => findings.push(Finding::NotACa),
        (false, true) => findings.push(Finding::UnexpectedCa),
        _ => {}
    }
    subject(certificate, wanted, &mut findings);
    // A CA proves nothing about itself: what names it has, if any, is its maker's taste.
    if !wanted.is_ca {
        names(certificate, wanted, &mut findings);
    }
    usages(certificate, wanted, &mut findings);
    if let Some(wanted) = algorithm {
        let found = certificate.public_key().key_type();
        if found.algorithm() != Some(wanted) {
            findings.push(Finding::AlgorithmDiffers {
                found: found.clone(),
                wanted,
            });
        }
    }
    findings
}

fn subject(certificate: &Certificate, wanted: &Profile, findings: &mut Vec<Finding>) {
    let found = &certificate.facts().subject;
    if !found.names_same(&wanted.subject) {
        findings.push(Finding::SubjectDiffers {
            found: found.clone(),
            wanted: wanted.subject.clone(),
            identity: wanted
                .extended_key_usages
                .contains(&ExtendedKeyUsage::ClientAuth),
        });
    }
}

fn names(certificate: &Certificate, wanted: &Profile, findings: &mut Vec<Finding>) {
    let found = certificate.facts();
    let canonical =
        |ips: &[IpAddr]| -> Vec<IpAddr> { ips.iter().map(IpAddr::to_canonical).collect() };
    let (wanted_ips, found_ips) = (
        canonical(&wanted.ip_addresses),
        canonical(&found.ip_addresses),
    );
    let less = |ips: &[IpAddr], others: &[IpAddr]| -> Vec<String> {
        let others: HashSet<&IpAddr> = others.iter().collect();
        let ips = ips.iter().filter(|ip| !others.contains(ip));
        ips.map(IpAddr::to_string).collect()
    };
    let names = DnsNames::of(&found.dns_names, &wanted.dns_names);

    let missing = wanted.dns_names.iter().filter(|name| !names.cover(name));
    let missing = unique(missing.cloned().chain(less(&wanted_ips, &found_ips)));
    if !missing.is_empty() {
        findings.push(Finding::SansMissing(missing));
    }
    let extra = found.dns_names.iter().filter(|name| !names.are_for(name));
    let extra = unique(extra.cloned().chain(less(&found_ips, &wanted_ips)));
    if !extra.is_empty() {
        findings.push(Finding::SansExtra(extra));
    }
}

/// The DNS names in a certificate and those that are wanted there. A name covers a wanted one that
/// is the same, or a wildcard one that differs in exactly its first label (RFC 6125 section
/// 6.4.3, `VerifyHostname` of Go). Case means nothing.
pub(super) struct DnsNames {
    found: HashSet<String>,
    wanted: HashSet<String>,
    /// What is behind the first label of those that are wanted.
    wanted_parents: HashSet<String>,
}

impl DnsNames {
    pub(super) fn of(found: &[String], wanted: &[String]) -> Self {
        let lower = |names: &[String]| names.iter().map(|name| name.to_ascii_lowercase()).collect();
        let (found, wanted): (_, HashSet<String>) = (lower(found), lower(wanted));
        let parents = wanted.iter().filter_map(|name| parent(name));
        Self {
            found,
            wanted_parents: parents.map(str::to_owned).collect(),
            wanted,
        }
    }

    /// Whether the certificate is good for a wanted name.
    pub(super) fn cover(&self, wanted: &str) -> bool {
        let wanted = wanted.to_ascii_lowercase();
        let wildcard = |parent| self.found.contains(&format!("*.{parent}"));
        self.found.contains(&wanted) || parent(&wanted).is_some_and(wildcard)
    }

    /// Whether a name in the certificate is good for one that is wanted.
    pub(super) fn are_for(&self, found: &str) -> bool {
        let found = found.to_ascii_lowercase();
        let parent = found.strip_prefix("*.");
        self.wanted.contains(&found)
            || parent.is_some_and(|parent| self.wanted_parents.contains(parent))
    }
}

/// What is behind the first label of a name that a wildcard may stand for.
fn parent(name: &str) -> Option<&str> {
    let (first, rest) = name.split_once('.')?;
    (!first.is_empty() && first != "*").then_some(rest)
}

fn usages(certificate: &Certificate, wanted: &Profile, findings: &mut Vec<Finding>) {
    let mut missing = Vec::new();
    let mut extra = Vec::new();
    let mut needed = false;
    if let Some(found) = &certificate.facts().key_usages {
        for usage in difference(&wanted.key_usages, found) {
            // Cert sign has its own finding. Key encipherment is RSA key transport, which
            // certificates of ECDSA keys rightly lack and TLS 1.3 does not know.
            needed |= usage == KeyUsage::DigitalSignature && !wanted.is_ca;
            missing.push(usage.to_string());
        }
        extra.extend(difference(found, &wanted.key_usages).map(|usage| usage.to_string()));
    }
    if let Some(found) = &certificate.facts().extended_key_usages {
        // A certificate for any purpose serves each.
        if !found.contains(&ExtendedKeyUsage::Any) {
            for usage in difference(&wanted.extended_key_usages, found) {
                needed = true;
                missing.push(usage.to_string());
            }
        }
        extra.extend(difference(found, &wanted.extended_key_usages).map(|usage| usage.to_string()));
    } else if !wanted.extended_key_usages.is_empty() {
        extra.push(ExtendedKeyUsage::Any.to_string());
    }
    if !missing.is_empty() {
        findings.push(Finding::UsagesMissing {
            usages: missing,
            needed,
        });
    }
    if !extra.is_empty() {
        findings.push(Finding::UsagesExtra(extra));
    }
}

/// What is in `left` and not in `right`.
fn difference<T: PartialEq + Clone>(left: &[T], right: &[T]) -> impl Iterator<Item = T> {
    left.iter().filter(|item| !right.contains(item)).cloned()
}

/// Each once, in the order in which they come first.
fn unique(names: impl Iterator<Item = String>) -> Vec<String> {
    let mut seen = HashSet::new();
    names.filter(|name| seen.insert(name.clone())).collect()
}
