//! Levels and scales as types of their own.

use std::{
    cmp::Ordering,
    fmt,
    ops::{Div, Mul},
};

use serde::{Deserialize, Serialize};

use crate::error::CkksError;

/// How many rescalings are still possible. Counts **down**: a fresh ciphertext has the highest level, level 0 is the
/// base modulus, which can be decrypted but not rescaled.
///
/// ```
/// use ckks::Level;
/// assert!(Level(2) > Level(0));
/// assert_eq!(Level(2).below(), Some(Level(1)));
/// assert_eq!(Level(0).below(), None);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Level(pub usize);

impl Level {
    /// The level after one rescaling, if one is possible.
    #[must_use]
    pub fn below(self) -> Option<Self> {
        self.0.checked_sub(1).map(Self)
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// log2 of the relative difference from which two scales are different: see [`Scale`].
pub const LOG_SCALE_TOLERANCE: i32 = -72;

/// The factor between a message and the integers that carry it, exact to about 30 decimal digits.
///
/// Held as a double-double mantissa in [1, 2) with a binary exponent of its own, so that no product of a circuit overflows and
/// every operation is right to a relative 2^-100. (Exponents stay where an `i32` ends, far beyond every modulus.) `==` holds when two scales differ by less than 2^-72: far below
/// anything a message could show, far above what rounding leaves in the scales of one circuit computed on two paths.
/// Two levels of a chain never come that close by accident, so a forgotten rescaling or a wrong constant is found.
///
/// ```
/// use ckks::Scale;
/// let scale = Scale::power_of_two(60);
/// let rescaled = (scale * scale).div_by_prime((1 << 60) + 33);
/// assert_eq!(rescaled.to_f64(), scale.to_f64()); // an f64 cannot tell them apart
/// assert_ne!(rescaled, scale); // but they are not the same scale
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Scale {
    /// Leading part of the mantissa, in [1, 2).
    high: f64,
    /// The rest of the mantissa, at most half a unit in the last place of `high`.
    low: f64,
    exponent: i32,
}

impl Scale {
    /// The scale 1: integers that carry themselves.
    pub const ONE: Self = Self { high: 1.0, low: 0.0, exponent: 0 };

    /// The scale `value`, exactly.
    ///
    /// # Errors
    /// [`CkksError::Parameter`] unless `value` is finite and positive.
    pub fn new(value: f64) -> Result<Self, CkksError> {
        if value.is_finite() && value > 0.0 {
            return Ok(Self::normalised(value, 0.0, 0));
        }
        Err(CkksError::Parameter {
            name: "scale",
            found: value.to_string(),
            expected: "a finite number above 0".to_owned(),
        })
    }

    /// The scale 2^`exponent`.
    #[must_use]
    pub fn power_of_two(exponent: i32) -> Self {
        Self { exponent, ..Self::ONE }
    }

    /// The scale that equals a word, exactly. Zero counts as one.
    #[must_use]
    pub fn from_word(word: u64) -> Self {
        let word = word.max(1);
        // Both halves are exact, and the lower one is below half an ulp of the upper one after renormalisation.
        let (upper, lower) = ((word >> 32) as f64 * 4_294_967_296.0, (word & 0xffff_ffff) as f64);
        let (high, low) = two_sum(upper, lower);
        Self::normalised(high, low, 0)
    }

    /// log2 of the scale, to the accuracy of an f64.
    #[must_use]
    pub fn log2(&self) -> f64 {
        f64::from(self.exponent) + self.high.log2() + self.low / (self.high * std::f64::consts::LN_2)
    }

    /// The nearest f64; infinite from 2^1024 on, and less than exact below 2^-1022.
    #[must_use]
    pub fn to_f64(&self) -> f64 {
        // Two steps, because 2^exponent alone may leave the range of an f64.
        let half = self.exponent / 2;
        (self.high + self.low) * f64::from(half).exp2() * f64::from(self.exponent - half).exp2()
    }

    /// The scale divided by one prime (or any other word).
    #[must_use]
    pub fn div_by_prime(self, prime: u64) -> Self {
        self / Self::from_word(prime)
    }

    /// The scale divided by a group of primes, one after the other: what a rescaling by that group leaves.
    #[must_use]
    pub fn div_by_primes(self, primes: &[u64]) -> Self {
        primes.iter().fold(self, |scale, &prime| scale.div_by_prime(prime))
    }

    /// The scale multiplied by a group of primes, one after the other.
    #[must_use]
    pub fn mul_by_primes(self, primes: &[u64]) -> Self {
        primes.iter().fold(self, |scale, &prime| scale * Self::from_word(prime))
    }

    /// The scale of a square.
    #[must_use]
    pub fn squared(self) -> Self {
        self * self
    }

    /// The integer nearest to `value` times the scale, right to the last unit below 2^100 and to a relative 2^-100 above;
    /// `None` from 2^126 on, and for values that are not finite.
    #[must_use]
    pub fn round_product(&self, value: f64) -> Option<i128> {
        let (product, error) = two_product(value, self.high);
        let (high, low) = two_sum(product, error + value * self.low);
        let unit = f64::from(self.exponent.clamp(-1022, 1022)).exp2();
        let (high, low) = (high * unit, low * unit);
        if !high.is_finite() || high.abs() >= 126f64.exp2() {
            return None;
        }
        let whole = high.trunc();
        Some(whole as i128 + ((high - whole) + low).round() as i128)
    }

    /// log2 of |self/other - 1|; minus infinity for identical scales.
    #[must_use]
    pub fn log2_distance(&self, other: &Self) -> f64 {
        let ratio = *self / *other;
        // Near 1 the mantissa is near 1, or near 2 with exponent -1; anything else is far away.
        let offset = match ratio.exponent {
            0 => (ratio.high - 1.0) + ratio.low,
            -1 => ((ratio.high - 2.0) + ratio.low) / 2.0,
            _ => ratio.to_f64() - 1.0,
        };
        offset.abs().log2()
    }

    /// Whether a ciphertext with a modulus of 2^`log_modulus` may claim this scale: not if no message fits, nor if nothing of
    /// any would be left.
    pub(crate) fn suits(&self, log_modulus: f64) -> bool {
        self.log2().abs() <= 2.0 * log_modulus + PRODUCT_ROOM_BITS
    }

    /// Mantissa in two parts, and exponent.
    pub(crate) fn to_raw(self) -> (f64, f64, i32) {
        (self.high, self.low, self.exponent)
    }

    /// What [`Self::to_raw`] gave, or `None` for numbers that it never gives.
    pub(crate) fn from_raw(high: f64, low: f64, exponent: i32) -> Option<Self> {
        let normal = (1.0..2.0).contains(&high) && low.is_finite() && two_sum(high, low) == (high, low);
        (normal && exponent.unsigned_abs() <= MAX_STORED_EXPONENT).then_some(Self { high, low, exponent })
    }

    fn normalised(high: f64, low: f64, exponent: i32) -> Self {
        let (high, low) = two_sum(high, low);
        let (mut high, mut low, mut exponent) = (high, low, exponent);
        // Subnormal inputs first come into the normal range, where the exponent field can be read.
        if high < f64::MIN_POSITIVE {
            (high, low) = (high * SUBNORMAL_SHIFT, low * SUBNORMAL_SHIFT);
            exponent = exponent.saturating_sub(64);
        }
        let shift = ((high.to_bits() >> 52) as i32) - 1023;
        let factor = f64::from(-shift / 2).exp2();
        let rest = f64::from(-shift - (-shift / 2)).exp2();
        Self {
            high: high * factor * rest,
            low: low * factor * rest,
            exponent: exponent.saturating_add(shift),
        }
    }
}

/// Largest |log2| of a scale that is read from bytes, whatever it is of: twice the modulus of the longest chain there can
/// be.
const MAX_STORED_EXPONENT: u32 = 1 << 16;

/// How many bits twice the modulus of a ciphertext a scale may exceed: a product that is still to be rescaled has the square
/// of a scale, and of messages up to 2^-32 something fits the modulus at a scale 32 bits above it.
const PRODUCT_ROOM_BITS: f64 = 64.0;

/// 2^64.
const SUBNORMAL_SHIFT: f64 = 18_446_744_073_709_551_616.0;

/// a + b as an unevaluated sum of its rounding and the error of that (Knuth, TAOCP 2, section 4.2.2, theorem B).
fn two_sum(a: f64, b: f64) -> (f64, f64) {
    let sum = a + b;
    let b_part = sum - a;
    (sum, (a - (sum - b_part)) + (b - b_part))
}

/// a * b as an unevaluated sum, by a fused multiply-add.
fn two_product(a: f64, b: f64) -> (f64, f64) {
    let product = a * b;
    (product, a.mul_add(b, -product))
}

/// Product of two scales, right to a relative 2^-100. An exponent beyond an `i32` stays at its end: no modulus holds such a
/// scale, so that whatever looks at it refuses it.
impl Mul for Scale {
    type Output = Self;

    fn mul(self, other: Self) -> Self {
        let (high, error) = two_product(self.high, other.high);
        let low = error + (self.high * other.low + self.low * other.high);
        Self::normalised(high, low, self.exponent.saturating_add(other.exponent))
    }
}

/// Quotient of two scales, right to a relative 2^-100, with exponents as in a product.
impl Div for Scale {
    type Output = Self;

    fn div(self, other: Self) -> Self {
        // Long division with three partial quotients (Hida, Li and Bailey, ARITH-15, 2001).
        let subtract = |(high, low): (f64, f64), q: f64| {
            let (p, e) = two_product(q, other.high);
            let (d, f) = two_sum(high, -p);
            two_sum(d, f + (low - e - q * other.low))
        };
        let first = self.high / other.high;
        let rest = subtract((self.high, self.low), first);
        let second = rest.0 / other.high;
        let rest = subtract(rest, second);
        let third = rest.0 / other.high;
        let (high, low) = two_sum(first, second);
        Self::normalised(high, low + third, self.exponent.saturating_sub(other.exponent))
    }
}

impl PartialEq for Scale {
    fn eq(&self, other: &Self) -> bool {
        self.log2_distance(other) < f64::from(LOG_SCALE_TOLERANCE)
    }
}

impl PartialOrd for Scale {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        if self == other {
            return Some(Ordering::Equal);
        }
        let key = |s: &Self| (s.exponent, s.high, s.low);
        key(self).partial_cmp(&key(other))
    }
}

/// Shown as a power of two with the digits that tell neighbouring levels apart.
impl fmt::Display for Scale {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let log = self.log2();
        if log == log.trunc() && self.high == 1.0 && self.low == 0.0 {
            return write!(f, "2^{log}");
        }
        write!(f, "2^{log:.12}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The scale as an integer, for scales below 2^126 (both parts are integers then).
    fn integer(scale: Scale) -> i128 {
        let unit = f64::from(scale.exponent).exp2();
        (scale.high * unit) as i128 + (scale.low * unit) as i128
    }

    proptest! {
        #[test]
        fn products_and_quotients_are_right_to_100_bits(
            a in 1u64 << 52..1 << 62,
            b in 1u64 << 52..1 << 62,
            c in 1u64..,
        ) {
            let product = Scale::from_word(a) * Scale::from_word(b);
            let expected = i128::from(a) * i128::from(b);
            prop_assert!((integer(product) - expected).abs() <= expected >> 100);
            let back = (product * Scale::from_word(c)).div_by_primes(&[a, c]);
            prop_assert!(back.log2_distance(&Scale::from_word(b)) < -100.0);
        }

        #[test]
        fn floats_come_back(value in f64::MIN_POSITIVE..f64::MAX) {
            prop_assert_eq!(Scale::new(value).map(|s| s.to_f64()), Ok(value));
        }

        #[test]
        fn a_relative_difference_of_two_to_the_minus_60_is_seen(word in 1u64 << 61..1u64 << 62) {
            prop_assert!(Scale::from_word(word) != Scale::from_word(word + 1));
            prop_assert!(Scale::from_word(word) < Scale::from_word(word + 1));
            prop_assert!(Scale::from_word(word) == Scale::from_word(word));
        }
    }

    #[test]
    fn constants_are_rounded_at_the_exact_scale() {
        let scale = Scale::power_of_two(120).div_by_prime((1 << 60) + 33);
        // 2^120 = (2^60 + 33)(2^60 - 33) + 33^2.
        assert_eq!(scale.round_product(1.0), Some((1 << 60) - 33));
        assert_eq!(scale.round_product(-3.0), Some(-3 * ((1 << 60) - 33)));
        assert_eq!(Scale::power_of_two(100).round_product(1.5), Some(3 << 99));
        assert_eq!(Scale::ONE.round_product(0.49), Some(0));
        assert_eq!(Scale::ONE.round_product(-0.51), Some(-1));
        for (scale, value) in [(126, 1.0), (1, f64::NAN), (1, f64::INFINITY), (2000, 1.0)] {
            assert_eq!(Scale::power_of_two(scale).round_product(value), None);
        }
    }

    #[test]
    fn scales_far_outside_the_range_of_an_f64_keep_their_logarithm() {
        let mut scale = Scale::power_of_two(60).div_by_prime(3);
        for _ in 0..6 {
            scale = scale.squared();
        }
        let expected = 64.0 * (60.0 - 3f64.log2());
        assert!((scale.log2() - expected).abs() < 1e-9);
        assert_eq!(scale.to_f64(), f64::INFINITY);
    }

    #[test]
    fn exponents_stop_at_the_end_of_their_range() {
        for end in [i32::MAX, i32::MIN] {
            let mut scale = Scale::power_of_two(end);
            for _ in 0..3 {
                scale = scale.squared() * Scale::power_of_two(end) * Scale::from_word(u64::MAX);
                let quotient = scale.div_by_primes(&[3, 5]) / Scale::power_of_two(end) / scale;
                assert!(quotient.log2().is_finite() && scale.log2().is_finite());
                assert_eq!(scale.log2() > 0.0, end > 0);
                assert!(!scale.suits(1e6) && scale.round_product(1.0).is_none_or(|integer| integer == 0));
            }
            assert!(Scale::ONE / Scale::power_of_two(end) != Scale::ONE);
        }
        assert!(Scale::power_of_two(144).suits(40.0) && !Scale::power_of_two(145).suits(40.0));
        assert!(Scale::power_of_two(-144).suits(40.0) && !Scale::power_of_two(-145).suits(40.0));
    }

    #[test]
    fn impossible_scales_are_refused() {
        for value in [0.0, -1.0, f64::NAN, f64::INFINITY] {
            assert!(matches!(Scale::new(value), Err(CkksError::Parameter { name: "scale", .. })));
        }
        assert_eq!(Scale::new(f64::MIN_POSITIVE / 8.0).map(|s| s.log2()), Ok(-1025.0));
    }
}
