//! Division by the last primes of a basis, with rounding: rescaling, and the end of every key switch.

use crate::{
    error::RingError,
    modulus::PreparedScalar,
    parallel,
    poly::{Ntt, RnsPoly},
    ring::ResidueRing,
    rns::{BasisConverter, Lift, RnsBasis},
    scratch::Scratch,
};

/// Precomputed division by the product D of the last primes of a basis: `x -> (x - [x]_D) / D`, which is x / D rounded
/// to a nearest integer (`[x]_D` is the representative in `[-D/2, D/2)`).
pub struct Rescaler {
    basis: RnsBasis,
    kept: RnsBasis,
    dropped: RnsBasis,
    converter: BasisConverter,
    /// D^-1 modulo each kept prime.
    inverses: Vec<PreparedScalar>,
}

impl Rescaler {
    /// Prepares division by the product of the last `count` primes of `basis`.
    ///
    /// # Errors
    /// [`RingError::EmptyBasis`] when `count` is 0 or leaves no prime.
    pub fn new(basis: &RnsBasis, count: usize) -> Result<Self, RingError> {
        if count == 0 || count >= basis.len() {
            return Err(RingError::EmptyBasis { op: "division by the last primes" });
        }
        let split = basis.len() - count;
        let (kept, dropped) = (basis.slice(0..split)?, basis.slice(split..basis.len())?);
        let converter = BasisConverter::new(&dropped, &kept)?;
        let inverses = kept
            .rings()
            .iter()
            .map(|ring| {
                let q = ring.modulus();
                let product = dropped.primes().fold(1, |acc, p| q.mul(acc, q.reduce(p)));
                Ok(q.prepare(q.inv(product)?))
            })
            .collect::<Result<_, RingError>>()?;
        Ok(Self { basis: basis.clone(), kept, dropped, converter, inverses })
    }

    /// The basis before the division.
    #[must_use]
    pub fn basis(&self) -> &RnsBasis {
        &self.basis
    }

    /// The basis after the division.
    #[must_use]
    pub fn kept(&self) -> &RnsBasis {
        &self.kept
    }

    /// Words of scratch that [`Self::rescale`] uses.
    #[must_use]
    pub fn scratch_words(&self) -> usize {
        self.basis.n() * (1 + self.kept.len())
    }

    /// Divides `poly` in place and drops its last limbs.
    ///
    /// # Errors
    /// [`RingError::BasisMismatch`] when `poly` does not live over [`Self::basis`].
    pub fn rescale(&self, poly: &mut RnsPoly<Ntt>, scratch: &mut Scratch) -> Result<(), RingError> {
        self.basis.check_same(poly.basis())?;
        let n = self.basis.n();
        let (quotients, lifted) = scratch.words(self.scratch_words()).split_at_mut(n);
        let (kept, dropped) = poly.words_mut().split_at_mut(n * self.kept.len());
        self.prepare_dropped(dropped, quotients)?;
        let (dropped, quotients) = (&*dropped, &*quotients);
        parallel::for_each_limb_pair(kept, lifted, n, |k, limb, lifted| {
            // Lengths are those of the basis, checked above, which is all that can fail.
            let _ = self.finish_limb(k, limb, dropped, quotients, lifted);
        });
        poly.truncate_to(&self.kept);
        Ok(())
    }

    /// First half of a division of raw limbs: turns the dropped limbs (transform values) into scaled coefficients and
    /// computes their quotients (N words) for [`Self::finish_limb`].
    ///
    /// # Errors
    /// [`RingError::LengthMismatch`].
    pub fn prepare_dropped(&self, dropped: &mut [u64], quotients: &mut [u64]) -> Result<(), RingError> {
        self.converter.inverse_and_scale(dropped)?;
        if self.dropped.len() > 1 {
            self.converter.quotients(Lift::Centred, dropped, quotients)?;
        }
        Ok(())
    }

