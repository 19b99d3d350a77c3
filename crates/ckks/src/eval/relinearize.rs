//! From three parts back to two, with or without a rescaling in the same pass.

use ring_math::{MAX_TERMS, ResidueRing};

use super::{Evaluator, Workspace};
use crate::{
    ciphertext::Ciphertext,
    error::CkksError,
    keyswitch::{Decomposed, LimbQuotients, LimbSums, Switch, by_construction, prepare_with, prepared_words},
    noise::Noise,
    scale::{Level, Scale},
};

/// A ciphertext of degree 2 that exists limb by limb only: d_0 + d_1 s + d_2 s^2.
pub(super) trait Tensor: Sync {
    /// Writes limb `i` of d_`part`.
    fn limb(&self, part: usize, i: usize, ring: &ResidueRing, out: &mut [u64]);
}

/// What is known of a [`Tensor`] before it is relinearised.
pub(super) struct Product {
    /// The operation, for messages.
    pub(super) op: &'static str,
    pub(super) level: Level,
    pub(super) scale: Scale,
    pub(super) slots: usize,
    pub(super) noise: Noise,
}

/// Sum of products of pairs of ciphertexts of degree 1.
pub(super) struct Products<'a>(pub(super) &'a [(&'a Ciphertext, &'a Ciphertext)]);

impl Tensor for Products<'_> {
    fn limb(&self, part: usize, i: usize, ring: &ResidueRing, out: &mut [u64]) {
        let mut terms: [(&[u64], &[u64]); MAX_TERMS] = [(&[], &[]); MAX_TERMS];
        let mut count = 0;
        for (a, b) in self.0 {
            // a_k b_(part - k) for both k that exist.
            for k in part.saturating_sub(1)..=part.min(1) {
                terms[count] = (a.parts[k].limb(i), b.parts[part - k].limb(i));
                count += 1;
            }
        }
        by_construction(match &terms[..count] {
            &[(a, b)] => ring.mul_into(out, a, b),
            terms => ring.inner_product(out, terms),
        });
    }
}

/// The square of a ciphertext of degree 1.
pub(super) struct Square<'a>(pub(super) &'a Ciphertext);

impl Tensor for Square<'_> {
    fn limb(&self, part: usize, i: usize, ring: &ResidueRing, out: &mut [u64]) {
        let [first, second] = [self.0.parts[0].limb(i), self.0.parts[1].limb(i)];
        by_construction(match part {
            0 => ring.mul_into(out, first, first),
            1 => ring.inner_product(out, &[(first, second), (first, second)]),
            _ => ring.mul_into(out, second, second),
        });
    }
}

/// A ciphertext of degree 2.
struct Stored<'a>(&'a Ciphertext);

impl Tensor for Stored<'_> {
    fn limb(&self, part: usize, i: usize, _: &ResidueRing, out: &mut [u64]) {
        out.copy_from_slice(self.0.parts[part].limb(i));
    }
}

