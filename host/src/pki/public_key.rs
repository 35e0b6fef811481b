//! Public keys: their PEM form, their hashes, and checking signatures with them.

use std::fmt;

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::signature::{self, UnparsedPublicKey, VerificationAlgorithm};
use der::asn1::ObjectIdentifier;
use der::oid::db::{rfc5912, rfc8410};
use der::{Decode, Encode};
use x509_cert::spki::SubjectPublicKeyInfoOwned;

use super::algorithm::KeyType;
use super::hex;
use super::pem::{self, Label, PemError};

/// A public key cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum PublicKeyError {
    /// The text around the key is at fault.
    #[error("the public key cannot be read")]
    Pem(#[from] PemError),
    /// The file holds something else.
    #[error("the file holds a {0}, not a PUBLIC KEY")]
    NotPublicKey(Label),
    /// The bytes are no SubjectPublicKeyInfo.
    #[error("the public key is damaged: it is no SubjectPublicKeyInfo (RFC 5280)")]
    Damaged(#[from] der::Error),
}

/// A public key, held as the DER of its SubjectPublicKeyInfo.
#[derive(Clone, PartialEq, Eq)]
pub struct PublicKey {
    der: Vec<u8>,
    /// The bits inside, without the algorithm around them.
    bits: Vec<u8>,
    key_type: KeyType,
}

impl PublicKey {
    /// Reads the first block of a PEM text, which must be a `PUBLIC KEY`.
    pub fn from_pem(text: impl AsRef<[u8]>) -> Result<Self, PublicKeyError> {
        match pem::blocks(text.as_ref()).next() {
            Some(block) => match block? {
                block if block.label == Label::PublicKey => Ok(Self::from_der(&block.der)?),
                block => Err(PublicKeyError::NotPublicKey(block.label)),
            },
            None => Err(PemError::Empty.into()),
        }
    }

    /// Reads the DER of a SubjectPublicKeyInfo.
    pub(super) fn from_der(der: &[u8]) -> der::Result<Self> {
        Self::from_spki(&SubjectPublicKeyInfoOwned::from_der(der)?)
    }

    pub(super) fn from_spki(spki: &SubjectPublicKeyInfoOwned) -> der::Result<Self> {
        Ok(Self {
            der: spki.to_der()?,
            bits: spki.subject_public_key.raw_bytes().to_vec(),
            key_type: KeyType::of(spki)?,
        })
    }

    pub(super) fn to_spki(&self) -> der::Result<SubjectPublicKeyInfoOwned> {
        SubjectPublicKeyInfoOwned::from_der(&self.der)
    }

    /// What kind of key it is.
    pub fn key_type(&self) -> &KeyType {
        &self.key_type
    }

    /// The DER of the SubjectPublicKeyInfo.
    pub fn der(&self) -> &[u8] {
        &self.der
    }

    /// A `PUBLIC KEY` block, lines ended by LF (`EncodePublicKeyPEM` of kubeadm).
    pub fn pem(&self) -> String {
        pem::encode(Label::PublicKey, &self.der)
    }

    /// The SHA-256 of the SubjectPublicKeyInfo, 64 hexadecimal digits.
    pub fn sha256_hex(&self) -> String {
        hex::encode(digest(&SHA256, &self.der).as_ref())
    }

    /// `sha256:<hex>`, the pin that `kubeadm join --discovery-token-ca-cert-hash` takes
    /// (`app/util/pubkeypin`).
    pub fn pin(&self) -> String {
        format!("sha256:{}", self.sha256_hex())
    }

    /// The key identifier of RFC 7093 method 1, as Go writes it since 1.25: the first 20 bytes
    /// of the SHA-256 of the public key bits.
    pub(super) fn key_identifier(&self) -> Vec<u8> {
        digest(&SHA256, &self.bits)
            .as_ref()
            .iter()
            .take(20)
            .copied()
            .collect()
    }

    /// Whether `signature` over `message` was made with the private half, by the algorithm of a
    /// certificate's signature field; `None` if that algorithm is not one we trust.
    pub(super) fn verifies(
        &self,
        algorithm: ObjectIdentifier,
        message: &[u8],
        signature: &[u8],
    ) -> Option<bool> {
        let verifier = verifier(&self.key_type, algorithm)?;
        let key = UnparsedPublicKey::new(verifier, &self.bits);
        Some(key.verify(message, signature).is_ok())
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PublicKey({}, {})", self.key_type, self.pin())
    }
}

/// SHA-1 and RSA below 2048 bits are left out: Go refuses the first and so must we, and the
/// second can be broken.
fn verifier(
    key: &KeyType,
    algorithm: ObjectIdentifier,
) -> Option<&'static dyn VerificationAlgorithm> {
    use signature as s;
    Some(match (key, algorithm) {
        (KeyType::Rsa { .. }, rfc5912::SHA_256_WITH_RSA_ENCRYPTION) => {
            &s::RSA_PKCS1_2048_8192_SHA256
        }
        (KeyType::Rsa { .. }, rfc5912::SHA_384_WITH_RSA_ENCRYPTION) => {
            &s::RSA_PKCS1_2048_8192_SHA384
        }
        (KeyType::Rsa { .. }, rfc5912::SHA_512_WITH_RSA_ENCRYPTION) => {
            &s::RSA_PKCS1_2048_8192_SHA512
        }
        (KeyType::EcdsaP256, rfc5912::ECDSA_WITH_SHA_256) => &s::ECDSA_P256_SHA256_ASN1,
        (KeyType::EcdsaP256, rfc5912::ECDSA_WITH_SHA_384) => &s::ECDSA_P256_SHA384_ASN1,
        (KeyType::EcdsaP256, rfc5912::ECDSA_WITH_SHA_512) => &s::ECDSA_P256_SHA512_ASN1,
        (KeyType::EcdsaP384, rfc5912::ECDSA_WITH_SHA_256) => &s::ECDSA_P384_SHA256_ASN1,
        (KeyType::EcdsaP384, rfc5912::ECDSA_WITH_SHA_384) => &s::ECDSA_P384_SHA384_ASN1,
        (KeyType::EcdsaP384, rfc5912::ECDSA_WITH_SHA_512) => &s::ECDSA_P384_SHA512_ASN1,
        (KeyType::EcdsaP521, rfc5912::ECDSA_WITH_SHA_256) => &s::ECDSA_P521_SHA256_ASN1,
        (KeyType::EcdsaP521, rfc5912::ECDSA_WITH_SHA_384) => &s::ECDSA_P521_SHA384_ASN1,
        (KeyType::EcdsaP521, rfc5912::ECDSA_WITH_SHA_512) => &s::ECDSA_P521_SHA512_ASN1,
        (KeyType::Ed25519, rfc8410::ID_ED_25519) => &s::ED25519,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    // openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 | openssl pkey -pubout,
    // and the SHA-256 of its -outform der.
    const PUBLIC: &str = include_str!("testdata/ec-p256.pub");
    const PUBLIC_SHA256: &str = include_str!("testdata/ec-p256.pub.sha256");

    #[test]
    fn a_key_made_by_openssl_reads_prints_and_hashes_the_same() {
        let key = PublicKey::from_pem(PUBLIC).unwrap();
        assert_eq!(*key.key_type(), KeyType::EcdsaP256);
        assert_eq!(key.pem(), PUBLIC);
        assert_eq!(key.sha256_hex(), PUBLIC_SHA256.trim());
        assert_eq!(key.pin(), format!("sha256:{}", PUBLIC_SHA256.trim()));
    }

    #[test]
    fn what_is_no_public_key_says_what_it_is() {
        let certificate = pem::encode(Label::Certificate, b"x");
        let error = PublicKey::from_pem(certificate).unwrap_err();
        assert_eq!(
            error.to_string(),
            "the file holds a CERTIFICATE, not a PUBLIC KEY"
        );
        let garbage = pem::encode(Label::PublicKey, b"x");
        assert!(matches!(
            PublicKey::from_pem(garbage),
            Err(PublicKeyError::Damaged(_))
        ));
        assert!(matches!(
            PublicKey::from_pem(""),
            Err(PublicKeyError::Pem(PemError::Empty))
        ));
    }
}
