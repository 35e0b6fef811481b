//! The algorithms keys are made of, and what a public key turns out to be.

use std::fmt;
use std::str::FromStr;

use der::asn1::{ObjectIdentifier, UintRef};
use der::oid::db::{rfc5912, rfc8410};
use der::{Decode, Sequence};
use x509_cert::spki::SubjectPublicKeyInfoOwned;

/// An algorithm a key can be generated with. Printed and parsed by the names of kubeadm's
/// `ClusterConfiguration.encryptionAlgorithm`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub enum Algorithm {
    /// RSA with a modulus of 2048 bits, kubeadm's default.
    #[default]
    Rsa2048,
    /// RSA with a modulus of 3072 bits.
    Rsa3072,
    /// RSA with a modulus of 4096 bits.
    Rsa4096,
    /// ECDSA on the curve NIST P-256.
    EcdsaP256,
    /// ECDSA on the curve NIST P-384.
    EcdsaP384,
}

impl Algorithm {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::Rsa2048,
        Self::Rsa3072,
        Self::Rsa4096,
        Self::EcdsaP256,
        Self::EcdsaP384,
    ];

    /// The name, for example `RSA-2048` or `ECDSA-P256`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Rsa2048 => "RSA-2048",
            Self::Rsa3072 => "RSA-3072",
            Self::Rsa4096 => "RSA-4096",
            Self::EcdsaP256 => "ECDSA-P256",
            Self::EcdsaP384 => "ECDSA-P384",
        }
    }
}

impl fmt::Display for Algorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A text names no algorithm.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "{0:?} is no key algorithm; it must be one of RSA-2048, RSA-3072, RSA-4096, ECDSA-P256, ECDSA-P384"
)]
pub struct UnknownAlgorithm(pub String);

impl FromStr for Algorithm {
    type Err = UnknownAlgorithm;

    fn from_str(text: &str) -> Result<Self, UnknownAlgorithm> {
        Self::ALL
            .into_iter()
            .find(|algorithm| algorithm.name() == text)
            .ok_or_else(|| UnknownAlgorithm(text.to_owned()))
    }
}

/// What a public key is; wider than [`Algorithm`], because keys that others made need not be of
/// a kind we would make.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeyType {
    /// RSA with a modulus of so many bits.
    Rsa {
        /// The size of the modulus.
        bits: usize,
    },
    /// ECDSA on NIST P-256.
    EcdsaP256,
    /// ECDSA on NIST P-384.
    EcdsaP384,
    /// ECDSA on NIST P-521.
    EcdsaP521,
    /// Ed25519.
    Ed25519,
    /// Anything else, by the dotted object identifier of its algorithm or curve.
    Other(String),
}

impl KeyType {
    /// The algorithm that generates keys of this type, if we have it.
    pub fn algorithm(&self) -> Option<Algorithm> {
        match self {
            Self::Rsa { bits: 2048 } => Some(Algorithm::Rsa2048),
            Self::Rsa { bits: 3072 } => Some(Algorithm::Rsa3072),
            Self::Rsa { bits: 4096 } => Some(Algorithm::Rsa4096),
            Self::EcdsaP256 => Some(Algorithm::EcdsaP256),
            Self::EcdsaP384 => Some(Algorithm::EcdsaP384),
            _ => None,
        }
    }

    pub(super) fn of(spki: &SubjectPublicKeyInfoOwned) -> der::Result<Self> {
        let oid = spki.algorithm.oid;
        if oid == rfc5912::RSA_ENCRYPTION {
            let key = RsaPublicKey::from_der(spki.subject_public_key.raw_bytes())?;
            return Ok(Self::Rsa {
                bits: bits(key.modulus.as_bytes()),
            });
        }
        if oid == rfc5912::ID_EC_PUBLIC_KEY {
            return Ok(match &spki.algorithm.parameters {
                Some(curve) => Self::of_curve(curve.decode_as()?),
                None => Self::Other(oid.to_string()),
            });
        }
        Ok(match oid {
            rfc8410::ID_ED_25519 => Self::Ed25519,
            _ => Self::Other(oid.to_string()),
        })
    }

    pub(super) fn of_curve(curve: ObjectIdentifier) -> Self {
        match curve {
            rfc5912::SECP_256_R_1 => Self::EcdsaP256,
            rfc5912::SECP_384_R_1 => Self::EcdsaP384,
            rfc5912::SECP_521_R_1 => Self::EcdsaP521,
            _ => Self::Other(curve.to_string()),
        }
    }
}

impl From<Algorithm> for KeyType {
    fn from(algorithm: Algorithm) -> Self {
        match algorithm {
            Algorithm::Rsa2048 => Self::Rsa { bits: 2048 },
            Algorithm::Rsa3072 => Self::Rsa { bits: 3072 },
            Algorithm::Rsa4096 => Self::Rsa { bits: 4096 },
            Algorithm::EcdsaP256 => Self::EcdsaP256,
            Algorithm::EcdsaP384 => Self::EcdsaP384,
        }
    }
}

impl fmt::Display for KeyType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Rsa { bits } => write!(f, "RSA-{bits}"),
            Self::EcdsaP256 => f.write_str("ECDSA-P256"),
            Self::EcdsaP384 => f.write_str("ECDSA-P384"),
            Self::EcdsaP521 => f.write_str("ECDSA-P521"),
            Self::Ed25519 => f.write_str("Ed25519"),
            Self::Other(oid) => write!(f, "the algorithm {oid}"),
        }
    }
}

/// RFC 8017 appendix A.1.1.
#[derive(Sequence)]
struct RsaPublicKey<'a> {
    modulus: UintRef<'a>,
    #[allow(dead_code)] // Decoded so that a key without an exponent is refused.
    exponent: UintRef<'a>,
}

/// Bits of a big-endian number without leading zero bytes.
pub(super) fn bits(number: &[u8]) -> usize {
    let unused = number.first().map_or(0, |byte| byte.leading_zeros());
    (number.len() * 8).saturating_sub(usize::try_from(unused).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_read_back() {
        for algorithm in Algorithm::ALL {
            assert_eq!(algorithm.to_string().parse(), Ok(algorithm));
            assert_eq!(KeyType::from(algorithm).algorithm(), Some(algorithm));
            assert_eq!(KeyType::from(algorithm).to_string(), algorithm.name());
        }
    }

    #[test]
    fn other_names_are_refused_with_the_right_ones() {
        for text in ["", "RSA", "rsa-2048", "RSA-1024", "Ed25519", "ECDSA-P521"] {
            let error = text.parse::<Algorithm>().unwrap_err().to_string();
            assert!(
                error.contains("RSA-2048") && error.contains(text),
                "{error}"
            );
        }
    }
}