impl Evaluator<'_> {
    /// Brings a product of three parts back to two.
    ///
    /// # Errors
    /// [`CkksError::MissingKey`] without a relinearisation key, [`CkksError::Degree`] unless there are three parts,
    /// [`CkksError::ContextMismatch`].
    pub fn relinearize(&self, a: &Ciphertext) -> Result<Ciphertext, CkksError> {
        self.fresh_with(|out, work| self.relinearize_into(out, a, work))
    }

    /// out = a with two parts.
    ///
    /// # Errors
    /// As [`Self::relinearize`].
    pub fn relinearize_into(
        &self,
        out: &mut Ciphertext,
        a: &Ciphertext,
        work: &mut Workspace,
    ) -> Result<(), CkksError> {
        self.finish_stored("relinearisation", out, a, false, work)
    }

    /// Relinearisation and rescaling in one pass, which costs less than one after the other.
    ///
    /// # Errors
    /// As [`Self::relinearize`], and [`CkksError::OutOfLevels`] at level 0.
    pub fn relinearize_rescale(&self, a: &Ciphertext) -> Result<Ciphertext, CkksError> {
        self.fresh_with(|out, work| self.relinearize_rescale_into(out, a, work))
    }

    /// out = a with two parts, rescaled.
    ///
    /// # Errors
    /// As [`Self::relinearize_rescale`].
    pub fn relinearize_rescale_into(
        &self,
        out: &mut Ciphertext,
        a: &Ciphertext,
        work: &mut Workspace,
    ) -> Result<(), CkksError> {
        self.finish_stored("relinearisation with rescaling", out, a, true, work)
    }

    fn finish_stored(
        &self,
        op: &'static str,
        out: &mut Ciphertext,
        a: &Ciphertext,
        rescale: bool,
        work: &mut Workspace,
    ) -> Result<(), CkksError> {
        a.check(op, self.context)?;
        a.check_degree(op, 2)?;
        let product = Product { op, level: a.level, scale: a.scale, slots: a.slots, noise: a.noise };
        self.finish_product(&Stored(a), &product, rescale, out, work)
    }

    /// Relinearises `tensor` to `out`, and rescales it in the same pass when asked to.
    pub(super) fn finish_product(
        &self,
        tensor: &impl Tensor,
        product: &Product,
        rescale: bool,
        out: &mut Ciphertext,
        work: &mut Workspace,
    ) -> Result<(), CkksError> {
        let op = product.op;
        let key = self
            .keys
            .relinearization
            .as_ref()
            .ok_or_else(|| CkksError::MissingKey { op, kind: "relinearisation key".to_owned() })?;
        let key = key.switching_key();
        self.check_key(op, || "relinearisation key".to_owned(), key, product.level)?;
        let tables = self.context.tables(op, product.level)?;
        let (divide, basis) = if rescale {
            let fused = tables.mod_down_rescale.as_ref();
            let below = product.level.below();
            let (Some(divide), Some(below)) = (fused, below) else {
                return Err(CkksError::OutOfLevels { op, needed: 1, left: 0 });
            };
            (divide, self.context.q_basis(below)?)
        } else {
            (&tables.mod_down, &tables.q)
        };
        let switch = Switch { tables, key, divide };
        let n = tables.q.n();
        let values_words = n * tables.q.len();
        let words = values_words + prepared_words(tables) + switch.scratch_words();
        let (values, rest) = work.scratch.words(words).split_at_mut(values_words);
        let (coefficients, rest) = rest.split_at_mut(values_words);
        let prepared = prepare_with(tables, values, coefficients, |i, limb| {
            tensor.limb(2, i, tables.q.ring(i), limb);
        });
        let digits = Decomposed::Fresh(prepared);
        out.reshape(basis, 2);
        // Fused, P times the lower parts goes through the same division; else they are added to its result.
        let enter = |limb: &mut LimbSums<'_>| {
            for (part, sum) in limb.sums.iter_mut().enumerate().filter(|_| rescale) {
                tensor.limb(part, limb.index, limb.ring, limb.spare);
                let factor = &tables.p_residues[limb.index];
                by_construction(limb.ring.mul_scalar_add_assign(sum, limb.spare, factor));
            }
        };
        let leave = |work: &mut LimbQuotients<'_>, out: [&mut [u64]; 2]| {
            for (part, out) in out.into_iter().enumerate() {
                work.divide_into(part, out);
                if !rescale {
                    let limb = &mut work.limb;
                    tensor.limb(part, limb.index, limb.ring, limb.spare);
                    by_construction(limb.ring.add_assign(out, limb.spare));
                }
            }
        };
        switch.run(&digits, rest, out.pair_mut(), enter, leave);
        (out.level, out.scale, out.slots) = (product.level, product.scale, product.slots);
        out.noise = product.noise.plus(tables.noise.switch);
        if rescale {
            self.note_rescaled(out)?;
        } else {
            out.noise = out.noise.plus(tables.noise.rounding);
        }
        Ok(())
    }
}
