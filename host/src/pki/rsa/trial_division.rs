//! Trial division of long numbers by all small primes at once.

use std::sync::LazyLock;

use zeroize::Zeroizing;

use super::EXPONENT;

/// Small primes are those below. Each costs every number that gets through to it 10 ns, and
/// spares one in as many as itself the primality test of 300 µs: the sum is about the same for a
/// limit anywhere between 4096 and 32768.
const LIMIT: u32 = 8192;

/// The longest number, in digits of 32 bits: a prime of a 4096-bit key.
const DIGITS: usize = 64;

/// Divisors, ready for use.
pub(super) struct SmallPrimes {
    odd: Vec<Divisor>,
    exponent: Divisor,
}

/// A number to divide by, and what makes it one multiplication per digit, all independent of each
/// other, so that the compiler does several at once.
struct Divisor {
    value: u64,
    /// 2^64 divided by it, rounded down.
    reciprocal: u64,
    /// 2^(32 * i) modulo it.
    powers: [u32; DIGITS],
}

impl SmallPrimes {
    /// Makes them at the first use, in a fraction of a millisecond.
    pub(super) fn get() -> &'static Self {
        static PRIMES: LazyLock<SmallPrimes> = LazyLock::new(|| SmallPrimes {
            odd: odd_primes(LIMIT).map(Divisor::new).collect(),
            exponent: Divisor::new(EXPONENT),
        });
        &PRIMES
    }

    /// Whether an odd number above all small primes, big-endian and of at most 2048 bits, may be
    /// a prime for RSA: no small prime divides it, nor the public exponent what is one less.
    ///
    /// The time it takes for numbers that are refused depends on them; for the others it is the
    /// same for all.
    pub(super) fn admit(&self, number: &[u8]) -> bool {
        let mut digits = Zeroizing::new([0; DIGITS]);
        let count = number.len().div_ceil(4).min(DIGITS);
        for (digit, bytes) in digits.iter_mut().zip(number.rchunks(4)) {
            *digit = bytes
                .iter()
                .fold(0, |value, byte| value << 8 | u32::from(*byte));
        }
        let Some(digits) = digits.get(..count) else {
            return false;
        };
        !self.odd.iter().any(|prime| prime.leaves(digits, 0)) && !self.exponent.leaves(digits, 1)
    }
}

impl Divisor {
    fn new(value: u32) -> Self {
        let value = u64::from(value);
        let mut powers = [0; DIGITS];
        let mut power = 1;
        for entry in &mut powers {
            // Below `value`, which came from 32 bits.
            *entry = power as u32;
            power = (power << 32) % value;
        }
        Self {
            value,
            // Not a power of two, so the same as of 2^64.
            reciprocal: u64::MAX / value,
            powers,
        }
    }

    /// Whether a number, its lowest digit first, leaves this remainder.
    fn leaves(&self, digits: &[u32], remainder: u64) -> bool {
        // Congruent to the number, and below 64 * 2^32 * 2^17 = 2^55.
        let sum: u64 = digits
            .iter()
            .zip(&self.powers)
            .map(|(digit, power)| u64::from(*digit) * u64::from(*power))
            .sum();
        // A division by a multiplication: processors divide in a time that depends on the
        // number. The quotient is exact or one too small.
        let quotient = ((u128::from(sum) * u128::from(self.reciprocal)) >> 64) as u64;
        let rest = sum - quotient * self.value;
        (rest == remainder) | (rest == remainder + self.value)
    }
}

/// The sieve of Eratosthenes.
pub(super) fn odd_primes(limit: u32) -> impl Iterator<Item = u32> {
    let mut composite = vec![false; limit as usize];
    (3..limit).step_by(2).filter(move |number| {
        let prime = !composite.get(*number as usize).copied().unwrap_or(true);
        if prime {
            for multiple in composite
                .iter_mut()
                .skip(*number as usize)
                .step_by(*number as usize)
            {
                *multiple = true;
            }
        }
        prime
    })
}
