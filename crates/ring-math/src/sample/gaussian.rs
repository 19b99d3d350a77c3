//! Wide Gaussian noise, for flooding.
//!
//! # What is sampled
//!
//! A normal variable with standard deviation sigma, rounded to the nearest integer. Adding it to an integer m is the same
//! as adding the real variable to m and rounding, and rounding, done by anybody without the secret, reveals nothing:
//! whatever is proved about flooding with a continuous Gaussian (in Kullback-Leibler or Renyi divergence) holds for the
//! rounded one. No appeal to smoothing parameters is needed.
//!
//! # How the low bits are filled
//!
//! One double-precision normal has 53 bits. Multiplied by sigma = 2^100 it would leave the low 47 bits of the result
//! predictable, and flooding with it would publish those bits of the noise it should hide. A sum of independent normals
//! is normal, so the variable is drawn as sigma_0 z_0 + sigma_1 z_1 + ..., with sigma_k = sigma / 2^(6k) for k >= 1 down to
//! at most 32 and sigma_0^2 taking the rest of the variance.
//!
//! Call d the error of a computed z_k, on the same random bits, against one computed from infinitely many. It shifts the
//! mean of the next layer by 64 d of that layer's standard deviations, which costs E(64 d)^2 / 2 in Kullback-Leibler
//! divergence (by convexity it is enough to condition on everything but the next layer). The parts of E d^2 are, for
//! z = r cos(t), r = sqrt(-2 ln u):
//!
//! | source | size of the error | part of E d^2 |
//! |---|---|---|
//! | u is a multiple of 2^-53 near 1, where r is small | up to 2^-53 / r in r, uniform, for r > 2^-26 | 3.1 * 2^-106 |
//! | u has 53 bits elsewhere; rounding of ln u | up to 2^-52 / r in r, uniform | 0.2 * 2^-106 |
//! | t is a multiple of 2^-53 pi/4, and rounded | up to 2^-53 in t | 0.4 * 2^-106 |
//! | rounding of the root, the cosine and two products | up to 2^-53 relative, each | 0.9 * 2^-106 |
//!
//! Together that is less than 2^-103.5 (a comparison with 160-bit arithmetic on 150 000 pairs found 2^-103.9), and each
//! layer of each coefficient costs less than 2^-92.5. The last layer is at most 32 wide and its error moves the boundary
//! between two integers by no more than 2^-46, which costs no more. For 2^20 coefficients (log N = 16, sixteen queries)
//! and 17 layers the sum is below 2^-68, about what flooding with sigma = sqrt(12 tau) 2^32 times the noise itself
//! concedes (2^-64 / 24); up to sigma = 2^65, with 11 layers, it is below that.
//!
//! Normals come from the transformation of Box and Muller (Ann. Math. Stat. 29, 1958) with an angle in one of eight
//! octants and a radius whose uniform variable has all 53 bits whatever its exponent, so that the tail is not cut at the
//! 8.6 standard deviations which a multiple of 2^-53 would give; see [`gaussian_tail`]. The logarithm, sine and cosine are
//! the platform's and are taken to be right to one unit in the last place: results of a seed can differ between platforms.
//! They are not constant-time, and could reveal something of the noise's magnitude to who can time single coefficients.

use std::f64::consts::FRAC_PI_4;

use rand_core::CryptoRng;
use zeroize::Zeroizing;

use super::words::{WordSource, check_limbs};
use crate::{
    error::RingError,
    modulus::Modulus,
    poly::{Coeff, RnsPoly},
    rns::RnsBasis,
};

/// Largest standard deviation: with the tail it stays far inside a 128-bit integer.
pub const MAX_GAUSSIAN_SIGMA: f64 = (1u128 << 100) as f64;

/// Each layer is this much narrower than the one before.
const LAYER_RATIO: f64 = 64.0;

/// A layer of at most this standard deviation is the last one.
const LAST_SIGMA: f64 = 32.0;

/// 100 bits in steps of 6 down to at most 5: seventeen layers.
const MAX_LAYERS: usize = 17;

/// Fractions of a unit are summed in multiples of 2^-58, so that all layers fit a word.
const FRACTION_BITS: u32 = 58;

/// Coefficients sampled at a time.
const CHUNK: usize = 32;

/// Bits of the word that give both the exponent and the mantissa of a uniform variable.
const MANTISSA_BITS: u32 = 52;

/// Words that may extend a uniform variable's exponent. Without any set bit in them (probability 2^-140) it stays
/// at the smallest value, 2^-141.
const EXPONENT_WORDS: u32 = 2;

/// The largest magnitude of a normal variable, in standard deviations: sqrt(2 ln 2^141) rounded up.
const LARGEST_NORMAL: f64 = 14.0;

