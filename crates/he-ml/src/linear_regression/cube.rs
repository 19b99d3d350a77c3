//! Matrices in slots, laid out for products.

use crate::{
    arithmetic::{Mask, SlotArithmetic, doubling},
    error::MlError,
};

/// Slots as a cube of `width` x 2 `width` x 2 `width`, indexed (j, i, k), k innermost. Vectors with more slots repeat it;
/// for vectors with fewer it is cut along j into equal parts, one vector each.
///
/// Three forms of a matrix M of at most `width` rows and columns:
///
/// - **left**: slot (j, i, k) holds M[i, j], for all k below `width`;
/// - **right**: slot (j, i, k) holds M[j, k], for all i below `width`;
/// - **flat**: slot (j, i, k) holds M[i, k], for all j; one vector, because all parts are alike.
///
/// The product of a left and a right form, summed over j, is the flat form of the product of the matrices. From there a
/// mask and a sum over windows lead back to the left or the right form. The windows spill over into the padding of i
/// and k, where the other factor is zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Cube {
    pub(super) width: usize,
    pub(super) parts: usize,
}

impl Cube {
    /// The cube in one part.
    pub(super) fn new(width: usize) -> Self {
        Self { width, parts: 1 }
    }

    /// The same cube for vectors of `slots` slots, a power of two that holds a slice along j at least.
    pub(super) fn cut(self, slots: usize) -> Self {
        Self { parts: (self.slots() / slots).max(1), ..self }
    }

    /// Slots that a cube takes.
    pub(super) fn slots(self) -> usize {
        4 * self.width.pow(3)
    }

    /// How often vectors of `slots` slots repeat a part.
    pub(super) fn copies(self, slots: usize) -> usize {
        slots * self.parts / self.slots()
    }

    pub(super) fn stride_row(self) -> usize {
        2 * self.width
    }

    /// Slots of a slice along j.
    pub(super) fn slice(self) -> usize {
        4 * self.width.pow(2)
    }

    /// Slices in a part.
    pub(super) fn slices(self) -> usize {
        self.width / self.parts
    }

    /// The indices (j, i, k) of a slot of a part.
    pub(super) fn indices(self, part: usize, slot: usize) -> (usize, usize, usize) {
        let (across, slices) = (2 * self.width, self.slices());
        (part * slices + slot / self.slice() % slices, slot / across % across, slot % across)
    }

    /// The slot (j, i, k), in the part that has it.
    pub(super) fn slot(self, j: usize, i: usize, k: usize) -> usize {
        ((j % self.slices()) * 2 * self.width + i) * 2 * self.width + k
    }

    /// The mask with `value(j, i, k)` in each slot of a part.
    pub(super) fn mask(self, slots: usize, part: usize, value: impl Fn(usize, usize, usize) -> f64) -> Mask {
        Mask::from_fn(slots, |slot| {
            let (j, i, k) = self.indices(part, slot);
            value(j, i, k)
        })
    }

    /// The flat form of the product of a left and a right form, none of whose entries may exceed `bound`: one
    /// relinearisation for all parts.
    pub(super) fn product<A: SlotArithmetic>(
        self,
        on: &A,
        left: &[A::Vector],
        right: &[A::Vector],
        bound: f64,
    ) -> Result<A::Vector, MlError> {
        let terms = on.sum_of_products(&left.iter().zip(right).collect::<Vec<_>>())?;
        let sum = on.add_rotations(&terms, doubling(self.slice(), self.slots() / self.parts))?;
        on.promise("product of matrices", &sum, bound)
    }

    /// From values at (j, j, k), for j and k below `width`, and zeros elsewhere, to the right form; none exceeds `bound`.
    pub(super) fn spread_right<A: SlotArithmetic>(
        self,
        on: &A,
        seeds: &A::Vector,
        bound: f64,
    ) -> Result<A::Vector, MlError> {
        self.spread(on, seeds, self.stride_row(), bound)
    }

    /// From values at (j, i, j), for i and j below `width`, and zeros elsewhere, to the left form; none exceeds `bound`.
    pub(super) fn spread_left<A: SlotArithmetic>(
        self,
        on: &A,
        seeds: &A::Vector,
        bound: f64,
    ) -> Result<A::Vector, MlError> {
        self.spread(on, seeds, 1, bound)
    }

    /// Sums over the windows from -width to width - 1 along the axis with the given stride.
    fn spread<A: SlotArithmetic>(
        self,
        on: &A,
        seeds: &A::Vector,
        stride: usize,
        bound: f64,
    ) -> Result<A::Vector, MlError> {
        let back = -((stride * self.width) as i64);
        let sum = on.add_rotations(seeds, doubling(stride, stride * self.width).chain([back]))?;
        on.promise("entries of a matrix", &sum, bound)
    }
}
