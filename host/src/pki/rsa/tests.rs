use aws_lc_rs::signature::KeyPair;
use crypto_bigint::{BoxedUint, Limb, NonZero};
use der::Decode;
use proptest::prelude::*;

use super::numbers::{Numbers, RsaPrivateKey};
use super::trial_division::{SmallPrimes, odd_primes};
use super::{EXPONENT, generate, primality, prime};
use crate::pki::pem;
use crate::pki::test_support::fixture;

/// 2^bits - 105, the largest prime of 1024 bits; of other lengths, divisible by 5 or 7.
fn all_ones_minus_105(bits: usize) -> Vec<u8> {
    let mut number = vec![0xff; bits / 8];
    *number.last_mut().unwrap() = 0x97;
    number
}

fn openssl_key() -> Vec<u8> {
    let text = fixture("rsa-2048.pkcs1.key");
    pem::blocks(&text).next().unwrap().unwrap().der.to_vec()
}

/// A big-endian number with room for `bits` bits.
fn exact(number: &[u8], bits: usize) -> BoxedUint {
    BoxedUint::from_be_slice(number, bits as u32).unwrap()
}

fn remainder(number: &[u8], divisor: u32) -> u64 {
    let divisor = NonZero::new(Limb::from(divisor)).unwrap();
    exact(number, 8 * number.len()).rem_limb(divisor).0
}

#[test]
fn two_primes_make_the_key_that_openssl_made_of_them() {
    let wanted = openssl_key();
    let key = RsaPrivateKey::from_der(&wanted).unwrap();
    let (p, q) = (key.prime1.as_bytes(), key.prime2.as_bytes());
    for (name, one, other) in [("larger first", p, q), ("smaller first", q, p)] {
        let numbers = Numbers::of(one, other).unwrap();
        assert!(*numbers.to_der().unwrap() == wanted, "{name}");
    }
}

#[test]
fn numbers_that_make_no_key() {
    let key = openssl_key();
    let key = RsaPrivateKey::from_der(&key).unwrap();
    let p = key.prime1.as_bytes();
    let zero = vec![0; p.len()];
    for (name, one, other) in [
        ("the same twice", p, p),
        ("nothing", &[][..], &[][..]),
        ("zero", p, &zero),
    ] {
        assert!(Numbers::of(one, other).is_none(), "{name}");
    }
}

#[test]
fn primes_are_told_from_others() {
    let key = openssl_key();
    let key = RsaPrivateKey::from_der(&key).unwrap();
    let (p, q) = (key.prime1.as_bytes(), key.prime2.as_bytes());
    let product = exact(p, 2048) * exact(q, 2048);
    for (name, number, wanted) in [
        ("2^1024 - 105", all_ones_minus_105(1024), true),
        ("a prime of openssl", p.to_vec(), true),
        (
            "the product of two primes",
            product.to_be_bytes().to_vec(),
            false,
        ),
        // By Jaeschke: strong pseudoprime to the bases 2 to 23.
        (
            "a strong pseudoprime",
            3_825_123_056_546_413_051_u64.to_be_bytes().to_vec(),
            false,
        ),
        ("a Carmichael number", 561_u16.to_be_bytes().to_vec(), false),
        ("one", vec![1], false),
        ("nothing", Vec::new(), false),
    ] {
        assert_eq!(primality::is_prime(&number).unwrap(), wanted, "{name}");
    }
}

#[test]
fn small_primes_are_those_below_8192() {
    let primes: Vec<u32> = odd_primes(8192).collect();
    // 1028 with 2.
    assert_eq!(primes.len(), 1027);
    assert_eq!(primes[..5], [3, 5, 7, 11, 13]);
    assert_eq!(primes.last(), Some(&8191));
}

/// The number, or the first below it, that leaves this remainder and is odd.
fn next_below(number: &[u8], divisor: u32, left: u64) -> Vec<u8> {
    let bits = 8 * number.len();
    let above = remainder(number, divisor) + u64::from(divisor) - left;
    let step = if above.is_multiple_of(2) {
        above
    } else {
        above + u64::from(divisor)
    };
    let found = exact(number, bits).wrapping_sub(exact(&step.to_be_bytes(), bits));
    assert_eq!(found.as_words()[0] % 2, 1);
    found.to_be_bytes().to_vec()
}

