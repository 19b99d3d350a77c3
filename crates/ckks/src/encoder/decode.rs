//! Reading the coefficients of a plaintext.
//!
//! Coefficients are far smaller than the modulus, as a rule: the fewest limbs that determine them are enough. Those are
//! turned into digits of a balanced mixed-radix representation, x = v_0 + v_1 q_0 + v_2 q_0 q_1 + ..., |v_i| < q_i / 2
//! (Garner, 1959), each step of which is an operation that the kernels have; summing up in floating point from the top
//! then loses next to nothing, because no partial sum is more than twice as large as the result.

use ring_math::{RnsBasis, Scratch, parallel};

use super::Complex64;
use crate::{error::CkksError, plaintext::Plaintext};

/// Room above the tracked bound on the message, against bounds that a caller has set too low: 2^8.
const MARGIN_BITS: f64 = 8.0;

/// How many limbs are read: the fewest whose product exceeds the margin times the bound of message and noise; all of
/// them where no bound is known.
pub(super) fn limbs_needed(plaintext: &Plaintext) -> Result<usize, CkksError> {
    let basis = plaintext.poly().basis();
    let noise = plaintext.noise();
    if !noise.message_bound().is_finite() || !noise.bound().is_finite() {
        return Ok(basis.len());
    }
    // In logarithms: a scale may leave the range of an f64.
    let log_message = plaintext.scale().log2() + noise.message_bound().max(f64::MIN_POSITIVE).log2();
    let log_noise = noise.bound().max(1.0).log2();
    let log_bound = log_message.max(log_noise)
        + (log_message.min(log_noise) - log_message.max(log_noise)).exp2().ln_1p() / std::f64::consts::LN_2;
    let log_available = basis.log2_product();
    if log_bound + 1.0 > log_available {
        return Err(CkksError::PrecisionLost {
            op: "decode",
            log_needed: log_bound + 1.0,
            log_available,
            remedy: "decrypt at a higher level, or take a larger log_q0 or a smaller scale",
        });
    }
    let wanted = (log_message + MARGIN_BITS).max(log_bound + 1.0);
    let mut log_product = 0.0;
    let enough = basis.primes().position(|prime| {
        log_product += (prime as f64).log2();
        log_product >= wanted
    });
    Ok(enough.map_or(basis.len(), |index| index + 1))
}

/// Writes the w_k of the plaintext, read from its first `limbs` limbs, to `values`.
pub(super) fn read_coefficients(
    plaintext: &Plaintext,
    limbs: usize,
    values: &mut [Complex64],
    scratch: &mut Scratch,
) -> Result<(), CkksError> {
    let basis = plaintext.poly().basis();
    let n = basis.n();
    let (digits, lifted) = scratch.words(n * (limbs + 1)).split_at_mut(n * limbs);
    digits.copy_from_slice(&plaintext.poly().words()[..n * limbs]);
    parallel::for_each_limb(digits, n, |i, limb| {
        // A limb has the ring's length, which is all a transform can object to.
        let _ = basis.ring(i).inverse(limb);
    });
    mixed_radix(basis, digits, lifted)?;
    let gap = n / 2 / values.len();
    for (i, limb) in digits.chunks_exact(n).enumerate().rev() {
        let modulus = basis.modulus(i);
        let (q, half) = (modulus.value(), modulus.value() / 2);
        // No branch: the words are a message.
        let centred = |word: u64| (word as i64 - (q & u64::from(word > half).wrapping_neg()) as i64) as f64;
        let top = i + 1 == limbs;
        let (first, second) = limb.split_at(n / 2);
        let parts = first.iter().step_by(gap).zip(second.iter().step_by(gap));
        for (value, (&real, &imaginary)) in values.iter_mut().zip(parts) {
            let digit = Complex64::new(centred(real), centred(imaginary));
            *value = if top { digit } else { *value * q as f64 + digit };
        }
    }
    Ok(())
}

