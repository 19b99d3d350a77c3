//! Tables of any length in vectors of slots.

use ckks::Complex64;

use super::{Axis, Layout};
use crate::error::MlError;

/// Rows outermost, columns innermost, each row written out twice: then slot c of a row and the slots up to c + width to
/// the right of it hold all columns in cyclic order. A table longer than a vector goes on in further vectors (blocks),
/// one after the other, so that it never has to be in memory at once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RowBlocks {
    layout: Layout,
    width: usize,
}

impl RowBlocks {
    /// Rows of `width` columns, a power of two, in vectors of `slots` slots.
    ///
    /// # Errors
    /// [`MlError::TooFewSlots`], [`MlError::Shape`].
    pub fn new(slots: usize, width: usize) -> Result<Self, MlError> {
        let across = 2 * width;
        let rows = (slots / across.max(1)).max(1);
        Ok(Self { layout: Layout::new(slots, &[(Axis::Rows, rows), (Axis::Features, across)])?, width })
    }

    /// Rows in one block.
    #[must_use]
    pub fn rows_per_block(&self) -> usize {
        self.layout.length(Axis::Rows)
    }

    /// Blocks of a table of `rows` rows.
    #[must_use]
    pub fn blocks(&self, rows: usize) -> usize {
        rows.div_ceil(self.rows_per_block())
    }

    /// The slots of block number `block`, where `value(row, column)` is a cell of a table of `rows` rows. Rows beyond
    /// the end are zero.
    pub fn block(
        &self,
        block: usize,
        rows: usize,
        mut value: impl FnMut(usize, usize) -> f64,
    ) -> Vec<Complex64> {
        let first = block * self.rows_per_block();
        let mut slots = vec![Complex64::ZERO; self.layout.slots()];
        for row in first..rows.min(first + self.rows_per_block()) {
            for column in 0..self.width {
                let cell = value(row, column).into();
                for copy in [column, column + self.width] {
                    slots[self.layout.slot(&[row - first, copy])] = cell;
                }
            }
        }
        slots
    }

    /// The distance between a row and the next.
    #[must_use]
    pub fn row_stride(&self) -> usize {
        self.layout.stride(Axis::Rows)
    }
}
