//! The parts of a private key that are secret.

use zeroize::Zeroizing;

use super::pem::{self, Label};

const SEQUENCE: u8 = 0x30;
const INTEGER: u8 = 0x02;
const OCTET_STRING: u8 = 0x04;

/// Version, modulus and public exponent come first in an RSA key.
const PUBLIC_INTEGERS: usize = 3;
const MODULUS: usize = 1;
/// Among those that are not public.
const EXPONENT: usize = 0;

/// Bytes in the middle of the exponent that are known in part.
const UNSURE: usize = 4;

/// The numbers of the private keys in a PEM text that nobody may know: of RSA
/// the private exponent and all that follows from the primes (RFC 8017 appendix
/// A.1.2), of elliptic curves the scalar (RFC 5915). Modulus, public exponent
/// and point stand in certificates. Empty where there is no such key.
///
/// Of the exponent, the lower half: it is `(1 + k·λ) / e` for a `k` below `e`
/// and a `λ` that begins as the modulus does, so the upper half is among some
/// 65,536 candidates that anybody can work out.
pub fn secret_parts(text: &[u8]) -> Vec<Zeroizing<Vec<u8>>> {
    let mut parts = Vec::new();
    for block in pem::blocks(text).flatten() {
        let found = match block.label {
            Label::RsaPrivateKey | Label::EcPrivateKey => of_key(&block.der),
            Label::PrivateKey => of_pkcs8(&block.der),
            _ => None,
        };
        let found = found.unwrap_or_default().into_iter();
        parts.extend(found.map(|part| Zeroizing::new(part.to_vec())));
    }
    parts
}

/// PKCS#8: version, algorithm, and the key in an octet string.
fn of_pkcs8(der: &[u8]) -> Option<Vec<&[u8]>> {
    let (_, fields, _) = read(der)?;
    let key = elements(fields).find(|(tag, _)| *tag == OCTET_STRING)?;
    of_key(key.1)
}

fn of_key(der: &[u8]) -> Option<Vec<&[u8]>> {
    let (SEQUENCE, fields, _) = read(der)? else {
        return None;
    };
    let of_tag = |wanted| elements(fields).filter(move |(tag, _)| *tag == wanted);
    let scalar = of_tag(OCTET_STRING).map(|(_, content)| content);
    let modulus = of_tag(INTEGER).nth(MODULUS).map_or(0, |(_, n)| n.len());
    let numbers = of_tag(INTEGER).skip(PUBLIC_INTEGERS).enumerate();
    let unknown = numbers.map(|(at, (_, content))| match at {
        EXPONENT => {
            &content[content
                .len()
                .saturating_sub(modulus / 2 - UNSURE.min(modulus / 2))..]
        }
        _ => content,
    });
    Some(scalar.chain(unknown).collect())
}

/// The elements that lie side by side, up to the first that is broken.
fn elements(mut rest: &[u8]) -> impl Iterator<Item = (u8, &[u8])> {
    std::iter::from_fn(move || {
        let (tag, content, after) = read(rest)?;
        rest = after;
        Some((tag, content))
    })
}

/// One element of DER with a tag of one byte: tag, content, and what follows.
fn read(der: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (&tag, rest) = der.split_first()?;
    let (&first, rest) = rest.split_first()?;
    let (length, rest) = match first {
        0..=0x7f => (usize::from(first), rest),
        0x81..=0x84 => {
            let (bytes, rest) = rest.split_at_checked(usize::from(first & 0x0f))?;
            let length = bytes
                .iter()
                .fold(0_usize, |length, byte| length << 8 | usize::from(*byte));
            (length, rest)
        }
        _ => return None,
    };
    let (content, rest) = rest.split_at_checked(length)?;
    Some((tag, content, rest))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pki::{Algorithm, KeyPair};
    use proptest::prelude::*;

    #[test]
    fn secret_numbers_are_found_and_public_ones_left() {
        for (algorithm, count) in [(Algorithm::Rsa2048, 6), (Algorithm::EcdsaP256, 1)] {
            let key = KeyPair::generate(algorithm).unwrap();
            let parts = secret_parts(key.private_pem().reveal());
            assert_eq!(parts.len(), count, "{algorithm}");
            let public = key.public_key().pem();
            let public = pem::blocks(public.as_bytes()).next().unwrap().unwrap();
            for part in parts {
                assert!(part.len() >= 32, "{algorithm}");
                let shared = public
                    .der
                    .windows(12)
                    .any(|window| part.windows(12).any(|one| one == window));
                assert!(!shared, "{algorithm}");
            }
        }
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes: Vec<u8>) {
            of_pkcs8(&bytes);
            of_key(&bytes);
        }
    }
}
