//! Certificates: read from PEM, and asked about.

use std::fmt;
use std::net::IpAddr;
use std::time::SystemTime;

use der::{Decode, Encode};
use x509_cert::ext::pkix::name::GeneralName;
use x509_cert::ext::pkix::{self, SubjectAltName};
use x509_cert::name::Name;

use super::hex;
use super::pem::{self, Label, PemError};
use super::profile::NAMES;
use super::public_key::PublicKey;
use super::subject::Subject;
use super::usage::{ExtendedKeyUsage, KeyUsage};
use super::x509::{Signed, Tbs};

/// Certificates that are read of one file: several times what Linux distributions trust.
const CERTIFICATES: usize = 1000;

/// Why no certificate could be read.
#[derive(Debug, thiserror::Error)]
pub enum CertificateError {
    /// The text around the certificate is at fault: empty, not PEM, cut short, damaged.
    #[error("the certificate cannot be read")]
    Pem(#[from] PemError),
    /// A well-formed file of something else.
    #[error("the file holds a {0}, not a CERTIFICATE")]
    NotCertificate(Label),
    /// More certificates than any file of CAs has.
    #[error("the file holds more than {CERTIFICATES} certificates, the most that are read")]
    TooMany,
    /// More names than any certificate has.
    #[error("the certificate has {0} names and purposes; at most {NAMES} are read")]
    Names(usize),
    /// The structure is broken.
    #[error("the certificate is damaged, or not one of RFC 5280")]
    Damaged(#[from] der::Error),
}

/// A certificate, with the further ones of its file.
#[derive(Clone)]
pub struct Certificate {
    der: Vec<u8>,
    pub(super) signed: Signed,
    pub(super) tbs: Tbs,
    facts: Facts,
    public_key: PublicKey,
    others: Vec<Certificate>,
}

/// What a certificate says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Facts {
    /// Who it is for, as far as Kubernetes cares.
    pub subject: Subject,
    /// The whole name of whom it is for, as RFC 4514 writes it.
    pub subject_name: String,
    /// The whole name of who signed it.
    pub issuer_name: String,
    /// The serial number, hexadecimal.
    pub serial: String,
    /// When its validity starts.
    pub not_before: SystemTime,
    /// When its validity ends.
    pub not_after: SystemTime,
    /// The DNS names in it.
    pub dns_names: Vec<String>,
    /// The IP addresses in it.
    pub ip_addresses: Vec<IpAddr>,
    /// Whether it may sign certificates, by its basic constraints.
    pub is_ca: bool,
    /// What its key may do; `None` if it does not say, which allows all.
    pub key_usages: Option<Vec<KeyUsage>>,
    /// What it may prove; `None` if it does not say, which allows all.
    pub extended_key_usages: Option<Vec<ExtendedKeyUsage>>,
}

impl Certificate {
    /// Reads the first certificate of a PEM text. Those after it are kept as
    /// [`others`](Self::others): intermediates of the first, or further CAs of a bundle. Blocks
    /// that are no certificates are passed over (the kubelet keeps its key in the same file).
    pub fn from_pem(text: impl AsRef<[u8]>) -> Result<Self, CertificateError> {
        let mut certificates = Vec::new();
        let mut other = Label::Unknown;
        for block in pem::blocks(text.as_ref()) {
            let block = block?;
            match block.label {
                Label::Certificate if certificates.len() == CERTIFICATES => {
                    return Err(CertificateError::TooMany);
                }
                Label::Certificate => certificates.push(Self::from_der(&block.der)?),
                label => other = label,
            }
        }
        let mut certificates = certificates.into_iter();
        let mut first = certificates
            .next()
            .ok_or(CertificateError::NotCertificate(other))?;
        first.others = certificates.collect();
        Ok(first)
    }

