//! Data that several tests use.

use ckks::Complex64;
use datasets::{Dataset, Matrix, ScaleMethod, Scaler, TargetScaler, load_split};

/// Boston Housing, standardised by the training rows.
pub(crate) struct Boston {
    pub(crate) train: Dataset,
    pub(crate) test: Dataset,
    /// The training targets, standardised as well.
    pub(crate) scaled_targets: Vec<f64>,
    pub(crate) target: TargetScaler,
}

pub(crate) fn boston(split: &str) -> Boston {
    let sides = load_split("boston", &split.into()).expect("the split is there");
    let scaler = Scaler::fit(&ScaleMethod::Standardise, &sides.train).expect("fits any rows");
    let [train, test] =
        [&sides.train, &sides.test].map(|side| scaler.transform(side).expect("the same features"));
    let target = TargetScaler::fit(&ScaleMethod::Standardise, &train).expect("fits any targets");
    let scaled_targets = target.transform(&train).expect("the same target").targets().to_vec();
    Boston { train, test, scaled_targets, target }
}

/// 23 rows of 3 features in [-2, 2] with targets in [-1.5, 1.5], and 11 queries, one of which is a row.
pub(crate) fn small_table() -> (Matrix, Vec<f64>, Matrix) {
    let entry = |k: u32| f64::from((k * k * 7 + k * 37 + 11) % 41) / 10.0 - 2.0;
    let rows = Matrix::new(23, 3, (0..69).map(entry).collect()).expect("69 entries");
    let targets = rows.rows().map(|row| row[0] / 2.0 - row[1] * row[2] / 8.0).collect();
    let mut queries: Vec<f64> = (100..130).map(entry).collect();
    queries.extend_from_slice(rows.row(5));
    (rows, targets, Matrix::new(11, 3, queries).expect("33 entries"))
}

pub(crate) fn complex(values: &[f64]) -> Vec<Complex64> {
    values.iter().map(|&value| value.into()).collect()
}
