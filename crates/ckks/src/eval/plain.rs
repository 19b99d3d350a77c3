//! Ciphertexts with plaintexts.

use ring_math::parallel;

use super::{Evaluator, Workspace, check_scales, rescale::Unscaled};
use crate::{ciphertext::Ciphertext, error::CkksError, keyswitch::by_construction, plaintext::Plaintext};

impl Evaluator<'_> {
    /// a + b.
    ///
    /// # Errors
    /// [`CkksError::ScaleMismatch`], [`CkksError::SlotMismatch`], [`CkksError::ContextMismatch`].
    pub fn add_plain(&self, a: &Ciphertext, b: &Plaintext) -> Result<Ciphertext, CkksError> {
        let mut out = a.clone();
        self.add_plain_assign(&mut out, b)?;
        Ok(out)
    }

    /// a += b.
    ///
    /// # Errors
    /// As [`Self::add_plain`].
    pub fn add_plain_assign(&self, a: &mut Ciphertext, b: &Plaintext) -> Result<(), CkksError> {
        self.combine_plain("addition of a plaintext", a, b, false)
    }

    /// a - b.
    ///
    /// # Errors
    /// As [`Self::add_plain`].
    pub fn sub_plain(&self, a: &Ciphertext, b: &Plaintext) -> Result<Ciphertext, CkksError> {
        let mut out = a.clone();
        self.sub_plain_assign(&mut out, b)?;
        Ok(out)
    }

    /// a -= b.
    ///
    /// # Errors
    /// As [`Self::add_plain`].
    pub fn sub_plain_assign(&self, a: &mut Ciphertext, b: &Plaintext) -> Result<(), CkksError> {
        self.combine_plain("subtraction of a plaintext", a, b, true)
    }

    fn combine_plain(
        &self,
        op: &'static str,
        a: &mut Ciphertext,
        b: &Plaintext,
        subtract: bool,
    ) -> Result<(), CkksError> {
        let level = self.check_plain(op, a, b)?;
        check_scales(op, a.scale, b.scale())?;
        self.drop_to_assign(a, level)?;
        let basis = self.context.q_basis(level)?;
        let [first, _] = a.pair_mut();
        parallel::for_each_limb(first, basis.n(), |i, limb| {
            let (ring, other) = (basis.ring(i), b.poly().limb(i));
            by_construction(if subtract {
                ring.sub_assign(limb, other)
            } else {
                ring.add_assign(limb, other)
            });
        });
        a.noise = a.noise.add(&b.noise());
        Ok(())
    }

    /// a * b; the scale is the product of the scales.
    ///
    /// # Errors
    /// [`CkksError::SlotMismatch`], [`CkksError::ContextMismatch`].
    pub fn mul_plain(&self, a: &Ciphertext, b: &Plaintext) -> Result<Ciphertext, CkksError> {
        self.fresh(|out| self.mul_plain_into(out, a, b))
    }

    /// out = a * b.
    ///
    /// # Errors
    /// As [`Self::mul_plain`].
    pub fn mul_plain_into(
        &self,
        out: &mut Ciphertext,
        a: &Ciphertext,
        b: &Plaintext,
    ) -> Result<(), CkksError> {
        let level = self.check_plain("multiplication by a plaintext", a, b)?;
        let basis = self.context.q_basis(level)?;
        out.reshape(basis, a.parts.len());
        for (part, source) in out.parts.iter_mut().zip(&a.parts) {
            parallel::for_each_limb(part.words_mut(), basis.n(), |i, limb| {
                by_construction(basis.ring(i).mul_into(limb, source.limb(i), b.poly().limb(i)));
            });
        }
        out.level = level;
        self.note_plain_product(out, a, b);
        Ok(())
    }

    /// a *= b.
    ///
    /// # Errors
    /// As [`Self::mul_plain`].
    pub fn mul_plain_assign(&self, a: &mut Ciphertext, b: &Plaintext) -> Result<(), CkksError> {
        let level = self.check_plain("multiplication by a plaintext", a, b)?;
        self.drop_to_assign(a, level)?;
        let basis = self.context.q_basis(level)?;
        for part in &mut a.parts {
            parallel::for_each_limb(part.words_mut(), basis.n(), |i, limb| {
                by_construction(basis.ring(i).mul_assign(limb, b.poly().limb(i)));
            });
        }
        a.noise = a.noise.mul(a.scale.to_f64(), &b.noise(), b.scale().to_f64(), self.context.n());
        a.scale = a.scale * b.scale();
        Ok(())
    }

    /// a * b, rescaled in the same pass.
    ///
    /// # Errors
    /// As [`Self::mul_plain`]; [`CkksError::OutOfLevels`] at level 0, [`CkksError::Degree`] before relinearisation.
    pub fn mul_plain_rescale(&self, a: &Ciphertext, b: &Plaintext) -> Result<Ciphertext, CkksError> {
        self.fresh_with(|out, work| self.mul_plain_rescale_into(out, a, b, work))
    }

    /// out = a * b, rescaled.
    ///
    /// # Errors
    /// As [`Self::mul_plain_rescale`].
    pub fn mul_plain_rescale_into(
        &self,
        out: &mut Ciphertext,
        a: &Ciphertext,
        b: &Plaintext,
        work: &mut Workspace,
    ) -> Result<(), CkksError> {
        let op = "multiplication by a plaintext with rescaling";
        let level = self.check_plain(op, a, b)?;
        a.check_degree(op, 1)?;
        let tables = self.context.tables(op, level)?;
        let (Some(divide), Some(below)) = (&tables.rescale, level.below()) else {
            return Err(CkksError::OutOfLevels { op, needed: 1, left: 0 });
        };
        out.reshape(self.context.q_basis(below)?, 2);
        let product = |part: usize, i: usize, limb: &mut [u64]| {
            by_construction(tables.q.ring(i).mul_into(limb, a.parts[part].limb(i), b.poly().limb(i)));
        };
        Unscaled::Computed(product).divide(tables, divide, &mut work.scratch, out.pair_mut());
        out.level = level;
        self.note_plain_product(out, a, b);
        self.note_rescaled(out)
    }

    fn note_plain_product(&self, out: &mut Ciphertext, a: &Ciphertext, b: &Plaintext) {
        out.scale = a.scale * b.scale();
        out.slots = a.slots;
        out.noise = a.noise.mul(a.scale.to_f64(), &b.noise(), b.scale().to_f64(), self.context.n());
    }
}
