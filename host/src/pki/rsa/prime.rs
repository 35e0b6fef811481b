//! Random primes for RSA.

use zeroize::Zeroizing;

use super::trial_division::SmallPrimes;
use super::{RsaError, primality};
use crate::pki::random;

/// The first 64 bits of the square root of two, rounded up: a number that begins with as much is
/// at least 2^(bits - 1/2), and two of them make a modulus of full length.
const ROOT_OF_TWO: u64 = 0xb504_f333_f9de_6485;

/// A prime number of `bits` bits, a multiple of 64, big-endian: uniform among those above
/// 2^(bits - 1/2) that are not 1 modulo the public exponent, and, if there is another prime that
/// the key shall have, not within 2^(bits - 100) of it.
///
/// FIPS 186-5 gives up after 5 times `bits` numbers that are large enough, of which one key in a
/// million dies. 40 times `bits`, of which more than half are large enough, leave 2^-95.
pub(super) fn generate(bits: usize, other: Option<&[u8]>) -> Result<Zeroizing<Vec<u8>>, RsaError> {
    let small_primes = SmallPrimes::get();
    let limit = 40 * bits;
    let mut number = Zeroizing::new(vec![0; bits / 8]);
    for _ in 0..limit {
        random::fill(&mut number)?;
        if let [first, .., last] = number.as_mut_slice() {
            *first |= 0x80;
            *last |= 1;
        }
        // In the order of cost. Whatever ends here is thrown away, and may be known.
        if large_enough(&number)
            && !other.is_some_and(|other| too_close(&number, other))
            && small_primes.admit(&number)
            && primality::is_prime(&number)?
        {
            return Ok(number);
        }
    }
    Err(RsaError::NoPrime(limit))
}

pub(super) fn large_enough(number: &[u8]) -> bool {
    head(number) >> 64 >= u128::from(ROOT_OF_TWO)
}

/// Whether two numbers of one length are so close that their product is the square of a number
/// to be guessed (Fermat's factorisation): within 2^-100 of their range.
pub(super) fn too_close(one: &[u8], other: &[u8]) -> bool {
    head(one).abs_diff(head(other)) <= 1 << 28
}

/// The first 128 bits.
fn head(number: &[u8]) -> u128 {
    number
        .first_chunk()
        .map_or(0, |head| u128::from_be_bytes(*head))
}
