//! The crypto library's primality test, which its safe interface does not offer.

use std::ffi::c_int;
use std::ptr::{NonNull, null_mut};

use aws_lc_sys::{
    BIGNUM, BN_bin2bn, BN_clear_free, BN_primality_test, BN_prime_checks_for_generation,
};

use super::RsaError;

/// Whether a random number, big-endian, is prime: Miller and Rabin's test with sixteen random
/// bases, of which FIPS 186-5, table B.1, wants five. Of a prime, time tells nothing.
pub(super) fn is_prime(number: &[u8]) -> Result<bool, RsaError> {
    aws_lc_rs::init();
    let number = Number::new(number)?;
    let mut prime: c_int = 0;
    // SAFETY: the number is alive until the end of this function and nobody else has it, `prime`
    // is valid for a write, and the context and the callback may be null (`openssl/bn.h`).
    let done = unsafe {
        BN_primality_test(
            &raw mut prime,
            number.0.as_ptr(),
            BN_prime_checks_for_generation,
            null_mut(),
            0,
            null_mut(),
        )
    };
    match done {
        1 => Ok(prime == 1),
        _ => Err(RsaError::Primality),
    }
}

/// A number of the crypto library, wiped when dropped.
struct Number(NonNull<BIGNUM>);

impl Number {
    fn new(bytes: &[u8]) -> Result<Self, RsaError> {
        // SAFETY: the pointer and the length are those of one slice, which is only read; with no
        // number given to put the value into, a new one is made, or null if there is no memory.
        let number = unsafe { BN_bin2bn(bytes.as_ptr(), bytes.len(), null_mut()) };
        NonNull::new(number).map(Self).ok_or(RsaError::Primality)
    }
}

impl Drop for Number {
    fn drop(&mut self) {
        // SAFETY: it came from `BN_bin2bn` and is freed once, here.
        unsafe { BN_clear_free(self.0.as_ptr()) };
    }
}
