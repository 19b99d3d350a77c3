//! Second moments of encrypted columns.

use std::collections::BTreeMap;

use ckks::Complex64;

use super::cube::Cube;
use crate::{
    arithmetic::{Mask, SlotArithmetic},
    error::MlError,
};

/// The matrix G = X^T X by its diagonals: entry c of diagonal d is G[c, c + d], the column counted cyclically; those up
/// to half the width have everything, because G is symmetric. Two neighbouring diagonals share a vector, as real and
/// imaginary part; the main one has its own. All are the same for every row of the packing.
#[derive(Clone, Debug)]
pub(super) struct Moments<V> {
    cube: Cube,
    diagonals: Vec<V>,
}

/// A multiple of an entry of G.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Entry {
    pub(super) row: usize,
    pub(super) column: usize,
    pub(super) factor: f64,
}

/// What one vector of [`Moments::gather`] holds.
#[derive(Clone, Copy)]
pub(super) struct Wanted<'a> {
    /// The part of the cube.
    pub(super) part: usize,
    /// The entry for a slot (j, i, k).
    pub(super) entry: &'a dyn Fn(usize, usize, usize) -> Option<Entry>,
}

/// Sums up the products of columns, block by block; nothing is relinearised before the end, so that memory does not
/// grow with the number of blocks.
pub(super) struct MomentSums<P> {
    cube: Cube,
    sums: Vec<Option<P>>,
}

impl<P> MomentSums<P> {
    pub(super) fn new(cube: Cube) -> Self {
        let mut sums = Vec::new();
        sums.resize_with(1 + cube.width / 4, || None);
        Self { cube, sums }
    }

    /// Adds a block of rows.
    pub(super) fn add<A: SlotArithmetic<Products = P>>(
        &mut self,
        on: &A,
        block: &A::Vector,
    ) -> Result<(), MlError> {
        let steps: Vec<i64> = (1..=self.cube.width as i64 / 2).collect();
        let rotated = on.rotate_each(block, &steps)?;
        self.sums[0] = Some(on.accumulate(self.sums[0].take(), &[(block, block)])?);
        for (sum, pair) in self.sums[1..].iter_mut().zip(rotated.chunks_exact(2)) {
            let both = on.add(&pair[0], &on.mul_i(&pair[1])?)?;
            *sum = Some(on.accumulate(sum.take(), &[(block, &both)])?);
        }
        Ok(())
    }

    /// The moments, none of which may exceed `bound`: one relinearisation and one sum over the rows for each vector.
    pub(super) fn close<A: SlotArithmetic<Products = P>>(
        self,
        on: &A,
        bound: f64,
    ) -> Result<Moments<A::Vector>, MlError> {
        let close = |sum: Option<P>| {
            let sum = sum.ok_or(MlError::Shape {
                what: "rows of a table",
                found: "none".to_owned(),
                expected: "at least one block".to_owned(),
            })?;
            on.promise("moments", &on.cyclic_sum(&on.close(sum)?, self.cube.stride_row())?, bound)
        };
        let diagonals = self.sums.into_iter().map(close).collect::<Result<_, _>>()?;
        Ok(Moments { cube: self.cube, diagonals })
    }
}

/// Where an entry is found: in which vector, how far from where it is wanted, and by which factor its real part.
struct Found {
    vector: usize,
    steps: i64,
    factor: Complex64,
}

impl<V: Clone> Moments<V> {
    /// For each of `wanted` a vector with the entry that it names in each slot (j, i, k) of a part of the cube, zero where
    /// it names none. Takes one level.
    pub(super) fn gather<A: SlotArithmetic<Vector = V>>(
        &self,
        on: &A,
        wanted: &[Wanted<'_>],
    ) -> Result<Vec<V>, MlError> {
        let masks: Vec<_> = wanted.iter().map(|wanted| self.masks(on.slots(), wanted)).collect();
        let mut rotated: BTreeMap<(usize, i64), V> = BTreeMap::new();
        for (vector, diagonal) in self.diagonals.iter().enumerate() {
            let mut steps: Vec<i64> = masks
                .iter()
                .flat_map(BTreeMap::keys)
                .filter(|key| key.0 == vector)
                .map(|key| key.1)
                .collect();
            steps.sort_unstable();
            steps.dedup();
            let turned = on.rotate_each(diagonal, &steps)?;
            rotated.extend(steps.into_iter().map(|k| (vector, k)).zip(turned));
        }
        let gather = |masks: &BTreeMap<(usize, i64), Mask>| {
            let terms: Vec<_> =
                masks.iter().filter_map(|(key, mask)| Some((rotated.get(key)?, mask))).collect();
            let half = on.sum_of_masked(&terms)?;
            // The real part, whose factor of 1/2 is in the masks.
            on.add(&half, &on.conjugate(&half)?)
        };
        masks.iter().map(gather).collect()
    }

    fn masks(&self, slots: usize, wanted: &Wanted<'_>) -> BTreeMap<(usize, i64), Mask> {
        let mut masks: BTreeMap<(usize, i64), Vec<Complex64>> = BTreeMap::new();
        for slot in 0..slots {
            let (j, i, k) = self.cube.indices(wanted.part, slot);
            let Some(entry) = (wanted.entry)(j, i, k) else { continue };
            let found = self.find(entry, k);
            let mask =
                masks.entry((found.vector, found.steps)).or_insert_with(|| vec![Complex64::ZERO; slots]);
            mask[slot] = found.factor;
        }
        masks.into_iter().map(|(key, values)| (key, Mask::complex(&values))).collect()
    }

    /// Where `entry` is found by a slot with the innermost index `k`: of the two ways to write it the one that takes no
    /// rotation, if there is one.
    fn find(&self, entry: Entry, k: usize) -> Found {
        let width = self.cube.width;
        let ways = [(entry.row, entry.column), (entry.column, entry.row)];
        let (at, diagonal) = ways
            .into_iter()
            .map(|(from, to)| (from, (to + width - from) % width))
            .filter(|&(_, diagonal)| diagonal <= width / 2)
            .min_by_key(|&(at, _)| at.abs_diff(k))
            .unwrap_or((entry.row, 0));
        let half = Complex64::from(entry.factor / 2.0);
        Found {
            vector: diagonal.div_ceil(2),
            steps: at as i64 - k as i64,
            // Re(-i z) is the imaginary part of z.
            factor: if diagonal > 0 && diagonal % 2 == 0 { half * -Complex64::I } else { half },
        }
    }
}
