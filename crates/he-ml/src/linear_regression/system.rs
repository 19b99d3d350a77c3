//! The normal equations in slots.

use super::{
    cube::Cube,
    moments::{Entry, Moments, Wanted},
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

    /// The column that is one in every row, in tables that have it.
    pub(super) fn constant(self) -> usize {
        self.cube.width - 2
    }

    /// The same columns for vectors of `slots` slots.
    pub(super) fn cut(self, slots: usize) -> Self {
        Self { cube: self.cube.cut(slots), ..self }
    }

    /// The parts of the cube that features take.
    pub(super) fn parts(self) -> std::ops::Range<usize> {
        0..self.features.div_ceil(self.cube.slices())
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
    pub(super) left: Vec<V>,
    pub(super) right: Vec<V>,
    pub(super) rhs_right: Vec<V>,
    pub(super) rhs_flat: V,
}

/// The form in which a solver leaves a solution, in the target's column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    Right,
    Flat,
}

/// A solution with whatever else the solver left in its slots.
#[derive(Clone, Debug)]
pub(super) struct Unfinished<V> {
    /// Parts of a right form, or one flat one.
    pub(super) vectors: Vec<V>,
    pub(super) form: Form,
    /// By how much it was divided on the way.
    pub(super) divisor: f64,
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
        let seeds = |j, i, k| entry(j < p && i < p && k == j, j, i, matrix);
        let right = |j, _, k| entry(j < p && k < p, j, k, matrix);
        let rhs_right = |j, _, k| entry(j < p && k == target, j, target, rhs);
        let rhs_flat = |_, i, k| entry(i < p && k == target, i, target, rhs);
        let forms: [&dyn Fn(usize, usize, usize) -> Option<Entry>; 3] = [&seeds, &right, &rhs_right];
        let mut wanted: Vec<Wanted<'_>> =
            forms.iter().flat_map(|&entry| columns.parts().map(move |part| Wanted { part, entry })).collect();
        wanted.push(Wanted { part: 0, entry: &rhs_flat });
        let gathered = moments.gather(on, &wanted)?;
        let parts = columns.parts().len();
        let [seeds, right, rhs_right, rhs_flat] =
            [0..parts, parts..2 * parts, 2 * parts..3 * parts, 3 * parts..3 * parts + 1]
                .map(|range| gathered.get(range).map(<[V]>::to_vec).unwrap_or_default());
        let seeds = columns.shifted(on, &seeds, affine.shift, |j, i, k| i == j && k == j)?;
        let right = columns.shifted(on, &right, affine.shift, |j, _, k| k == j)?;
        let bounded = |right: &V| on.promise("entries of a matrix", right, affine.bound);
        let left = |seeds: &V| columns.cube.spread_left(on, seeds, affine.bound);
        Ok(Self {
            columns,
            left: seeds.iter().map(left).collect::<Result<_, _>>()?,
            right: right.iter().map(bounded).collect::<Result<_, _>>()?,
            rhs_right,
            rhs_flat: one(rhs_flat)?,
        })
    }

    /// The system for a matrix in flat form with the right-hand side in the target's column. Takes one level.
    pub(super) fn from_flat<A: SlotArithmetic<Vector = V>>(
        on: &A,
        flat: &V,
        columns: Columns,
        affine: Affine,
    ) -> Result<Self, MlError> {
        let (p, target) = (columns.features, columns.target());
        let (left, right) = columns.both(on, flat, affine, true)?;
        let only_target = |_, i: usize, k: usize| if i < p && k == target { affine.rhs } else { 0.0 };
        Ok(Self {
            columns,
            left,
            right: right.unwrap_or_default(),
            rhs_right: columns.right_times(on, flat, affine.rhs, |k| k == target, affine.bound)?,
            rhs_flat: on.mul_mask(flat, &columns.cube.mask(on.slots(), 0, only_target))?,
        })
    }
}

fn one<V>(vectors: Vec<V>) -> Result<V, MlError> {
    let found = vectors.len();
    vectors.into_iter().next().ok_or(MlError::Shape {
        what: "vectors of a system",
        found: found.to_string(),
        expected: "1".to_owned(),
    })
}

impl Columns {
    /// The mask that takes a flat form, with the columns that `wanted` names, to what becomes a part of a right form.
    pub(super) fn to_right(
        self,
        slots: usize,
        part: usize,
        factor: f64,
        wanted: impl Fn(usize) -> bool,
    ) -> Mask {
        let at = |j: usize, i: usize, k: usize| j < self.features && i == j && wanted(k);
        self.cube.mask(slots, part, |j, i, k| if at(j, i, k) { factor } else { 0.0 })
    }

