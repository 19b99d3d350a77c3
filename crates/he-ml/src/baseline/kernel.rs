//! Kernel regression with weights that are a power of a linear function of the squared distance.

use datasets::Matrix;

use super::squared_distance;
use crate::error::MlError;

/// The weighted mean of all targets with weights (1 - d^2/D)^(2^m), as in Nadaraya, Theory Prob. Appl. 9 (1964) 141-142,
/// and Watson, Sankhya A 26 (1964) 359-372; there is nothing to compare, and so nothing that encryption makes dear.
#[derive(Clone, Debug, PartialEq)]
pub struct KernelRegressor {
    rows: Matrix,
    targets: Vec<f64>,
    /// D: weights fall to zero at this squared distance and rise again beyond it.
    radius: f64,
    squarings: u32,
}

impl KernelRegressor {
    /// Keeps the training rows. `radius` is D, a squared distance, and `squarings` is m.
    ///
    /// # Errors
    /// [`MlError::Shape`] when the numbers of rows and targets differ, [`MlError::Hyperparameter`] for a `radius` that
    /// is not positive and finite or more than 30 squarings, [`MlError::NonFinite`].
    pub fn new(rows: Matrix, targets: Vec<f64>, radius: f64, squarings: u32) -> Result<Self, MlError> {
        MlError::check_size("number of targets", targets.len(), rows.n_rows())?;
        MlError::check_finite("targets", &targets)?;
        MlError::check_finite("features", rows.as_slice())?;
        check_kernel(radius, squarings)?;
        Ok(Self { rows, targets, radius, squarings })
    }

    /// The weighted mean for each query.
    ///
    /// # Errors
    /// [`MlError::Shape`] for another number of features, [`MlError::NonFinite`] for a query or a mean that is not
    /// finite (all weights zero), [`MlError::OutsideRange`] for a query that is farther than D from a training row.
    pub fn predict(&self, queries: &Matrix) -> Result<Vec<f64>, MlError> {
        let predictions: Vec<f64> = self.sums(queries)?.into_iter().map(|[up, down]| up / down).collect();
        MlError::check_finite("weighted means", &predictions)?;
        Ok(predictions)
    }

    /// For each query the weighted sum of the targets and the sum of the weights.
    ///
    /// # Errors
    /// As [`Self::predict`], without the one about means.
    pub fn sums(&self, queries: &Matrix) -> Result<Vec<[f64; 2]>, MlError> {
        MlError::check_size("number of features", queries.n_cols(), self.rows.n_cols())?;
        MlError::check_finite("queries", queries.as_slice())?;
        let mut sums = Vec::with_capacity(queries.n_rows());
        for (index, query) in queries.rows().enumerate() {
            let mut sum = [0.0; 2];
            for (row, target) in self.rows.rows().zip(&self.targets) {
                let found = squared_distance(query, row);
                if found > self.radius {
                    let what = "squared distance to a training row".to_owned();
                    return Err(MlError::OutsideRange { what, row: index, found, range: (0.0, self.radius) });
                }
                let weight = (0..self.squarings).fold(1.0 - found / self.radius, |w, _| w * w);
                sum[0] += weight * target;
                sum[1] += weight;
            }
            sums.push(sum);
        }
        Ok(sums)
    }
}

/// More squarings than this leave no weight but that of exact copies.
pub(crate) const MAX_SQUARINGS: u32 = 30;

pub(crate) fn check_kernel(radius: f64, squarings: u32) -> Result<(), MlError> {
    if !(radius.is_finite() && radius > 0.0) {
        return Err(MlError::Hyperparameter {
            name: "radius",
            value: radius.to_string(),
            why: "a squared distance is a positive finite number".to_owned(),
        });
    }
    if squarings > MAX_SQUARINGS {
        let why = format!("at most {MAX_SQUARINGS} squarings leave a weight that is not zero");
        return Err(MlError::Hyperparameter { name: "squarings", value: squarings.to_string(), why });
    }
    Ok(())
}

/// The largest squared distance between two of the rows: **private** to whoever owns them.
#[must_use]
pub fn largest_squared_distance(rows: &Matrix) -> f64 {
    let from = |i: usize| rows.rows().skip(i + 1).map(move |row| squared_distance(rows.row(i), row));
    (0..rows.n_rows()).flat_map(from).fold(0.0, f64::max)
}
