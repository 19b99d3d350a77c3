//! The mean over the k nearest rows.

use datasets::Matrix;

use crate::error::MlError;

/// What happens when the k-th nearest row has others at the same distance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ties {
    /// Rows that come first in the training set win. Meaningless on a set that is ordered by label and has many equal
    /// rows.
    ByRow,
    /// All rows at that distance share the places that are left.
    Shared,
}

/// k-nearest-neighbours regression and, on labels 0 and 1, classification: the mean target of the nearest rows is the
/// share of ones, and a share of at least 1/2 says 1.
#[derive(Clone, Debug, PartialEq)]
pub struct NearestNeighbours {
    rows: Matrix,
    targets: Vec<f64>,
    k: usize,
    ties: Ties,
}

impl NearestNeighbours {
    /// Keeps the training rows.
    ///
    /// # Errors
    /// [`MlError::Shape`] when the numbers of rows and targets differ, [`MlError::Hyperparameter`] for a `k` of 0 or
    /// above the number of rows, [`MlError::NonFinite`].
    pub fn new(rows: Matrix, targets: Vec<f64>, k: usize, ties: Ties) -> Result<Self, MlError> {
        MlError::check_size("number of targets", targets.len(), rows.n_rows())?;
        MlError::check_finite("targets", &targets)?;
        MlError::check_finite("features", rows.as_slice())?;
        check_k(k, rows.n_rows())?;
        Ok(Self { rows, targets, k, ties })
    }

    /// The mean target of the k nearest rows, for each query.
    ///
    /// # Errors
    /// [`MlError::Shape`] for another number of features, [`MlError::NonFinite`].
    pub fn predict(&self, queries: &Matrix) -> Result<Vec<f64>, MlError> {
        MlError::check_size("number of features", queries.n_cols(), self.rows.n_cols())?;
        MlError::check_finite("queries", queries.as_slice())?;
        let one = |query: &[f64]| {
            let distances: Vec<f64> = self.rows.rows().map(|row| squared_distance(query, row)).collect();
            mean_of_nearest(&distances, &self.targets, self.k, self.ties, 0.0)
        };
        Ok(queries.rows().map(one).collect())
    }
}

pub(crate) fn check_k(k: usize, rows: usize) -> Result<(), MlError> {
    if (1..=rows).contains(&k) {
        return Ok(());
    }
    let why = format!("the training set has {rows} rows, and at least one neighbour is needed");
    Err(MlError::Hyperparameter { name: "k", value: k.to_string(), why })
}

/// The sum of (x_i - y_i)^2.
#[must_use]
pub fn squared_distance(x: &[f64], y: &[f64]) -> f64 {
    x.iter().zip(y).map(|(x, y)| (x - y) * (x - y)).sum()
}

/// The mean of `targets` over the k smallest `distances`. Distances within `tolerance` of the k-th smallest count as
/// equal to it: measured ones carry noise, and rows at one distance would else be told apart by it.
///
/// `distances` and `targets` are equally long, and `k` is from 1 to their length.
pub(crate) fn mean_of_nearest(
    distances: &[f64],
    targets: &[f64],
    k: usize,
    ties: Ties,
    tolerance: f64,
) -> f64 {
    let mut sorted = distances.to_vec();
    let (_, &mut kth, _) = sorted.select_nth_unstable_by(k - 1, f64::total_cmp);
    let nearer = |d: &f64| *d < kth - tolerance;
    let tied = |d: &f64| (*d - kth).abs() <= tolerance;
    let chosen = || distances.iter().zip(targets);
    let (mut count, mut sum) = (0, 0.0);
    for (_, target) in chosen().filter(|(d, _)| nearer(d)) {
        count += 1;
        sum += target;
    }
    let left = k - count;
    let at_kth = || chosen().filter(|(d, _)| tied(d)).map(|(_, target)| *target);
    let rest = match ties {
        Ties::ByRow => at_kth().take(left).sum::<f64>(),
        Ties::Shared => at_kth().sum::<f64>() / at_kth().count() as f64 * left as f64,
    };
    (sum + rest) / k as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ties_go_by_row_or_are_shared() {
        let distances = [3.0, 1.0, 2.0, 2.0, 2.0];
        let targets = [100.0, 1.0, 2.0, 5.0, 11.0];
        let mean = |k, ties| mean_of_nearest(&distances, &targets, k, ties, 0.0);
        assert_eq!(mean(1, Ties::ByRow), 1.0);
        assert_eq!(mean(2, Ties::ByRow), 1.5);
        assert_eq!(mean(2, Ties::Shared), (1.0 + 6.0) / 2.0);
        assert_eq!(mean(3, Ties::Shared), (1.0 + 2.0 * 6.0) / 3.0);
        assert_eq!(mean(4, Ties::ByRow), mean(4, Ties::Shared));
        assert_eq!(mean(5, Ties::ByRow), 119.0 / 5.0);
    }

    #[test]
    fn noise_within_the_tolerance_does_not_break_a_tie() {
        let targets = [100.0, 1.0, 2.0, 5.0, 11.0];
        let noisy = [3.0, 1.0, 2.0 + 1e-7, 2.0 - 1e-7, 2.0];
        assert_eq!(mean_of_nearest(&noisy, &targets, 2, Ties::ByRow, 0.0), 3.0);
        assert_eq!(mean_of_nearest(&noisy, &targets, 2, Ties::ByRow, 1e-6), 1.5);
    }
}
