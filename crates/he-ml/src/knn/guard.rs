//! Keeps queries within the distance for which a kernel is made.

use datasets::Matrix;

use crate::{baseline::squared_distance, error::MlError};

/// What is done with a query that has a feature outside its range.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outside {
    /// It is an error.
    Refuse,
    /// The feature is moved to the nearest end of its range.
    Clip,
}

/// What whoever encrypts the queries knows about the training rows, to tell queries that are too far away: beyond
/// d^2 = 2D the weight (1 - d^2/D)^(2^m) explodes, and under encryption nobody would see it.
#[derive(Clone, Copy, Debug)]
pub enum QueryGuard<'a> {
    /// The training rows themselves.
    Rows(&'a Matrix),
    /// For each feature the public range of all rows, in the units of the queries. A query is judged by the farthest
    /// corner of these ranges.
    Ranges {
        /// The least and the greatest value of each feature.
        ranges: &'a [[f64; 2]],
        /// What is done with a feature outside.
        outside: Outside,
    },
}

/// The largest squared distance between two points within `ranges`: the sum of the squared lengths. As D it holds for
/// every query and every row that keep to the ranges, and tells nothing about them.
#[must_use]
pub fn squared_diagonal(ranges: &[[f64; 2]]) -> f64 {
    ranges.iter().map(|[low, high]| (high - low) * (high - low)).sum()
}

impl QueryGuard<'_> {
    /// The queries, clipped where that was chosen, if no squared distance to a training row can be above `radius`.
    ///
    /// # Errors
    /// [`MlError::Shape`] for other numbers of features, [`MlError::NonFinite`], [`MlError::OutsideRange`] for the first
    /// query that is too far away or has a feature outside its range.
    pub fn admit(&self, queries: &Matrix, radius: f64) -> Result<Matrix, MlError> {
        MlError::check_finite("queries", queries.as_slice())?;
        let features = match self {
            Self::Rows(rows) => rows.n_cols(),
            Self::Ranges { ranges, .. } => ranges.len(),
        };
        MlError::check_size("number of features", queries.n_cols(), features)?;
        let mut data = Vec::with_capacity(queries.as_slice().len());
        for (index, query) in queries.rows().enumerate() {
            let (query, found) = self.judge(index, query)?;
            if found > radius {
                let what = "squared distance of a query to a training row".to_owned();
                return Err(MlError::OutsideRange { what, row: index, found, range: (0.0, radius) });
            }
            data.extend(query);
        }
        Ok(Matrix::new(queries.n_rows(), queries.n_cols(), data)?)
    }

    /// The query, clipped where that was chosen, and the largest squared distance that a training row can have to it.
    fn judge(&self, index: usize, query: &[f64]) -> Result<(Vec<f64>, f64), MlError> {
        match self {
            Self::Rows(rows) => {
                let farthest = rows.rows().map(|row| squared_distance(query, row)).fold(0.0, f64::max);
                Ok((query.to_vec(), farthest))
            }
            Self::Ranges { ranges, outside } => {
                let mut kept = Vec::with_capacity(query.len());
                let mut farthest = 0.0;
                for (feature, (&value, &[low, high])) in query.iter().zip(*ranges).enumerate() {
                    if low.is_nan() || high.is_nan() || low > high {
                        return Err(MlError::Hyperparameter {
                            name: "ranges",
                            value: format!("[{low}, {high}]"),
                            why: format!(
                                "the range of feature {feature} has to go from its least to its greatest value"
                            ),
                        });
                    }
                    if *outside == Outside::Refuse && !(low..=high).contains(&value) {
                        let what = format!("feature {feature} of a query");
                        return Err(MlError::OutsideRange {
                            what,
                            row: index,
                            found: value,
                            range: (low, high),
                        });
                    }
                    let value = value.clamp(low, high);
                    let reach = (value - low).max(high - value);
                    farthest += reach * reach;
                    kept.push(value);
                }
                Ok((kept, farthest))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RANGES: [[f64; 2]; 2] = [[0.0, 1.0], [-1.0, 3.0]];

    fn query(values: [f64; 2]) -> Matrix {
        Matrix::new(1, 2, values.to_vec()).expect("two values")
    }

    #[test]
    fn ranges_bound_every_distance() {
        assert_eq!(squared_diagonal(&RANGES), 17.0);
        let guard = QueryGuard::Ranges { ranges: &RANGES, outside: Outside::Refuse };
        assert!(guard.admit(&query([0.0, 3.0]), 17.0).is_ok());
        assert_eq!(
            guard.admit(&query([0.0, 3.0]), 16.0).expect_err("too far").to_string(),
            "squared distance of a query to a training row, row 0: found 17, expected a value in [0, 16]"
        );
        assert_eq!(
            guard.admit(&query([0.0, 3.5]), 17.0).expect_err("outside").to_string(),
            "feature 1 of a query, row 0: found 3.5, expected a value in [-1, 3]"
        );
    }

    #[test]
    fn clipping_moves_a_query_into_the_ranges() {
        let guard = QueryGuard::Ranges { ranges: &RANGES, outside: Outside::Clip };
        let admitted = guard.admit(&query([-9.0, 3.5]), 17.0).expect("clipped");
        assert_eq!(admitted.as_slice(), [0.0, 3.0]);
    }

    #[test]
    fn rows_are_judged_one_by_one() {
        let rows = Matrix::new(2, 2, vec![0.0, 0.0, 1.0, 1.0]).expect("four values");
        let guard = QueryGuard::Rows(&rows);
        assert!(guard.admit(&query([2.0, 0.0]), 4.0).is_ok());
        assert!(guard.admit(&query([2.0, 0.1]), 4.0).is_err());
        let wide = Matrix::new(1, 3, vec![0.0; 3]).expect("three values");
        assert_eq!(
            guard.admit(&wide, 4.0).expect_err("too wide").to_string(),
            "number of features: found 3, expected 2"
        );
    }
}
