//! Rows for scores, and whether an encrypted result is what the circuit gives in the clear.

use ckks::Complex64;
use harness::{Column, Failure, Recorder, StageId};
use he_ml::{
    MlError,
    metrics::{RegressionMetrics, accuracy, auc},
};

/// How many standard deviations of the tracked noise a slot may be off before a result counts as wrong: the chance that
/// one of 2^15 normal errors is further off is below 2^-30; the rest is for noise that depends on the data.
const TOLERATED_DEVIATIONS: f64 = 16.0;

/// What f64 may lose on either side relative to the largest slot: 2^-46, as the encoder's own tests hold it.
const ROUNDING: f64 = 1.0 / (1u64 << 46) as f64;

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
    score(record, "rmse", regression(|metrics| metrics.rmse)?)?;
    score(record, "mae", regression(|metrics| metrics.mae)?)?;
    // Not a number where all targets are equal.
    let r2 = regression(|metrics| metrics.r2)?;
    if r2.iter().all(|value| value.is_finite()) {
        score(record, "r2", r2)?;
    }
    if binary {
        score(record, "accuracy", of(&|found| accuracy(targets, found, THRESHOLD))?)?;
        // One label alone has no such curve.
        if targets.contains(&0.0) && targets.contains(&1.0) {
            score(record, "auc", of(&|found| auc(targets, found))?)?;
        }
    }
    Ok(())
}

fn score(record: &mut Recorder<'_>, name: &str, [exact, clear, encrypted]: [f64; 3]) -> Result<(), Failure> {
    let cells = [
        ("metric_exact", exact),
        ("metric_clear", clear),
        ("metric_encrypted", encrypted),
        ("err_approximation", clear - exact),
        ("err_scheme", encrypted - clear),
    ];
    record.score(name, cells).map(drop)
}

/// Annotates a stage with how far its decrypted slots are from those of the circuit in the clear, and marks it as wrong
/// where noise does not explain it. `noise` is the tracked standard deviation of a slot.
pub(in crate::workloads) fn verify_slots(
    record: &mut Recorder<'_>,
    id: StageId,
    clear: &[Complex64],
    found: &[Complex64],
    noise: f64,
) -> Result<(), Failure> {
    let errors = || clear.iter().zip(found).map(|(a, b)| (a - b).norm());
    let max = errors().fold(0.0, f64::max);
    let largest = clear.iter().map(|slot| slot.norm()).fold(0.0, f64::max);
    let count = clear.len().max(1) as f64;
    record.annotate(
        id,
        [
            ("err_max_abs", max),
            ("err_mean_abs", errors().sum::<f64>() / count),
            ("err_rms", (errors().map(|e| e * e).sum::<f64>() / count).sqrt()),
            ("noise_std", noise),
        ],
    )?;
    if max > 0.0 && largest > 0.0 {
        record.annotate(id, [("bits_precision", (largest / max).log2())])?;
    }
    let allowed = TOLERATED_DEVIATIONS * noise + ROUNDING * largest;
    record.verify(
        id,
        clear.len() == found.len() && max <= allowed,
        format_args!("a slot is off by {max:e}; noise of standard deviation {noise:e} does not explain it"),
    );
    Ok(())
}
