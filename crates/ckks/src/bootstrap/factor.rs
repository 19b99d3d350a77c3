//! One matrix of the transforms on ciphertexts: diagonals in baby and giant steps, the latter by Horner's rule from both ends
//! to the middle, so that a matrix takes at most two keys for them.

use std::collections::BTreeSet;

use super::dft::Diagonals;
use crate::{
    encoder::{Complex64, Packing},
    error::CkksError,
    eval::{EncodedGroup, horner, horner_order},
    operations::Operations,
    params::Parameters,
    scale::{Level, Scale},
};

/// The operation's name in errors.
const OP: &str = "bootstrapping";

/// Costs relative to each other: a baby step, a giant one, which takes about three times as long, and the memory of a key, for
/// four of which a giant step is given: a hundredth of a refresh's time or two.
const BABY_COST: usize = 4;
const GIANT_COST: usize = 12;
const KEY_COST: usize = 3;

/// Diagonals that repeat as often take as little memory as matters beside keys.
const LIGHT_REPEATS: usize = 8;

/// A sparse matrix in baby and giant steps.
#[derive(Clone, Debug)]
pub(super) struct Factor {
    slots: usize,
    groups: Vec<Group>,
}

/// What is under one giant step.
#[derive(Clone, Debug)]
struct Group {
    /// Steps to the group that this one is added to by Horner's rule, or to the result.
    outer: i64,
    onto: Option<usize>,
    /// Steps of the baby rotation, and one period of the diagonal, moved to the right by all giant steps.
    inner: Vec<(i64, Vec<Complex64>)>,
}

/// The diagonals of a [`Factor`], encoded for one level and scale.
#[derive(Clone, Debug)]
pub(super) struct Encoded<W>(Vec<EncodedGroup<W>>);

impl Factor {
    pub(super) fn new(matrix: &Diagonals) -> Self {
        let offsets: Vec<i64> = matrix.iter().map(|(offset, _)| offset).filter(|&k| k != 0).collect();
        // All offsets are multiples of the shortest butterfly.
        let step = offsets.iter().map(|k| 1i64 << k.trailing_zeros()).min().unwrap_or(1);
        let n = matrix.dimension();
        let cost = |baby: &i64| {
            let inner: BTreeSet<i64> =
                offsets.iter().map(|k| k.rem_euclid(*baby)).filter(|k| *k != 0).collect();
            let giants = giant_steps(offsets.iter().map(|k| k - k.rem_euclid(*baby)), n);
            let steps = giants.iter().map(|giant| giant.steps).filter(|steps| *steps != 0);
            let giant_keys: BTreeSet<i64> = steps.clone().collect();
            let keys = inner.len() + giant_keys.len();
            (BABY_COST * inner.len() + GIANT_COST * steps.count() + KEY_COST * keys, *baby)
        };
        let babies = (0..8).map(|k| step << k);
        let baby = babies.min_by_key(cost).unwrap_or(step);
        let outer = |offset: i64| offset - offset.rem_euclid(baby);
        let giants = giant_steps(matrix.iter().map(|(offset, _)| outer(offset)), n);
        let mut groups: Vec<Group> = giants
            .iter()
            .map(|giant| Group { outer: giant.steps, onto: giant.onto, inner: Vec::new() })
            .collect();
        for (offset, diagonal) in matrix.iter() {
            let outer = outer(offset);
            let moved = |i: usize| diagonal[(i as i64 - outer).rem_euclid(n as i64) as usize];
            let values = (0..period(diagonal)).map(moved).collect();
            let of_this = |(giant, _): &(&Giant, &mut Group)| (giant.whole - outer).rem_euclid(n as i64) == 0;
            if let Some((_, group)) = giants.iter().zip(&mut groups).find(of_this) {
                group.inner.push((offset.rem_euclid(baby), values));
            }
        }
        Self { slots: n, groups }
    }

    /// Number of slots of what it is multiplied with.
    pub(super) fn slots(&self) -> usize {
        self.slots
    }

