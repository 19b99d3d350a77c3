//! The error distribution: a centred binomial.

use rand_core::CryptoRng;
use zeroize::Zeroizing;

use super::words::{BATCH, check_limbs, fill, spread_small};
use crate::{
    error::RingError,
    poly::{Coeff, RnsPoly},
    rns::RnsBasis,
};

/// Pairs of coins per coefficient: the least number whose standard deviation, sqrt(21/2) = 3.24, reaches the 3.19 that
/// the homomorphic encryption standards assume of errors.
pub const CBD_PAIRS: u32 = 21;

/// Coins per coefficient.
const COINS: u32 = 2 * CBD_PAIRS;

const COIN_MASK: u64 = (1 << COINS) - 1;

/// Coefficients made from each pair of words: two from the low bits of one word each, the third from what is left.
const PER_PAIR: usize = 3;

/// A polynomial with independent coefficients from the centred binomial distribution: the sum of 21 fair coins less
/// the sum of 21 others, so that |coefficient| <= 21 and P(k) = binomial(42, 21 + k) / 2^42.
///
/// Turning the second group of coins over changes no probability, hence a coefficient is the number of ones among 42
/// bits, less 21.
///
/// ```
/// use rand_chacha::{ChaCha20Rng, rand_core::SeedableRng};
/// use ring_math::{RnsBasis, ntt_primes, sample};
/// let basis = RnsBasis::new(4, &ntt_primes(40, 4, 2, &[])?)?;
/// let e = sample::cbd(&basis, &mut ChaCha20Rng::seed_from_u64(1)); // a fixed seed is for tests only
/// assert!(e.limb(1).iter().all(|&word| basis.modulus(1).centre(word).abs() <= 21));
/// # Ok::<(), ring_math::RingError>(())
/// ```
#[must_use]
pub fn cbd(basis: &RnsBasis, rng: &mut (impl CryptoRng + ?Sized)) -> RnsPoly<Coeff> {
    let mut poly = RnsPoly::zero(basis);
    cbd_into(&mut poly, rng);
    poly
}

/// As [`cbd`], over the basis that `out` has.
pub fn cbd_into(out: &mut RnsPoly<Coeff>, rng: &mut (impl CryptoRng + ?Sized)) {
    let basis = out.basis().clone();
    sample_limbs(&basis, out.words_mut(), rng);
}

/// As [`cbd`], limb after limb into `words`.
///
/// # Errors
/// [`RingError::LengthMismatch`] unless there are N words for each prime.
pub fn cbd_words(
    basis: &RnsBasis,
    words: &mut [u64],
    rng: &mut (impl CryptoRng + ?Sized),
) -> Result<(), RingError> {
    check_limbs(basis, words.len())?;
    sample_limbs(basis, words, rng);
    Ok(())
}

fn sample_limbs(basis: &RnsBasis, words: &mut [u64], rng: &mut (impl CryptoRng + ?Sized)) {
    let mut random = Zeroizing::new([0; BATCH]);
    for block in words[..basis.n()].chunks_mut(BATCH / 2 * PER_PAIR) {
        let batch = &mut random[..2 * block.len().div_ceil(PER_PAIR)];
        fill(rng, batch);
        let (pairs, _) = batch.as_chunks();
        let (triples, tail) = block.as_chunks_mut();
        for (triple, pair) in triples.iter_mut().zip(pairs) {
            *triple = three_coefficients(pair);
        }
        if let Some(pair) = pairs.get(triples.len()) {
            tail.copy_from_slice(&three_coefficients(pair)[..tail.len()]);
        }
    }
    spread_small(basis, words, CBD_PAIRS.into());
}

/// 126 of the 128 bits make three coefficients, in two's complement.
#[inline]
fn three_coefficients(&[a, b]: &[u64; 2]) -> [u64; PER_PAIR] {
    let rest = (a >> COINS) | (b >> COINS << (u64::BITS - COINS));
    [a, b, rest].map(|bits| u64::from((bits & COIN_MASK).count_ones()).wrapping_sub(CBD_PAIRS.into()))
}

#[cfg(test)]
mod tests {
    use super::three_coefficients;

    #[test]
    fn every_coin_counts_for_one_coefficient() {
        let counts = |pair: [u64; 2]| three_coefficients(&pair).map(|c| c.wrapping_add(21));
        assert_eq!(counts([0, 0]), [0, 0, 0]);
        assert_eq!(counts([u64::MAX, u64::MAX]), [42, 42, 42]);
        let mut coins = [0; 3];
        for i in 0..128 {
            let mut pair = [0; 2];
            pair[i / 64] = 1 << (i % 64);
            let counted = counts(pair);
            assert!(counted.iter().sum::<u64>() <= 1);
            for (total, count) in coins.iter_mut().zip(counted) {
                *total += count;
            }
        }
        assert_eq!(coins, [42, 42, 42]);
    }
}
