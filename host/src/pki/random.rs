//! Randomness, all of it from the operating system through this file.
//!
//! The one exception is inside the crypto library: keys and signatures draw from its own
//! generator, which the operating system seeds. Built with `AWS_LC_SYS_NO_JITTER_ENTROPY=1` (see
//! `.cargo/config.toml`) that is its only seed beside the CPU's; without it the library also
//! measures the jitter of the CPU, which delays the first key of every run by 30 to 50 ms.

use zeroize::Zeroizing;

use super::secret::SecretString;

/// The operating system gave no randomness.
#[derive(Debug, thiserror::Error)]
#[error("the operating system gave no randomness")]
pub struct RandomError(#[source] getrandom::Error);

/// `N` random bytes.
pub(super) fn bytes<const N: usize>() -> Result<[u8; N], RandomError> {
    let mut buffer = [0; N];
    fill(&mut buffer)?;
    Ok(buffer)
}

/// Fills a buffer with random bytes.
pub(super) fn fill(buffer: &mut [u8]) -> Result<(), RandomError> {
    getrandom::fill(buffer).map_err(RandomError)
}

/// A certificate serial number, uniform in `[1, 2^63 - 1)` as kubeadm draws it
/// (`util/pkiutil/pki_helpers.go`, `NewSignedCert`).
pub(super) fn serial() -> Result<u64, RandomError> {
    const LIMIT: u64 = i64::MAX as u64 - 1;
    loop {
        let drawn = u64::from_be_bytes(bytes()?) >> 1;
        if drawn < LIMIT {
            return Ok(drawn + 1);
        }
    }
}

/// Text of `length` characters drawn uniformly from `alphabet` (at most 256 ASCII characters).
///
/// Bytes beyond the last whole multiple of the alphabet are drawn again: taking the remainder of
/// every byte would make the first letters likelier.
pub(super) fn text(alphabet: &[u8], length: usize) -> Result<SecretString, RandomError> {
    let limit = 256 - 256 % alphabet.len();
    let mut text = String::with_capacity(length);
    while text.len() < length {
        let mut drawn = Zeroizing::new([0; 32]);
        fill(&mut *drawn)?;
        for byte in drawn.iter().copied().map(usize::from) {
            if byte < limit && text.len() < length {
                text.extend(alphabet.get(byte % alphabet.len()).map(|c| char::from(*c)));
            }
        }
    }
    Ok(SecretString::new(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn serials_are_positive_and_differ() {
        let drawn: std::collections::HashSet<u64> = (0..1000).map(|_| serial().unwrap()).collect();
        assert_eq!(drawn.len(), 1000);
        assert!(drawn.iter().all(|s| (1..i64::MAX as u64).contains(s)));
    }

    #[test]
    fn every_letter_comes_up() {
        let alphabet = b"abcdefghijklmnopqrstuvwxyz0123456789";
        let drawn = text(alphabet, 36_000).unwrap();
        for letter in alphabet {
            let count = drawn.reveal().bytes().filter(|b| b == letter).count();
            // 1000 expected, standard deviation 31: nine deviations do not happen.
            assert!(
                (700..1300).contains(&count),
                "{} came {count} times",
                char::from(*letter)
            );
        }
    }
}