    /// Reads the DER of one certificate.
    pub(super) fn from_der(der: &[u8]) -> Result<Self, CertificateError> {
        let signed = Signed::from_der(der)?;
        let tbs: Tbs = Tbs::from_der(&signed.tbs.to_der()?)?;
        Ok(Self {
            der: der.to_vec(),
            facts: Facts::of(&tbs)?,
            public_key: PublicKey::from_spki(&tbs.key)?,
            signed,
            tbs,
            others: Vec::new(),
        })
    }

    /// The DER of this certificate alone.
    pub fn der(&self) -> &[u8] {
        &self.der
    }

    /// This certificate alone as a `CERTIFICATE` block, lines ended by LF.
    pub fn pem(&self) -> String {
        pem::encode(Label::Certificate, &self.der)
    }

    /// This certificate and the [`others`](Self::others) of its file, one block after another.
    pub fn bundle_pem(&self) -> String {
        std::iter::once(self)
            .chain(&self.others)
            .map(Self::pem)
            .collect()
    }

    /// What it says.
    pub fn facts(&self) -> &Facts {
        &self.facts
    }

    /// The public key in it.
    pub fn public_key(&self) -> &PublicKey {
        &self.public_key
    }

    /// The certificates that came after it in its file.
    pub fn others(&self) -> &[Certificate] {
        &self.others
    }

    /// Whether `moment` is in its validity, both ends included.
    pub fn is_in_force(&self, moment: SystemTime) -> bool {
        (self.facts.not_before..=self.facts.not_after).contains(&moment)
    }
}

impl Facts {
    fn of(tbs: &Tbs) -> Result<Self, CertificateError> {
        let subject = Name::from_der(&tbs.subject.to_der()?)?;
        let names = tbs.extension::<SubjectAltName>()?.unwrap_or_default().0;
        let purposes = tbs.extension::<pkix::ExtendedKeyUsage>()?;
        let count = subject.iter().count()
            + names.len()
            + purposes.as_ref().map_or(0, |purposes| purposes.0.len());
        if count > NAMES {
            return Err(CertificateError::Names(count));
        }
        let mut dns_names = Vec::new();
        let mut ip_addresses = Vec::new();
        for name in names {
            match name {
                GeneralName::DnsName(name) => dns_names.push(name.as_str().to_owned()),
                GeneralName::IpAddress(octets) => ip_addresses.push(ip_address(octets.as_bytes())?),
                _ => {}
            }
        }
        Ok(Self {
            subject: Subject::of(&subject),
            subject_name: subject.to_string(),
            issuer_name: Name::from_der(&tbs.issuer.to_der()?)?.to_string(),
            serial: hex::encode(tbs.serial.as_bytes()),
            not_before: tbs.validity.not_before.to_system_time(),
            not_after: tbs.validity.not_after.to_system_time(),
            dns_names,
            ip_addresses,
            is_ca: tbs
                .extension::<pkix::BasicConstraints>()?
                .is_some_and(|constraints| constraints.ca),
            key_usages: tbs
                .extension::<pkix::KeyUsage>()?
                .map(|usages| KeyUsage::from_flags(usages.0)),
            extended_key_usages: purposes.map(|purposes| {
                let purposes = purposes.0.into_iter();
                purposes.map(ExtendedKeyUsage::from_oid).collect()
            }),
        })
    }
}

fn ip_address(octets: &[u8]) -> der::Result<IpAddr> {
    let v4 = <[u8; 4]>::try_from(octets).map(IpAddr::from);
    v4.or_else(|_| <[u8; 16]>::try_from(octets).map(IpAddr::from))
        .map_err(|_| der::Tag::OctetString.length_error().into())
}

impl PartialEq for Certificate {
    fn eq(&self, other: &Self) -> bool {
        self.der == other.der && self.others == other.others
    }
}

impl Eq for Certificate {}

impl fmt::Debug for Certificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Certificate")
            .field("facts", &self.facts)
            .field("public_key", &self.public_key)
            .field("others", &self.others.len())
            .finish()
    }
}
