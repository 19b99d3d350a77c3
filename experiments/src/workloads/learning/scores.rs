//! Rows for scores.

use harness::{Column, Failure, Recorder};
use he_ml::{
    MlError,
    metrics::{RegressionMetrics, accuracy, auc},
};

/// Where a score decides between 0 and 1.
const THRESHOLD: f64 = 0.5;

/// The predictions of one model, computed in three ways.
pub(in crate::workloads) struct Ways<'a> {
    /// The exact model on plain data.
    pub(in crate::workloads) exact: &'a [f64],
    /// The circuit in `f64`, with its approximations.
    pub(in crate::workloads) clear: &'a [f64],
    /// Decrypted.
    pub(in crate::workloads) encrypted: &'a [f64],
}

/// The columns of the rows that [`scores`] writes.
pub(in crate::workloads) fn columns() -> Vec<Column> {
    vec![
        Column::metric("metric_exact", "", "score of the exact model on plain data"),
        Column::metric("metric_clear", "", "score of the same circuit in f64"),
        Column::metric("metric_encrypted", "", "score of the decrypted result"),
        Column::metric("err_approximation", "", "clear minus exact"),
        Column::metric("err_scheme", "", "encrypted minus clear"),
    ]
}

/// Writes a row for each metric of predictions of `targets`.
pub(in crate::workloads) fn scores(
    record: &mut Recorder<'_>,
    targets: &[f64],
    binary: bool,
    ways: &Ways<'_>,
) -> Result<(), Failure> {
    let of = |metric: &dyn Fn(&[f64]) -> Result<f64, MlError>| {
        Ok::<_, MlError>([metric(ways.exact)?, metric(ways.clear)?, metric(ways.encrypted)?])
    };
    let regression = |pick: fn(&RegressionMetrics) -> f64| {
        of(&|found| RegressionMetrics::new(targets, found).map(|metrics| pick(&metrics)))
    };
    score_three_ways(record, "rmse", regression(|metrics| metrics.rmse)?)?;
    score_three_ways(record, "mae", regression(|metrics| metrics.mae)?)?;
    // Not a number where all targets are equal.
    let r2 = regression(|metrics| metrics.r2)?;
    if r2.iter().all(|value| value.is_finite()) {
        score_three_ways(record, "r2", r2)?;
    }
    if binary {
        score_three_ways(record, "accuracy", of(&|found| accuracy(targets, found, THRESHOLD))?)?;
        // One label alone has no such curve.
        if targets.contains(&0.0) && targets.contains(&1.0) {
            score_three_ways(record, "auc", of(&|found| auc(targets, found))?)?;
        }
    }
    Ok(())
}

/// A row with a number as the exact model, the circuit in `f64` and the decrypted result have it, and with the two
/// differences.
pub(in crate::workloads) fn score_three_ways(
    record: &mut Recorder<'_>,
    name: &str,
    [exact, clear, encrypted]: [f64; 3],
) -> Result<(), Failure> {
    let cells = [
        ("metric_exact", exact),
        ("metric_clear", clear),
        ("metric_encrypted", encrypted),
        ("err_approximation", clear - exact),
        ("err_scheme", encrypted - clear),
    ];
    record.score(name, cells).map(drop)
}
