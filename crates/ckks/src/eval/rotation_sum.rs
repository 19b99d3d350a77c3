//! Weighted sums of rotations, the body of every linear map, with as few divisions by P as there are outer rotations.

use std::collections::BTreeMap;

use ring_math::Automorphism;

use super::{
    Evaluator, Workspace, check_scales, check_slots,
    rotation_steps::{Outer, RotationSum},
};
use crate::{
    ciphertext::Ciphertext,
    encoder::Weights,
    error::CkksError,
    keys::{GaloisElement, GaloisKey},
    noise::{LevelNoise, Noise},
    scale::{Level, Scale},
};

/// The operation's name in errors.
pub(crate) const OP: &str = "weighted sum of rotations";

/// One outer rotation of a sum of rotations, and what is under it: the rotation by `outer` of the sum over `inner` of
/// weights times the rotation by that many steps.
///
/// Groups may be nested by Horner's rule: the rotation of one is added to the sum of a later one, which is rotated after that.
/// With outer rotations by g, 2g, 3g, ... each takes the key of g, and there are no more key switches than without.
#[derive(Clone, Debug)]
pub struct RotationGroup<'a, W> {
    /// Steps of the outer rotation.
    pub outer: i64,
    /// Steps of an inner rotation, and what it is multiplied by.
    pub inner: Vec<(i64, &'a W)>,
    /// The number of the group, a later one, whose sum the rotation is added to; `None` for the result.
    pub onto: Option<usize>,
}

/// A [`RotationGroup`] that owns its weights.
#[derive(Clone, Debug)]
pub(crate) struct EncodedGroup<W> {
    pub(crate) outer: i64,
    pub(crate) inner: Vec<(i64, W)>,
    pub(crate) onto: Option<usize>,
}

impl<W> EncodedGroup<W> {
    /// The groups as the sum takes them.
    pub(crate) fn borrow_all(groups: &[Self]) -> Vec<RotationGroup<'_, W>> {
        debug_assert!(groups.iter().all(|group| !group.inner.is_empty()), "no giant step is empty");
        let mut borrowed = Vec::with_capacity(groups.len());
        for Self { outer, inner, onto } in groups {
            let inner = inner.iter().map(|(steps, weights)| (*steps, weights)).collect();
            borrowed.push(RotationGroup { outer: *outer, inner, onto: *onto });
        }
        borrowed
    }
}

/// For each outer rotation what is left of it by Horner's rule, and the number of the rotation that it goes on with: the one
/// nearest to it on its way to zero. They have to be in the order of [`horner_order`].
pub(crate) fn horner(outer: &[i64]) -> Vec<(i64, Option<usize>)> {
    let step = |(k, &steps): (usize, &i64)| {
        let later = outer.iter().enumerate().skip(k + 1);
        let onto = later.filter(|(_, other)| **other * steps > 0).max_by_key(|(_, other)| other.abs());
        onto.map_or((steps, None), |(index, other)| (steps - other, Some(index)))
    };
    outer.iter().enumerate().map(step).collect()
}

/// Outer rotations in an order in which each comes before those on its way to zero.
pub(crate) fn horner_order(outer: i64) -> (std::cmp::Reverse<i64>, i64) {
    (std::cmp::Reverse(outer.abs()), outer)
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
    let mut scales: Option<Scale> = None;
    // What later groups take over from earlier ones, and the result behind them.
    let mut sums: Vec<Option<Noise>> = vec![None; groups.len() + 1];
    for (index, group) in groups.iter().enumerate() {
        let mut sum = sums[index].take();
        let add = |sum: &mut Option<Noise>, term: Noise| *sum = Some(sum.map_or(term, |sum| sum.add(&term)));
        if group.inner.is_empty() {
            return Err(nothing());
        }
        for (steps, weights) in &group.inner {
            let (weight_level, weight_scale, weight_slots, weight_noise) = weights.shape();
            check_slots(OP, slots, weight_slots)?;
            if weight_level < level {
                return Err(CkksError::LevelMismatch { op: OP, left: level, right: weight_level });
            }
            check_scales(OP, *scales.get_or_insert(weight_scale), weight_scale)?;
            let rotated = if moves(*steps) { noise.plus(tables.switch) } else { noise };
            add(&mut sum, rotated.mul(scale.to_f64(), &weight_noise, weight_scale.to_f64(), n));
        }
        let mut sum = sum.ok_or_else(nothing)?;
        if moves(group.outer) {
            sum = sum.plus(tables.switch).plus(tables.rounding);
        }
        let onto = check_onto(index, group.onto, groups.len())?;
        add(&mut sums[onto], sum);
    }
    let all = sums.pop().flatten().ok_or_else(nothing)?;
    Ok((scale * scales.ok_or_else(nothing)?, all))
}

/// The place of what the group `index` is added to; the result comes after all `groups`.
fn check_onto(index: usize, onto: Option<usize>, groups: usize) -> Result<usize, CkksError> {
    match onto {
        None => Ok(groups),
        Some(onto) if onto > index && onto < groups => Ok(onto),
        Some(onto) => Err(CkksError::Parameter {
            name: "groups of a weighted sum of rotations",
            found: format!("group {index} on group {onto}"),
            expected: format!("a later one of the {groups} groups"),
        }),
    }
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
        let outer = self.outer_rotations(a, groups)?;
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

    /// Keys and maps of the outer rotations.
    fn outer_rotations(
        &self,
        a: &Ciphertext,
        groups: &[RotationGroup<'_, Weights>],
    ) -> Result<Vec<Outer<'_>>, CkksError> {
        let log_n = self.context.log_n();
        let mut all: Vec<Outer<'_>> = Vec::with_capacity(groups.len());
        // From the last group on, so that what a group is added to is known.
        for group in groups.iter().rev() {
            let key = self.checked_rotation_key(a, group.outer)?;
            let after = group.onto.and_then(|onto| all.get(groups.len() - 1 - onto));
            let own = key.map_or(GaloisElement::IDENTITY, |key| key.element);
            let element = after.map_or(own, |after| own.then(after.element, log_n));
            let map =
                if element.is_identity() { None } else { Some(Automorphism::new(element.value(), log_n)?) };
            all.push(Outer { key, onto: group.onto, element, map });
        }
        all.reverse();
        Ok(all)
    }

    fn check_weights(&self, groups: &[RotationGroup<'_, Weights>]) -> Result<(), CkksError> {
        for (_, weights) in groups.iter().flat_map(|group| &group.inner) {
            if self.context.qp_basis(weights.level()).ok() != Some(weights.basis()) {
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
