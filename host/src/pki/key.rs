//! Key pairs: generated or loaded, signing, and handed out as PEM.

use std::fmt;

use aws_lc_rs::encoding::{AsDer, EcPrivateKeyRfc5915Der, Pkcs8V1Der, PublicKeyX509Der};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{self, KeySize};
use aws_lc_rs::signature::{self, EcdsaKeyPair, EcdsaSigningAlgorithm, KeyPair as _};
use der::Decode;
use der::asn1::{AnyRef, Null};
use der::oid::db::rfc5912;
use x509_cert::spki::AlgorithmIdentifierOwned;

use super::algorithm::{Algorithm, KeyType};
use super::pem::{self, Label};
use super::public_key::PublicKey;
use super::secret::SecretBytes;

/// A private key and its public half.
///
/// The PEM text of a loaded key is the text it was loaded from, byte for byte: a user's key file
/// is kept, never rewritten. Nothing of the private half is printed.
pub struct KeyPair {
    private: Private,
    public: PublicKey,
    pem: SecretBytes,
}

/// The crypto library's form of a private key; it wipes its memory when dropped.
pub(super) enum Private {
    Rsa(rsa::KeyPair),
    Ecdsa(EcdsaKeyPair),
}

/// The crypto library failed at something that no input can cause: generating, encoding or
/// signing with a key it holds.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// No key came out.
    #[error("a {0} key could not be generated: the crypto library failed")]
    Generate(Algorithm),
    /// The key cannot be written down.
    #[error("the generated key could not be encoded")]
    Encode(#[source] der::Error),
    /// The key cannot be written down, says the crypto library.
    #[error("the key could not be encoded: the crypto library failed")]
    Export,
    /// No signature came out.
    #[error("signing with the {0} key failed in the crypto library")]
    Sign(KeyType),
}

impl KeyPair {
    /// A new key. RSA with 2048 bits costs about 75 ms of one core, so callers generate several at
    /// once, off the async threads; ECDSA keys take a tenth of a millisecond.
    pub fn generate(algorithm: Algorithm) -> Result<Self, KeyError> {
        let rsa = |size| {
            rsa::KeyPair::generate(size)
                .map(Private::Rsa)
                .map_err(|_| KeyError::Generate(algorithm))
        };
        let ecdsa = |curve| {
            EcdsaKeyPair::generate(curve)
                .map(Private::Ecdsa)
                .map_err(|_| KeyError::Generate(algorithm))
        };
        let private = match algorithm {
            Algorithm::Rsa2048 => rsa(KeySize::Rsa2048),
            Algorithm::Rsa3072 => rsa(KeySize::Rsa3072),
            Algorithm::Rsa4096 => rsa(KeySize::Rsa4096),
            Algorithm::EcdsaP256 => ecdsa(&signature::ECDSA_P256_SHA256_ASN1_SIGNING),
            Algorithm::EcdsaP384 => ecdsa(&signature::ECDSA_P384_SHA384_ASN1_SIGNING),
        }?;
        let pem = SecretBytes::new(private.to_pem()?.into_bytes());
        Self::new(private, pem)
    }

    pub(super) fn new(private: Private, pem: SecretBytes) -> Result<Self, KeyError> {
        let der: PublicKeyX509Der<'_> = match &private {
            Private::Rsa(key) => key.public_key().as_der(),
            Private::Ecdsa(key) => key.public_key().as_der(),
        }
        .map_err(|_| KeyError::Export)?;
        let public = PublicKey::from_der(der.as_ref()).map_err(KeyError::Encode)?;
        Ok(Self {
            private,
            public,
            pem,
        })
    }

    /// The public half.
    pub fn public_key(&self) -> &PublicKey {
        &self.public
    }

    /// What kind of key it is.
    pub fn key_type(&self) -> &KeyType {
        self.public.key_type()
    }

    /// The private key as PEM. A generated key is written as kubeadm writes it
    /// (`keyutil.MarshalPrivateKeyToPEM`): `RSA PRIVATE KEY` (PKCS#1) or `EC PRIVATE KEY` (SEC1
    /// with the curve), lines ended by LF. A loaded key is the text it was loaded from.
    pub fn private_pem(&self) -> &SecretBytes {
        &self.pem
    }

    /// Signs with the algorithm of [`signature_algorithm`](Self::signature_algorithm).
    pub(super) fn sign(&self, message: &[u8]) -> Result<Vec<u8>, KeyError> {
        let rng = SystemRandom::new();
        match &self.private {
            Private::Rsa(key) => {
                let mut signature = vec![0; key.public_modulus_len()];
                key.sign(&signature::RSA_PKCS1_SHA256, &rng, message, &mut signature)
                    .map(|()| signature)
            }
            Private::Ecdsa(key) => key
                .sign(&rng, message)
                .map(|signature| signature.as_ref().to_vec()),
        }
        .map_err(|_| KeyError::Sign(self.key_type().clone()))
    }

    /// The signature algorithm Go's `crypto/x509` picks for such a key, and so kubeadm: SHA-256
    /// with RSA of any size and P-256, SHA-384 with P-384, SHA-512 with P-521.
    pub(super) fn signature_algorithm(&self) -> AlgorithmIdentifierOwned {
        let (oid, parameters) = match (&self.private, self.key_type()) {
            (Private::Rsa(_), _) => (
                rfc5912::SHA_256_WITH_RSA_ENCRYPTION,
                Some(AnyRef::from(Null).into()),
            ),
            (_, KeyType::EcdsaP384) => (rfc5912::ECDSA_WITH_SHA_384, None),
            (_, KeyType::EcdsaP521) => (rfc5912::ECDSA_WITH_SHA_512, None),
            _ => (rfc5912::ECDSA_WITH_SHA_256, None),
        };
        AlgorithmIdentifierOwned { oid, parameters }
    }
}

impl Private {
    /// The signing form for a curve, with the hash Go pairs it with.
    pub(super) fn ecdsa(curve: &KeyType) -> Option<&'static EcdsaSigningAlgorithm> {
        match curve {
            KeyType::EcdsaP256 => Some(&signature::ECDSA_P256_SHA256_ASN1_SIGNING),
            KeyType::EcdsaP384 => Some(&signature::ECDSA_P384_SHA384_ASN1_SIGNING),
            KeyType::EcdsaP521 => Some(&signature::ECDSA_P521_SHA512_ASN1_SIGNING),
            _ => None,
        }
    }

    fn to_pem(&self) -> Result<String, KeyError> {
        match self {
            Self::Rsa(key) => {
                // The private key inside PKCS#8 is, for RSA, the PKCS#1 structure.
                let outer: Pkcs8V1Der<'_> = key.as_der().map_err(|_| KeyError::Export)?;
                let inner = pkcs8::PrivateKeyInfoRef::from_der(outer.as_ref())
                    .map_err(KeyError::Encode)?
                    .private_key;
                Ok(pem::encode(Label::RsaPrivateKey, inner.as_bytes()))
            }
            Self::Ecdsa(key) => {
                // Not the structure inside PKCS#8, which lacks the curve: openssl and Go then
                // cannot read it.
                let der: EcPrivateKeyRfc5915Der<'_> =
                    key.private_key().as_der().map_err(|_| KeyError::Export)?;
                Ok(pem::encode(Label::EcPrivateKey, der.as_ref()))
            }
        }
    }
}

impl fmt::Debug for KeyPair {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeyPair")
            .field("public", &self.public)
            .field("private", &self.pem)
            .finish()
    }
}
