//! Uniform residues by masking and rejection: exact, with no bias at all.

use rand_core::CryptoRng;

use super::words::{check_limbs, fill};
use crate::{
    error::RingError,
    modulus::Modulus,
    poly::{Representation, RnsPoly},
    rns::RnsBasis,
};

/// Candidates drawn at a time: 4 KiB, which stays in the first-level cache between being drawn and being sifted.
const CANDIDATES: usize = 512;

/// A uniform polynomial. The transform is a bijection modulo each prime, so that this is the same distribution in
/// either representation.
///
/// ```
/// use rand_chacha::{ChaCha20Rng, rand_core::SeedableRng};
/// use ring_math::{Ntt, RnsBasis, RnsPoly, ntt_primes, sample};
/// let basis = RnsBasis::new(4, &ntt_primes(40, 4, 2, &[])?)?;
/// let mut rng = ChaCha20Rng::seed_from_u64(1); // a fixed seed is for tests only
/// let a: RnsPoly<Ntt> = sample::uniform(&basis, &mut rng);
/// assert!(a.limb(1).iter().all(|&word| word < basis.modulus(1).value()));
/// # Ok::<(), ring_math::RingError>(())
/// ```
#[must_use]
pub fn uniform<R: Representation>(basis: &RnsBasis, rng: &mut (impl CryptoRng + ?Sized)) -> RnsPoly<R> {
    let mut poly = RnsPoly::zero(basis);
    uniform_into(&mut poly, rng);
    poly
}

/// As [`uniform`], over the basis that `out` has.
pub fn uniform_into<R: Representation>(out: &mut RnsPoly<R>, rng: &mut (impl CryptoRng + ?Sized)) {
    let basis = out.basis().clone();
    sample_limbs(&basis, out.words_mut(), rng);
}

/// As [`uniform`], limb after limb into `words`.
///
/// # Errors
/// [`RingError::LengthMismatch`] unless there are N words for each prime.
pub fn uniform_words(
    basis: &RnsBasis,
    words: &mut [u64],
    rng: &mut (impl CryptoRng + ?Sized),
) -> Result<(), RingError> {
    check_limbs(basis, words.len())?;
    sample_limbs(basis, words, rng);
    Ok(())
}

fn sample_limbs(basis: &RnsBasis, words: &mut [u64], rng: &mut (impl CryptoRng + ?Sized)) {
    for (limb, ring) in words.chunks_exact_mut(basis.n()).zip(basis.rings()) {
        fill_uniform(ring.modulus(), limb, |candidates| fill(rng, candidates));
    }
}

/// Fills `out` with the words of a stream, each cut to the bit length of the prime, leaving out those that are not
/// below it. The outcome is a function of the stream alone, however it is cut into batches, and a shorter `out` gets a
/// prefix of what a longer one gets.
pub(super) fn fill_uniform(q: &Modulus, out: &mut [u64], mut stream: impl FnMut(&mut [u64])) {
    let (p, mask) = (q.value(), u64::MAX >> (u64::BITS - q.bits()));
    let mut rest = out;
    while !rest.is_empty() {
        let wanted = rest.len().min(CANDIDATES);
        let batch = &mut rest[..wanted];
        stream(batch);
        // A rejected word is overwritten by the next one; the place to write never passes the place to read.
        let mut kept = 0;
        for i in 0..batch.len() {
            let word = batch[i] & mask;
            batch[kept] = word;
            kept += usize::from(word < p);
        }
        rest = &mut rest[kept..];
    }
}
