//! The circuit on ciphertexts, or on their shapes.

use std::cell::RefCell;

use ckks::{
    CkksError, Complex64, Level, Operations, Scale,
    bootstrap::Bootstrapper,
    circuits::{Polynomial, PolynomialVector},
    encoder::Packing,
};

use super::{Counts, Mask, Refreshed, SlotArithmetic, no_terms};
use crate::error::MlError;

/// Runs circuits on what `O` computes on: ciphertexts for an [`ckks::Evaluator`], their shapes for a [`ckks::DryRun`],
/// which then has depth, keys and costs in its [`ckks::Plan`].
///
/// Vectors are kept at the canonical scale of their level, so that any two of one level fit one another.
#[derive(Debug)]
pub struct Encrypted<'a, O: Operations> {
    ops: &'a O,
    bootstrapper: Option<&'a Bootstrapper<O::Weights>>,
    counts: RefCell<Counts>,
    transforms: RefCell<f64>,
}

impl<'a, O: Operations> Encrypted<'a, O> {
    /// Arithmetic by means of `ops`.
    #[must_use]
    pub fn new(ops: &'a O) -> Self {
        Self { ops, bootstrapper: None, counts: RefCell::default(), transforms: RefCell::default() }
    }

    /// Lets circuits refresh vectors by means of `bootstrapper`, made for the same operations.
    #[must_use]
    pub fn with_bootstrapper(mut self, bootstrapper: &'a Bootstrapper<O::Weights>) -> Self {
        self.bootstrapper = Some(bootstrapper);
        self
    }

    /// What has been done so far.
    #[must_use]
    pub fn counts(&self) -> Counts {
        *self.counts.borrow()
    }

    /// Work so far, in transforms of one limb: those of all key switches and products with plaintexts, products with
    /// keys counted as much.
    #[must_use]
    pub fn transforms(&self) -> f64 {
        *self.transforms.borrow()
    }

    /// Notes the work of a key switch of `a`, or of one that shares its digits.
    fn switches(&self, a: &O::Ciphertext, count: usize, hoisted: bool) {
        let parameters = self.ops.parameters();
        let limbs = parameters.q_len(self.ops.level(a));
        let digits = parameters.digit_ranges().iter().filter(|range| range.start < limbs).count();
        let all = limbs + parameters.p_primes().len();
        let products = digits * all;
        let prepared = if hoisted { 0 } else { limbs + digits * all };
        *self.transforms.borrow_mut() += (count * (prepared + products + 2 * all)) as f64;
    }

    /// Notes the work of a product with a plaintext of the level of `a`: an encoding and half a rescaling.
    fn encodes(&self, a: &O::Ciphertext) {
        let limbs = self.ops.parameters().q_len(self.ops.level(a));
        *self.transforms.borrow_mut() += 2.0 * limbs as f64;
    }

    fn note(&self, count: impl FnOnce(&mut Counts)) {
        count(&mut self.counts.borrow_mut());
    }

    /// Notes the level of a result and passes it on.
    fn result(&self, a: O::Ciphertext) -> Result<O::Ciphertext, MlError> {
        let used = self.ops.parameters().max_level().0 - self.ops.level(&a).0;
        self.note(|counts| counts.depth = counts.depth.max(used));
        Ok(a)
    }

    fn canonical(&self, level: Level) -> Scale {
        self.ops.parameters().default_scale(level)
    }

    fn packing(&self, level: Level, scale: Scale) -> Packing {
        Packing { level, scale, slots: self.slots() }
    }

    /// `a` at `level`; `None` if it is there already.
    fn brought(&self, a: &O::Ciphertext, level: Level) -> Result<Option<O::Ciphertext>, MlError> {
        if self.ops.level(a) == level {
            return Ok(None);
        }
        self.note(|counts| counts.plain_products += 1);
        Ok(Some(self.ops.align_to(a, level, self.canonical(level))?))
    }

    fn meet<R>(
        &self,
        a: &O::Ciphertext,
        b: &O::Ciphertext,
        op: impl FnOnce(&O::Ciphertext, &O::Ciphertext) -> Result<R, CkksError>,
    ) -> Result<R, MlError> {
        let level = self.ops.level(a).min(self.ops.level(b));
        let (high, low) = (self.brought(a, level)?, self.brought(b, level)?);
        Ok(op(high.as_ref().unwrap_or(a), low.as_ref().unwrap_or(b))?)
    }

    /// The sum of terms times factors at the level of the lowest, each factor at the scale that makes all products fit;
    /// rescaled.
    fn weighted<'t, F>(
        &self,
        terms: impl Iterator<Item = (&'t O::Ciphertext, F)> + Clone,
        times: impl Fn(&O::Ciphertext, F, &Packing) -> Result<O::Ciphertext, CkksError>,
    ) -> Result<O::Ciphertext, MlError>
    where
        O::Ciphertext: 't,
    {
        let level =
            terms.clone().map(|(a, _)| self.ops.level(a)).min().ok_or_else(|| no_terms("sum of vectors"))?;
        let product_scale = self.canonical(level).squared();
        let mut sum: Option<O::Ciphertext> = None;
        for (a, factor) in terms {
            let packing = self.packing(level, product_scale / self.ops.scale(a));
            let product = if self.ops.level(a) == level {
                times(a, factor, &packing)?
            } else {
                times(&self.ops.drop_to(a, level)?, factor, &packing)?
            };
            self.note(|counts| counts.plain_products += 1);
            self.encodes(&product);
            sum = Some(match sum {
                None => product,
                Some(sum) => self.ops.add(&sum, &product)?,
            });
        }
        let sum = sum.ok_or_else(|| no_terms("sum of vectors"))?;
        self.result(self.ops.rescale(&sum)?)
    }

