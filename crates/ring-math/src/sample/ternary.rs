//! Secrets with coefficients in {-1, 0, 1}.

use rand_core::CryptoRng;
use zeroize::Zeroizing;

use super::words::{WordSource, check_limbs, spread_small};
use crate::{
    error::RingError,
    poly::{Coeff, RnsPoly},
    rns::RnsBasis,
};

/// Ternary digits taken from one byte.
const DIGITS: usize = 5;

/// Bytes below 3^5 are uniform over all five-digit numbers in base 3; the 13 others are left out.
const BYTE_LIMIT: u8 = 243;

/// Bytes drawn at a time.
const BYTE_BATCH: usize = 256;

/// A polynomial with independent coefficients, each -1, 0 or 1 with probability exactly 1/3.
///
/// Bytes of 243 and more are rejected, five coefficients at once; which bytes are rejected says nothing about the
/// coefficients that are kept.
///
/// ```
/// use rand_chacha::{ChaCha20Rng, rand_core::SeedableRng};
/// use ring_math::{RnsBasis, ntt_primes, sample};
/// let basis = RnsBasis::new(4, &ntt_primes(40, 4, 2, &[])?)?;
/// let s = sample::ternary(&basis, &mut ChaCha20Rng::seed_from_u64(1)); // a fixed seed is for tests only
/// assert!(s.limb(0).iter().all(|&word| basis.modulus(0).centre(word).abs() <= 1));
/// # Ok::<(), ring_math::RingError>(())
/// ```
#[must_use]
pub fn ternary(basis: &RnsBasis, rng: &mut (impl CryptoRng + ?Sized)) -> RnsPoly<Coeff> {
    let mut poly = RnsPoly::zero(basis);
    ternary_into(&mut poly, rng);
    poly
}

/// As [`ternary`], over the basis that `out` has.
pub fn ternary_into(out: &mut RnsPoly<Coeff>, rng: &mut (impl CryptoRng + ?Sized)) {
    let basis = out.basis().clone();
    sample_limbs(&basis, out.words_mut(), rng);
}

/// As [`ternary`], limb after limb into `words`.
///
/// # Errors
/// [`RingError::LengthMismatch`] unless there are N words for each prime.
pub fn ternary_words(
    basis: &RnsBasis,
    words: &mut [u64],
    rng: &mut (impl CryptoRng + ?Sized),
) -> Result<(), RingError> {
    check_limbs(basis, words.len())?;
    sample_limbs(basis, words, rng);
    Ok(())
}

fn sample_limbs(basis: &RnsBasis, words: &mut [u64], rng: &mut (impl CryptoRng + ?Sized)) {
    let mut bytes = Zeroizing::new([0; BYTE_BATCH]);
    let mut rest = &mut words[..basis.n()];
    while !rest.is_empty() {
        // Never more bytes than would be needed if none were rejected, so that only the last one can overshoot.
        let batch = &mut bytes[..rest.len().div_ceil(DIGITS).min(BYTE_BATCH)];
        rng.fill_bytes(batch);
        let mut filled = 0;
        for &byte in &*batch {
            let digits = ternary_digits(byte);
            let accepted = usize::from(byte < BYTE_LIMIT);
            if let Some(place) = rest[filled..].first_chunk_mut() {
                *place = digits;
                filled += DIGITS * accepted;
            } else {
                let room = rest.len() - filled;
                rest[filled..].copy_from_slice(&digits[..room]);
                filled += room * accepted;
            }
        }
        rest = &mut rest[filled..];
    }
    spread_small(basis, words, 1);
}

/// The five base-3 digits of a byte below 243, each less one, in two's complement.
#[inline]
fn ternary_digits(byte: u8) -> [u64; DIGITS] {
    let mut value = u32::from(byte);
    std::array::from_fn(|_| {
        let third = (value * 171) >> 9; // the quotient by 3 for any byte, as 171/512 is 1/3 + 1/1536
        let digit = value - 3 * third;
        value = third;
        u64::from(digit).wrapping_sub(1)
    })
}

