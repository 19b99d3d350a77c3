//! The normal equations in slots.

use super::{
    cube::Cube,
    moments::{Entry, Moments},
};
use crate::{
    arithmetic::{Mask, SlotArithmetic},
    error::MlError,
};

/// Which of the columns of a table are what, and how many rows it has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Columns {
    pub(super) cube: Cube,
    /// The first columns are features.
    pub(super) features: usize,
    pub(super) rows: usize,
}

impl Columns {
    /// The column of the target: the last one, so that others can be put to the left of it.
    pub(super) fn target(self) -> usize {
        self.cube.width - 1
    }
}

/// What is done to the matrix A and the right-hand side r of the normal equations while they are laid out.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Affine {
    /// The matrix becomes scale A + shift I.
    pub(super) scale: f64,
    pub(super) shift: f64,
    /// The right-hand side becomes this times r.
    pub(super) rhs: f64,
    /// No entry of the matrix exceeds this.
    pub(super) bound: f64,
}

/// A matrix and a right-hand side, in the forms that products take.
#[derive(Clone, Debug)]
pub(super) struct System<V> {
    pub(super) columns: Columns,
    pub(super) left: V,
    pub(super) right: V,
    pub(super) rhs_right: V,
    pub(super) rhs_flat: V,
}

/// A solution: element i of it is in slot `places[i]`, and nothing but zeros elsewhere.
#[derive(Clone, Debug)]
pub struct Solution<V> {
    /// The vector of slots.
    pub vector: V,
    /// The slot of each element.
    pub places: Vec<usize>,
}

impl<V: Clone> System<V> {
    /// The system for A = G / rows, G being the moments of the features, and r those with the target divided likewise.
    pub(super) fn new<A: SlotArithmetic<Vector = V>>(
        on: &A,
        moments: &Moments<V>,
        columns: Columns,
        affine: Affine,
    ) -> Result<Self, MlError> {
        let (p, target) = (columns.features, columns.target());
        let matrix = affine.scale / columns.rows as f64;
        let rhs = affine.rhs / columns.rows as f64;
        let entry = |named: bool, row, column, factor| named.then_some(Entry { row, column, factor });
        let gathered = moments.gather(
            on,
            &[
                &|j, i, k| entry(j < p && i < p && k == j, j, i, matrix),
                &|j, _, k| entry(j < p && k < p, j, k, matrix),
                &|j, _, k| entry(j < p && k == target, j, target, rhs),
                &|_, i, k| entry(i < p && k == target, i, target, rhs),
            ],
        )?;
        let [seeds, right, rhs_right, rhs_flat] = take_four(gathered)?;
        let cube = columns.cube;
        let shift = |at: &dyn Fn(usize, usize, usize) -> bool| {
            cube.mask(on.slots(), |j, i, k| if at(j, i, k) { affine.shift } else { 0.0 })
        };
        let seeds = on.add_mask(&seeds, &shift(&|j, i, k| j < p && i == j && k == j))?;
        let right = on.add_mask(&right, &shift(&|j, _, k| j < p && k == j))?;
        let right = on.promise("entries of a matrix", &right, affine.bound)?;
        Ok(Self { columns, left: cube.spread_left(on, &seeds, affine.bound)?, right, rhs_right, rhs_flat })
    }
}

fn take_four<V>(vectors: Vec<V>) -> Result<[V; 4], MlError> {
    <[V; 4]>::try_from(vectors).map_err(|found| MlError::Shape {
        what: "vectors of a system",
        found: found.len().to_string(),
        expected: "4".to_owned(),
    })
}

impl Columns {
    /// The mask that takes a flat form, with the columns that `wanted` names, to what becomes a right form.
    pub(super) fn to_right(self, slots: usize, factor: f64, wanted: impl Fn(usize) -> bool) -> Mask {
        let at = |j: usize, i: usize, k: usize| j < self.features && i == j && wanted(k);
        self.cube.mask(slots, |j, i, k| if at(j, i, k) { factor } else { 0.0 })
    }

    /// The mask that takes a flat form to what becomes a left form.
    pub(super) fn to_left(self, slots: usize, factor: f64) -> Mask {
        let at = |j: usize, i: usize, k: usize| j < self.features && i < self.features && k == j;
        self.cube.mask(slots, |j, i, k| if at(j, i, k) { factor } else { 0.0 })
    }

    /// The right form of a flat one whose columns other than those that `wanted` names are dropped; no entry exceeds
    /// `bound`.
    pub(super) fn right<A: SlotArithmetic>(
        self,
        on: &A,
        flat: &A::Vector,
        wanted: impl Fn(usize) -> bool,
        bound: f64,
    ) -> Result<A::Vector, MlError> {
        let seeds = on.mul_mask(flat, &self.to_right(on.slots(), 1.0, wanted))?;
        self.cube.spread_right(on, &seeds, bound)
    }

    /// The left and, if asked for, the right form of a matrix: `scale` times a flat one plus `shift` times the identity.
    pub(super) fn both<A: SlotArithmetic>(
        self,
        on: &A,
        flat: &A::Vector,
        Affine { scale: factor, shift, bound, .. }: Affine,
        right: bool,
    ) -> Result<(A::Vector, Option<A::Vector>), MlError> {
        let (slots, p) = (on.slots(), self.features);
        let identity = self.cube.mask(slots, |j, i, k| if j < p && i == j && k == j { shift } else { 0.0 });
        let shifted = |mask: &Mask| {
            let seeds = on.mul_mask(flat, mask)?;
            if shift == 0.0 { Ok(seeds) } else { on.add_mask(&seeds, &identity) }
        };
        let left = self.cube.spread_left(on, &shifted(&self.to_left(slots, factor))?, bound)?;
        let right = if right {
            let seeds = shifted(&self.to_right(slots, factor, |k| k < p))?;
            Some(self.cube.spread_right(on, &seeds, bound)?)
        } else {
            None
        };
        Ok((left, right))
    }
}
