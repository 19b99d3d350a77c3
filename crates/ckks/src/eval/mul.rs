//! Products of ciphertexts.

use ring_math::parallel;

use super::{
    Evaluator, Workspace,
    relinearize::{Product, Products, Square, Tensor},
};
use crate::{ciphertext::Ciphertext, error::CkksError};

impl Evaluator<'_> {
    /// a * b, slot by slot, with two parts. The scale is the product of the scales: see [`Self::mul_rescale`].
    ///
    /// # Errors
    /// [`CkksError::MissingKey`] without a relinearisation key, [`CkksError::Degree`] unless both have two parts,
    /// [`CkksError::SlotMismatch`], [`CkksError::ContextMismatch`].
    pub fn mul(&self, a: &Ciphertext, b: &Ciphertext) -> Result<Ciphertext, CkksError> {
        self.fresh_with(|out, work| self.mul_into(out, a, b, work))
    }

    /// a *= b.
    ///
    /// # Errors
    /// As [`Self::mul`].
    pub fn mul_assign(
        &self,
        a: &mut Ciphertext,
        b: &Ciphertext,
        work: &mut Workspace,
    ) -> Result<(), CkksError> {
        work.replace(self.context, a, |out, a, work| self.mul_into(out, a, b, work))
    }

    /// out = a * b.
    ///
    /// # Errors
    /// As [`Self::mul`].
    pub fn mul_into(
        &self,
        out: &mut Ciphertext,
        a: &Ciphertext,
        b: &Ciphertext,
        work: &mut Workspace,
    ) -> Result<(), CkksError> {
        let op = "multiplication";
        let product = self.check_product(op, a, b)?;
        self.finish_product(&Products(&[(a, b)]), &product, false, out, work)
    }

    /// a * b, relinearised and rescaled in one pass, which costs less than one after the other.
    ///
    /// # Errors
    /// As [`Self::mul`], and [`CkksError::OutOfLevels`] at level 0.
    pub fn mul_rescale(&self, a: &Ciphertext, b: &Ciphertext) -> Result<Ciphertext, CkksError> {
        self.fresh_with(|out, work| self.mul_rescale_into(out, a, b, work))
    }

    /// a = a * b, rescaled.
    ///
    /// # Errors
    /// As [`Self::mul_rescale`].
    pub fn mul_rescale_assign(
        &self,
        a: &mut Ciphertext,
        b: &Ciphertext,
        work: &mut Workspace,
    ) -> Result<(), CkksError> {
        work.replace(self.context, a, |out, a, work| self.mul_rescale_into(out, a, b, work))
    }

    /// out = a * b, rescaled.
    ///
    /// # Errors
    /// As [`Self::mul_rescale`].
    pub fn mul_rescale_into(
        &self,
        out: &mut Ciphertext,
        a: &Ciphertext,
        b: &Ciphertext,
        work: &mut Workspace,
    ) -> Result<(), CkksError> {
        let op = "multiplication with rescaling";
        let product = self.check_product(op, a, b)?;
        self.finish_product(&Products(&[(a, b)]), &product, true, out, work)
    }

    /// a^2, slot by slot, with two parts.
    ///
    /// # Errors
    /// As [`Self::mul`].
    pub fn square(&self, a: &Ciphertext) -> Result<Ciphertext, CkksError> {
        self.fresh_with(|out, work| self.square_into(out, a, work))
    }

    /// out = a^2.
    ///
    /// # Errors
    /// As [`Self::mul`].
    pub fn square_into(
        &self,
        out: &mut Ciphertext,
        a: &Ciphertext,
        work: &mut Workspace,
    ) -> Result<(), CkksError> {
        let op = "squaring";
        let product = self.check_product(op, a, a)?;
        self.finish_product(&Square(a), &product, false, out, work)
    }

    /// a^2, relinearised and rescaled in one pass.
    ///
    /// # Errors
    /// As [`Self::mul_rescale`].
    pub fn square_rescale(&self, a: &Ciphertext) -> Result<Ciphertext, CkksError> {
        self.fresh_with(|out, work| self.square_rescale_into(out, a, work))
    }

    /// out = a^2, rescaled.
    ///
    /// # Errors
    /// As [`Self::mul_rescale`].
    pub fn square_rescale_into(
        &self,
        out: &mut Ciphertext,
        a: &Ciphertext,
        work: &mut Workspace,
    ) -> Result<(), CkksError> {
        let op = "squaring with rescaling";
        let product = self.check_product(op, a, a)?;
        self.finish_product(&Square(a), &product, true, out, work)
    }

    /// a * b with three parts, to be relinearised later: sums of such products need one relinearisation.
    ///
    /// # Errors
    /// [`CkksError::Degree`] unless both have two parts, [`CkksError::SlotMismatch`], [`CkksError::ContextMismatch`].
    pub fn mul_unrelinearized(&self, a: &Ciphertext, b: &Ciphertext) -> Result<Ciphertext, CkksError> {
        self.fresh(|out| self.mul_unrelinearized_into(out, a, b))
    }

    /// out = a * b with three parts.
    ///
    /// # Errors
    /// As [`Self::mul_unrelinearized`].
    pub fn mul_unrelinearized_into(
        &self,
        out: &mut Ciphertext,
        a: &Ciphertext,
        b: &Ciphertext,
    ) -> Result<(), CkksError> {
        let product = self.check_product("multiplication", a, b)?;
        self.expand_product(&Products(&[(a, b)]), &product, out)
    }

    /// Writes all three parts of a tensor.
    pub(super) fn expand_product(
        &self,
        tensor: &impl Tensor,
        product: &Product,
        out: &mut Ciphertext,
    ) -> Result<(), CkksError> {
        let basis = self.context.q_basis(product.level)?;
        out.reshape(basis, 3);
        for (k, part) in out.parts.iter_mut().enumerate() {
            parallel::for_each_limb(part.words_mut(), basis.n(), |i, limb| {
                tensor.limb(k, i, basis.ring(i), limb);
            });
        }
        (out.level, out.scale, out.slots) = (product.level, product.scale, product.slots);
        out.noise = product.noise;
        Ok(())
    }

    /// Checks the factors of a product and says what it will be.
    pub(super) fn check_product(
        &self,
        op: &'static str,
        a: &Ciphertext,
        b: &Ciphertext,
    ) -> Result<Product, CkksError> {
        let level = self.check_pair(op, a, b)?;
        a.check_degree(op, 1)?;
        b.check_degree(op, 1)?;
        let noise = a.noise.mul(a.scale.to_f64(), &b.noise, b.scale.to_f64(), self.context.n());
        Ok(Product { op, level, scale: a.scale * b.scale, slots: a.slots, noise })
    }
}
