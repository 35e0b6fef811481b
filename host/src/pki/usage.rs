//! What a certificate may be used for, by the names of `certificates.k8s.io/v1` (`KeyUsage`).

use std::fmt;

use der::asn1::ObjectIdentifier;
use der::flagset::FlagSet;
use der::oid::db::rfc5280;
use x509_cert::ext::pkix::KeyUsages;

/// What the key of a certificate may do (RFC 5280 section 4.2.1.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum KeyUsage {
    /// Sign anything but certificates and revocation lists, as TLS does.
    DigitalSignature,
    /// Sign what cannot be disowned.
    ContentCommitment,
    /// Encrypt keys, as RSA key transport does.
    KeyEncipherment,
    /// Encrypt data.
    DataEncipherment,
    /// Agree on keys.
    KeyAgreement,
    /// Sign certificates.
    CertSign,
    /// Sign revocation lists.
    CrlSign,
    /// With key agreement: only encrypt.
    EncipherOnly,
    /// With key agreement: only decrypt.
    DecipherOnly,
}

const KEY_USAGES: [(KeyUsage, KeyUsages, &str); 9] = [
    (
        KeyUsage::DigitalSignature,
        KeyUsages::DigitalSignature,
        "digital signature",
    ),
    (
        KeyUsage::ContentCommitment,
        KeyUsages::NonRepudiation,
        "content commitment",
    ),
    (
        KeyUsage::KeyEncipherment,
        KeyUsages::KeyEncipherment,
        "key encipherment",
    ),
    (
        KeyUsage::DataEncipherment,
        KeyUsages::DataEncipherment,
        "data encipherment",
    ),
    (
        KeyUsage::KeyAgreement,
        KeyUsages::KeyAgreement,
        "key agreement",
    ),
    (KeyUsage::CertSign, KeyUsages::KeyCertSign, "cert sign"),
    (KeyUsage::CrlSign, KeyUsages::CRLSign, "crl sign"),
    (
        KeyUsage::EncipherOnly,
        KeyUsages::EncipherOnly,
        "encipher only",
    ),
    (
        KeyUsage::DecipherOnly,
        KeyUsages::DecipherOnly,
        "decipher only",
    ),
];

impl KeyUsage {
    pub(super) fn to_flags(usages: &[Self]) -> FlagSet<KeyUsages> {
        KEY_USAGES
            .iter()
            .filter(|(usage, ..)| usages.contains(usage))
            .fold(FlagSet::default(), |flags, (_, flag, _)| flags | *flag)
    }

    pub(super) fn from_flags(flags: FlagSet<KeyUsages>) -> Vec<Self> {
        KEY_USAGES
            .iter()
            .filter(|(_, flag, _)| flags.contains(*flag))
            .map(|(usage, ..)| *usage)
            .collect()
    }
}

impl fmt::Display for KeyUsage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = KEY_USAGES.iter().find(|(usage, ..)| usage == self);
        f.write_str(name.map_or("", |(.., name)| name))
    }
}

/// What a certificate may prove (RFC 5280 section 4.2.1.12).
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ExtendedKeyUsage {
    /// Anything.
    Any,
    /// To be a TLS server.
    ServerAuth,
    /// To be a TLS client.
    ClientAuth,
    /// Another purpose, by its dotted object identifier.
    Other(String),
}

impl ExtendedKeyUsage {
    /// `None` if the identifier of another purpose is none.
    pub(super) fn to_oid(&self) -> Option<ObjectIdentifier> {
        match self {
            Self::Any => Some(rfc5280::ANY_EXTENDED_KEY_USAGE),
            Self::ServerAuth => Some(rfc5280::ID_KP_SERVER_AUTH),
            Self::ClientAuth => Some(rfc5280::ID_KP_CLIENT_AUTH),
            Self::Other(oid) => oid.parse().ok(),
        }
    }

    /// The purpose with this dotted object identifier; none where it is none.
    pub fn of_oid(text: &str) -> Option<Self> {
        text.parse().ok().map(Self::from_oid)
    }

    pub(super) fn from_oid(oid: ObjectIdentifier) -> Self {
        match oid {
            rfc5280::ANY_EXTENDED_KEY_USAGE => Self::Any,
            rfc5280::ID_KP_SERVER_AUTH => Self::ServerAuth,
            rfc5280::ID_KP_CLIENT_AUTH => Self::ClientAuth,
            other => Self::Other(other.to_string()),
        }
    }
}

impl fmt::Display for ExtendedKeyUsage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Any => "any",
            Self::ServerAuth => "server auth",
            Self::ClientAuth => "client auth",
            Self::Other(oid) => oid,
        })
    }
}
