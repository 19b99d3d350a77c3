//! Sums of ciphertexts times numbers, in one pass.

use ring_math::{PreparedScalar, parallel};

use super::{Evaluator, check_slots, scalar::residue};
use crate::{
    ciphertext::Ciphertext,
    error::CkksError,
    keyswitch::by_construction,
    noise::Noise,
    scale::{Level, Scale},
};

/// The operation's name in errors.
pub(crate) const OP: &str = "linear combination";

/// A linear combination of nothing has no shape.
pub(crate) fn no_terms() -> CkksError {
    CkksError::Parameter {
        name: "terms of a linear combination",
        found: "none".to_owned(),
        expected: "at least one".to_owned(),
    }
}

impl Evaluator<'_> {
    /// The sum of the ciphertexts times their numbers, at `level` and exactly `scale`: each number is encoded at the scale
    /// that makes it so. Nothing is rescaled. The ciphertexts may be at any levels from `level` on, at any scales.
    ///
    /// # Errors
    /// [`CkksError::OutOfLevels`] for a ciphertext below `level`, [`CkksError::SlotMismatch`], [`CkksError::NonFinite`],
    /// [`CkksError::Overflow`] for a number above the modulus, [`CkksError::Parameter`] without terms,
    /// [`CkksError::Degree`] before relinearisation, [`CkksError::ContextMismatch`].
    pub fn linear_combination(
        &self,
        terms: &[(&Ciphertext, f64)],
        level: Level,
        scale: Scale,
    ) -> Result<Ciphertext, CkksError> {
        let (first, _) = terms.first().ok_or_else(no_terms)?;
        let basis = &self.context.tables(OP, level)?.q;
        let (len, n) = (basis.len(), basis.n());
        let mut factors: Vec<PreparedScalar> = Vec::with_capacity(len * terms.len());
        let mut noise: Option<Noise> = None;
        for (a, value) in terms {
            a.check(OP, self.context)?;
            a.check_degree(OP, 1)?;
            check_slots(OP, first.slots, a.slots)?;
            if a.level < level {
                return Err(CkksError::OutOfLevels { op: OP, needed: level.0, left: a.level.0 });
            }
            let factor_scale = scale / a.scale;
            let constant = self.checked_constant(OP, *value, factor_scale, level)?;
            factors.extend((0..len).map(|i| basis.modulus(i).prepare(residue(basis.modulus(i), constant))));
            let term = a.noise.mul_constant(a.scale.to_f64(), *value, factor_scale.to_f64(), n);
            noise = Some(noise.map_or(term, |sum| sum.add(&term)));
        }
        let mut out = Ciphertext::unwritten(self.context)?;
        out.reshape(basis, 2);
        for (part, words) in out.parts.iter_mut().enumerate() {
            parallel::for_each_limb(words.words_mut(), n, |i, limb| {
                limb.fill(0);
                for ((a, _), factors) in terms.iter().zip(factors.chunks_exact(len)) {
                    let source = a.parts[part].limb(i);
                    by_construction(basis.ring(i).mul_scalar_add_assign(limb, source, &factors[i]));
                }
            });
        }
        (out.level, out.scale, out.slots) = (level, scale, first.slots);
        out.noise = noise.unwrap_or(Noise::ZERO);
        Ok(out)
    }
}