    /// Whether the diagonals take little memory when they are encoded, because they repeat.
    pub(super) fn is_light(&self) -> bool {
        let periods = self.groups.iter().flat_map(|group| &group.inner).map(|(_, values)| values.len());
        periods.max().unwrap_or(0) * LIGHT_REPEATS <= self.slots
    }

    /// Encodes the diagonals for a ciphertext at this level and scale, so that the product is at the canonical scale of the
    /// level below.
    pub(super) fn encode<O: Operations>(
        &self,
        ops: &O,
        level: Level,
        scale: Scale,
    ) -> Result<Encoded<O::Weights>, CkksError> {
        let packing =
            Packing { level, scale: weight_scale(ops.parameters(), level, scale)?, slots: self.slots };
        let encode = |group: &Group| {
            let encode = |(steps, values): &(i64, Vec<Complex64>)| {
                let values: Vec<Complex64> = values.iter().copied().cycle().take(self.slots).collect();
                Ok((*steps, ops.encode_weights(&values, &packing)?))
            };
            let inner = group.inner.iter().map(encode).collect::<Result<_, CkksError>>()?;
            Ok(EncodedGroup { outer: group.outer, inner, onto: group.onto })
        };
        Ok(Encoded(self.groups.iter().map(encode).collect::<Result<_, CkksError>>()?))
    }
}

impl<W> Encoded<W> {
    /// The matrix times `x`, one level lower.
    pub(super) fn evaluate<O: Operations<Weights = W>>(
        &self,
        ops: &O,
        x: &O::Ciphertext,
    ) -> Result<O::Ciphertext, CkksError> {
        ops.sum_of_rotations_rescale(x, &EncodedGroup::borrow_all(&self.0))
    }
}

/// One giant step.
struct Giant {
    /// What it has to be by.
    whole: i64,
    /// The steps that it takes itself.
    steps: i64,
    /// The number of the one it goes on with.
    onto: Option<usize>,
}

/// Giant steps to all of `outer`, rotations of n slots, by Horner's rule: in one direction around, or in both directions from
/// the farthest, whichever takes fewer keys.
fn giant_steps(outer: impl Iterator<Item = i64>, n: usize) -> Vec<Giant> {
    let around: BTreeSet<i64> = outer.map(|steps| steps.rem_euclid(n as i64)).collect();
    let in_order = |mut outer: Vec<i64>| {
        outer.sort_by_key(|&steps| horner_order(steps));
        let steps = horner(&outer);
        let giant = |(whole, (steps, onto))| Giant { whole, steps, onto };
        outer.into_iter().zip(steps).map(giant).collect::<Vec<_>>()
    };
    let both = in_order(around.iter().map(|&steps| centred(steps, n)).collect());
    let one = in_order(around.into_iter().collect());
    let keys = |giants: &[Giant]| giants.iter().map(|giant| giant.steps).collect::<BTreeSet<i64>>().len();
    if keys(&one) < keys(&both) { one } else { both }
}

/// Rotations by `steps` of n slots, from the nearer side.
fn centred(steps: i64, n: usize) -> i64 {
    let steps = steps.rem_euclid(n as i64);
    if steps > n as i64 / 2 { steps - n as i64 } else { steps }
}

/// After how many of its places, a power of two of which it has, a diagonal repeats.
fn period(diagonal: &[Complex64]) -> usize {
    let mut period = diagonal.len();
    while period > 1 && diagonal[..period / 2] == diagonal[period / 2..period] {
        period /= 2;
    }
    period
}

fn weight_scale(parameters: &Parameters, level: Level, scale: Scale) -> Result<Scale, CkksError> {
    let below = level.below().ok_or(CkksError::OutOfLevels { op: OP, needed: 1, left: 0 })?;
    let group = parameters.groups().get(level.0).ok_or(CkksError::NoSuchLevel {
        op: OP,
        found: level,
        max: parameters.max_level(),
    })?;
    Ok(parameters.default_scale(below).mul_by_primes(&group.primes) / scale)
}
