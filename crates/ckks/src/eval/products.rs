//! Sums of products with one relinearisation.

use ring_math::{MAX_TERMS, ResidueRing};

use super::{
    Evaluator, Workspace, check_scales,
    relinearize::{Product, Products, Tensor},
};
use crate::{ciphertext::Ciphertext, error::CkksError, keyswitch::by_construction};

/// Pairs whose middle parts fit one inner product.
const PAIRS_AT_ONCE: usize = MAX_TERMS / 2;

/// A sum of products plus a ciphertext of degree 1.
struct ProductsPlus<'a> {
    products: Products<'a>,
    addend: &'a Ciphertext,
}

impl Tensor for ProductsPlus<'_> {
    fn limb(&self, part: usize, i: usize, ring: &ResidueRing, out: &mut [u64]) {
        self.products.limb(part, i, ring, out);
        if let Some(addend) = self.addend.parts.get(part) {
            by_construction(ring.add_assign(out, addend.limb(i)));
        }
    }
}

impl Evaluator<'_> {
    /// The sum of a * b over all `pairs`, with one relinearisation for all of them.
    ///
    /// # Errors
    /// As [`Evaluator::mul`]; [`CkksError::ScaleMismatch`] when two products differ in scale,
    /// [`CkksError::Parameter`] without any pair.
    pub fn sum_of_products(&self, pairs: &[(&Ciphertext, &Ciphertext)]) -> Result<Ciphertext, CkksError> {
        self.fresh_with(|out, work| self.sum_of_products_into(out, pairs, work))
    }

    /// out = the sum of a * b over all `pairs`.
    ///
    /// # Errors
    /// As [`Self::sum_of_products`].
    pub fn sum_of_products_into(
        &self,
        out: &mut Ciphertext,
        pairs: &[(&Ciphertext, &Ciphertext)],
        work: &mut Workspace,
    ) -> Result<(), CkksError> {
        self.sum_products("sum of products", out, pairs, false, work)
    }

    /// The sum of a * b over all `pairs`, rescaled in the same pass as the relinearisation.
    ///
    /// # Errors
    /// As [`Self::sum_of_products`], and [`CkksError::OutOfLevels`] at level 0.
    pub fn sum_of_products_rescale(
        &self,
        pairs: &[(&Ciphertext, &Ciphertext)],
    ) -> Result<Ciphertext, CkksError> {
        self.fresh_with(|out, work| self.sum_of_products_rescale_into(out, pairs, work))
    }

    /// out = the sum of a * b over all `pairs`, rescaled.
    ///
    /// # Errors
    /// As [`Self::sum_of_products_rescale`].
    pub fn sum_of_products_rescale_into(
        &self,
        out: &mut Ciphertext,
        pairs: &[(&Ciphertext, &Ciphertext)],
        work: &mut Workspace,
    ) -> Result<(), CkksError> {
        self.sum_products("sum of products with rescaling", out, pairs, true, work)
    }

    /// The sum of a * b over all `pairs` plus `addend`, which has to have the scale of the products, with one
    /// relinearisation and rescaled in the same pass.
    ///
    /// # Errors
    /// As [`Self::sum_of_products_rescale`]; [`CkksError::ScaleMismatch`] also for the addend, [`CkksError::Degree`] when
    /// it is not relinearised.
    pub fn sum_of_products_plus_rescale(
        &self,
        pairs: &[(&Ciphertext, &Ciphertext)],
        addend: &Ciphertext,
    ) -> Result<Ciphertext, CkksError> {
        let op = "sum of products and a ciphertext with rescaling";
        let mut total = self.check_products(op, pairs)?;
        addend.check(op, self.context)?;
        addend.check_degree(op, 1)?;
        check_scales(op, total.scale, addend.scale)?;
        super::check_slots(op, total.slots, addend.slots)?;
        total.level = total.level.min(addend.level);
        total.noise = total.noise.add(&addend.noise);
        if pairs.len() <= PAIRS_AT_ONCE {
            let tensor = ProductsPlus { products: Products(pairs), addend };
            return self.fresh_with(|out, work| self.finish_product(&tensor, &total, true, out, work));
        }
        let mut sum = self.sum_unrelinearized(op, pairs, &total)?;
        self.add_assign(&mut sum, addend)?;
        sum.noise = total.noise;
        self.relinearize_rescale(&sum)
    }

    fn sum_products(
        &self,
        op: &'static str,
        out: &mut Ciphertext,
        pairs: &[(&Ciphertext, &Ciphertext)],
        rescale: bool,
        work: &mut Workspace,
    ) -> Result<(), CkksError> {
        let total = self.check_products(op, pairs)?;
        if pairs.len() <= PAIRS_AT_ONCE {
            return self.finish_product(&Products(pairs), &total, rescale, out, work);
        }
        let mut sum = self.sum_unrelinearized(op, pairs, &total)?;
        sum.noise = total.noise;
        if rescale {
            self.relinearize_rescale_into(out, &sum, work)
        } else {
            self.relinearize_into(out, &sum, work)
        }
    }

    /// The sum of the products at the level of `total`, as a ciphertext of degree 2.
    fn sum_unrelinearized(
        &self,
        op: &'static str,
        pairs: &[(&Ciphertext, &Ciphertext)],
        total: &Product,
    ) -> Result<Ciphertext, CkksError> {
        let mut sum = Ciphertext::empty(self.context)?;
        let mut next = Ciphertext::empty(self.context)?;
        for (k, chunk) in pairs.chunks(PAIRS_AT_ONCE).enumerate() {
            let mut product = self.check_products(op, chunk)?;
            product.level = total.level;
            self.expand_product(&Products(chunk), &product, &mut next)?;
            if k == 0 {
                std::mem::swap(&mut sum, &mut next);
            } else {
                self.add_assign(&mut sum, &next)?;
            }
        }
        Ok(sum)
    }

    fn check_products(
        &self,
        op: &'static str,
        pairs: &[(&Ciphertext, &Ciphertext)],
    ) -> Result<Product, CkksError> {
        let mut total: Option<Product> = None;
        for (a, b) in pairs {
            let product = self.check_product(op, a, b)?;
            total = Some(match total {
                None => product,
                Some(sum) => {
                    check_scales(op, sum.scale, product.scale)?;
                    super::check_slots(op, sum.slots, product.slots)?;
                    let noise = sum.noise.add(&product.noise);
                    Product { level: sum.level.min(product.level), noise, ..sum }
                }
            });
        }
        total.ok_or_else(|| CkksError::Parameter {
            name: "pairs of a sum of products",
            found: "none".to_owned(),
            expected: "at least one".to_owned(),
        })
    }
}