/// A polynomial with exactly `weight` non-zero coefficients, each -1 or 1; uniform among all of these.
///
/// The places are chosen in one pass by selection sampling (Fan, Muller and Rezucha, J. Amer. Statist. Assoc. 57, 1962;
/// Knuth, The Art of Computer Programming 2, section 3.4.2, algorithm S): coefficient i is taken with probability
/// (still wanted) / (N - i), by comparing a uniform integer below N - i with the number still wanted. The pass touches
/// every coefficient alike, so that neither branches nor addresses depend on the secret, and it is exact, which sorting
/// by random keys of fixed width is not.
///
/// # Errors
/// [`RingError::SamplerParameter`] for a weight above N.
pub fn ternary_of_weight(
    basis: &RnsBasis,
    weight: usize,
    rng: &mut (impl CryptoRng + ?Sized),
) -> Result<RnsPoly<Coeff>, RingError> {
    let mut poly = RnsPoly::zero(basis);
    ternary_of_weight_into(&mut poly, weight, rng)?;
    Ok(poly)
}

/// As [`ternary_of_weight`], over the basis that `out` has.
///
/// # Errors
/// As [`ternary_of_weight`].
pub fn ternary_of_weight_into(
    out: &mut RnsPoly<Coeff>,
    weight: usize,
    rng: &mut (impl CryptoRng + ?Sized),
) -> Result<(), RingError> {
    let basis = out.basis().clone();
    ternary_of_weight_words(&basis, out.words_mut(), weight, rng)
}

/// As [`ternary_of_weight`], limb after limb into `words`.
///
/// # Errors
/// As [`ternary_of_weight`], and [`RingError::LengthMismatch`] unless there are N words for each prime.
pub fn ternary_of_weight_words(
    basis: &RnsBasis,
    words: &mut [u64],
    weight: usize,
    rng: &mut (impl CryptoRng + ?Sized),
) -> Result<(), RingError> {
    check_limbs(basis, words.len())?;
    let n = basis.n();
    if weight > n {
        return Err(RingError::SamplerParameter {
            distribution: "ternary of fixed weight",
            value: weight.to_string(),
            expected: "a weight of at most the ring degree",
        });
    }
    let mut source = WordSource::new(rng);
    let mut wanted = weight as u64;
    for (i, out) in words[..n].iter_mut().enumerate() {
        let draw = uniform_below(2 * (n - i) as u64, &mut source);
        let (position, sign) = (draw >> 1, draw & 1);
        let taken = position.wrapping_sub(wanted) >> 63; // 1 when position < wanted, as both are far below 2^63
        *out = taken.wrapping_neg() & 1u64.wrapping_sub(2 * sign);
        wanted -= taken;
    }
    spread_small(basis, words, 1);
    Ok(())
}

/// A uniform integer below `range`, which is public (Lemire, ACM Trans. Model. Comput. Simul. 29, 2019). Whether a word
/// is rejected is independent of the result.
fn uniform_below<R: CryptoRng + ?Sized>(range: u64, source: &mut WordSource<'_, R>) -> u64 {
    loop {
        let wide = u128::from(source.next()) * u128::from(range);
        let low = wide as u64;
        if low >= range || low >= range.wrapping_neg() % range {
            return (wide >> 64) as u64;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{BYTE_LIMIT, ternary_digits};
    use std::collections::BTreeSet;

    #[test]
    fn accepted_bytes_are_all_digit_strings_once() {
        let strings: BTreeSet<[u64; 5]> = (0..BYTE_LIMIT).map(ternary_digits).collect();
        assert_eq!(strings.len(), usize::from(BYTE_LIMIT));
        assert_eq!(strings.len(), 3usize.pow(5));
        assert!(strings.iter().flatten().all(|&digit| [u64::MAX, 0, 1].contains(&digit)));
    }
}
