//! One word-sized prime with its reduction constants.

use crate::{error::RingError, prime::is_prime};

/// Largest bit length of a prime: the scalar butterflies keep values below 4p in a signed-safe 64-bit word.
pub const MAX_MODULUS_BITS: u32 = 61;

/// Largest bit length the 52-bit multiply-add kernels accept: their values stay below 4p <= 2^52.
pub const VECTOR_MODULUS_BITS: u32 = 50;

/// Largest bit length of the fast regime: 16p <= 2^52 leaves room for seven butterfly stages between reductions.
pub const LAZY_MODULUS_BITS: u32 = 48;

/// Width of the multiplier in the IFMA instructions; their Montgomery radix is 2^52.
pub(crate) const IFMA_BITS: u32 = 52;

/// Mask of the low 52 bits.
pub(crate) const IFMA_MASK: u64 = (1 << IFMA_BITS) - 1;

/// A prime p with 3 <= p < 2^61 and the constants that reduce modulo it.
///
/// Values handed to its methods are canonical, that is in `[0, p)`, unless a method says otherwise.
///
/// ```
/// use ring_math::Modulus;
/// let q = Modulus::new(97)?;
/// assert_eq!(q.mul(50, 2), 3);
/// assert_eq!(q.mul(q.inv(35)?, 35), 1);
/// # Ok::<(), ring_math::RingError>(())
/// ```
#[derive(Clone, Copy)]
pub struct Modulus {
    value: u64,
    /// floor(2^128 / p), the Barrett constant.
    barrett: u128,
    /// p^-1 mod 2^52 (meaningful for odd p below 2^50).
    inv52: u64,
    /// 2^104 mod p, which turns a residue into its Montgomery form.
    r2_52: PreparedScalar,
}

/// A constant factor modulo p with the companions each kernel multiplies by.
#[derive(Clone, Copy, Default, Debug, PartialEq, Eq)]
pub struct PreparedScalar {
    /// The constant itself, in `[0, p)`.
    pub(crate) value: u64,
    /// floor(value * 2^64 / p): Shoup's companion for 64-bit words.
    pub(crate) shoup: u64,
    /// value * 2^52 mod p: the Montgomery form for 52-bit multipliers.
    pub(crate) mont: u64,
    /// mont * p^-1 mod 2^52: gives the low half of the Montgomery quotient in one multiplication.
    pub(crate) mont_quotient: u64,
}

impl PreparedScalar {
    /// The constant, in `[0, p)`.
    #[must_use]
    pub fn value(&self) -> u64 {
        self.value
    }
}

impl Modulus {
    /// Checks that `value` is a prime in range and computes its constants.
    ///
    /// # Errors
    /// [`RingError::ModulusOutOfRange`] below 3 or from 2^61 on, [`RingError::NotPrime`] for a composite.
    pub fn new(value: u64) -> Result<Self, RingError> {
        let max = (1 << MAX_MODULUS_BITS) - 1;
        if !(3..=max).contains(&value) {
            return Err(RingError::ModulusOutOfRange { modulus: value, max });
        }
        if !is_prime(value) {
            return Err(RingError::NotPrime { value });
        }
        // p is odd, hence does not divide 2^128 and floor((2^128 - 1)/p) = floor(2^128/p).
        let barrett = u128::MAX / u128::from(value);
        let mut modulus =
            Self { value, barrett, inv52: inverse_mod_2_52(value), r2_52: PreparedScalar::default() };
        let r = modulus.reduce_u128(1 << IFMA_BITS);
        modulus.r2_52 = modulus.prepare(r);
        Ok(modulus)
    }

    /// The prime itself.
    #[must_use]
    pub fn value(&self) -> u64 {
        self.value
    }

    /// Bit length of the prime.
    #[must_use]
    pub fn bits(&self) -> u32 {
        u64::BITS - self.value.leading_zeros()
    }

    /// Whether the 52-bit vector kernels can work modulo this prime.
    #[must_use]
    pub fn fits_vector_kernels(&self) -> bool {
        self.bits() <= VECTOR_MODULUS_BITS
    }

    /// Whether this prime is in the fast regime (at most 48 bits).
    #[must_use]
    pub fn is_lazy(&self) -> bool {
        self.bits() <= LAZY_MODULUS_BITS
    }

    pub(crate) fn inv52(&self) -> u64 {
        self.inv52
    }

    /// The prepared constant 2^52 mod p; multiplying by it in Montgomery form leaves a Montgomery residue.
    pub(crate) fn r2_52(&self) -> &PreparedScalar {
        &self.r2_52
    }

    /// Reduces any word into `[0, p)`.
    #[inline]
    #[must_use]
    pub fn reduce(&self, x: u64) -> u64 {
        self.reduce_u128(u128::from(x))
    }

