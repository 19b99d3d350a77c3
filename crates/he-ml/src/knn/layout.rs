//! Which slot holds what.

use ckks::{DryRun, Parameters};
use datasets::Matrix;

use crate::error::MlError;

/// Training rows on the outermost axis, queries on the inner one: slot `row * queries + query`.
///
/// More rows than there are slots go to several blocks; more queries than fit next to the rows to several batches.
/// Places that are left over repeat the last row or query, so that nothing in them is larger than anything else.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NeighbourLayout {
    rows: usize,
    features: usize,
    points: usize,
    queries: usize,
}

impl NeighbourLayout {
    /// A layout of `rows` training rows with `features` features on vectors of `slots` slots, a power of two.
    ///
    /// # Errors
    /// [`MlError::Shape`] without rows or features, or for a number of slots that is not a power of two.
    pub fn new(rows: usize, features: usize, slots: usize) -> Result<Self, MlError> {
        MlError::check_both("training rows x features", rows, features)?;
        MlError::check_slots(slots)?;
        let points = rows.min(slots).next_power_of_two();
        Ok(Self { rows, features, points, queries: slots / points })
    }

    /// Number of training rows.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Number of features.
    #[must_use]
    pub fn features(&self) -> usize {
        self.features
    }

    /// Training rows in one vector: the length of the outermost axis, a power of two.
    #[must_use]
    pub fn points(&self) -> usize {
        self.points
    }

    /// Queries in one vector: the length of the inner axis, a power of two.
    #[must_use]
    pub fn queries(&self) -> usize {
        self.queries
    }

    /// Vectors that the training rows take, for each feature.
    #[must_use]
    pub fn blocks(&self) -> usize {
        self.rows.div_ceil(self.points)
    }

    /// Vectors that `queries` queries take, for each feature.
    #[must_use]
    pub fn batches(&self, queries: usize) -> usize {
        queries.div_ceil(self.queries)
    }

    /// The training row at place `point` of block `block`; `None` for a place that is left over.
    pub(super) fn row_at(&self, block: usize, point: usize) -> Option<usize> {
        Some(block * self.points + point).filter(|&row| row < self.rows)
    }

    /// One vector for each block and, within it, each feature: all training rows times `factor`.
    ///
    /// # Errors
    /// [`MlError::Shape`] for another number of rows or features, [`MlError::NonFinite`].
    pub fn pack_rows(&self, rows: &Matrix, factor: f64) -> Result<Vec<Vec<Vec<f64>>>, MlError> {
        MlError::check_size("number of training rows", rows.n_rows(), self.rows)?;
        self.check(rows, "training rows")?;
        let vector = |block: usize, feature: usize| {
            let value = |slot: usize| {
                let row = self.row_at(block, slot / self.queries).unwrap_or(self.rows - 1);
                rows.row(row)[feature] * factor
            };
            (0..self.points * self.queries).map(value).collect()
        };
        let block = |block| (0..self.features).map(|feature| vector(block, feature)).collect();
        Ok((0..self.blocks()).map(block).collect())
    }

    /// One vector for each batch and, within it, each feature: all queries times `factor`.
    ///
    /// # Errors
    /// [`MlError::Shape`] for another number of features, [`MlError::NonFinite`].
    pub fn pack_queries(&self, queries: &Matrix, factor: f64) -> Result<Vec<Vec<Vec<f64>>>, MlError> {
        self.check(queries, "queries")?;
        let vector = |batch: usize, feature: usize| {
            let value = |slot: usize| {
                let query = (batch * self.queries + slot % self.queries).min(queries.n_rows() - 1);
                queries.row(query)[feature] * factor
            };
            (0..self.points * self.queries).map(value).collect()
        };
        let batch = |batch| (0..self.features).map(|feature| vector(batch, feature)).collect();
        Ok((0..self.batches(queries.n_rows())).map(batch).collect())
    }

    /// A dry run on parameters with as many slots as this layout.
    pub(super) fn dry_run(&self, parameters: &Parameters) -> Result<DryRun, MlError> {
        let (needed, found) = (self.points * self.queries, parameters.max_slots());
        if needed > found {
            return Err(MlError::TooFewSlots { what: "training rows and queries", needed, found });
        }
        MlError::check_size("slots of the parameters", found, needed)?;
        Ok(DryRun::new(parameters))
    }

    fn check(&self, rows: &Matrix, what: &'static str) -> Result<(), MlError> {
        MlError::check_size("number of features", rows.n_cols(), self.features)?;
        MlError::check_finite(what, rows.as_slice())
    }
}
