//! New RSA keys: FIPS 186-5, appendix A.1.3, with primality left to the crypto library.
//!
//! A cluster has fifteen keys and more; with RSA they are what `init` spends its time on. aws-lc,
//! as Go, takes 70 ms of a core for one of 2048 bits: 25 for candidates that turn out composite,
//! 16 to be sure of the two that do not, and most of the rest for trial division, done in a way
//! that leaves a processor's wide units idle. So the search for candidates is here, and aws-lc is
//! asked whether they are prime: 40 ms.
//!
//! Two things are as careful as there. Each candidate is drawn independently, so that what others
//! on the same processor may learn of those that are thrown away (by branches, by time) tells
//! nothing of the two that stay; generators that walk from one candidate to the next do tell
//! (Finke, Gebhardt, Schindler, "A New Side-Channel Attack on RSA Prime Generation", CHES 2009).
//! And for those that stay, neither the path taken nor the memory touched depends on their value.

mod numbers;
mod primality;
mod prime;
mod trial_division;

use aws_lc_rs::rsa;

use super::random::RandomError;

/// The public exponent of every key, as of Go's `rsa.GenerateKey`.
const EXPONENT: u32 = 65_537;

/// Pairs of primes to try. The first makes a key but with a chance of 2^-1000.
const PAIRS: u32 = 4;

/// No key came out. No input can cause any of these.
#[derive(Debug, thiserror::Error)]
pub enum RsaError {
    /// The operating system gave no randomness.
    #[error("no random number could be drawn")]
    Random(#[from] RandomError),
    /// The crypto library has no memory left to work with.
    #[error("the crypto library could not test a number for primality")]
    Primality,
    /// So many numbers with no prime among them are not random.
    #[error("no prime was found among {0} random numbers: they are not random")]
    NoPrime(usize),
    /// Primes too small, too close or not prime, again and again.
    #[error("random primes made no key: they are not random")]
    NoKey,
    /// The key cannot be written down.
    #[error("the new key could not be encoded")]
    Encode(#[from] der::Error),
    /// The numbers of the key do not fit each other.
    #[error("the crypto library found the new key to be inconsistent")]
    Inconsistent,
}

/// A key with a modulus of `bits` bits: 2048, 3072 or 4096.
pub(super) fn generate(bits: usize) -> Result<rsa::KeyPair, RsaError> {
    for _ in 0..PAIRS {
        let p = prime::generate(bits / 2, None)?;
        let q = prime::generate(bits / 2, Some(&p))?;
        if let Some(numbers) = numbers::Numbers::of(&p, &q) {
            // The library checks each number against the others (`RSA_check_key`).
            return rsa::KeyPair::from_der(&numbers.to_der()?).map_err(|_| RsaError::Inconsistent);
        }
    }
    Err(RsaError::NoKey)
}

#[cfg(test)]
mod tests;
