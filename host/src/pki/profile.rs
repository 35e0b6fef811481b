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

const MINUTE: u64 = 60;
const DAY: u64 = 24 * 60 * MINUTE;

impl Profile {
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
