//! One matrix of the transforms on ciphertexts: diagonals in baby and giant steps.

use std::collections::BTreeMap;

use super::dft::Diagonals;
use crate::{
    encoder::{Complex64, Packing},
    error::CkksError,
    eval::RotationGroup,
    operations::Operations,
    params::Parameters,
    scale::{Level, Scale},
};

/// The operation's name in errors.
const OP: &str = "bootstrapping";

/// A giant step costs about as much as this many baby steps.
const GIANT_COST: usize = 3;

/// A sparse matrix in baby and giant steps.
#[derive(Clone, Debug)]
pub(super) struct Factor {
    slots: usize,
    groups: Vec<Group>,
}

/// What is under one giant step.
#[derive(Clone, Debug)]
struct Group {
    outer: i64,
    /// Steps of the baby rotation, and the diagonal, moved to the right by the giant step.
    inner: Vec<(i64, Vec<Complex64>)>,
}

/// The diagonals of a [`Factor`], encoded for one level and scale.
#[derive(Clone, Debug)]
pub(super) struct Encoded<W>(Vec<(i64, Vec<(i64, W)>)>);

impl Factor {
    pub(super) fn new(matrix: &Diagonals) -> Self {
        let offsets: Vec<i64> = matrix.iter().map(|(offset, _)| offset).filter(|&k| k != 0).collect();
        // All offsets are multiples of the shortest butterfly.
        let step = offsets.iter().map(|k| 1i64 << k.trailing_zeros()).min().unwrap_or(1);
        let cost = |baby: &i64| {
            let inner: std::collections::BTreeSet<i64> =
                offsets.iter().map(|k| k.rem_euclid(*baby)).collect();
            let outer: std::collections::BTreeSet<i64> =
                offsets.iter().map(|k| k.div_euclid(*baby)).collect();
            (inner.len() + GIANT_COST * outer.len(), *baby)
        };
        let babies = (0..8).map(|k| step << k);
        let baby = babies.min_by_key(cost).unwrap_or(step);
        let mut groups: BTreeMap<i64, Group> = BTreeMap::new();
        let n = matrix.dimension();
        for (offset, diagonal) in matrix.iter() {
            let (outer, inner) = (offset - offset.rem_euclid(baby), offset.rem_euclid(baby));
            let moved = |i: usize| diagonal[(i as i64 - outer).rem_euclid(n as i64) as usize];
            let group = groups.entry(outer).or_insert_with(|| Group { outer, inner: Vec::new() });
            group.inner.push((inner, (0..n).map(moved).collect()));
        }
        Self { slots: n, groups: groups.into_values().collect() }
    }

    /// Number of slots of what it is multiplied with.
    pub(super) fn slots(&self) -> usize {
        self.slots
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
            let inner =
                group.inner.iter().map(|(steps, values)| Ok((*steps, ops.encode_weights(values, &packing)?)));
            Ok((group.outer, inner.collect::<Result<_, CkksError>>()?))
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
        let group = |(outer, inner): &(i64, Vec<(i64, W)>)| (*outer, inner.len());
        debug_assert!(self.0.iter().map(group).all(|(_, len)| len > 0), "no giant step is empty");
        let groups: Vec<RotationGroup<'_, W>> = self
            .0
            .iter()
            .map(|(outer, inner)| RotationGroup {
                outer: *outer,
                inner: inner.iter().map(|(steps, weights)| (*steps, weights)).collect(),
            })
            .collect();
        ops.sum_of_rotations_rescale(x, &groups)
    }
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