    /// Calls `op` with all pairs at the level of the lowest.
    fn paired<R>(
        &self,
        pairs: &[(&O::Ciphertext, &O::Ciphertext)],
        op: impl FnOnce(&[(&O::Ciphertext, &O::Ciphertext)]) -> Result<R, CkksError>,
    ) -> Result<R, MlError> {
        let levels = pairs.iter().flat_map(|(a, b)| [self.ops.level(a), self.ops.level(b)]);
        let level = levels.min().ok_or_else(|| no_terms("sum of products"))?;
        self.note(|counts| counts.products += pairs.len());
        let mut owned = Vec::with_capacity(pairs.len());
        for &(a, b) in pairs {
            let left = self.brought(a, level)?;
            // The factors of a square are brought down once.
            let right = if std::ptr::eq(a, b) { left.clone() } else { self.brought(b, level)? };
            owned.push((left, right));
        }
        let together = pairs.iter().zip(&owned);
        let aligned: Vec<_> = together
            .map(|(&(a, b), (left, right))| (left.as_ref().unwrap_or(a), right.as_ref().unwrap_or(b)))
            .collect();
        Ok(op(&aligned)?)
    }

    fn moves(&self, steps: i64) -> bool {
        steps.rem_euclid(self.slots() as i64) != 0
    }
}

