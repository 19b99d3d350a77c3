//! Matrices that are encrypted themselves.

use super::{LinearTransform, OP, bad_matrix, check_shape, encoded::zero};
use crate::{error::CkksError, operations::Operations, scale::Level};

/// An encrypted matrix.
#[derive(Clone, Debug)]
pub struct EncryptedTransform<C> {
    dimension: usize,
    baby: usize,
    /// By rotation: diagonal k moved to the right by its giant step.
    diagonals: Vec<C>,
}

impl<C: Clone> EncryptedTransform<C> {
    /// What to encrypt for the matrix, in order: a vector of `slots` values for each diagonal of the padded matrix, zero or
    /// not, so that the number of ciphertexts tells nothing.
    ///
    /// # Errors
    /// [`CkksError::TooManySlots`] when the matrix has more rows than `slots`.
    pub fn values(matrix: &LinearTransform, slots: usize) -> Result<Vec<Vec<f64>>, CkksError> {
        check_shape(matrix.dimension, slots)?;
        let baby = square_baby(matrix.dimension);
        Ok((0..matrix.dimension).map(|k| matrix.values(k, k - k % baby, slots)).collect())
    }

    /// The matrix of the encryptions of [`Self::values`].
    ///
    /// # Errors
    /// [`CkksError::Parameter`] for a number of ciphertexts that is not a power of two.
    pub fn new(diagonals: Vec<C>) -> Result<Self, CkksError> {
        let dimension = diagonals.len();
        if !dimension.is_power_of_two() {
            return Err(bad_matrix(format!("{dimension} diagonals")));
        }
        Ok(Self { dimension, baby: square_baby(dimension), diagonals })
    }

    /// The rotations that keys are needed for, besides relinearisation.
    #[must_use]
    pub fn rotations(&self) -> Vec<i64> {
        let giants = (self.baby..self.dimension).step_by(self.baby);
        (1..self.baby).chain(giants).map(|k| k as i64).collect()
    }

    /// The matrix times the vector of `x`, one level below the lower of both.
    ///
    /// # Errors
    /// [`CkksError::MissingKey`], [`CkksError::SlotMismatch`], [`CkksError::OutOfLevels`] at level 0,
    /// [`CkksError::ScaleMismatch`] for diagonals of different scales, [`CkksError::TooManySlots`] when the matrix has more
    /// rows than `x` has slots, [`CkksError::Degree`], [`CkksError::ContextMismatch`].
    pub fn evaluate<O: Operations<Ciphertext = C>>(&self, ops: &O, x: &C) -> Result<C, CkksError> {
        check_shape(self.dimension, ops.slots(x))?;
        if ops.level(x) == Level(0) {
            return Err(CkksError::OutOfLevels { op: OP, needed: 1, left: 0 });
        }
        let steps: Vec<i64> = (0..self.baby as i64).collect();
        let rotated = ops.rotate_hoisted(x, &steps)?;
        let mut total: Option<C> = None;
        for (giant, diagonals) in self.diagonals.chunks(self.baby).enumerate() {
            let pairs: Vec<(&C, &C)> = diagonals.iter().zip(&rotated).collect();
            let sum = ops.sum_of_products(&pairs)?;
            let moved = ops.rotate(&sum, (giant * self.baby) as i64)?;
            total = Some(match total.take() {
                None => moved,
                Some(total) => ops.add(&total, &moved)?,
            });
        }
        total.map_or_else(|| zero(ops, x), |total| ops.rescale(&total))
    }
}

/// Baby steps of an encrypted matrix: about the square root, baby rotations being the cheaper ones.
fn square_baby(dimension: usize) -> usize {
    1 << (dimension.trailing_zeros().div_ceil(2))
}