#[test]
fn no_multiple_of_a_small_prime_is_admitted() {
    let small_primes = SmallPrimes::get();
    assert!(small_primes.admit(&all_ones_minus_105(1024)));
    for bits in [1024, 1536, 2048] {
        for divisor in odd_primes(8192) {
            let number = next_below(&all_ones_minus_105(bits), divisor, 0);
            assert!(!small_primes.admit(&number), "{divisor}, {bits} bits");
        }
    }
}

/// Such a prime has no private exponent.
#[test]
fn no_number_one_above_a_multiple_of_the_exponent_is_admitted() {
    for bits in [1024, 1536, 2048] {
        let mut number = next_below(&all_ones_minus_105(bits), EXPONENT, 1);
        while odd_primes(8192).any(|divisor| remainder(&number, divisor) == 0) {
            number = next_below(&number, EXPONENT, 1);
        }
        assert!(!SmallPrimes::get().admit(&number), "{bits} bits");
    }
}

#[test]
fn a_prime_begins_above_the_root_of_two() {
    for (name, head, wanted) in [
        ("just above", 0xb504_f333_f9de_6485_u64, true),
        ("just below", 0xb504_f333_f9de_6484, false),
        ("half", 1 << 63, false),
        ("all ones", u64::MAX, true),
    ] {
        let number = [&head.to_be_bytes()[..], &[0xff; 120]].concat();
        assert_eq!(prime::large_enough(&number), wanted, "{name}");
    }
}

#[test]
fn a_number_too_close_to_the_other_prime_is_not_taken() {
    let other = all_ones_minus_105(1024);
    let changed = |at: usize, to: u8| {
        let mut number = other.clone();
        number[at] = to;
        number
    };
    for (name, number, wanted) in [
        ("the same", other.clone(), true),
        ("differs in the last byte", changed(127, 1), true),
        // 2^(1024 - 100) is bit 4 of byte 12, counted from 0.
        ("2^920 apart", changed(12, 0xfe), true),
        ("2^924 apart", changed(12, 0xef), true),
        ("2^925 apart", changed(12, 0xdf), false),
        ("far", changed(0, 0xc0), false),
    ] {
        assert_eq!(prime::too_close(&number, &other), wanted, "{name}");
        assert_eq!(prime::too_close(&other, &number), wanted, "{name}");
    }
}

#[test]
fn generated_primes_make_a_modulus_of_full_length() {
    for bits in [1024, 1536, 2048] {
        let prime = prime::generate(bits, None).unwrap();
        assert_eq!(prime.len(), bits / 8);
        assert!(primality::is_prime(&prime).unwrap(), "{bits} bits");
        assert_ne!(remainder(&prime, EXPONENT), 1);
        let square = exact(&prime, 2 * bits) * exact(&prime, 2 * bits);
        assert_eq!(square.bits(), 2 * bits as u32, "{bits} bits");
    }
}

#[test]
fn every_size_of_key() {
    for bits in [2048, 3072, 4096] {
        let (one, other) = (generate(bits).unwrap(), generate(bits).unwrap());
        assert_eq!(one.public_modulus_len(), bits / 8);
        assert_ne!(
            one.public_key().as_ref(),
            other.public_key().as_ref(),
            "{bits} bits"
        );
    }
}

proptest! {
    #[test]
    fn trial_division_is_division(
        bytes in proptest::sample::select(vec![128_usize, 192, 256]),
        seed in proptest::collection::vec(any::<u8>(), 256),
    ) {
        let mut number = seed[..bytes].to_vec();
        number[bytes - 1] |= 1;
        let wanted = odd_primes(8192).all(|divisor| remainder(&number, divisor) != 0)
            && remainder(&number, EXPONENT) != 1;
        prop_assert_eq!(SmallPrimes::get().admit(&number), wanted);
    }
}
