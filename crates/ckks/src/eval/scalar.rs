//! Ciphertexts with numbers that are the same in every slot.

use ring_math::{Modulus, parallel};

use super::{Evaluator, Workspace, rescale::Unscaled};
use crate::{
    ciphertext::Ciphertext,
    error::CkksError,
    keyswitch::by_construction,
    scale::{Level, Scale},
};

/// Constants have to stay below this many bits.
const MAX_CONSTANT_BITS: f64 = 126.0;

/// value * scale, rounded to an integer.
pub(crate) fn constant(op: &'static str, value: f64, scale: Scale) -> Result<i128, CkksError> {
    if !value.is_finite() {
        return Err(CkksError::NonFinite { op, index: 0, value: value.to_string() });
    }
    scale.round_product(value).ok_or_else(|| CkksError::Overflow {
        op,
        log_coefficient: value.abs().log2() + scale.log2(),
        log_modulus: MAX_CONSTANT_BITS + 1.0,
    })
}

pub(super) fn residue(modulus: &Modulus, value: i128) -> u64 {
    let r = modulus.reduce_u128(value.unsigned_abs());
    if value < 0 { modulus.neg(r) } else { r }
}

impl Evaluator<'_> {
    /// a + `value` in every slot.
    ///
    /// # Errors
    /// [`CkksError::NonFinite`], [`CkksError::Overflow`] for a constant above the modulus, [`CkksError::ContextMismatch`].
    pub fn add_scalar(&self, a: &Ciphertext, value: f64) -> Result<Ciphertext, CkksError> {
        let mut out = self.copied("addition of a number", a)?;
        self.add_scalar_assign(&mut out, value)?;
        Ok(out)
    }

    /// a += `value` in every slot.
    ///
    /// # Errors
    /// As [`Self::add_scalar`].
    pub fn add_scalar_assign(&self, a: &mut Ciphertext, value: f64) -> Result<(), CkksError> {
        let op = "addition of a number";
        a.check(op, self.context)?;
        let constant = self.checked_constant(op, value, a.scale, a.level)?;
        let basis = self.context.q_basis(a.level)?;
        let [first, _] = a.pair_mut();
        parallel::for_each_limb(first, basis.n(), |i, limb| {
            let modulus = basis.modulus(i);
            let c = residue(modulus, constant);
            limb.iter_mut().for_each(|word| *word = modulus.add(*word, c));
        });
        a.noise = a.noise.add_constant(value, self.context.n());
        Ok(())
    }

    /// a * `value`, with the number at a scale of the caller's choice: the result has the scale of `a` times `scale`.
    ///
    /// # Errors
    /// As [`Self::add_scalar`].
    pub fn mul_scalar_at(&self, a: &Ciphertext, value: f64, scale: Scale) -> Result<Ciphertext, CkksError> {
        let op = "multiplication by a number";
        a.check(op, self.context)?;
        let constant = self.checked_constant(op, value, scale, a.level)?;
        let mut out = self.multiple(a, constant)?;
        self.note_scalar_product(&mut out, a, value, scale);
        Ok(out)
    }

    /// a * `value`, rescaled: one level down, at exactly that level's canonical scale.
    ///
    /// # Errors
    /// As [`Self::add_scalar`], and [`CkksError::OutOfLevels`] at level 0.
    pub fn mul_scalar(&self, a: &Ciphertext, value: f64) -> Result<Ciphertext, CkksError> {
        self.fresh_with(|out, work| self.mul_scalar_into(out, a, value, work))
    }

    /// out = a * `value`, rescaled.
    ///
    /// # Errors
    /// As [`Self::mul_scalar`].
    pub fn mul_scalar_into(
        &self,
        out: &mut Ciphertext,
        a: &Ciphertext,
        value: f64,
        work: &mut Workspace,
    ) -> Result<(), CkksError> {
        let op = "multiplication by a number";
        let below = a.level.below().ok_or(CkksError::OutOfLevels { op, needed: 1, left: 0 })?;
        self.mul_scalar_to(op, out, a, (value, self.context.default_scale(below)?), work)
    }

    /// out = a * `value`, rescaled, at the scale `target`: the number is encoded at the scale that makes it so.
    pub(super) fn mul_scalar_to(
        &self,
        op: &'static str,
        out: &mut Ciphertext,
        a: &Ciphertext,
        (value, target): (f64, Scale),
        work: &mut Workspace,
    ) -> Result<(), CkksError> {
        a.check(op, self.context)?;
        a.check_degree(op, 1)?;
        let tables = self.context.tables(op, a.level)?;
        let groups = self.context.parameters().groups();
        let (Some(divide), Some(below), Some(group)) =
            (&tables.rescale, a.level.below(), groups.get(a.level.0))
        else {
            return Err(CkksError::OutOfLevels { op, needed: 1, left: 0 });
        };
        let scale = target.mul_by_primes(&group.primes) / a.scale;
        let constant = self.checked_constant(op, value, scale, a.level)?;
        out.reshape(self.context.q_basis(below)?, 2);
        let product = |part: usize, i: usize, limb: &mut [u64]| {
            let ring = tables.q.ring(i);
            limb.copy_from_slice(a.parts[part].limb(i));
            let factor = ring.modulus().prepare(residue(ring.modulus(), constant));
            by_construction(ring.mul_scalar_assign(limb, &factor));
        };
        Unscaled::Computed(product).divide(tables, divide, &mut work.scratch, out.pair_mut());
        out.level = a.level;
        self.note_scalar_product(out, a, value, scale);
        self.note_rescaled(out)?;
        out.scale = target;
        Ok(())
    }

    /// a * `factor` for a small integer: scale and level stay as they are, and nothing is rounded.
    ///
    /// # Errors
    /// [`CkksError::ContextMismatch`].
    pub fn mul_integer(&self, a: &Ciphertext, factor: i64) -> Result<Ciphertext, CkksError> {
        a.check("multiplication by an integer", self.context)?;
        let mut out = self.multiple(a, i128::from(factor))?;
        out.noise = a.noise.mul_integer(factor);
        Ok(out)
    }

    /// The polynomials of a, times `factor`, with the level, scale and slots of a.
    fn multiple(&self, a: &Ciphertext, factor: i128) -> Result<Ciphertext, CkksError> {
        let basis = self.context.q_basis(a.level)?;
        let mut out = Ciphertext::unwritten(self.context)?;
        out.reshape(basis, a.parts.len());
        for (part, source) in out.parts.iter_mut().zip(&a.parts) {
            parallel::for_each_limb(part.words_mut(), basis.n(), |i, limb| {
                let modulus = basis.modulus(i);
                let factor = modulus.prepare(residue(modulus, factor));
                limb.copy_from_slice(source.limb(i));
                by_construction(basis.ring(i).mul_scalar_assign(limb, &factor));
            });
        }
        (out.level, out.scale, out.slots) = (a.level, a.scale, a.slots);
        Ok(out)
    }

    fn note_scalar_product(&self, out: &mut Ciphertext, a: &Ciphertext, value: f64, scale: Scale) {
        out.scale = a.scale * scale;
        out.slots = a.slots;
        out.noise = a.noise.mul_constant(a.scale.to_f64(), value, scale.to_f64(), self.context.n());
    }

    pub(super) fn checked_constant(
        &self,
        op: &'static str,
        value: f64,
        scale: Scale,
        level: Level,
    ) -> Result<i128, CkksError> {
        let integer = constant(op, value, scale)?;
        let log_modulus = self.context.parameters().log_q(level);
        let log_coefficient = (integer.unsigned_abs() as f64).log2();
        if integer != 0 && log_coefficient >= log_modulus - 1.0 {
            return Err(CkksError::Overflow { op, log_coefficient, log_modulus });
        }
        Ok(integer)
    }
}