    /// Second half: divides kept limb `k`, given what [`Self::prepare_dropped`] left. `lifted` is work space of N words.
    ///
    /// # Errors
    /// [`RingError::LengthMismatch`].
    pub fn finish_limb(
        &self,
        k: usize,
        limb: &mut [u64],
        dropped: &[u64],
        quotients: &[u64],
        lifted: &mut [u64],
    ) -> Result<(), RingError> {
        let (ring, inverse) = self.kept_limb(k)?;
        if self.dropped.len() == 1 {
            ring.forward_lifted(lifted, dropped, self.dropped.modulus(0))?;
        } else {
            self.converter.convert_limb(k, dropped, Some(quotients), lifted)?;
            ring.forward_unreduced(lifted)?;
        }
        ring.sub_mul_scalar_assign(limb, lifted, inverse)
    }

    /// [`Self::prepare_dropped`] for dropped limb `j` alone, without quotients: all that [`Self::lift`] needs.
    ///
    /// # Errors
    /// [`RingError::LengthMismatch`], also for a limb that is not dropped.
    pub fn prepare_limb(&self, j: usize, limb: &mut [u64]) -> Result<(), RingError> {
        self.converter.inverse_and_scale_limb(j, limb)
    }

    /// As [`Self::prepare_limb`], of values that stay where they are.
    ///
    /// # Errors
    /// As [`Self::prepare_limb`].
    pub fn prepare_limb_into(&self, j: usize, out: &mut [u64], values: &[u64]) -> Result<(), RingError> {
        self.converter.inverse_and_scale_limb_into(j, out, values)
    }

    /// Carries the dropped limbs, prepared, over to the kept limbs from number `first` on, as many as `lifted` holds, for
    /// [`Self::finish`]. Several at once read the dropped limbs once.
    ///
    /// # Errors
    /// [`RingError::LengthMismatch`], also for limbs that are not kept.
    pub fn lift(&self, first: usize, dropped: &[u64], lifted: &mut [u64]) -> Result<(), RingError> {
        if self.dropped.len() > 1 {
            return self.converter.convert_limbs(Lift::Centred, first, dropped, lifted);
        }
        let from = self.dropped.modulus(0);
        for (k, limb) in lifted.chunks_mut(self.basis.n()).enumerate() {
            self.kept_limb(first + k)?.0.forward_lifted(limb, dropped, from)?;
        }
        Ok(())
    }

    /// Writes kept limb `k`, divided, to `out`, given what [`Self::lift`] wrote for it, which is used up.
    ///
    /// # Errors
    /// [`RingError::LengthMismatch`], also for a limb that is not kept.
    pub fn finish(
        &self,
        k: usize,
        out: &mut [u64],
        limb: &[u64],
        lifted: &mut [u64],
    ) -> Result<(), RingError> {
        let (ring, inverse) = self.transformed(k, lifted)?;
        ring.sub_mul_scalar_into(out, limb, lifted, inverse)
    }

    /// As [`Self::finish`], in place.
    ///
    /// # Errors
    /// As [`Self::finish`].
    pub fn finish_assign(&self, k: usize, limb: &mut [u64], lifted: &mut [u64]) -> Result<(), RingError> {
        let (ring, inverse) = self.transformed(k, lifted)?;
        ring.sub_mul_scalar_assign(limb, lifted, inverse)
    }

    /// As [`Self::kept_limb`], after the transform of what [`Self::lift`] wrote, unless that did it.
    fn transformed(
        &self,
        k: usize,
        lifted: &mut [u64],
    ) -> Result<(&ResidueRing, &PreparedScalar), RingError> {
        let (ring, inverse) = self.kept_limb(k)?;
        if self.dropped.len() > 1 {
            ring.forward_unreduced(lifted)?;
        }
        Ok((ring, inverse))
    }

    fn kept_limb(&self, k: usize) -> Result<(&ResidueRing, &PreparedScalar), RingError> {
        let (ring, inverse) =
            self.kept.rings().get(k).zip(self.inverses.get(k)).ok_or_else(|| RingError::LengthMismatch {
                what: "kept limbs",
                found: k.saturating_add(1),
                expected: self.kept.len(),
            })?;
        Ok((ring, inverse))
    }
}

impl std::fmt::Debug for Rescaler {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Rescaler({:?} -> {:?})", self.basis, self.kept)
    }
}
