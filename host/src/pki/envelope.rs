//! Encryption of certificates and keys that travel through the cluster's API, in the format of
//! kubeadm (`app/util/crypto/crypto.go`): AES-256-GCM, a 12-byte nonce, then the ciphertext, then
//! the 16-byte tag; no additional data.

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};

use zeroize::Zeroizing;

use super::hex;
use super::random::{self, RandomError};
use super::secret::{SecretBytes, SecretString};

/// The size of a certificate key in bytes (`CertificateKeySize` of kubeadm).
pub const CERTIFICATE_KEY_SIZE: usize = 32;

/// Why a certificate key is none, or a message does not open. No key, no content is repeated.
#[derive(Debug, thiserror::Error)]
pub enum EnvelopeError {
    /// The key is not written in hexadecimal.
    #[error(
        "a certificate key is 64 hexadecimal digits (an AES key of 32 bytes); this one is not hexadecimal"
    )]
    KeyNotHex,
    /// The key has another size.
    #[error(
        "a certificate key is 64 hexadecimal digits (an AES key of 32 bytes); this one has {0} bytes"
    )]
    KeySize(usize),
    /// The message is shorter than a nonce and a tag.
    #[error("the encrypted data has {0} bytes, too few to hold a nonce and a tag: it is truncated")]
    Truncated(usize),
    /// The key does not fit the message.
    #[error(
        "the encrypted data does not open with this certificate key: it was encrypted with another key, or it is damaged"
    )]
    WrongKeyOrDamaged,
    /// No nonce could be drawn.
    #[error(transparent)]
    Random(#[from] RandomError),
    /// The message is beyond what AES-GCM can take.
    #[error("the data is too large to encrypt")]
    TooLarge,
}

/// The key that certificates are encrypted with while they wait for another node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CertificateKey(SecretBytes);

impl CertificateKey {
    /// A new random key.
    pub fn random() -> Result<Self, RandomError> {
        let mut bytes = Zeroizing::new(vec![0; CERTIFICATE_KEY_SIZE]);
        random::fill(&mut bytes)?;
        Ok(Self(SecretBytes::new(std::mem::take(&mut *bytes))))
    }

    /// The key a person was given, 64 hexadecimal digits.
    pub fn from_hex(text: &str) -> Result<Self, EnvelopeError> {
        let bytes = SecretBytes::new(hex::decode(text).ok_or(EnvelopeError::KeyNotHex)?);
        if bytes.len() != CERTIFICATE_KEY_SIZE {
            return Err(EnvelopeError::KeySize(bytes.len()));
        }
        Ok(Self(bytes))
    }

    /// The key as a person is given it, 64 lower-case hexadecimal digits.
    pub fn to_hex(&self) -> SecretString {
        SecretString::new(hex::encode(self.0.reveal()))
    }

    /// Nonce, ciphertext and tag of `plain`. The nonce is random: no two messages are the same.
    pub fn encrypt(&self, plain: &[u8]) -> Result<Vec<u8>, EnvelopeError> {
        let nonce = random::bytes::<NONCE_LEN>()?;
        // Sized first: growing would leave a copy of the secret in freed memory.
        let mut message = Vec::with_capacity(NONCE_LEN + plain.len() + AES_256_GCM.tag_len());
        message.extend_from_slice(&nonce);
        message.extend_from_slice(plain);
        let (_, content) = message.split_at_mut(NONCE_LEN);
        let tag = self
            .cipher()?
            .seal_in_place_separate_tag(Nonce::assume_unique_for_key(nonce), Aad::empty(), content)
            .map_err(|_| EnvelopeError::TooLarge)?;
        message.extend_from_slice(tag.as_ref());
        Ok(message)
    }

    /// What [`encrypt`](Self::encrypt), or kubeadm, encrypted with this key.
    pub fn decrypt(&self, message: &[u8]) -> Result<SecretBytes, EnvelopeError> {
        let truncated = EnvelopeError::Truncated(message.len());
        let Some((nonce, sealed)) = message.split_first_chunk::<NONCE_LEN>() else {
            return Err(truncated);
        };
        if sealed.len() < AES_256_GCM.tag_len() {
            return Err(truncated);
        }
        let mut opened = Zeroizing::new(sealed.to_vec());
        let plain = self
            .cipher()?
            .open_in_place(
                Nonce::assume_unique_for_key(*nonce),
                Aad::empty(),
                &mut opened,
            )
            .map_err(|_| EnvelopeError::WrongKeyOrDamaged)?
            .len();
        opened.truncate(plain);
        Ok(SecretBytes::new(std::mem::take(&mut *opened)))
    }

    fn cipher(&self) -> Result<LessSafeKey, EnvelopeError> {
        // "Less safe" because the caller brings the nonce: ours travels in front.
        UnboundKey::new(&AES_256_GCM, self.0.reveal())
            .map(LessSafeKey::new)
            .map_err(|_| EnvelopeError::KeySize(self.0.len()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_encrypted_opens_again() {
        let key = CertificateKey::random().unwrap();
        let again = CertificateKey::from_hex(key.to_hex().reveal()).unwrap();
        for plain in [&b""[..], b"x", &[7; 5000]] {
            let message = key.encrypt(plain).unwrap();
            assert_eq!(message.len(), NONCE_LEN + plain.len() + 16);
            assert_eq!(again.decrypt(&message).unwrap().reveal(), plain);
        }
    }

    #[test]
    fn every_message_has_a_nonce_of_its_own() {
        let key = CertificateKey::random().unwrap();
        let drawn: std::collections::HashSet<_> = (0..100)
            .map(|_| key.encrypt(b"x").unwrap()[..NONCE_LEN].to_vec())
            .collect();
        assert_eq!(drawn.len(), 100);
    }

    #[test]
    fn a_message_of_another_implementation_opens() {
        // Python's cryptography: AESGCM(bytes(range(32))).encrypt(bytes(range(12)), b"kubeadm", None),
        // the nonce put in front.
        let key: String = (0..32).map(|byte| format!("{byte:02x}")).collect();
        let message =
            hex::decode("000102030405060708090a0b2c77b47ea481afbbb43f43e136590b8b7ef446c4c9855a")
                .unwrap();
        let plain = CertificateKey::from_hex(&key)
            .unwrap()
            .decrypt(&message)
            .unwrap();
        assert_eq!(plain.reveal(), b"kubeadm");
    }

    #[test]
    fn what_does_not_open_says_why() {
        let key = CertificateKey::random().unwrap();
        let message = key.encrypt(b"secret").unwrap();
        assert!(matches!(key.decrypt(b""), Err(EnvelopeError::Truncated(0))));
        assert!(matches!(
            key.decrypt(&message[..27]),
            Err(EnvelopeError::Truncated(27))
        ));
        let other = CertificateKey::random().unwrap();
        assert!(matches!(
            other.decrypt(&message),
            Err(EnvelopeError::WrongKeyOrDamaged)
        ));
        for at in 0..message.len() {
            let mut damaged = message.clone();
            damaged[at] ^= 1;
            assert!(matches!(
                key.decrypt(&damaged),
                Err(EnvelopeError::WrongKeyOrDamaged)
            ));
        }
    }

    #[test]
    fn bad_keys_say_what_a_key_is() {
        assert!(matches!(
            CertificateKey::from_hex("xyz"),
            Err(EnvelopeError::KeyNotHex)
        ));
        assert!(matches!(
            CertificateKey::from_hex(""),
            Err(EnvelopeError::KeySize(0))
        ));
        assert!(matches!(
            CertificateKey::from_hex(&"ab".repeat(16)),
            Err(EnvelopeError::KeySize(16))
        ));
    }
}
