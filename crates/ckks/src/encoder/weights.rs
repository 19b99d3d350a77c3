//! Plaintexts over all primes, for products before a division by P.

use std::ops::Range;

use ring_math::{RnsBasis, WordBuffer};

use super::{
    Encoder, EncoderScratch, Packing, Size, SlotValue, check_count, check_fits, check_scale, check_slots,
};
use crate::{
    error::CkksError,
    noise::Noise,
    scale::{Level, Scale},
};

/// A message over the primes of Q at its level and the special primes P: what [`crate::Evaluator::sum_of_rotations_rescale`]
/// multiplies by before anything is divided by P.
///
/// Values that repeat after p of the N/2 slots make a polynomial in X^(N/2p), and one of its transform values stands N/2p times
/// in a row: it is kept once. Most matrices of a discrete Fourier transform in stages, and every matrix smaller than the
/// vectors it is packed for, take a small part of the memory of N/2 values.
#[derive(Clone)]
pub struct Weights {
    /// Transform values limb after limb.
    words: WordBuffer,
    /// How often each of them stands in a row.
    repeat: usize,
    basis: RnsBasis,
    level: Level,
    scale: Scale,
    slots: usize,
    noise: Noise,
    q_len: usize,
}

impl Weights {
    /// The highest level they can be used at.
    #[must_use]
    pub fn level(&self) -> Level {
        self.level
    }

    /// The scale, exactly.
    #[must_use]
    pub fn scale(&self) -> Scale {
        self.scale
    }

    /// Number of slots; shorter vectors are repeated over all N/2.
    #[must_use]
    pub fn slots(&self) -> usize {
        self.slots
    }

    /// What was tracked of message and noise.
    #[must_use]
    pub fn noise(&self) -> Noise {
        self.noise
    }

    /// Bytes in memory.
    #[must_use]
    pub fn memory_bytes(&self) -> u64 {
        8 * self.words.len() as u64
    }

    /// Part of the limb for prime `i` of Q and P together where `q_len` primes of Q are alive. If words stand for several
    /// equal ones, the part is written to `space`, which is as long; it starts with a whole run then, or lies within one.
    pub(crate) fn words<'a>(
        &'a self,
        i: usize,
        q_len: usize,
        part: &Range<usize>,
        space: &'a mut [u64],
    ) -> &'a [u64] {
        let limb = if i < q_len { i } else { self.q_len + (i - q_len) };
        let len = self.basis.n() / self.repeat;
        let words = &self.words.as_slice()[len * limb..len * (limb + 1)];
        if self.repeat == 1 {
            return &words[part.clone()];
        }
        spread_into(space, &words[part.start / self.repeat..], self.repeat);
        space
    }

    /// How many equal transform values each word stands for.
    pub(crate) fn repeat(&self) -> usize {
        self.repeat
    }

    /// The primes they are over.
    pub(crate) fn basis(&self) -> &RnsBasis {
        &self.basis
    }
}

impl Encoder {
    /// Encodes values over Q and P together.
    ///
    /// # Errors
    /// As [`Self::encode_with`].
    pub fn encode_weights<T: SlotValue>(
        &self,
        values: &[T],
        packing: &Packing,
        scratch: &mut EncoderScratch,
    ) -> Result<Weights, CkksError> {
        let op = "encode";
        let Packing { level, scale, slots } = *packing;
        check_slots(op, slots, self.context.max_slots())?;
        check_count(values.len(), slots)?;
        let tables = self.context.tables(op, level)?;
        let size = Size::of(op, values)?;
        let period = period(values, slots);
        let (complex, fft, scratch) = scratch.parts(period, self.transform.scratch_len());
        let factor = check_scale(op, scale, tables.q.log2_product())?;
        let slot_values = values[..period.min(values.len())].iter().map(|value| value.to_complex());
        let largest = self.transform.to_coefficients(slot_values, factor, complex, fft);
        check_fits(op, largest, tables.q.log2_product())?;
        let mut words = WordBuffer::zeroed(tables.qp.n() * tables.qp.len());
        self.carrier.write(words.as_mut_slice(), &tables.qp, complex, largest, scratch);
        let repeat = self.context.max_slots() / period;
        if repeat > 1 {
            words = first_of_each(&words, repeat);
        }
        let (noise, q_len) = (size.noise(tables.q.n(), slots), tables.q.len());
        Ok(Weights { words, repeat, basis: tables.qp.clone(), level, scale, slots, noise, q_len })
    }
}

/// Writes each of `words` to `out`, `repeat` times in a row, until it is full.
fn spread_into(out: &mut [u64], words: &[u64], repeat: usize) {
    // Runs of a fixed length are stores of whole vectors.
    match repeat {
        2 => spread_by::<2>(out, words),
        4 => spread_by::<4>(out, words),
        8 => spread_by::<8>(out, words),
        16 => spread_by::<16>(out, words),
        32 => spread_by::<32>(out, words),
        _ => out.chunks_mut(repeat).zip(words).for_each(|(run, &word)| run.fill(word)),
    }
}

fn spread_by<const REPEAT: usize>(out: &mut [u64], words: &[u64]) {
    let (runs, _) = out.as_chunks_mut::<REPEAT>();
    runs.iter_mut().zip(words).for_each(|(run, &word)| *run = [word; REPEAT]);
}

/// The first of each run of `run` words.
fn first_of_each(words: &WordBuffer, run: usize) -> WordBuffer {
    let mut firsts = WordBuffer::zeroed(words.len() / run);
    let kept = words.as_slice().iter().step_by(run);
    firsts.as_mut_slice().iter_mut().zip(kept).for_each(|(word, &value)| *word = value);
    firsts
}

/// The number of slots after which the values repeat, a power of two; missing ones are zero.
fn period<T: SlotValue>(values: &[T], slots: usize) -> usize {
    if values.len() < slots {
        return slots;
    }
    let halves_differ = |period: &usize| {
        let (first, second) = values[..*period].split_at(period / 2);
        first.iter().zip(second).any(|(a, b)| a.to_complex() != b.to_complex())
    };
    let halvings = std::iter::successors(Some(slots), |&period| Some(period / 2));
    halvings.take_while(|period| *period > 1).find(halves_differ).unwrap_or(1)
}

/// Shows the shape.
impl std::fmt::Debug for Weights {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Weights(level {}, scale {}, {} slots)", self.level, self.scale, self.slots)
    }
}

#[cfg(test)]
mod tests {
    use super::period;

    #[test]
    fn periods_are_the_shortest_powers_of_two() {
        assert_eq!(period(&[1.0; 8], 8), 1);
        assert_eq!(period(&[1.0, 2.0, 1.0, 2.0], 4), 2);
        assert_eq!(period(&[1.0, 2.0, 2.0, 1.0], 4), 4);
        assert_eq!(period(&[1.0, 1.0, 1.0], 4), 4);
        assert_eq!(period(&[1.0, 1.0, 1.0, 1.0, 2.0, 2.0, 2.0, 2.0], 8), 8);
    }
}
