//! The secrets of a run, known again wherever a piece of one turns up.

use std::collections::{BTreeMap, HashSet};
use std::hash::{BuildHasher, RandomState};
use std::sync::{PoisonError, RwLock};

use super::content::{SealedValue, SecretKind};
use super::recognise::{any_layer, holds_secret_or};
use crate::pki::secret_parts;

/// Bytes of a secret that tell it: whoever sees fewer has to guess the rest of
/// a token of sixteen letters, or all of a key.
const PIECE: usize = 12;

/// The same of what is written in hexadecimal digits: each tells half as much.
const DIGITS: usize = 24;

/// Fewer different bytes than this are no secret: zeros before a number.
const DIFFERENT: usize = 4;

/// What is known of the secrets that components hold handles of. It keeps no
/// secret, only keyed hashes of all pieces of them.
///
/// Whoever gives it a text learns whether a piece is in there, and a component
/// can have its own words looked at. So a piece is something that nobody can
/// guess as a whole: with eleven bytes known of twelve, each further one would
/// cost 256 guesses. What is public of a secret, or follows from what is, is in
/// no piece: the id of a token, the upper half of the exponent of an RSA key.
/// And there is an end to how often one phase is told: whoever asks counts.
#[derive(Default)]
pub struct Vault {
    hasher: RandomState,
    pieces: RwLock<Pieces>,
}

/// Hashes of pieces, and what spares most texts from being hashed: of a
/// megabyte, a few hundred windows begin as a piece may.
struct Pieces {
    /// By their length.
    hashes: BTreeMap<usize, HashSet<u64>>,
    beginnings: Box<[u64; Pieces::SLOTS / 64]>,
    /// Odd, and another one in each run.
    factor: u64,
}

impl Default for Pieces {
    fn default() -> Self {
        Self {
            hashes: BTreeMap::new(),
            beginnings: Box::new([0; Self::SLOTS / 64]),
            factor: RandomState::new().hash_one(Self::SLOTS) | 1,
        }
    }
}

impl Pieces {
    const SLOTS: usize = 1 << 16;

    /// Where the first eight bytes of a window are marked.
    fn slot(&self, window: &[u8]) -> Option<(usize, u64)> {
        let (beginning, _) = window.split_first_chunk()?;
        let mixed = u64::from_le_bytes(*beginning).wrapping_mul(self.factor);
        let slot = usize::try_from(mixed >> (u64::BITS - Self::SLOTS.ilog2())).ok()?;
        Some((slot / 64, 1 << (slot % 64)))
    }

    fn learn(&mut self, window: &[u8], hasher: &RandomState) {
        if let Some((word, bit)) = self.slot(window) {
            self.beginnings[word] |= bit;
        }
        let hashes = self.hashes.entry(window.len()).or_default();
        hashes.insert(hasher.hash_one(window));
    }

    fn are_in(&self, layer: &[u8], hasher: &RandomState) -> bool {
        self.hashes.iter().any(|(length, hashes)| {
            layer.windows(*length).any(|window| {
                self.slot(window)
                    .is_some_and(|(word, bit)| self.beginnings[word] & bit != 0)
                    && hashes.contains(&hasher.hash_one(window))
            })
        })
    }
}

/// What is in something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Found {
    Nothing,
    /// What looks like a secret of somebody else.
    Likeness,
    /// A piece of a secret of this run.
    Piece,
}

