//! Least squares, with and without a penalty.

use datasets::Matrix;
use nalgebra::{DMatrix, DVector};

use crate::error::MlError;

/// An affine function of the features.
#[derive(Clone, Debug, PartialEq)]
pub struct LinearModel {
    /// The value at the origin, in the unit of the target.
    pub intercept: f64,
    /// One weight for each feature.
    pub weights: Vec<f64>,
}

impl LinearModel {
    /// Ordinary least squares with an intercept.
    ///
    /// # Errors
    /// [`MlError::Shape`] when the numbers of rows and targets differ, [`MlError::NonFinite`], [`MlError::Singular`]
    /// when features depend on one another or there are more of them than rows.
    pub fn least_squares(features: &Matrix, targets: &[f64]) -> Result<Self, MlError> {
        Self::ridge(features, targets, 0.0)
    }

    /// The w and b that minimise |y - Xw - b|^2 + `alpha` |w|^2; the intercept b is not penalised. (Hoerl and Kennard,
    /// Technometrics 12 (1970) 55-67.)
    ///
    /// By Householder's QR of the centred features with sqrt(alpha) I below them, so that the condition number is not
    /// squared.
    ///
    /// # Errors
    /// As [`Self::least_squares`], and [`MlError::Hyperparameter`] for an `alpha` that is negative or not finite.
    pub fn ridge(features: &Matrix, targets: &[f64], alpha: f64) -> Result<Self, MlError> {
        let (n, p) = (features.n_rows(), features.n_cols());
        MlError::check_size("number of targets", targets.len(), n)?;
        MlError::check_finite("targets", targets)?;
        MlError::check_finite("features", features.as_slice())?;
        if !(alpha.is_finite() && alpha >= 0.0) {
            return Err(MlError::Hyperparameter {
                name: "alpha",
                value: alpha.to_string(),
                why: "a penalty is a finite number from 0 on".to_owned(),
            });
        }
        let singular = || MlError::Singular {
            what: "least squares",
            size: p,
            remedy: "leave out features that others determine, or take a ridge penalty",
        };
        let penalty_rows = if alpha > 0.0 { p } else { 0 };
        if n + penalty_rows < p {
            return Err(singular());
        }
        let means: Vec<f64> = (0..p).map(|j| features.column(j).sum::<f64>() / n as f64).collect();
        let mean = targets.iter().sum::<f64>() / n as f64;
        let rows = DMatrix::from_fn(n + penalty_rows, p, |i, j| match i.checked_sub(n) {
            None => features.row(i)[j] - means[j],
            Some(k) => f64::from(u8::from(k == j)) * alpha.sqrt(),
        });
        let right = DVector::from_fn(n + penalty_rows, |i, _| targets.get(i).map_or(0.0, |y| y - mean));
        // A column that the ones before it determine leaves only rounding on the diagonal of R.
        let rounding = (n + penalty_rows) as f64 * f64::EPSILON;
        let lengths: Vec<f64> = rows.column_iter().map(|column| column.norm()).collect();
        let qr = rows.qr();
        let r = qr.r();
        if (0..p).any(|j| r[(j, j)].abs() <= rounding * lengths[j]) {
            return Err(singular());
        }
        let mut projected = right;
        qr.q_tr_mul(&mut projected);
        let weights = r.solve_upper_triangular(&projected.rows(0, p).into_owned()).ok_or_else(singular)?;
        let weights: Vec<f64> = weights.iter().copied().collect();
        let intercept = mean - weights.iter().zip(&means).map(|(w, m)| w * m).sum::<f64>();
        Ok(Self { intercept, weights })
    }

    /// The predictions for the rows of a matrix.
    ///
    /// # Errors
    /// [`MlError::Shape`] for another number of features.
    pub fn predict(&self, features: &Matrix) -> Result<Vec<f64>, MlError> {
        MlError::check_size("number of features", features.n_cols(), self.weights.len())?;
        let dot = |row: &[f64]| row.iter().zip(&self.weights).map(|(x, w)| x * w).sum::<f64>();
        Ok(features.rows().map(|row| self.intercept + dot(row)).collect())
    }
}