/// A bound on the magnitude of every coefficient that [`gaussian`] returns for `sigma`: 14.3 sigma plus one.
///
/// The probability of a larger one, had the tail not been cut, is below 2^-140 a coefficient.
#[must_use]
pub fn gaussian_tail(sigma: f64) -> f64 {
    LARGEST_NORMAL * sigma * (1.0 + 1.0 / (LAYER_RATIO - 1.0)) + 1.0
}

/// A polynomial with independent coefficients from a normal distribution of standard deviation `sigma`, each rounded to
/// the nearest integer. Coefficients wrap modulo Q where [`gaussian_tail`] exceeds Q/2.
///
/// # Errors
/// [`RingError::SamplerParameter`] unless 0 < `sigma` <= [`MAX_GAUSSIAN_SIGMA`].
pub fn gaussian(
    basis: &RnsBasis,
    sigma: f64,
    rng: &mut (impl CryptoRng + ?Sized),
) -> Result<RnsPoly<Coeff>, RingError> {
    let mut poly = RnsPoly::zero(basis);
    gaussian_into(&mut poly, sigma, rng)?;
    Ok(poly)
}

/// As [`gaussian`], over the basis that `out` has.
///
/// # Errors
/// As [`gaussian`].
pub fn gaussian_into(
    out: &mut RnsPoly<Coeff>,
    sigma: f64,
    rng: &mut (impl CryptoRng + ?Sized),
) -> Result<(), RingError> {
    let basis = out.basis().clone();
    gaussian_words(&basis, out.words_mut(), sigma, rng)
}

/// As [`gaussian`], limb after limb into `words`.
///
/// # Errors
/// As [`gaussian`], and [`RingError::LengthMismatch`] unless there are N words for each prime.
pub fn gaussian_words(
    basis: &RnsBasis,
    words: &mut [u64],
    sigma: f64,
    rng: &mut (impl CryptoRng + ?Sized),
) -> Result<(), RingError> {
    check_limbs(basis, words.len())?;
    let layers = Layers::new(sigma)?;
    let n = basis.n();
    let mut source = WordSource::new(rng);
    let mut chunk = Zeroizing::new([0i128; CHUNK]);
    for start in (0..n).step_by(CHUNK) {
        let chunk = &mut chunk[..CHUNK.min(n - start)];
        layers.sample(chunk, &mut source);
        for (limb, ring) in words.chunks_exact_mut(n).zip(basis.rings()) {
            for (out, &value) in limb[start..].iter_mut().zip(&*chunk) {
                *out = residue(ring.modulus(), value);
            }
        }
    }
    Ok(())
}

/// As [`gaussian`], but the integers themselves, as many as `out` holds.
///
/// # Errors
/// As [`gaussian`].
pub fn gaussian_integers(
    out: &mut [i128],
    sigma: f64,
    rng: &mut (impl CryptoRng + ?Sized),
) -> Result<(), RingError> {
    let layers = Layers::new(sigma)?;
    let mut source = WordSource::new(rng);
    for chunk in out.chunks_mut(CHUNK) {
        layers.sample(chunk, &mut source);
    }
    Ok(())
}

/// The standard deviations to sum, widest first.
struct Layers {
    sigmas: [f64; MAX_LAYERS],
    count: usize,
}

impl Layers {
    fn new(sigma: f64) -> Result<Self, RingError> {
        if !(sigma > 0.0 && sigma <= MAX_GAUSSIAN_SIGMA) {
            return Err(RingError::SamplerParameter {
                distribution: "Gaussian",
                value: format!("sigma = {sigma}"),
                expected: "a standard deviation above 0 and at most 2^100",
            });
        }
        let mut sigmas = [sigma; MAX_LAYERS];
        let mut count = 1;
        let mut share = 1.0; // of the variance, left for the widest layer
        while sigmas[count - 1] > LAST_SIGMA {
            sigmas[count] = sigma / LAYER_RATIO.powi(count as i32);
            share -= LAYER_RATIO.powi(-2 * count as i32);
            count += 1;
        }
        sigmas[0] = sigma * share.sqrt();
        Ok(Self { sigmas, count })
    }

    fn sample<R: CryptoRng + ?Sized>(&self, out: &mut [i128], source: &mut WordSource<'_, R>) {
        for pair in out.chunks_mut(2) {
            let mut sums = Zeroizing::new([FixedSum::default(); 2]);
            for &sigma in &self.sigmas[..self.count] {
                let normals = Zeroizing::new(normal_pair(source));
                for (sum, normal) in sums.iter_mut().zip(&*normals) {
                    sum.add(sigma * normal);
                }
            }
            for (value, sum) in pair.iter_mut().zip(&*sums) {
                *value = sum.round();
            }
        }
    }
}

/// A sum of reals, exact for each summand up to 2^-58.
#[derive(Clone, Copy, Default)]
struct FixedSum {
    whole: i128,
    fraction: u64,
}