impl Vault {
    /// Learns a secret before anybody gets a handle of it.
    pub fn learn(&self, secret: &SealedValue) {
        let kinds = secret.kinds();
        let bytes = secret.reveal();
        let mut pieces = self.pieces.write().unwrap_or_else(PoisonError::into_inner);
        let mut learn = |bytes: &[u8]| {
            let is_hexadecimal = bytes.iter().all(u8::is_ascii_hexdigit);
            let length = match is_hexadecimal {
                true => DIGITS.min(bytes.len()),
                false => PIECE,
            };
            bytes
                .windows(length.max(PIECE))
                .filter(|window| is_telling(window))
                .for_each(|window| pieces.learn(window, &self.hasher));
        };
        if kinds.contains(&SecretKind::PrivateKey) {
            secret_parts(bytes).iter().for_each(|part| learn(part));
        }
        if kinds.contains(&SecretKind::Token) {
            let secret = bytes.iter().position(|byte| *byte == b'.');
            learn(&bytes[secret.map_or(0, |dot| dot + 1)..]);
        }
        if kinds.contains(&SecretKind::CertificateKey) {
            learn(bytes);
            let digits = bytes.iter().map(|byte| char::from(*byte).to_digit(16));
            if let Some(digits) = digits.collect::<Option<Vec<u32>>>() {
                let plain = digits
                    .chunks_exact(2)
                    .filter_map(|pair| u8::try_from(pair[0] << 4 | pair[1]).ok());
                learn(&zeroize::Zeroizing::new(plain.collect::<Vec<u8>>()));
            }
        }
    }

    /// Looks for a piece of a secret, or for what looks like a secret of somebody
    /// else; plain or encoded.
    pub fn look(&self, content: &[u8]) -> Found {
        let pieces = self.pieces.read().unwrap_or_else(PoisonError::into_inner);
        let mut is_piece = false;
        let found = holds_secret_or(content, &mut |layer| {
            is_piece = pieces.are_in(layer, &self.hasher);
            is_piece
        });
        match (found, is_piece) {
            (false, _) => Found::Nothing,
            (true, false) => Found::Likeness,
            (true, true) => Found::Piece,
        }
    }

    /// Whether a piece of a secret is in it, plain or encoded.
    pub fn holds(&self, content: &[u8]) -> bool {
        let pieces = self.pieces.read().unwrap_or_else(PoisonError::into_inner);
        if pieces.hashes.is_empty() {
            return false;
        }
        any_layer(content, &mut |layer| pieces.are_in(layer, &self.hasher))
    }
}

fn is_telling(window: &[u8]) -> bool {
    window.iter().collect::<HashSet<_>>().len() >= DIFFERENT
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pki::{Algorithm, KeyPair};
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;
    use zeroize::Zeroizing;

    fn value(kind: SecretKind, bytes: &[u8]) -> SealedValue {
        SealedValue::new("it", kind, Zeroizing::new(bytes.to_vec()))
    }

    #[test]
    fn pieces_of_secrets_are_known_again() {
        let vault = Vault::default();
        let token = "abcdef.q1w2e3r4t5y6u7i8";
        let key = "3f1c9d0be27a48565d90a1b2c3d4e5f60718293a4b5c6d7e8f90a1b2c3d4e5f6";
        vault.learn(&value(SecretKind::Token, token.as_bytes()));
        vault.learn(&value(SecretKind::CertificateKey, key.as_bytes()));
        let raw: Vec<u8> = (0..32)
            .map(|at| u8::from_str_radix(&key[2 * at..2 * at + 2], 16).unwrap())
            .collect();
        let cases = [
            ("the token", token.as_bytes().to_vec(), true),
            ("a piece", b"xxq1w2e3r4t5y6yy".to_vec(), true),
            ("the id", b"abcdef.other".to_vec(), false),
            ("the id and more", b"abcdef.q1w2e3r4t5y".to_vec(), false),
            (
                "in base64",
                STANDARD.encode(format!("a{token}")).into_bytes(),
                true,
            ),
            ("a number", raw.clone(), true),
            ("its base64", STANDARD.encode(raw).into_bytes(), true),
            ("upper case", key.to_uppercase().into_bytes(), true),
            ("nothing", b"nothing of the kind is in here".to_vec(), false),
        ];
        for (name, content, wanted) in cases {
            assert_eq!(vault.holds(&content), wanted, "{name}");
        }
    }

    #[test]
    fn keys_are_known_by_what_is_secret_of_them() {
        let vault = Vault::default();
        let key = KeyPair::generate(Algorithm::EcdsaP256).unwrap();
        let pem = key.private_pem().reveal();
        vault.learn(&value(SecretKind::PrivateKey, pem));
        assert!(vault.holds(pem));
        assert!(!vault.holds(key.public_key().pem().as_bytes()));
        for part in secret_parts(pem) {
            assert!(vault.holds(&part[5..25]));
        }
    }
}
