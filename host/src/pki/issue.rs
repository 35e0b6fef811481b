//! Making certificates and certificate requests.
//!
//! The result is what Go's `crypto/x509` makes for kubeadm, extension for extension and in its
//! order. rcgen was left out: its names hold each attribute once and no sets of several, so that
//! two organizations cannot be written, and a CA whose name repeats an attribute (`DC=corp,
//! DC=example`) signs leaves that no client accepts.

use std::time::{Duration, SystemTime};

use der::asn1::{BitString, Ia5String, Int, OctetString, SetOfVec};
use der::{DateTime, Decode, Encode};
use x509_cert::attr::Attribute;
use x509_cert::ext::pkix::name::GeneralName;
use x509_cert::ext::pkix::{self, SubjectAltName};
use x509_cert::name::Name;
use x509_cert::request::{CertReqInfo, Version};
use x509_cert::time::{Time, Validity};

use super::certificate::{Certificate, CertificateError};
use super::key::{KeyError, KeyPair};
use super::pem::{self, Label};
use super::profile::{Profile, ProfileError, Serial, Start};
use super::public_key::PublicKey;
use super::random::{self, RandomError};
use super::usage::KeyUsage;
use super::x509::{self, Signed, Tbs};

/// Why a certificate could not be made.
#[derive(Debug, thiserror::Error)]
pub enum IssueError {
    /// Kubernetes takes the common name for the user's name.
    #[error("a certificate needs a common name")]
    NoCommonName,
    /// Larger than a certificate may be.
    #[error(transparent)]
    Size(#[from] ProfileError),
    /// A DNS name that cannot be written.
    #[error(
        "{0:?} is no DNS name: it must be ASCII text without white space, international names in their xn-- form"
    )]
    DnsName(String),
    /// A purpose that cannot be written.
    #[error("{0:?} is no extended key usage: it must be a dotted object identifier")]
    ExtendedKeyUsage(String),
    /// A date beyond what a certificate can hold.
    #[error(
        "the certificate would start or end outside of the years 1970 to 9999: its validity is too long"
    )]
    Validity,
    /// Signing with something that may not sign.
    #[error(
        "the certificate {0} may not sign certificates: it is no CA, or its key usage lacks cert sign"
    )]
    SignerIsNoCa(String),
    /// The key is not the one in the certificate.
    #[error("the key of the CA {0} does not belong to its certificate")]
    SignerKeyMismatch(String),
    /// What an expired CA signs is valid nowhere.
    #[error(
        "the CA {name} is not valid now, only from {from} to {until}; nothing it signs would be accepted"
    )]
    SignerNotInForce {
        /// The name of the CA.
        name: String,
        /// The start of its validity, RFC 3339.
        from: String,
        /// The end of its validity, RFC 3339.
        until: String,
    },
    /// No serial number could be drawn.
    #[error("no serial number could be drawn")]
    Random(#[from] RandomError),
    /// The key failed to sign.
    #[error("the certificate could not be signed")]
    Key(#[from] KeyError),
    /// What was written is no certificate.
    #[error("the new certificate cannot be read")]
    Unreadable(#[source] CertificateError),
    /// The certificate cannot be written down.
    #[error("the certificate could not be encoded")]
    Encode(#[from] der::Error),
}

/// Makes a certificate that `key` signs for itself.
pub fn self_sign(
    profile: &Profile,
    key: &KeyPair,
    now: SystemTime,
) -> Result<Certificate, IssueError> {
    issue(profile, key.public_key(), None, key, now)
}

/// Makes a certificate for the holder of `public_key`, signed by a CA.
///
/// The CA may be of anybody's make; it is refused if what it signs would not be accepted.
pub fn sign(
    profile: &Profile,
    public_key: &PublicKey,
    ca: &Certificate,
    ca_key: &KeyPair,
    now: SystemTime,
) -> Result<Certificate, IssueError> {
    let name = || ca.facts().subject_name.clone();
    if !ca.may_sign_certificates() {
        return Err(IssueError::SignerIsNoCa(name()));
    }
    if ca.public_key() != ca_key.public_key() {
        return Err(IssueError::SignerKeyMismatch(name()));
    }
    if !ca.is_in_force(now) {
        return Err(IssueError::SignerNotInForce {
            name: name(),
            from: ca.tbs.validity.not_before.to_string(),
            until: ca.tbs.validity.not_after.to_string(),
        });
    }
    issue(profile, public_key, Some(ca), ca_key, now)
}

fn issue(
    profile: &Profile,
    public_key: &PublicKey,
    ca: Option<&Certificate>,
    signer: &KeyPair,
    now: SystemTime,
) -> Result<Certificate, IssueError> {
    check_profile(profile)?;
    let subject = profile.subject.to_any()?;
    let serial = match profile.serial {
        Serial::Random => random::serial()?,
        Serial::Fixed(serial) => serial,
    };
    let tbs = Tbs {
        version: x509::V3,
        serial: Int::from_der(&serial.to_der()?)?,
        algorithm: signer.signature_algorithm(),
        issuer: ca.map_or_else(|| subject.clone(), |ca| ca.tbs.subject.clone()),
        validity: validity(profile, ca, now)?,
        subject,
        key: public_key.to_spki()?,
        issuer_unique_id: None,
        subject_unique_id: None,
        extensions: Some(extensions(profile, public_key, ca)?),
    };
    let der = signed(&tbs.to_der()?, signer)?;
    Certificate::from_der(&der).map_err(IssueError::Unreadable)
}

fn check_profile(profile: &Profile) -> Result<(), IssueError> {
    match profile.subject.common_name.is_empty() {
        true => Err(IssueError::NoCommonName),
        false => Ok(profile.check_size()?),
    }
}

fn signed(content: &[u8], signer: &KeyPair) -> Result<Vec<u8>, IssueError> {
    let signature = signer.sign(content)?;
    Ok(Signed {
        tbs: Decode::from_der(content)?,
        algorithm: signer.signature_algorithm(),
        signature: BitString::from_bytes(&signature)?,
    }
    .to_der()?)
}

fn validity(
    profile: &Profile,
    ca: Option<&Certificate>,
    now: SystemTime,
) -> Result<Validity, IssueError> {
    let start = match (profile.start, ca) {
        (Start::WithSigner, Some(ca)) => Some(ca.facts().not_before),
        (Start::WithSigner, None) => Some(now),
        (Start::Backdated(by), _) => now.checked_sub(by),
    };
    let end = now.checked_add(profile.validity);
    match (start.and_then(time), end.and_then(time)) {
        (Some(start), Some(end)) => Ok(Validity::new(start, end)),
        _ => Err(IssueError::Validity),
    }
}

/// A moment in whole seconds, if a certificate can hold it.
fn time(moment: SystemTime) -> Option<Time> {
    let seconds = moment
        .duration_since(SystemTime::UNIX_EPOCH)
        .ok()?
        .as_secs();
    let moment = DateTime::from_unix_duration(Duration::from_secs(seconds)).ok()?;
    Some(Time::GeneralTime(moment.into()))
}

/// The extensions in the order of Go's `buildCertExtensions`.
fn extensions(
    profile: &Profile,
    public_key: &PublicKey,
    ca: Option<&Certificate>,
) -> Result<Vec<x509_cert::ext::Extension>, IssueError> {
    let mut extensions = Vec::new();
    if !profile.key_usages.is_empty() {
        let flags = KeyUsage::to_flags(&profile.key_usages);
        extensions.push(x509::extension(true, &pkix::KeyUsage(flags))?);
    }
    if !profile.extended_key_usages.is_empty() {
        let mut oids = Vec::new();
        for usage in &profile.extended_key_usages {
            let oid = usage
                .to_oid()
                .ok_or_else(|| IssueError::ExtendedKeyUsage(usage.to_string()))?;
            if !oids.contains(&oid) {
                oids.push(oid);
            }
        }
        extensions.push(x509::extension(false, &pkix::ExtendedKeyUsage(oids))?);
    }
    let constraints = pkix::BasicConstraints {
        ca: profile.is_ca,
        path_len_constraint: None,
    };
    extensions.push(x509::extension(true, &constraints)?);
    if profile.key_identifiers {
        if profile.is_ca {
            let own = OctetString::new(public_key.key_identifier())?;
            extensions.push(x509::extension(false, &pkix::SubjectKeyIdentifier(own))?);
        }
        // A CA without an identifier cannot be pointed at; Go leaves the pointer out too.
        let signer = ca.map(|ca| ca.tbs.extension::<pkix::SubjectKeyIdentifier>());
        if let Some(pkix::SubjectKeyIdentifier(signer)) = signer.transpose()?.flatten() {
            let authority = pkix::AuthorityKeyIdentifier {
                key_identifier: Some(signer),
                ..Default::default()
            };
            extensions.push(x509::extension(false, &authority)?);
        }
    }
    extensions.extend(alternative_names(profile)?);
    Ok(extensions)
}

fn alternative_names(profile: &Profile) -> Result<Option<x509_cert::ext::Extension>, IssueError> {
    let mut names = Vec::new();
    for name in &profile.dns_names {
        if name.is_empty() || !name.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(IssueError::DnsName(name.clone()));
        }
        names.push(GeneralName::DnsName(Ia5String::new(name)?));
    }
    // An IPv4 address in IPv6 clothes is written as the IPv4 address it is, like Go does.
    names.extend(
        profile
            .ip_addresses
            .iter()
            .map(|ip| ip.to_canonical().into()),
    );
    let mut unique: Vec<GeneralName> = Vec::with_capacity(names.len());
    for name in names {
        if !unique.contains(&name) {
            unique.push(name);
        }
    }
    match unique.is_empty() {
        true => Ok(None),
        false => Ok(Some(x509::extension(false, &SubjectAltName(unique))?)),
    }
}

/// A certificate request (PKCS#10, RFC 2986) as a `CERTIFICATE REQUEST` block, lines ended by LF.
///
/// Like kubeadm's (`NewCSR`) it asks for the subject and the alternative names of the profile;
/// usages and validity are for the signer to decide.
pub fn request(profile: &Profile, key: &KeyPair) -> Result<String, IssueError> {
    check_profile(profile)?;
    let mut attributes = SetOfVec::new();
    if let Some(names) = alternative_names(profile)? {
        let mut values = SetOfVec::new();
        values.insert(der::asn1::Any::encode_from(&vec![names])?)?;
        attributes.insert(Attribute {
            oid: der::oid::db::rfc5912::ID_EXTENSION_REQ,
            values,
        })?;
    }
    let info = CertReqInfo {
        version: Version::V1,
        subject: Name::from_der(&profile.subject.to_any()?.to_der()?)?,
        public_key: key.public_key().to_spki()?,
        attributes,
    };
    let der = signed(&info.to_der()?, key)?;
    Ok(pem::encode(Label::CertificateRequest, &der))
}