impl zeroize::DefaultIsZeroes for FixedSum {}

impl FixedSum {
    fn add(&mut self, x: f64) {
        const UNIT: f64 = (1u64 << FRACTION_BITS) as f64;
        let floor = x.floor();
        self.whole += floor as i128;
        self.fraction += ((x - floor) * UNIT) as u64;
    }

    fn round(&self) -> i128 {
        const HALF: u64 = 1 << (FRACTION_BITS - 1);
        self.whole + i128::from((self.fraction + HALF) >> FRACTION_BITS)
    }
}

/// Two independent standard normal variables.
fn normal_pair<R: CryptoRng + ?Sized>(source: &mut WordSource<'_, R>) -> [f64; 2] {
    const ANGLE_BITS: u32 = f64::MANTISSA_DIGITS;
    let radius = (-2.0 * uniform_variable(source).ln()).sqrt();
    let word = source.next();
    // 53 bits choose an angle below pi/4; three others reflect it into one of the eight octants.
    let eighth = (word >> (u64::BITS - ANGLE_BITS)) as f64 / (1u64 << ANGLE_BITS) as f64;
    let (sine, cosine) = (FRAC_PI_4 * eighth).sin_cos();
    let (x, y) = (cosine.to_bits(), sine.to_bits());
    let exchange = (x ^ y) & (word & 1).wrapping_neg();
    let signed = |bits: u64, sign: u64| radius * f64::from_bits(bits ^ (sign << (u64::BITS - 1)));
    [signed(x ^ exchange, (word >> 1) & 1), signed(y ^ exchange, (word >> 2) & 1)]
}

/// A uniform variable in (0, 1) with all bits of a double whatever its exponent: the low 52 bits of a word are the
/// mantissa, and the zeros before the first set bit of the other twelve, continued in further words where all twelve are
/// zero, are the exponent (the first set bit means 1/2 to 1, the next 1/4 to 1/2, and so on).
fn uniform_variable<R: CryptoRng + ?Sized>(source: &mut WordSource<'_, R>) -> f64 {
    let word = source.next();
    let mantissa = word & ((1 << MANTISSA_BITS) - 1);
    let mut zeros = (word >> MANTISSA_BITS << MANTISSA_BITS).leading_zeros().min(u64::BITS - MANTISSA_BITS);
    for extension in 0..EXPONENT_WORDS {
        if zeros < u64::BITS - MANTISSA_BITS + extension * u64::BITS {
            break;
        }
        zeros += source.next().leading_zeros();
    }
    // (1 + mantissa / 2^52) * 2^-(zeros + 1), with the exponent of a double biased by 1023
    f64::from_bits((u64::from(1022 - zeros) << MANTISSA_BITS) | mantissa)
}

/// The residue of a wide integer, without a branch on its value.
fn residue(q: &Modulus, value: i128) -> u64 {
    let magnitude = q.reduce_u128(value.unsigned_abs());
    let negative = ((value >> 127) as u64) & 1;
    let mask = negative.wrapping_neg();
    (q.neg(magnitude) & mask) | (magnitude & !mask)
}

#[cfg(test)]
mod tests {
    use super::{FixedSum, LAST_SIGMA, Layers, MAX_GAUSSIAN_SIGMA, residue};
    use crate::Modulus;

    #[test]
    fn layers_add_up_to_the_variance() {
        for log_sigma in -3..=100 {
            let sigma = 1.3f64.min(2f64.powi(100 - log_sigma)) * 2f64.powi(log_sigma);
            let layers = Layers::new(sigma).unwrap();
            let variances = layers.sigmas[..layers.count].iter().map(|s| s * s);
            assert!((variances.sum::<f64>() / (sigma * sigma) - 1.0).abs() < 1e-14);
            assert!(layers.sigmas[layers.count - 1] <= LAST_SIGMA);
        }
        assert_eq!(Layers::new(MAX_GAUSSIAN_SIGMA).unwrap().count, super::MAX_LAYERS);
    }

    #[test]
    fn sums_keep_fractions_of_either_sign() {
        let mut sum = FixedSum::default();
        for x in [-0.75, 2f64.powi(103), 0.375, -2f64.powi(103), -1.25, 3.0] {
            sum.add(x);
        }
        assert_eq!(sum.round(), 1); // 1.375
        sum.add(0.125);
        assert_eq!(sum.round(), 2);
    }

    #[test]
    fn wide_integers_get_their_residues() {
        for p in [17, (1 << 61) - 1] {
            let q = Modulus::new(p).unwrap();
            for value in [0, 1, -1, 16, -17, 1 << 100, -(1 << 100), i128::MAX, i128::MIN] {
                assert_eq!(i128::from(residue(&q, value)), value.rem_euclid(i128::from(p)));
            }
        }
    }
}
