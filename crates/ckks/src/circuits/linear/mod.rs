//! Matrices times encrypted vectors.
//!
//! A vector of n values, n a power of two, is packed so that it repeats after n slots: sparsely (an encoding with n slots,
//! which repeats by itself) or as copies next to each other. A matrix acts by its diagonals: with the value in row i and
//! column i + k, indices modulo n, at place i of d_k, the product is the sum over k of d_k times the rotation of the vector
//! by k.
//!
//! [`LinearTransform`] has a matrix in the clear. It takes baby and giant steps, k = g n_1 + b, and hoists both
//! ([`crate::Evaluator::sum_of_rotations_rescale`]): one decomposition and no division for all n_1 - 1 baby rotations, one
//! division of one polynomial for each of the n_2 - 1 giant ones, and one at the end that rescales. One level. With
//! [`LinearTransform::low_memory`] it needs two rotation keys, those by 1 and by n_1, and as many full rotations.
//!
//! [`EncryptedTransform`] has an encrypted matrix: n products of ciphertexts, one relinearisation for each giant step, one
//! level.
//!
//! | dense matrix | baby x giant | rotation keys | key switches | low memory: keys | key switches |
//! |---:|---:|---:|---:|---:|---:|
#![doc = include_str!("costs.md")]

mod encoded;
mod encrypted;

use std::collections::{BTreeMap, BTreeSet};

pub use encoded::EncodedTransform;
pub use encrypted::EncryptedTransform;

use crate::{
    error::CkksError,
    eval::{horner, horner_order},
};

/// The operation's name in errors.
const OP: &str = "linear transform";

/// A giant step costs about as much as this many baby steps: a decomposition and a division come on top of the products
/// with the key.
const GIANT_COST: usize = 3;

/// A matrix in the clear.
///
/// ```
/// use ckks::{DryRun, ParameterSpec, circuits::LinearTransform, encoder::Packing};
/// let rows = [[1.0, 2.0], [0.0, -1.0], [0.5, 0.5]]; // from 2 values to 3
/// let matrix = LinearTransform::from_rows(&rows)?;
/// assert_eq!(matrix.dimension(), 4); // the next power of two; missing rows and columns are zero
/// assert_eq!(matrix.apply(&[1.0, 3.0]), [7.0, -3.0, 2.0, 0.0]);
///
/// let parameters = ParameterSpec::new(13).depth(1).check()?;
/// let dry = DryRun::new(&parameters);
/// let level = parameters.max_level();
/// let packing = Packing { level, scale: parameters.default_scale(level), slots: matrix.dimension() };
/// let x = dry.encrypt_public(&dry.plaintext(3.0, &packing)?)?;
/// matrix.evaluate(&dry, &x)?;
/// assert_eq!(dry.plan().depth, 1);
/// # Ok::<(), ckks::CkksError>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct LinearTransform {
    dimension: usize,
    /// By the rotation they belong to; those that are zero are left out.
    diagonals: BTreeMap<usize, Vec<f64>>,
    baby: usize,
    low_memory: bool,
    /// Whether giant steps go by Horner's rule.
    one_giant_key: bool,
}

impl LinearTransform {
    /// The matrix with these rows, padded with zeros to the next power of two in both directions.
    ///
    /// # Errors
    /// [`CkksError::Parameter`] without a value, or for rows of different lengths; [`CkksError::NonFinite`].
    pub fn from_rows<R: AsRef<[f64]>>(rows: &[R]) -> Result<Self, CkksError> {
        let width = rows.first().map_or(0, |row| row.as_ref().len());
        if width == 0 {
            return Err(bad_matrix("no value".to_owned()));
        }
        if let Some(row) = rows.iter().position(|row| row.as_ref().len() != width) {
            let found = rows[row].as_ref().len();
            return Err(bad_matrix(format!("{found} values in row {row}, {width} in row 0")));
        }
        let dimension = width.max(rows.len()).next_power_of_two();
        let mut diagonals: BTreeMap<usize, Vec<f64>> = BTreeMap::new();
        for (i, row) in rows.iter().enumerate() {
            for (j, &value) in row.as_ref().iter().enumerate() {
                check_finite(i * width + j, value)?;
                if value != 0.0 {
                    let k = (j + dimension - i) % dimension;
                    diagonals.entry(k).or_insert_with(|| vec![0.0; dimension])[i] = value;
                }
            }
        }
        Ok(Self::new(dimension, diagonals))
    }

    /// The matrix of `dimension` rows and columns with these diagonals, by the rotation they belong to: place i of diagonal k
    /// is the value in row i and column i + k modulo `dimension`.
    ///
    /// # Errors
    /// [`CkksError::Parameter`] for a dimension that is not a power of two, a diagonal beyond it or of another length;
    /// [`CkksError::NonFinite`].
    pub fn from_diagonals(
        dimension: usize,
        diagonals: impl IntoIterator<Item = (usize, Vec<f64>)>,
    ) -> Result<Self, CkksError> {
        if !dimension.is_power_of_two() {
            return Err(bad_matrix(format!("a dimension of {dimension}")));
        }
        let mut kept = BTreeMap::new();
        for (k, diagonal) in diagonals {
            if k >= dimension || diagonal.len() != dimension {
                return Err(bad_matrix(format!(
                    "diagonal {k} with {} values in {dimension}",
                    diagonal.len()
                )));
            }
            for (i, &value) in diagonal.iter().enumerate() {
                check_finite(i, value)?;
            }
            if diagonal.iter().any(|value| *value != 0.0) {
                kept.insert(k, diagonal);
            }
        }
        Ok(Self::new(dimension, kept))
    }

