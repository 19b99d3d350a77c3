//! How right a result is, in bits.

use std::fmt;

use crate::{encoder::SlotValue, error::CkksError};

/// The error of decrypted values against expected ones, as -log2 of absolute errors: bits after the binary point that
/// are right. An error of exactly zero counts as [`PrecisionStats::EXACT`] bits.
///
/// ```
/// use ckks::PrecisionStats;
/// let stats = PrecisionStats::new(&[1.0, 2.0], &[1.0 + 0.25, 2.0 - 0.125])?;
/// assert_eq!(stats.max.bits, 2.0); // the largest error is 2^-2
/// assert_eq!(stats.worst_slot, 0);
/// # Ok::<(), ckks::CkksError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PrecisionStats {
    /// Of the largest error (of real parts, imaginary parts, and absolute values).
    pub max: PartBits,
    /// Of the mean of the absolute errors.
    pub mean: PartBits,
    /// Of the root mean square of the errors: their standard deviation about zero.
    pub std: PartBits,
    /// The slot with the largest absolute error.
    pub worst_slot: usize,
    /// Number of slots that were compared.
    pub slots: usize,
}

/// One statistic, in bits.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PartBits {
    /// Of the absolute value of the complex error.
    pub bits: f64,
    /// Of its real part.
    pub real: f64,
    /// Of its imaginary part.
    pub imaginary: f64,
}

impl PrecisionStats {
    /// Bits that stand for no error at all: the exponent of the smallest positive f64.
    pub const EXACT: f64 = 1074.0;

    /// Compares `found` with `expected`, slot by slot.
    ///
    /// # Errors
    /// [`CkksError::SlotMismatch`] for different lengths, [`CkksError::Parameter`] when there is nothing to compare.
    pub fn new<T: SlotValue>(expected: &[T], found: &[T]) -> Result<Self, CkksError> {
        let (left, right) = (expected.len(), found.len());
        if left != right {
            return Err(CkksError::SlotMismatch { op: "precision", left, right });
        }
        if expected.is_empty() {
            let expected = "at least one".to_owned();
            return Err(CkksError::Parameter { name: "slots", found: "0".to_owned(), expected });
        }
        let (mut max, mut sum, mut squares) = ([0.0f64; 3], [0.0f64; 3], [0.0f64; 3]);
        let mut worst_slot = 0;
        for (slot, (expected, found)) in expected.iter().zip(found).enumerate() {
            let error = found.to_complex() - expected.to_complex();
            let norm = error.norm();
            // A NaN is the worst there is.
            if norm > max[0] || (norm.is_nan() && !max[0].is_nan()) {
                worst_slot = slot;
            }
            for (i, part) in [norm, error.re.abs(), error.im.abs()].into_iter().enumerate() {
                max[i] = if part > max[i] || part.is_nan() { part } else { max[i] };
                sum[i] += part;
                squares[i] += part * part;
            }
        }
        let count = expected.len() as f64;
        Ok(Self {
            max: PartBits::new(max),
            mean: PartBits::new(sum.map(|total| total / count)),
            std: PartBits::new(squares.map(|total| (total / count).sqrt())),
            worst_slot,
            slots: expected.len(),
        })
    }
}

impl PartBits {
    fn new([bits, real, imaginary]: [f64; 3]) -> Self {
        let bits_of = |error: f64| if error == 0.0 { PrecisionStats::EXACT } else { -error.log2() };
        Self { bits: bits_of(bits), real: bits_of(real), imaginary: bits_of(imaginary) }
    }
}

/// The figures that tables quote.
impl fmt::Display for PrecisionStats {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { max, mean, std, worst_slot, slots } = self;
        let (max, mean, std) = (max.bits, mean.bits, std.bits);
        write!(f, "{max:.1} bits at worst (slot {worst_slot} of {slots}), {mean:.1} mean, {std:.1} rms")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::encoder::Complex64;

    #[test]
    fn each_statistic_is_what_it_says() {
        let expected = [Complex64::new(1.0, 1.0); 4];
        let mut found = expected;
        found[1].re += 0.5;
        found[2].im -= 0.25;
        let stats = PrecisionStats::new(&expected, &found).unwrap();
        assert_eq!((stats.worst_slot, stats.slots), (1, 4));
        assert_eq!(stats.max, PartBits { bits: 1.0, real: 1.0, imaginary: 2.0 });
        assert_eq!(stats.mean, PartBits { bits: -(0.1875f64.log2()), real: 3.0, imaginary: 4.0 });
        assert_eq!(stats.std.real, 2.0);
        assert_eq!(stats.std.imaginary, 3.0);
        assert!((stats.std.bits + 0.5 * (0.3125f64 / 4.0).log2()).abs() < 1e-12);
    }

    #[test]
    fn nothing_wrong_and_nothing_right() {
        let exact = PrecisionStats::new(&[1.0], &[1.0]).unwrap();
        assert_eq!(exact.max.bits, PrecisionStats::EXACT);
        let lost = PrecisionStats::new(&[1.0, 2.0, 3.0], &[9.0, f64::NAN, 3.0]).unwrap();
        assert!(lost.max.bits.is_nan() && lost.mean.bits.is_nan());
        assert_eq!(lost.worst_slot, 1);
    }

    #[test]
    fn lengths_have_to_agree() {
        let refused = PrecisionStats::new(&[1.0], &[1.0, 2.0]).err();
        assert_eq!(refused, Some(CkksError::SlotMismatch { op: "precision", left: 1, right: 2 }));
        assert!(PrecisionStats::new::<f64>(&[], &[]).is_err());
    }
}
