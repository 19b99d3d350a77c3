//! Named axes of a vector of slots.

use crate::error::MlError;

/// What an axis of a vector of slots runs over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Axis {
    /// Rows of a table.
    Rows,
    /// Features, or whatever else the columns of a table are.
    Features,
    /// Queries to a model.
    Queries,
    /// The index that a product of matrices sums over.
    Summed,
    /// Rows of a matrix.
    MatrixRows,
    /// Columns of a matrix.
    MatrixColumns,
}

/// A vector of slots as an array with named axes, outermost first; the lengths are powers of two. Slots beyond the
/// product of the lengths repeat the array, so that rotations of the outermost axis stay cyclic.
///
/// ```
/// use he_ml::packing::{Axis, Layout};
/// let layout = Layout::new(1024, &[(Axis::Rows, 32), (Axis::Features, 16)])?;
/// assert_eq!((layout.stride(Axis::Rows), layout.stride(Axis::Features)), (16, 1));
/// assert_eq!(layout.slot(&[2, 5]), 37);
/// assert_eq!(layout.indices(37 + 512), [2, 5]);
/// # Ok::<(), he_ml::MlError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Layout {
    slots: usize,
    axes: Vec<(Axis, usize)>,
}

impl Layout {
    /// The array with these axes in vectors of `slots` slots.
    ///
    /// # Errors
    /// [`MlError::TooFewSlots`]; [`MlError::Shape`] for a length that is not a power of two or an axis named twice.
    pub fn new(slots: usize, axes: &[(Axis, usize)]) -> Result<Self, MlError> {
        let odd = axes.iter().find(|(_, length)| !length.is_power_of_two());
        if let Some((axis, length)) = odd.or_else(|| repeated(axes)) {
            return Err(MlError::Shape {
                what: "axis of a packing",
                found: format!("{axis:?} of {length}"),
                expected: "different axes, powers of two long".to_owned(),
            });
        }
        let needed = axes.iter().map(|&(_, length)| length).product();
        if needed > slots {
            return Err(MlError::TooFewSlots { what: "packing", needed, found: slots });
        }
        Ok(Self { slots, axes: axes.to_vec() })
    }

    /// Number of slots of a vector.
    #[must_use]
    pub fn slots(&self) -> usize {
        self.slots
    }

    /// The length of an axis; 1 for one that there is not.
    #[must_use]
    pub fn length(&self, axis: Axis) -> usize {
        self.axes.iter().find(|(name, _)| *name == axis).map_or(1, |&(_, length)| length)
    }

    /// The distance in slots between neighbours on an axis; for one that there is not, the number of slots of the array.
    #[must_use]
    pub fn stride(&self, axis: Axis) -> usize {
        self.axes.iter().rev().take_while(|(name, _)| *name != axis).map(|&(_, length)| length).product()
    }

    /// The slot of an element: one index for each axis, outermost first.
    #[must_use]
    pub fn slot(&self, indices: &[usize]) -> usize {
        self.axes.iter().zip(indices).fold(0, |slot, (&(_, length), &index)| slot * length + index % length)
    }

    /// The indices of the element in a slot, outermost first.
    #[must_use]
    pub fn indices(&self, slot: usize) -> Vec<usize> {
        self.axes.iter().map(|&(axis, length)| slot / self.stride(axis) % length).collect()
    }
}

fn repeated(axes: &[(Axis, usize)]) -> Option<&(Axis, usize)> {
    axes.iter()
        .enumerate()
        .find(|(k, (axis, _))| axes[..*k].iter().any(|(seen, _)| seen == axis))
        .map(|(_, a)| a)
}
