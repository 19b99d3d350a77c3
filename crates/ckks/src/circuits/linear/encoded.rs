//! Matrices in the clear, ready for vectors of one level and number of slots.

use std::collections::BTreeMap;

use super::{LinearTransform, OP, check_shape};
use crate::{
    encoder::Packing,
    error::CkksError,
    eval::EncodedGroup,
    operations::Operations,
    scale::{Level, Scale},
};

/// A [`LinearTransform`] whose diagonals are encoded: for one level, scale and number of slots.
#[derive(Clone, Debug)]
pub struct EncodedTransform<W> {
    dimension: usize,
    level: Level,
    slots: usize,
    baby: usize,
    diagonals: Encoded<W>,
}

#[derive(Clone, Debug)]
enum Encoded<W> {
    /// Outer steps, and inner steps with weights.
    Hoisted(Vec<EncodedGroup<W>>),
    /// By giant step, by baby step: values rather than weights, encoded one at a time when they are needed.
    Frugal(Vec<BTreeMap<usize, Vec<f64>>>),
}

impl LinearTransform {
    /// Encodes the diagonals for vectors with `slots` slots at `level`, at the scale that keeps canonical scales canonical.
    ///
    /// # Errors
    /// [`CkksError::TooManySlots`] when the matrix has more rows than `slots`; [`CkksError::OutOfLevels`] at level 0;
    /// [`CkksError::Overflow`] for values too large for the modulus.
    pub fn encode<O: Operations>(
        &self,
        ops: &O,
        level: Level,
        slots: usize,
    ) -> Result<EncodedTransform<O::Weights>, CkksError> {
        check_shape(self.dimension, slots)?;
        let packing = Packing { level, scale: weight_scale(ops, level)?, slots };
        let diagonals = if self.low_memory {
            let giants = self.diagonals.keys().map(|k| k / self.baby).max().unwrap_or(0) + 1;
            let mut groups = vec![BTreeMap::new(); giants];
            for &k in self.diagonals.keys() {
                let (giant, outer) = (k / self.baby, k - k % self.baby);
                groups[giant].insert(k % self.baby, self.values(k, outer, slots));
            }
            Encoded::Frugal(groups)
        } else {
            let mut groups: BTreeMap<usize, Vec<(i64, O::Weights)>> = BTreeMap::new();
            for &k in self.diagonals.keys() {
                let outer = k - k % self.baby;
                let weights = ops.encode_weights(&self.values(k, outer, slots), &packing)?;
                groups.entry(outer).or_default().push(((k % self.baby) as i64, weights));
            }
            let steps = self.giant_steps(groups.keys().map(|&outer| outer as i64).collect());
            let group = |(whole, outer, onto): (i64, i64, Option<usize>)| {
                let inner = groups.remove(&(whole as usize)).unwrap_or_default();
                EncodedGroup { outer, inner, onto }
            };
            Encoded::Hoisted(steps.into_iter().map(group).collect())
        };
        Ok(EncodedTransform { dimension: self.dimension, level, slots, baby: self.baby, diagonals })
    }

    /// Encodes the diagonals for `x` and multiplies: [`Self::encode`] once and [`EncodedTransform::evaluate`] often is faster.
    ///
    /// # Errors
    /// As those.
    pub fn evaluate<O: Operations>(&self, ops: &O, x: &O::Ciphertext) -> Result<O::Ciphertext, CkksError> {
        self.encode(ops, ops.level(x), ops.slots(x))?.evaluate(ops, x)
    }
}

impl<W> EncodedTransform<W> {
    /// The matrix times the vector of `x`, one level lower. The vector has to repeat after as many slots as the matrix has
    /// rows.
    ///
    /// # Errors
    /// [`CkksError::MissingKey`] without a rotation key, [`CkksError::SlotMismatch`], [`CkksError::LevelMismatch`] when `x` is
    /// above the level that was encoded for, [`CkksError::OutOfLevels`] at level 0, [`CkksError::Degree`] before
    /// relinearisation, [`CkksError::ContextMismatch`].
    pub fn evaluate<O: Operations<Weights = W>>(
        &self,
        ops: &O,
        x: &O::Ciphertext,
    ) -> Result<O::Ciphertext, CkksError> {
        let (left, right) = (ops.slots(x), self.slots);
        if left != right {
            return Err(CkksError::SlotMismatch { op: OP, left, right });
        }
        if ops.level(x) > self.level {
            return Err(CkksError::LevelMismatch { op: OP, left: ops.level(x), right: self.level });
        }
        match &self.diagonals {
            Encoded::Hoisted(groups) if groups.is_empty() => zero(ops, x),
            Encoded::Frugal(groups) if groups.iter().all(BTreeMap::is_empty) => zero(ops, x),
            Encoded::Hoisted(groups) => ops.sum_of_rotations_rescale(x, &EncodedGroup::borrow_all(groups)),
            Encoded::Frugal(groups) => self.evaluate_frugally(ops, x, groups),
        }
    }

    /// Number of rows and columns.
    #[must_use]
    pub fn dimension(&self) -> usize {
        self.dimension
    }

    /// Baby rotations one by one, giant ones by Horner's rule from the last group on.
    fn evaluate_frugally<O: Operations>(
        &self,
        ops: &O,
        x: &O::Ciphertext,
        groups: &[BTreeMap<usize, Vec<f64>>],
    ) -> Result<O::Ciphertext, CkksError> {
        let level = ops.level(x);
        let packing = Packing { level, scale: weight_scale(ops, level)?, slots: self.slots };
        let most = groups.iter().filter_map(|group| group.keys().last()).max().copied().unwrap_or(0);
        let mut rotated = vec![x.clone()];
        for _ in 0..most {
            let last = rotated.last().unwrap_or(x);
            rotated.push(ops.rotate(last, 1)?);
        }
        let mut sum: Option<O::Ciphertext> = None;
        for group in groups.iter().rev() {
            if let Some(inner) = sum.take() {
                sum = Some(ops.rotate(&inner, self.baby as i64)?);
            }
            for (&b, values) in group {
                let product = ops.mul_plain(&rotated[b], &ops.encode(values, &packing)?)?;
                sum = Some(match sum.take() {
                    None => product,
                    Some(sum) => ops.add(&sum, &product)?,
                });
            }
        }
        ops.rescale(&sum.map_or_else(|| zero_at(ops, x, packing.scale), Ok)?)
    }
}

/// The scale of weights with which a product at `level` has the canonical scale one level lower.
fn weight_scale<O: Operations>(ops: &O, level: Level) -> Result<Scale, CkksError> {
    let below = level.below().ok_or(CkksError::OutOfLevels { op: OP, needed: 1, left: 0 })?;
    let parameters = ops.parameters();
    let group = parameters.groups().get(level.0).ok_or(CkksError::NoSuchLevel {
        op: OP,
        found: level,
        max: parameters.max_level(),
    })?;
    Ok(parameters.default_scale(below).mul_by_primes(&group.primes) / parameters.default_scale(level))
}

pub(super) fn zero<O: Operations>(ops: &O, x: &O::Ciphertext) -> Result<O::Ciphertext, CkksError> {
    ops.rescale(&zero_at(ops, x, weight_scale(ops, ops.level(x))?)?)
}

fn zero_at<O: Operations>(ops: &O, x: &O::Ciphertext, scale: Scale) -> Result<O::Ciphertext, CkksError> {
    ops.mul_scalar_at(x, 0.0, scale)
}
