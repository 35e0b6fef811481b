//! What a certificate should be, before there is one.

use std::net::IpAddr;
use std::time::Duration;

use super::subject::Subject;
use super::usage::{ExtendedKeyUsage, KeyUsage};

/// What a certificate should be: everything but its key and its signer.
///
/// The two constructors give what kubeadm 1.36 writes; every field can be changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Profile {
    /// Who the certificate is for.
    pub subject: Subject,
    /// DNS names, in the order they are written. Repetitions are dropped.
    pub dns_names: Vec<String>,
    /// IP addresses, in the order they are written, after the DNS names. Repetitions are dropped.
    pub ip_addresses: Vec<IpAddr>,
    /// Whether it may sign certificates. Written as critical basic constraints either way.
    pub is_ca: bool,
    /// What its key may do; critical.
    pub key_usages: Vec<KeyUsage>,
    /// What it may prove; not critical, left out if empty.
    pub extended_key_usages: Vec<ExtendedKeyUsage>,
    /// How long it is valid, counted from now, not from its start.
    pub validity: Duration,
    /// When its validity starts.
    pub start: Start,
    /// Its serial number.
    pub serial: Serial,
    /// Whether a CA gets a subject key identifier, and what it signs an authority key identifier
    /// (if the CA has the former), as Go does since 1.15. Go wrote none in 2016.
    pub key_identifiers: bool,
}

/// When the validity of a certificate starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Start {
    /// So long before now, for nodes whose clocks are behind.
    Backdated(Duration),
    /// With the validity of its signer; for a self-signed certificate, now.
    WithSigner,
}

/// How the serial number of a certificate is chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Serial {
    /// Random in `[1, 2^63 - 1)`.
    Random,
    /// This number.
    Fixed(u64),
}

/// Names that a certificate may have: alternative names, attributes of its subject, purposes.
pub(super) const NAMES: usize = 1000;
/// Bytes of all names together: what a message of TLS with a certificate may have, say clients
/// written in Go up to 1.21 (`maxHandshake` of `crypto/tls`).
const BYTES: usize = 64 << 10;
/// Bytes of a common name or an organization. X.520 has 64 for both; the users of nodes
/// (`system:node:` and a name of up to 253) are longer, and neither Go nor openssl minds.
const NAME: usize = 512;
/// Bytes of a DNS name in text (RFC 1035 section 2.3.4).
const DNS_NAME: usize = 253;

/// A certificate would be larger than any client takes.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ProfileError {
    /// Too many of all sorts.
    #[error(
        "the certificate has {0} names and purposes: at most {NAMES} alternative names, organizations and purposes go into one"
    )]
    Names(usize),
    /// One is too long.
    #[error("{what} of {length} bytes is too long for a certificate: it has {limit} at most")]
    Long {
        /// `a DNS name`
        what: &'static str,
        /// Bytes that it has.
        length: usize,
        /// Bytes that it may have.
        limit: usize,
    },
    /// Too much in all.
    #[error("the names of the certificate have {0} bytes: at most {BYTES} go into one")]
    Bytes(usize),
}

const MINUTE: u64 = 60;
const DAY: u64 = 24 * 60 * MINUTE;

impl Profile {
    /// Whether a certificate can be made of it: how many names it has, and how long they are.
    pub fn check_size(&self) -> Result<(), ProfileError> {
        let names = self.dns_names.len()
            + self.ip_addresses.len()
            + self.subject.organizations.len()
            + self.key_usages.len()
            + self.extended_key_usages.len();
        if names > NAMES {
            return Err(ProfileError::Names(names));
        }
        let common_name = std::slice::from_ref(&self.subject.common_name);
        let mut bytes = self.ip_addresses.len() * 16;
        for (what, texts, limit) in [
            ("a common name", common_name, NAME),
            ("an organization", &self.subject.organizations, NAME),
            ("a DNS name", &self.dns_names, DNS_NAME),
        ] {
            for length in texts.iter().map(String::len) {
                if length > limit {
                    return Err(ProfileError::Long {
                        what,
                        length,
                        limit,
                    });
                }
                bytes += length;
            }
        }
        match bytes > BYTES {
            true => Err(ProfileError::Bytes(bytes)),
            false => Ok(()),
        }
    }

    /// A certificate authority: ten years from now, back-dated five minutes.
    pub fn authority(common_name: impl Into<String>) -> Self {
        Self {
            is_ca: true,
            key_usages: vec![
                KeyUsage::DigitalSignature,
                KeyUsage::KeyEncipherment,
                KeyUsage::CertSign,
            ],
            validity: Duration::from_secs(3650 * DAY),
            ..Self::leaf(common_name)
        }
    }

    /// A certificate that signs nothing: 365 days from now, back-dated five minutes. What it may
    /// prove is the caller's to add.
    pub fn leaf(common_name: impl Into<String>) -> Self {
        Self {
            subject: Subject {
                common_name: common_name.into(),
                organizations: Vec::new(),
            },
            dns_names: Vec::new(),
            ip_addresses: Vec::new(),
            is_ca: false,
            key_usages: vec![KeyUsage::DigitalSignature, KeyUsage::KeyEncipherment],
            extended_key_usages: Vec::new(),
            validity: Duration::from_secs(365 * DAY),
            start: Start::Backdated(Duration::from_secs(5 * MINUTE)),
            serial: Serial::Random,
            key_identifiers: true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_size_of_a_certificate_is_bounded() {
        let leaf = || Profile::leaf("system:node:".to_owned() + &"n".repeat(253));
        let names = |count: usize, length: usize| Profile {
            dns_names: (0..count).map(|at| format!("{at:0length$}")).collect(),
            ..leaf()
        };
        let long = |what, length, limit| {
            Err(ProfileError::Long {
                what,
                length,
                limit,
            })
        };
        let organizations = |organizations: Vec<String>| Profile {
            subject: Subject {
                common_name: "x".into(),
                organizations,
            },
            ..leaf()
        };
        for (name, profile, wanted) in [
            ("the longest name of a node", leaf(), Ok(())),
            ("all names it may have", names(NAMES - 2, 60), Ok(())),
            (
                "a name more",
                names(NAMES - 1, 60),
                Err(ProfileError::Names(NAMES + 1)),
            ),
            (
                "a long DNS name",
                names(1, 254),
                long("a DNS name", 254, 253),
            ),
            (
                "a long common name",
                Profile::leaf("x".repeat(513)),
                long("a common name", 513, 512),
            ),
            (
                "a long organization",
                organizations(vec!["x".repeat(513)]),
                long("an organization", 513, 512),
            ),
            (
                "many organizations",
                organizations(vec!["x".into(); NAMES]),
                Err(ProfileError::Names(NAMES + 2)),
            ),
            (
                "long names",
                names(300, 253),
                Err(ProfileError::Bytes(300 * 253 + 265)),
            ),
        ] {
            assert_eq!(profile.check_size(), wanted, "{name}");
        }
    }
}