impl<O: Operations> SlotArithmetic for Encrypted<'_, O> {
    type Vector = O::Ciphertext;
    type Products = O::Ciphertext;

    fn slots(&self) -> usize {
        self.ops.parameters().max_slots()
    }

    fn levels_left(&self, a: &O::Ciphertext) -> Option<usize> {
        Some(self.ops.level(a).0)
    }

    fn add(&self, a: &O::Ciphertext, b: &O::Ciphertext) -> Result<O::Ciphertext, MlError> {
        self.meet(a, b, |a, b| self.ops.add(a, b))
    }

    fn sub(&self, a: &O::Ciphertext, b: &O::Ciphertext) -> Result<O::Ciphertext, MlError> {
        self.meet(a, b, |a, b| self.ops.sub(a, b))
    }

    fn neg(&self, a: &O::Ciphertext) -> Result<O::Ciphertext, MlError> {
        Ok(self.ops.neg(a)?)
    }

    fn add_number(&self, a: &O::Ciphertext, value: f64) -> Result<O::Ciphertext, MlError> {
        Ok(self.ops.add_scalar(a, value)?)
    }

    fn add_mask(&self, a: &O::Ciphertext, b: &Mask) -> Result<O::Ciphertext, MlError> {
        let packing = self.packing(self.ops.level(a), self.ops.scale(a));
        Ok(self.ops.add_plain(a, &self.ops.encode(b.values(), &packing)?)?)
    }

    fn mul_integer(&self, a: &O::Ciphertext, factor: i64) -> Result<O::Ciphertext, MlError> {
        self.note(|counts| counts.plain_products += 1);
        Ok(self.ops.mul_integer(a, factor)?)
    }

    fn mul_i(&self, a: &O::Ciphertext) -> Result<O::Ciphertext, MlError> {
        // At scale 1 the imaginary unit is exact, and so is the product.
        let unit = self.ops.encode_constant(Complex64::I, &self.packing(self.ops.level(a), Scale::ONE))?;
        self.note(|counts| counts.plain_products += 1);
        Ok(self.ops.mul_plain(a, &unit)?)
    }

    fn sum_of_scaled(&self, terms: &[(&O::Ciphertext, f64)]) -> Result<O::Ciphertext, MlError> {
        self.weighted(terms.iter().copied(), |a, factor, packing| {
            self.ops.mul_scalar_at(a, factor, packing.scale)
        })
    }

    fn sum_of_masked(&self, terms: &[(&O::Ciphertext, &Mask)]) -> Result<O::Ciphertext, MlError> {
        self.weighted(terms.iter().copied(), |a, mask, packing| {
            self.ops.mul_plain(a, &self.ops.encode(mask.values(), packing)?)
        })
    }

    fn mul(&self, a: &O::Ciphertext, b: &O::Ciphertext) -> Result<O::Ciphertext, MlError> {
        self.sum_of_products(&[(a, b)])
    }

    fn square(&self, a: &O::Ciphertext) -> Result<O::Ciphertext, MlError> {
        self.note(|counts| {
            counts.products += 1;
            counts.relinearizations += 1;
        });
        self.switches(a, 1, false);
        self.result(self.ops.square_rescale(a)?)
    }

    fn sum_of_products(&self, pairs: &[(&O::Ciphertext, &O::Ciphertext)]) -> Result<O::Ciphertext, MlError> {
        let sum = self.paired(pairs, |pairs| self.ops.sum_of_products_rescale(pairs))?;
        self.note(|counts| counts.relinearizations += 1);
        self.switches(&sum, 1, false);
        self.result(sum)
    }

    fn accumulate(
        &self,
        mut sum: Option<O::Ciphertext>,
        pairs: &[(&O::Ciphertext, &O::Ciphertext)],
    ) -> Result<O::Ciphertext, MlError> {
        self.paired(pairs, |pairs| {
            for (a, b) in pairs {
                let product = self.ops.mul_unrelinearized(a, b)?;
                sum = Some(match sum.take() {
                    None => product,
                    Some(sum) => self.ops.add(&sum, &product)?,
                });
            }
            Ok(())
        })?;
        sum.ok_or_else(|| no_terms("sum of products"))
    }

    fn close(&self, sum: O::Ciphertext) -> Result<O::Ciphertext, MlError> {
        self.note(|counts| counts.relinearizations += 1);
        self.switches(&sum, 1, false);
        self.result(self.ops.relinearize_rescale(&sum)?)
    }

    fn polynomial(&self, a: &O::Ciphertext, p: &Polynomial) -> Result<O::Ciphertext, MlError> {
        self.note(|counts| counts.note_polynomial(p.cost()));
        self.switches(a, p.cost().relinearizations, false);
        self.result(p.evaluate(self.ops, a)?)
    }

    fn polynomial_by_slot(&self, a: &O::Ciphertext, p: &PolynomialVector) -> Result<O::Ciphertext, MlError> {
        self.note(|counts| counts.note_polynomial(p.cost()));
        self.switches(a, p.cost().relinearizations, false);
        self.result(p.evaluate(self.ops, a)?)
    }

    fn rotate(&self, a: &O::Ciphertext, steps: i64) -> Result<O::Ciphertext, MlError> {
        if !self.moves(steps) {
            return Ok(a.clone());
        }
        self.note(|counts| counts.rotations += 1);
        self.switches(a, 1, false);
        Ok(self.ops.rotate(a, steps)?)
    }

    fn rotate_each(&self, a: &O::Ciphertext, steps: &[i64]) -> Result<Vec<O::Ciphertext>, MlError> {
        let moving = steps.iter().filter(|&&k| self.moves(k)).count();
        self.note(|counts| {
            counts.rotations += moving;
            counts.hoisted += moving.saturating_sub(1);
        });
        if moving == 0 {
            return Ok(vec![a.clone(); steps.len()]);
        }
        self.switches(a, 1, false);
        self.switches(a, moving - 1, true);
        Ok(self.ops.rotate_hoisted(a, steps)?)
    }

    fn conjugate(&self, a: &O::Ciphertext) -> Result<O::Ciphertext, MlError> {
        self.note(|counts| counts.conjugations += 1);
        self.switches(a, 1, false);
        Ok(self.ops.conjugate(a)?)
    }

    fn align(&self, a: &O::Ciphertext, b: &O::Ciphertext) -> Result<(O::Ciphertext, O::Ciphertext), MlError> {
        self.meet(a, b, |a, b| Ok((a.clone(), b.clone())))
    }

    fn refreshed(&self) -> Option<Refreshed> {
        self.bootstrapper.map(|bootstrapper| Refreshed {
            levels: bootstrapper.parameters().levels_left().0,
            period: bootstrapper.parameters().slots(),
            bound: bootstrapper.parameters().message_bound(),
        })
    }

    fn refresh(&self, a: &O::Ciphertext) -> Result<O::Ciphertext, MlError> {
        let bootstrapper = self.bootstrapper.ok_or(MlError::NoRefresh)?;
        self.note(|counts| counts.refreshes += 1);
        let short = self.ops.relabel_slots(a, bootstrapper.parameters().slots())?;
        Ok(self.ops.relabel_slots(&bootstrapper.refresh(self.ops, &short)?, self.slots())?)
    }

    fn refresh_pair(
        &self,
        a: &O::Ciphertext,
        b: &O::Ciphertext,
    ) -> Result<(O::Ciphertext, O::Ciphertext), MlError> {
        let bootstrapper = self.bootstrapper.ok_or(MlError::NoRefresh)?;
        self.note(|counts| counts.refreshes += 1);
        let slots = bootstrapper.parameters().slots();
        let (a, b) = self.align(a, b)?;
        let (a, b) = (self.ops.relabel_slots(&a, slots)?, self.ops.relabel_slots(&b, slots)?);
        let (a, b) = bootstrapper.refresh_pair(self.ops, &a, &b)?;
        let (a, b) = (self.ops.relabel_slots(&a, self.slots())?, self.ops.relabel_slots(&b, self.slots())?);
        Ok((a, b))
    }

    fn promise(&self, _what: &str, a: &O::Ciphertext, bound: f64) -> Result<O::Ciphertext, MlError> {
        Ok(self.ops.declare_bound(a, bound)?)
    }
}