/// Residues to balanced mixed-radix digits, in place.
fn mixed_radix(basis: &RnsBasis, residues: &mut [u64], lifted: &mut [u64]) -> Result<(), CkksError> {
    let n = basis.n();
    for j in 1..residues.len() / n {
        let (known, rest) = residues.split_at_mut(j * n);
        let (ring, digit) = (basis.ring(j), &mut rest[..n]);
        for (i, lower) in known.chunks_exact(n).enumerate() {
            let from = basis.modulus(i);
            let inverse = ring.modulus().inv(ring.modulus().reduce(from.value()))?;
            ring.lift_centred(lifted, lower, from)?;
            ring.sub_mul_scalar_assign(digit, lifted, &ring.modulus().prepare(inverse))?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{context::Context, noise::Noise, params::presets, scale::Scale};
    use proptest::prelude::*;
    use ring_math::{Coeff, RnsPoly};

    /// A plaintext with the given integers as its first coefficients, at the top of a chain of four primes.
    fn plaintext(context: &Context, coefficients: &[i64], message_bound: f64) -> Plaintext {
        let mut plaintext = Plaintext::empty(context).unwrap();
        plaintext.level = context.max_level();
        plaintext.scale = Scale::power_of_two(40);
        plaintext.poly = RnsPoly::<Coeff>::from_i64(context.q_basis(plaintext.level).unwrap(), coefficients)
            .unwrap()
            .into_ntt();
        plaintext.noise = Noise::encoded(context.n(), message_bound, message_bound);
        plaintext
    }

    fn read(plaintext: &Plaintext, limbs: usize) -> Vec<Complex64> {
        let mut values = vec![Complex64::ZERO; plaintext.slots()];
        read_coefficients(plaintext, limbs, &mut values, &mut Scratch::new()).unwrap();
        values
    }

    proptest! {
        #[test]
        fn the_fewest_limbs_read_the_same_as_all(
            coefficients in prop::collection::vec(-(1i64 << 58)..1 << 58, 16),
            bits in 1u32..58,
        ) {
            let context = Context::new(&presets::toy(4, 3).check().unwrap()).unwrap();
            let coefficients: Vec<i64> = coefficients.iter().map(|c| c >> bits).collect();
            let largest = coefficients.iter().map(|c| c.unsigned_abs()).max().unwrap_or(0) as f64;
            let plaintext = plaintext(&context, &coefficients, largest / 40f64.exp2());
            let limbs = limbs_needed(&plaintext).unwrap();
            // q0 has 48 bits, the next prime 40.
            let q0 = plaintext.poly().basis().modulus(0).value() as f64;
            prop_assert_eq!(limbs, if largest * 256.0 <= q0 { 1 } else { 2 });
            let values = read(&plaintext, limbs);
            for k in 0..8 {
                // Two roundings of a sum of two digits.
                let off = |part: f64, exact: i64| (part - exact as f64).abs() <= exact.abs() as f64 * (-51f64).exp2();
                prop_assert!(off(values[k].re, coefficients[k]) && off(values[k].im, coefficients[k + 8]));
            }
            prop_assert_eq!(read(&plaintext, context.q_basis(context.max_level()).unwrap().len()), values);
        }
    }

    #[test]
    fn an_unknown_bound_takes_all_limbs_and_an_impossible_one_is_refused() {
        let context = Context::new(&presets::toy(4, 3).check().unwrap()).unwrap();
        let limbs = |bound: f64| limbs_needed(&plaintext(&context, &[1], bound));
        assert_eq!(limbs(f64::INFINITY), Ok(4));
        assert_eq!(limbs(0.0), Ok(1));
        // 168 bits of modulus, 40 of scale: 127 are left for the message, 119 with the full margin.
        assert_eq!(limbs(118f64.exp2()), Ok(4));
        assert_eq!(limbs(126.9f64.exp2()), Ok(4));
        assert!(matches!(limbs(127.1f64.exp2()), Err(CkksError::PrecisionLost { .. })));
    }
}