    /// Reduces any double word into `[0, p)` (Barrett, with the quotient at most two too small).
    #[inline]
    #[must_use]
    pub fn reduce_u128(&self, x: u128) -> u64 {
        let (x1, x0) = ((x >> 64) as u64, x as u64);
        let (b1, b0) = ((self.barrett >> 64) as u64, self.barrett as u64);
        // Only the low word of the quotient is needed, so a carry out of the 128-bit sum may be lost.
        let carry = (u128::from(x0) * u128::from(b0)) >> 64;
        let middle = (u128::from(x1) * u128::from(b0)).wrapping_add(u128::from(x0) * u128::from(b1) + carry);
        let quotient = x1.wrapping_mul(b1).wrapping_add((middle >> 64) as u64);
        let r = (x as u64).wrapping_sub(quotient.wrapping_mul(self.value));
        let r = r.min(r.wrapping_sub(2 * self.value));
        r.min(r.wrapping_sub(self.value))
    }

    /// Residue of a signed integer.
    #[inline]
    #[must_use]
    pub fn reduce_i64(&self, x: i64) -> u64 {
        let r = self.reduce(x.unsigned_abs());
        if x < 0 { self.neg(r) } else { r }
    }

    /// The representative of `x` in `(-p/2, p/2)`.
    #[inline]
    #[must_use]
    pub fn centre(&self, x: u64) -> i64 {
        if x > self.value / 2 { x as i64 - self.value as i64 } else { x as i64 }
    }

    /// a + b mod p.
    #[inline]
    #[must_use]
    pub fn add(&self, a: u64, b: u64) -> u64 {
        let s = a.wrapping_add(b);
        s.min(s.wrapping_sub(self.value))
    }

    /// a - b mod p.
    #[inline]
    #[must_use]
    pub fn sub(&self, a: u64, b: u64) -> u64 {
        let d = a.wrapping_sub(b);
        d.min(d.wrapping_add(self.value))
    }

    /// -a mod p.
    #[inline]
    #[must_use]
    pub fn neg(&self, a: u64) -> u64 {
        self.sub(0, a)
    }

    /// a * b mod p.
    #[inline]
    #[must_use]
    pub fn mul(&self, a: u64, b: u64) -> u64 {
        self.reduce_u128(u128::from(a) * u128::from(b))
    }

    /// a^e mod p, with a^0 = 1.
    #[must_use]
    pub fn pow(&self, a: u64, mut e: u64) -> u64 {
        let (mut base, mut acc) = (self.reduce(a), 1);
        while e > 0 {
            if e & 1 == 1 {
                acc = self.mul(acc, base);
            }
            base = self.mul(base, base);
            e >>= 1;
        }
        acc
    }

    /// The inverse of `a` modulo p, by Fermat.
    ///
    /// # Errors
    /// [`RingError::NotInvertible`] when p divides `a`.
    pub fn inv(&self, a: u64) -> Result<u64, RingError> {
        if self.reduce(a) == 0 {
            return Err(RingError::NotInvertible { value: a, modulus: self.value });
        }
        Ok(self.pow(a, self.value - 2))
    }

    /// Prepares a constant factor for repeated multiplication; `c` is reduced first.
    #[must_use]
    pub fn prepare(&self, c: u64) -> PreparedScalar {
        let value = self.reduce(c);
        let shoup = ((u128::from(value) << 64) / u128::from(self.value)) as u64;
        let mont = self.reduce_u128(u128::from(value) << IFMA_BITS);
        PreparedScalar { value, shoup, mont, mont_quotient: mont.wrapping_mul(self.inv52) & IFMA_MASK }
    }

    /// a * c mod p for any word `a` (Shoup's multiplication; Harvey, 2014, section 2).
    #[inline]
    #[must_use]
    pub fn mul_prepared(&self, a: u64, c: &PreparedScalar) -> u64 {
        let r = self.mul_prepared_lazy(a, c);
        r.min(r.wrapping_sub(self.value))
    }

    /// a * c mod p in `[0, 2p)` for any word `a`.
    #[inline]
    #[must_use]
    pub(crate) fn mul_prepared_lazy(&self, a: u64, c: &PreparedScalar) -> u64 {
        let quotient = ((u128::from(a) * u128::from(c.shoup)) >> 64) as u64;
        a.wrapping_mul(c.value).wrapping_sub(quotient.wrapping_mul(self.value))
    }
}

/// Newton's iteration for the inverse of an odd number modulo 2^52 (each step doubles the correct bits).
fn inverse_mod_2_52(p: u64) -> u64 {
    let mut inverse = p; // correct modulo 2^3
    for _ in 0..5 {
        inverse = inverse.wrapping_mul(2u64.wrapping_sub(p.wrapping_mul(inverse)));
    }
    inverse & IFMA_MASK
}

impl PartialEq for Modulus {
    fn eq(&self, other: &Self) -> bool {
        self.value == other.value
    }
}

impl Eq for Modulus {}

impl std::fmt::Debug for Modulus {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Modulus({})", self.value)
    }
}

impl std::fmt::Display for Modulus {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.value.fmt(f)
    }
}
