//! The numbers of a private key, and their encoding, from its two primes.

use crypto_bigint::{BoxedUint, ConcatenatingMul, Gcd, Limb, NonZero, Odd};
use der::asn1::UintRef;
use der::{Encode, Sequence};
use zeroize::Zeroizing;

use super::{EXPONENT, RsaError};

type Secret = Zeroizing<BoxedUint>;

/// What RFC 8017, section 3.2, makes a private key of, with the larger prime first.
pub(super) struct Numbers {
    p: Secret,
    q: Secret,
    n: Secret,
    d: Secret,
    d_mod_p: Secret,
    d_mod_q: Secret,
    q_inverse: Secret,
}

impl Numbers {
    /// The numbers for two primes of one length, big-endian, neither of them 1 modulo the public
    /// exponent. None for numbers of which no key can be made, or one with a private exponent so
    /// small that it can be guessed from the public key (FIPS 186-5, A.1.1).
    pub(super) fn of(one: &[u8], other: &[u8]) -> Option<Self> {
        let half = u32::try_from(8 * one.len()).ok()?;
        let number = |bytes| BoxedUint::from_be_slice(bytes, half).ok();
        let (p, q) = (Zeroizing::new(number(one)?), Zeroizing::new(number(other)?));
        let (p, q) = if *p > *q { (p, q) } else { (q, p) };

        let minus_one = |prime: &Secret| {
            let number = prime.wrapping_sub(BoxedUint::one_with_precision(half));
            NonZero::new(number).into_option().map(Zeroizing::new)
        };
        let (p_1, q_1) = (minus_one(&p)?, minus_one(&q)?);
        let common = Zeroizing::new(p_1.gcd(&q_1));
        let order = Zeroizing::new(p_1.concatenating_mul(&*Zeroizing::new(q_1.div_rem(&common).0)));
        let d = inverse_of_exponent(&order);
        if d.bits() <= half {
            return None;
        }
        let odd = Zeroizing::new(Odd::new((*p).clone()).into_option()?);
        let q_inverse = Zeroizing::new(q.invert_odd_mod(&odd).into_option()?);
        Some(Self {
            n: Zeroizing::new(p.concatenating_mul(&*q)),
            d,
            d_mod_p: inverse_of_exponent(&p_1),
            d_mod_q: inverse_of_exponent(&q_1),
            q_inverse,
            p,
            q,
        })
    }

    /// `RSAPrivateKey` of RFC 8017, appendix A.1.2.
    pub(super) fn to_der(&self) -> Result<Zeroizing<Vec<u8>>, RsaError> {
        let bytes = |number: &Secret| Zeroizing::new(number.to_be_bytes().into_vec());
        let [p, q, n, d] = [&self.p, &self.q, &self.n, &self.d].map(bytes);
        let [d_mod_p, d_mod_q, q_inverse] =
            [&self.d_mod_p, &self.d_mod_q, &self.q_inverse].map(bytes);
        let key = RsaPrivateKey {
            version: 0,
            modulus: UintRef::new(&n)?,
            public_exponent: EXPONENT,
            private_exponent: UintRef::new(&d)?,
            prime1: UintRef::new(&p)?,
            prime2: UintRef::new(&q)?,
            exponent1: UintRef::new(&d_mod_p)?,
            exponent2: UintRef::new(&d_mod_q)?,
            coefficient: UintRef::new(&q_inverse)?,
        };
        Ok(Zeroizing::new(key.to_der()?))
    }
}

/// The `x` below the modulus with `x * e = 1`, for the public exponent `e` and a modulus it does
/// not divide. As `e` is a small prime the inverse of the modulus by `e` comes first, and no
/// division depends on the secret: `x = (1 + k * modulus) / e` with `k = -1 / modulus`, modulo `e`.
fn inverse_of_exponent(modulus: &BoxedUint) -> Secret {
    const DIVISOR: NonZero<Limb> = NonZero::<Limb>::new_unwrap(Limb::from_u32(EXPONENT));
    let e = u64::from(EXPONENT);
    let remainder = modulus.rem_limb(DIVISOR).0;
    // Fermat: the inverse is the power to e - 2.
    let mut inverse = 1;
    for bit in (0..u64::BITS - e.leading_zeros()).rev() {
        inverse = inverse * inverse % e;
        if (e - 2) >> bit & 1 == 1 {
            inverse = inverse * remainder % e;
        }
    }
    let multiple = Zeroizing::new(modulus.concatenating_mul(&BoxedUint::from(e - inverse)));
    let one_more = Zeroizing::new(multiple.wrapping_add(BoxedUint::one()));
    Zeroizing::new(one_more.div_rem_limb(DIVISOR).0)
}

#[derive(Sequence)]
pub(super) struct RsaPrivateKey<'a> {
    version: u8,
    modulus: UintRef<'a>,
    public_exponent: u32,
    private_exponent: UintRef<'a>,
    pub(super) prime1: UintRef<'a>,
    pub(super) prime2: UintRef<'a>,
    exponent1: UintRef<'a>,
    exponent2: UintRef<'a>,
    coefficient: UintRef<'a>,
}
