//! Loading private keys, and saying which way a file that holds none is wrong.
//!
//! kubeadm takes a key file that cannot be read for an absent one in some places, and calls a
//! certificate with a truncated key "existing" in others; so each way is an error of its own
//! here. No error holds a byte of the input.

use aws_lc_rs::rsa;
use aws_lc_rs::signature::EcdsaKeyPair;
use der::asn1::{ObjectIdentifier, OctetStringRef};
use der::oid::db::rfc5912;
use der::{Decode, Header, Reader, Sequence, SliceReader};

use super::algorithm::KeyType;
use super::key::{KeyError, KeyPair, Private};
use super::pem::{self, Block, Label, PemError};
use super::secret::SecretBytes;

/// Why no private key could be loaded.
#[derive(Debug, thiserror::Error)]
pub enum LoadKeyError {
    /// The text around the key is at fault: empty, not PEM, cut short, damaged, encrypted.
    #[error("the private key cannot be read")]
    Pem(#[from] PemError),
    /// A well-formed file of something else.
    #[error(
        "the file holds a {0}, not a private key (RSA PRIVATE KEY, EC PRIVATE KEY or PRIVATE KEY)"
    )]
    NotPrivateKey(Label),
    /// The structure announces more bytes than there are.
    #[error("the private key is truncated: its {0} ends before the length it announces")]
    Truncated(Label),
    /// The structure is broken, or its numbers do not make a key.
    #[error("the private key is damaged: its {0} does not hold a consistent key")]
    Damaged(Label),
    /// A key of a kind nothing here can sign with.
    #[error(
        "the private key is of a kind that is not supported: {0}; it must be RSA of 2048 to 8192 bits or ECDSA on P-256, P-384 or P-521"
    )]
    Unsupported(KeyType),
    /// The key was read and then failed in the crypto library.
    #[error(transparent)]
    Key(#[from] KeyError),
}

impl KeyPair {
    /// Loads the first private key of a PEM text: PKCS#1 (`RSA PRIVATE KEY`), SEC1 (`EC PRIVATE
    /// KEY`) or PKCS#8 (`PRIVATE KEY`). Blocks of other kinds before it are passed over, as
    /// `keyutil.ParsePrivateKeyPEM` of client-go does: openssl writes `EC PARAMETERS` first, and
    /// the kubelet keeps its certificate in the same file.
    pub fn from_pem(text: impl AsRef<[u8]>) -> Result<Self, LoadKeyError> {
        let text = text.as_ref();
        let mut other = None;
        for block in pem::blocks(text) {
            let block = block?;
            let private = match block.label {
                Label::RsaPrivateKey => rsa_key(&block, rsa::KeyPair::from_der),
                Label::EcPrivateKey => sec1(&block),
                Label::PrivateKey => pkcs8(&block),
                label => {
                    other.get_or_insert(label);
                    continue;
                }
            }?;
            return Ok(Self::new(private, SecretBytes::new(text.to_vec()))?);
        }
        Err(LoadKeyError::NotPrivateKey(other.unwrap_or(Label::Unknown)))
    }
}

fn rsa_key(
    block: &Block,
    parse: fn(&[u8]) -> Result<rsa::KeyPair, aws_lc_rs::error::KeyRejected>,
) -> Result<Private, LoadKeyError> {
    parse(&block.der).map(Private::Rsa).map_err(|_| {
        match rsa_bits(block) {
            // Outside of these the crypto library refuses the best of keys.
            Some(bits) if !(2048..=8192).contains(&bits) => {
                LoadKeyError::Unsupported(KeyType::Rsa { bits })
            }
            _ => broken(block),
        }
    })
}

fn sec1(block: &Block) -> Result<Private, LoadKeyError> {
    let key = EcPrivateKey::from_der(&block.der).map_err(|_| broken(block))?;
    ec(block, key.parameters.map(KeyType::of_curve))
}

fn pkcs8(block: &Block) -> Result<Private, LoadKeyError> {
    let key = pkcs8::PrivateKeyInfoRef::from_der(&block.der).map_err(|_| broken(block))?;
    match key.algorithm.oid {
        rfc5912::RSA_ENCRYPTION => rsa_key(block, rsa::KeyPair::from_pkcs8),
        rfc5912::ID_EC_PUBLIC_KEY => {
            let curve = key.algorithm.parameters_oid().map_err(|_| broken(block))?;
            ec(block, Some(KeyType::of_curve(curve)))
        }
        der::oid::db::rfc8410::ID_ED_25519 => Err(LoadKeyError::Unsupported(KeyType::Ed25519)),
        other => Err(LoadKeyError::Unsupported(KeyType::Other(other.to_string()))),
    }
}

/// A curve that is not named in the key is found by trying: SEC1 makes the name optional.
fn ec(block: &Block, curve: Option<KeyType>) -> Result<Private, LoadKeyError> {
    let curves = match curve {
        Some(curve) => vec![curve],
        None => vec![KeyType::EcdsaP256, KeyType::EcdsaP384, KeyType::EcdsaP521],
    };
    for curve in curves {
        let Some(signing) = Private::ecdsa(&curve) else {
            return Err(LoadKeyError::Unsupported(curve));
        };
        if let Ok(key) = EcdsaKeyPair::from_private_key_der(signing, &block.der) {
            return Ok(Private::Ecdsa(key));
        }
    }
    Err(broken(block))
}

/// Cut short, or damaged otherwise: the outermost length tells.
fn broken(block: &Block) -> LoadKeyError {
    let whole = SliceReader::new(&block.der).and_then(|mut reader| {
        let header = Header::decode(&mut reader)?;
        Ok(header.length() <= reader.remaining_len())
    });
    match whole {
        Ok(true) => LoadKeyError::Damaged(block.label),
        Ok(false) => LoadKeyError::Truncated(block.label),
        Err(_) if block.der.len() < 4 => LoadKeyError::Truncated(block.label),
        Err(_) => LoadKeyError::Damaged(block.label),
    }
}

/// The size of the modulus of an RSA key, if that much can be read.
fn rsa_bits(block: &Block) -> Option<usize> {
    let inner = match block.label {
        Label::PrivateKey => pkcs8::PrivateKeyInfoRef::from_der(&block.der)
            .ok()?
            .private_key
            .as_bytes(),
        _ => block.der.as_slice(),
    };
    let mut reader = SliceReader::new(inner).ok()?;
    Header::decode(&mut reader).ok()?;
    u8::decode(&mut reader).ok()?;
    let modulus = der::asn1::UintRef::decode(&mut reader).ok()?;
    Some(super::algorithm::bits(modulus.as_bytes()))
}

/// RFC 5915. Only read for its curve.
#[derive(Sequence)]
struct EcPrivateKey<'a> {
    #[allow(dead_code)] // Decoded to step over it.
    version: u8,
    #[allow(dead_code)] // Read by the crypto library.
    private_key: &'a OctetStringRef,
    #[asn1(context_specific = "0", tag_mode = "EXPLICIT", optional = "true")]
    parameters: Option<ObjectIdentifier>,
    #[asn1(context_specific = "1", tag_mode = "EXPLICIT", optional = "true")]
    #[allow(dead_code)] // Read by the crypto library.
    public_key: Option<der::asn1::BitStringRef<'a>>,
}

#[cfg(test)]
#[path = "key_tests.rs"]
mod tests;
