//! Plaintexts over all primes, for products before a division by P.

use ring_math::{Ntt, RnsPoly};

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
#[derive(Clone)]
pub struct Weights {
    poly: RnsPoly<Ntt>,
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

    /// The limb for prime `i` of Q and P together where `q_len` primes of Q are alive.
    pub(crate) fn limb(&self, i: usize, q_len: usize) -> &[u64] {
        self.poly.limb(if i < q_len { i } else { self.q_len + (i - q_len) })
    }

    /// The polynomial.
    pub(crate) fn poly(&self) -> &RnsPoly<Ntt> {
        &self.poly
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
        let (complex, fft, words) = scratch.parts(slots, self.transform.scratch_len());
        let factor = check_scale(op, scale, tables.q.log2_product())?;
        let slot_values = values.iter().map(|value| value.to_complex());
        let largest = self.transform.to_coefficients(slot_values, factor, complex, fft);
        check_fits(op, largest, tables.q.log2_product())?;
        let mut poly = RnsPoly::zero(&tables.qp);
        self.carrier.write(poly.words_mut(), &tables.qp, complex, largest, words);
        let (noise, q_len) = (size.noise(tables.q.n(), slots), tables.q.len());
        Ok(Weights { poly, level, scale, slots, noise, q_len })
    }
}

/// Shows the shape.
impl std::fmt::Debug for Weights {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Weights(level {}, scale {}, {} slots)", self.level, self.scale, self.slots)
    }
}
