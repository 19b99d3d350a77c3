//! What the samplers share: words from a generator, and small signed integers spread over all limbs of a basis.

use rand_core::CryptoRng;
use zeroize::Zeroizing;

use crate::{error::RingError, modulus::Modulus, parallel, rns::RnsBasis};

/// Words drawn from a generator at a time: 1 KiB, small enough for the stack and large enough to amortise the call.
pub(super) const BATCH: usize = 128;

/// Fills `words` with the generator's bytes, taken as little-endian words.
pub(super) fn fill(rng: &mut (impl CryptoRng + ?Sized), words: &mut [u64]) {
    rng.fill_bytes(bytemuck::cast_slice_mut(words));
    from_little_endian(words);
}

/// Gives words whose bytes were written in stream order the same value on every processor.
pub(super) fn from_little_endian(words: &mut [u64]) {
    for word in words {
        *word = u64::from_le(*word);
    }
}

/// A generator read word by word; what is left over is wiped.
pub(super) struct WordSource<'a, R: CryptoRng + ?Sized> {
    rng: &'a mut R,
    batch: Zeroizing<[u64; BATCH]>,
    used: usize,
}

impl<'a, R: CryptoRng + ?Sized> WordSource<'a, R> {
    pub(super) fn new(rng: &'a mut R) -> Self {
        Self { rng, batch: Zeroizing::new([0; BATCH]), used: BATCH }
    }

    pub(super) fn next(&mut self) -> u64 {
        if self.used == BATCH {
            fill(self.rng, self.batch.as_mut_slice());
            self.used = 0;
        }
        let word = self.batch[self.used];
        self.used += 1;
        word
    }
}

pub(super) fn check_limbs(basis: &RnsBasis, found: usize) -> Result<(), RingError> {
    let expected = basis.n() * basis.len();
    if found == expected {
        return Ok(());
    }
    Err(RingError::LengthMismatch { what: "limbs to sample", found, expected })
}

/// Spreads small integers over a basis: the first limb holds `i64` values of magnitude at most `bound` in two's
/// complement; afterwards every limb holds their residues.
pub(super) fn spread_small(basis: &RnsBasis, words: &mut [u64], bound: u64) {
    let n = basis.n();
    let (first, rest) = words.split_at_mut(n);
    parallel::for_each_limb(rest, n, |i, limb| {
        let lift = SmallLift::new(basis.modulus(i + 1), bound);
        for (out, &value) in limb.iter_mut().zip(&*first) {
            *out = lift.apply(value);
        }
    });
    let lift = SmallLift::new(basis.modulus(0), bound);
    for value in first {
        *value = lift.apply(*value);
    }
}

/// Residues of integers in `[-bound, bound]` without a branch on their values.
struct SmallLift<'a> {
    modulus: &'a Modulus,
    /// Whether every such integer is above -p and below p.
    single: bool,
    /// The least multiple of p that is at least `bound`.
    offset: u64,
}

impl<'a> SmallLift<'a> {
    fn new(modulus: &'a Modulus, bound: u64) -> Self {
        let p = modulus.value();
        Self { modulus, single: bound < p, offset: bound.next_multiple_of(p) }
    }

    #[inline]
    fn apply(&self, value: u64) -> u64 {
        if self.single {
            let sign = (value.cast_signed() >> 63).cast_unsigned();
            value.wrapping_add(self.modulus.value() & sign)
        } else {
            self.modulus.reduce(value.wrapping_add(self.offset))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::SmallLift;
    use crate::Modulus;

    #[test]
    fn small_integers_get_their_residues() {
        for p in [3, 17, 19, 23, 97, 0x1fff_ffff_ffff_ffff] {
            let modulus = Modulus::new(p).unwrap();
            for bound in [1, 16, 21, 64] {
                let lift = SmallLift::new(&modulus, bound);
                for value in -bound.cast_signed()..=bound.cast_signed() {
                    let expected = i128::from(value).rem_euclid(i128::from(p)) as u64;
                    assert_eq!(lift.apply(value.cast_unsigned()), expected, "{value} modulo {p}");
                }
            }
        }
    }
}