    fn new(dimension: usize, diagonals: BTreeMap<usize, Vec<f64>>) -> Self {
        let mut transform = Self { dimension, diagonals, baby: 1, low_memory: false, one_giant_key: false };
        let cost = |baby: &usize| {
            let (inner, outer) = transform.steps(*baby);
            (inner.len() + GIANT_COST * outer.len(), *baby)
        };
        let sizes = (0..=dimension.ilog2()).map(|k| 1usize << k);
        transform.baby = sizes.min_by_key(cost).unwrap_or(1);
        transform
    }

    /// The baby and giant steps that move something.
    fn steps(&self, baby: usize) -> (BTreeSet<usize>, BTreeSet<usize>) {
        let inner = self.diagonals.keys().map(|k| k % baby).filter(|k| *k > 0).collect();
        let outer = self.diagonals.keys().map(|k| k - k % baby).filter(|k| *k > 0).collect();
        (inner, outer)
    }

    /// Takes `baby` baby steps instead of the number that was chosen.
    ///
    /// # Errors
    /// [`CkksError::Parameter`] unless `baby` is a power of two up to the dimension.
    pub fn with_baby_steps(mut self, baby: usize) -> Result<Self, CkksError> {
        if !baby.is_power_of_two() || baby > self.dimension {
            return Err(CkksError::Parameter {
                name: "baby steps",
                found: baby.to_string(),
                expected: format!("a power of two up to {}", self.dimension),
            });
        }
        self.baby = baby;
        Ok(self)
    }

    /// Takes giant steps by Horner's rule, so that one rotation key serves all of them: as many key switches and the same
    /// noise, in a fraction of the memory. Where matrices share keys, or keys are there already, the other way may need none
    /// at all.
    #[must_use]
    pub fn one_giant_key(mut self) -> Self {
        self.one_giant_key = true;
        self
    }

    /// Makes do with two rotation keys, and with the memory of one diagonal at a time: rotations are taken one after the
    /// other, each with a full key switch.
    #[must_use]
    pub fn low_memory(mut self) -> Self {
        self.low_memory = true;
        self
    }

    /// Number of rows and columns, with the padding.
    #[must_use]
    pub fn dimension(&self) -> usize {
        self.dimension
    }

    /// Number of baby steps.
    #[must_use]
    pub fn baby_steps(&self) -> usize {
        self.baby
    }

    /// The rotations that keys are needed for.
    #[must_use]
    pub fn rotations(&self) -> Vec<i64> {
        let (inner, outer) = self.steps(self.baby);
        let steps: BTreeSet<usize> = if self.low_memory {
            let one = inner.last().map(|_| 1);
            one.into_iter().chain(outer.last().map(|_| self.baby)).collect()
        } else if self.one_giant_key {
            let outer = self.giant_steps(outer.iter().map(|&k| k as i64).collect());
            let left = outer.into_iter().map(|(_, steps, _)| steps as usize).filter(|steps| *steps > 0);
            inner.into_iter().chain(left).collect()
        } else {
            inner.union(&outer).copied().collect()
        };
        steps.into_iter().map(|k| k as i64).collect()
    }

    /// The giant steps in the order they are taken in: each with the steps that it takes itself, and the number of the one it
    /// goes on with.
    fn giant_steps(&self, mut outer: Vec<i64>) -> Vec<(i64, i64, Option<usize>)> {
        if !self.one_giant_key {
            return outer.into_iter().map(|outer| (outer, outer, None)).collect();
        }
        outer.sort_by_key(|&outer| horner_order(outer));
        let steps = horner(&outer);
        outer.into_iter().zip(steps).map(|(outer, (steps, onto))| (outer, steps, onto)).collect()
    }

    /// The product with `vector`, in floating point; missing values count as zero.
    #[must_use]
    pub fn apply(&self, vector: &[f64]) -> Vec<f64> {
        let n = self.dimension;
        let mut product = vec![0.0; n];
        for (k, diagonal) in &self.diagonals {
            for (i, (sum, value)) in product.iter_mut().zip(diagonal).enumerate() {
                *sum += value * vector.get((i + k) % n).unwrap_or(&0.0);
            }
        }
        product
    }

    /// The values of diagonal `k`, moved to the right by `outer` and repeated over `slots`.
    fn values(&self, k: usize, outer: usize, slots: usize) -> Vec<f64> {
        let n = self.dimension;
        let diagonal = self.diagonals.get(&k);
        let value = |i: usize| diagonal.map_or(0.0, |d| d[(i + n - outer % n) % n]);
        (0..slots).map(value).collect()
    }
}

fn check_shape(dimension: usize, slots: usize) -> Result<(), CkksError> {
    if dimension > slots { Err(CkksError::TooManySlots { found: dimension, max: slots }) } else { Ok(()) }
}

fn check_finite(index: usize, value: f64) -> Result<(), CkksError> {
    if value.is_finite() {
        return Ok(());
    }
    Err(CkksError::NonFinite { op: OP, index, value: value.to_string() })
}

fn bad_matrix(found: String) -> CkksError {
    CkksError::Parameter {
        name: "matrix",
        found,
        expected: "rows of equal length, or diagonals of a power of two of places".to_owned(),
    }
}