    /// The mask that takes a flat form to what becomes a part of a left form.
    fn to_left(self, slots: usize, part: usize, factor: f64) -> Mask {
        let at = |j: usize, i: usize, k: usize| j < self.features && i < self.features && k == j;
        self.cube.mask(slots, part, |j, i, k| if at(j, i, k) { factor } else { 0.0 })
    }

    /// The right form of a flat one whose columns other than those that `wanted` names are dropped; no entry exceeds
    /// `bound`.
    pub(super) fn right<A: SlotArithmetic>(
        self,
        on: &A,
        flat: &A::Vector,
        wanted: impl Fn(usize) -> bool,
        bound: f64,
    ) -> Result<Vec<A::Vector>, MlError> {
        self.right_times(on, flat, 1.0, wanted, bound)
    }

    fn right_times<A: SlotArithmetic>(
        self,
        on: &A,
        flat: &A::Vector,
        factor: f64,
        wanted: impl Fn(usize) -> bool,
        bound: f64,
    ) -> Result<Vec<A::Vector>, MlError> {
        let part = |part| {
            let seeds = on.mul_mask(flat, &self.to_right(on.slots(), part, factor, &wanted))?;
            self.cube.spread_right(on, &seeds, bound)
        };
        self.parts().map(part).collect()
    }

    /// The sums of two right forms.
    pub(super) fn add<A: SlotArithmetic>(
        self,
        on: &A,
        a: &[A::Vector],
        b: &[A::Vector],
    ) -> Result<Vec<A::Vector>, MlError> {
        a.iter().zip(b).map(|(a, b)| on.add(a, b)).collect()
    }

    /// Parts plus `shift` at the slots that `diagonal` names for features.
    fn shifted<A: SlotArithmetic>(
        self,
        on: &A,
        parts: &[A::Vector],
        shift: f64,
        diagonal: impl Fn(usize, usize, usize) -> bool,
    ) -> Result<Vec<A::Vector>, MlError> {
        if shift == 0.0 {
            return Ok(parts.to_vec());
        }
        let at = |j: usize, i: usize, k: usize| j < self.features && diagonal(j, i, k);
        let one = |(part, vector)| {
            let mask = self.cube.mask(on.slots(), part, |j, i, k| if at(j, i, k) { shift } else { 0.0 });
            on.add_mask(vector, &mask)
        };
        parts.iter().enumerate().map(one).collect()
    }

    /// The left and, if asked for, the right form of a matrix: `scale` times a flat one plus `shift` times the identity.
    #[expect(clippy::type_complexity, reason = "a form and perhaps another")]
    pub(super) fn both<A: SlotArithmetic>(
        self,
        on: &A,
        flat: &A::Vector,
        Affine { scale: factor, shift, bound, .. }: Affine,
        right: bool,
    ) -> Result<(Vec<A::Vector>, Option<Vec<A::Vector>>), MlError> {
        let (slots, p, cube) = (on.slots(), self.features, self.cube);
        let seeds = |mask: &dyn Fn(usize) -> Mask| {
            let seeds = self.parts().map(|part| on.mul_mask(flat, &mask(part)));
            let seeds = seeds.collect::<Result<Vec<_>, _>>()?;
            self.shifted(on, &seeds, shift, |j, i, k| i == j && k == j)
        };
        let left = seeds(&|part| self.to_left(slots, part, factor))?;
        let left = left.iter().map(|seeds| cube.spread_left(on, seeds, bound)).collect::<Result<_, _>>()?;
        let right = if right {
            let seeds = seeds(&|part| self.to_right(slots, part, factor, |k| k < p))?;
            Some(seeds.iter().map(|seeds| cube.spread_right(on, seeds, bound)).collect::<Result<_, _>>()?)
        } else {
            None
        };
        Ok((left, right))
    }

    /// For each vector of a solution the mask with `value` where an element of it is.
    pub(super) fn elements(self, slots: usize, form: Form, value: f64) -> Vec<Mask> {
        let (p, target) = (self.features, self.target());
        let at = |j: usize, i: usize, k: usize| match form {
            Form::Right => i == j && i < p && k == target,
            Form::Flat => j == 0 && i < p && k == target,
        };
        let parts = if form == Form::Flat { 0..1 } else { self.parts() };
        let mask = |part| self.cube.mask(slots, part, |j, i, k| if at(j, i, k) { value } else { 0.0 });
        parts.map(mask).collect()
    }

    /// The slot of each element of a solution, once [`Self::elements`] is all that is left.
    pub(super) fn places(self, form: Form) -> Vec<usize> {
        let target = self.target();
        let slot = |i| match form {
            Form::Right => self.cube.slot(i, i, target),
            Form::Flat => self.cube.slot(0, i, target),
        };
        (0..self.features).map(slot).collect()
    }
}
