//! Between the contract's types and ours.

use std::net::IpAddr;
use std::time::Duration;

use zeroize::Zeroizing;

use super::super::bindings::{pki, types};
use super::super::files::{permissions, secret_permissions};
use super::super::refusal::{IntoWit, Refusal, wit_error};
use super::super::state::PhaseState;
use crate::effect::{Existing, Holds, KeyFile, PkiError, SealedValue, SecretKind};
use crate::pki::{Algorithm, ExtendedKeyUsage, KeyPair, KeyUsage, Profile, Serial, Start, Subject};
use crate::world::LastLink;

impl IntoWit for PkiError {
    fn into_wit(self) -> types::Error {
        use types::ErrorCode;
        if let Self::File(error) = self {
            return error.into_wit();
        }
        let code = match &self {
            Self::Misused { .. } => ErrorCode::Sealed,
            Self::Key { .. }
            | Self::Certificate { .. }
            | Self::Unsound { .. }
            | Self::KeyType { .. }
            | Self::PublicKeyMismatch { .. } => ErrorCode::Unsound,
            Self::SignerWithoutKey { .. } | Self::IssuerWithoutKey { .. } => ErrorCode::NotFound,
            Self::Issue { .. } => ErrorCode::Invalid,
            Self::Generate { .. } | Self::Interrupted | Self::File(_) => ErrorCode::Io,
        };
        types::Error {
            hint: self.hint(),
            ..wit_error(code, &self)
        }
    }
}

pub(super) fn algorithm(algorithm: pki::Algorithm) -> Algorithm {
    match algorithm {
        pki::Algorithm::Rsa2048 => Algorithm::Rsa2048,
        pki::Algorithm::Rsa3072 => Algorithm::Rsa3072,
        pki::Algorithm::Rsa4096 => Algorithm::Rsa4096,
        pki::Algorithm::EcdsaP256 => Algorithm::EcdsaP256,
        pki::Algorithm::EcdsaP384 => Algorithm::EcdsaP384,
    }
}

pub(super) fn existing(existing: pki::Existing) -> Existing {
    match existing {
        pki::Existing::Keep => Existing::Keep,
        pki::Existing::Replace => Existing::Replace,
    }
}

/// A file that a key or certificate goes to: a link there is replaced.
pub(super) fn file(
    state: &PhaseState,
    placement: pki::Placement,
    holds: Holds,
) -> Result<KeyFile, Refusal> {
    Ok(KeyFile {
        place: state.place(&placement.path, LastLink::Keep)?,
        mode: match holds {
            Holds::PrivateKey => secret_permissions(&placement.path, placement.mode)?,
            Holds::Certificate | Holds::PublicKey => permissions(&placement.path, placement.mode)?,
        },
        holds,
    })
}

/// The same files for loading: a link there is followed.
pub(super) fn followed(state: &PhaseState, files: &[KeyFile]) -> Result<Vec<KeyFile>, Refusal> {
    let follow = |file: &KeyFile| {
        Ok(KeyFile {
            place: state.place(file.path().as_str(), LastLink::Follow)?,
            ..file.clone()
        })
    };
    files.iter().map(follow).collect()
}

/// Files that are not one and the same: the last to be written would replace
/// the key that the others belong to.
pub(super) fn distinct(files: &[KeyFile]) -> Result<(), Refusal> {
    for (at, file) in files.iter().enumerate() {
        if files[..at]
            .iter()
            .any(|other| other.place.real() == file.place.real())
        {
            return Err(Refusal::invalid(format!(
                "{} cannot hold two things",
                file.path()
            )));
        }
    }
    Ok(())
}

const USAGES: [(pki::KeyUsages, KeyUsage); 9] = [
    (
        pki::KeyUsages::DIGITAL_SIGNATURE,
        KeyUsage::DigitalSignature,
    ),
    (
        pki::KeyUsages::CONTENT_COMMITMENT,
        KeyUsage::ContentCommitment,
    ),
    (pki::KeyUsages::KEY_ENCIPHERMENT, KeyUsage::KeyEncipherment),
    (
        pki::KeyUsages::DATA_ENCIPHERMENT,
        KeyUsage::DataEncipherment,
    ),
    (pki::KeyUsages::KEY_AGREEMENT, KeyUsage::KeyAgreement),
    (pki::KeyUsages::KEY_CERT_SIGN, KeyUsage::CertSign),
    (pki::KeyUsages::CRL_SIGN, KeyUsage::CrlSign),
    (pki::KeyUsages::ENCIPHER_ONLY, KeyUsage::EncipherOnly),
    (pki::KeyUsages::DECIPHER_ONLY, KeyUsage::DecipherOnly),
];

fn extended_usage(wanted: pki::ExtendedUsage) -> Result<ExtendedKeyUsage, Refusal> {
    match wanted {
        pki::ExtendedUsage::ServerAuth => Ok(ExtendedKeyUsage::ServerAuth),
        pki::ExtendedUsage::ClientAuth => Ok(ExtendedKeyUsage::ClientAuth),
        pki::ExtendedUsage::Other(text) => ExtendedKeyUsage::of_oid(&text).ok_or_else(|| {
            Refusal::invalid(format!(
                "{text:?} is not the object identifier of a purpose, as 1.3.6.1.5.5.7.3.3"
            ))
        }),
    }
}

pub(super) fn profile(wanted: pki::Profile) -> Result<Profile, Refusal> {
    let ip_addresses = wanted
        .ip_addresses
        .iter()
        .map(|text| {
            text.parse::<IpAddr>()
                .map_err(|_| Refusal::invalid(format!("{text:?} is not an IP address")))
        })
        .collect::<Result<_, _>>()?;
    let extended_key_usages = wanted
        .extended_usages
        .into_iter()
        .map(extended_usage)
        .collect::<Result<_, _>>()?;
    Ok(Profile {
        subject: Subject {
            common_name: wanted.common_name,
            organizations: wanted.organizations,
        },
        dns_names: wanted.dns_names,
        ip_addresses,
        is_ca: wanted.certificate_authority,
        key_usages: USAGES
            .into_iter()
            .filter(|(flag, _)| wanted.key_usages.contains(*flag))
            .map(|(_, usage)| usage)
            .collect(),
        extended_key_usages,
        validity: Duration::from_secs(wanted.validity_seconds),
        start: match wanted.not_before {
            pki::NotBefore::BackDated(seconds) => {
                Start::Backdated(Duration::from_secs(seconds.into()))
            }
            pki::NotBefore::OfSigner => Start::WithSigner,
        },
        serial: match wanted.serial {
            pki::Serial::Random => Serial::Random,
            pki::Serial::Fixed(number) => Serial::Fixed(number),
        },
        key_identifiers: true,
    })
}

pub(super) fn sealed_key(name: &str, key: &KeyPair) -> SealedValue {
    let bytes = Zeroizing::new(key.private_pem().reveal().to_vec());
    SealedValue::new(format!("{name} key"), SecretKind::PrivateKey, bytes)
}
