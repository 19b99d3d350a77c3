//! Weighted sums of rotations, the body of every linear map, with as few divisions by P as there are outer rotations.

use std::collections::BTreeMap;

use super::{Evaluator, Workspace, check_scales, check_slots, rotation_steps::RotationSum};
use crate::{
    ciphertext::Ciphertext,
    encoder::Weights,
    error::CkksError,
    keys::GaloisKey,
    noise::{LevelNoise, Noise},
    scale::{Level, Scale},
};

/// The operation's name in errors.
pub(crate) const OP: &str = "weighted sum of rotations";

/// One outer rotation of a sum of rotations, and what is under it: the rotation by `outer` of the sum over `inner` of
/// weights times the rotation by that many steps.
#[derive(Clone, Debug)]
pub struct RotationGroup<'a, W> {
    /// Steps of the outer rotation.
    pub outer: i64,
    /// Steps of an inner rotation, and what it is multiplied by.
    pub inner: Vec<(i64, &'a W)>,
}

/// What is needed of the weights of a sum to say how its result looks.
pub(crate) trait WeightShape {
    /// Level, scale, slots and noise.
    fn shape(&self) -> (Level, Scale, usize, Noise);
}

impl WeightShape for Weights {
    fn shape(&self) -> (Level, Scale, usize, Noise) {
        (self.level(), self.scale(), self.slots(), self.noise())
    }
}

/// Scale and noise of a sum of rotations before it is rescaled. `a` is the operand as weights are described.
pub(crate) fn describe<W: WeightShape>(
    groups: &[RotationGroup<'_, W>],
    (level, scale, slots, noise): (Level, Scale, usize, Noise),
    tables: &LevelNoise,
    n: usize,
) -> Result<(Scale, Noise), CkksError> {
    let nothing = || CkksError::Parameter {
        name: "groups of a weighted sum of rotations",
        found: "an empty one, or none".to_owned(),
        expected: "at least one weight in each of at least one group".to_owned(),
    };
    let moves = |steps: i64| steps.rem_euclid(slots as i64) != 0;
    let mut total: Option<(Scale, Noise)> = None;
    for group in groups {
        let mut sum: Option<Noise> = None;
        for (steps, weights) in &group.inner {
            let (weight_level, weight_scale, weight_slots, weight_noise) = weights.shape();
            check_slots(OP, slots, weight_slots)?;
            if weight_level < level {
                return Err(CkksError::LevelMismatch { op: OP, left: level, right: weight_level });
            }
            let first = total.map_or(weight_scale, |(scale, _)| scale);
            check_scales(OP, first, weight_scale)?;
            total.get_or_insert((weight_scale, Noise::ZERO));
            let rotated = if moves(*steps) { noise.plus(tables.switch) } else { noise };
            let product = rotated.mul(scale.to_f64(), &weight_noise, weight_scale.to_f64(), n);
            sum = Some(sum.map_or(product, |sum| sum.add(&product)));
        }
        let mut sum = sum.ok_or_else(nothing)?;
        if moves(group.outer) {
            sum = sum.plus(tables.switch).plus(tables.rounding);
        }
        total = total.map(|(scale, all)| (scale, all.add(&sum)));
    }
    let (weight_scale, noise) = total.ok_or_else(nothing)?;
    Ok((scale * weight_scale, noise))
}

impl Evaluator<'_> {
    /// The sum over `groups` of the outer rotations of sums of weighted inner rotations of `a`, rescaled: a linear map by
    /// diagonals in baby and giant steps.
    ///
    /// Both rotations are hoisted (Bossuat, Mouchet, Troncoso-Pastoriza, Hubaux, EUROCRYPT 2021, algorithm 6): the digits of
    /// `a` are computed once, products with keys and weights accumulate over QP, and there is one division of one
    /// polynomial for each outer rotation and one of two at the end, which rescales as well. Weights have to have one scale.
    ///
    /// # Errors
    /// [`CkksError::MissingKey`] for a rotation, before anything is computed; [`CkksError::LevelMismatch`] for weights of a
    /// lower level than that of `a`; [`CkksError::ScaleMismatch`], [`CkksError::SlotMismatch`], [`CkksError::OutOfLevels`] at
    /// level 0, [`CkksError::Parameter`] without weights, [`CkksError::Degree`] before relinearisation,
    /// [`CkksError::ContextMismatch`].
    pub fn sum_of_rotations_rescale(
        &self,
        a: &Ciphertext,
        groups: &[RotationGroup<'_, Weights>],
    ) -> Result<Ciphertext, CkksError> {
        self.fresh_with(|out, work| self.sum_of_rotations_rescale_into(out, a, groups, work))
    }

    /// out = the same sum. The work space takes a polynomial over QP for each group and four more, and some limbs for each
    /// thread.
    ///
    /// # Errors
    /// As [`Self::sum_of_rotations_rescale`].
    pub fn sum_of_rotations_rescale_into(
        &self,
        out: &mut Ciphertext,
        a: &Ciphertext,
        groups: &[RotationGroup<'_, Weights>],
        work: &mut Workspace,
    ) -> Result<(), CkksError> {
        a.check(OP, self.context)?;
        a.check_degree(OP, 1)?;
        let tables = self.context.tables(OP, a.level)?;
        let (Some(divide), Some(below)) = (&tables.mod_down_rescale, a.level.below()) else {
            return Err(CkksError::OutOfLevels { op: OP, needed: 1, left: 0 });
        };
        let n = tables.q.n();
        let (scale, noise) = describe(groups, (a.level, a.scale, a.slots, a.noise), &tables.noise, n)?;
        self.check_weights(groups)?;
        let period = a.slots as i64;
        let mut keys: BTreeMap<i64, Option<&GaloisKey>> = BTreeMap::new();
        for (steps, _) in groups.iter().flat_map(|group| &group.inner) {
            keys.insert(steps.rem_euclid(period), self.checked_rotation_key(a, *steps)?);
        }
        let outer = groups
            .iter()
            .map(|group| self.checked_rotation_key(a, group.outer))
            .collect::<Result<Vec<_>, CkksError>>()?;
        let places: BTreeMap<i64, usize> = keys.keys().enumerate().map(|(k, &steps)| (steps, k)).collect();
        let place = |steps: i64| places.get(&steps.rem_euclid(period)).copied().unwrap_or(0);
        let weights = groups
            .iter()
            .map(|group| group.inner.iter().map(|&(steps, weights)| (place(steps), weights)).collect())
            .collect();
        let sum = RotationSum { tables, a, inner: keys.into_values().collect(), weights, outer };
        out.reshape(self.context.q_basis(below)?, 2);
        sum.run(divide, work, out.pair_mut());
        (out.level, out.scale, out.slots, out.noise) = (a.level, scale, a.slots, noise);
        self.note_rescaled(out)
    }

    fn check_weights(&self, groups: &[RotationGroup<'_, Weights>]) -> Result<(), CkksError> {
        for (_, weights) in groups.iter().flat_map(|group| &group.inner) {
            if self.context.qp_basis(weights.level()).ok() != Some(weights.poly().basis()) {
                return Err(CkksError::ContextMismatch { op: OP });
            }
        }
        Ok(())
    }

    /// The key for a rotation of `a`; `None` where nothing moves.
    fn checked_rotation_key(&self, a: &Ciphertext, steps: i64) -> Result<Option<&GaloisKey>, CkksError> {
        let key = self.rotation_key(OP, a, steps)?;
        if let Some(key) = key {
            self.check_key(OP, || format!("Galois key {}", key.element), &key.key, a.level)?;
        }
        Ok(key)
    }
}
