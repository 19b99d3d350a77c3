//! What arXiv 2604.23245 claims of its models, held against what was measured.

use harness::{Column, ColumnKind, Failure, Key, Kind, Params, Recorder, Role};
use he_ml::metrics::RegressionMetrics;

use super::Ways;

/// "Decryption errors below 0.1%".
const DECRYPTION_ERROR: f64 = 1e-3;

/// A root mean square error that is "equal to plaintext": the paper prints two digits after the point of numbers around 5.
const RMSE_DIFFERENCE: f64 = 1e-3;

/// "Relative error of sums below 1e-6".
const SUM_ERROR: f64 = 1e-6;

/// The key that asks for verdicts.
pub(in crate::workloads) fn key() -> Key {
    Key::own("claims", Kind::Bool)
        .default(false)
        .meaning("whether rows of their own say if the claims of arXiv 2604.23245 hold")
}

/// The columns of a verdict.
pub(in crate::workloads) fn columns() -> Vec<Column> {
    vec![
        Column::metric("claimed_below", "", "what the paper claims the number to be below"),
        Column::metric("found", "", "the number"),
        Column::new("verdict", ColumnKind::Text, Role::Metric, "", "whether the claim is met, computed"),
    ]
}

/// A row that says whether `found` is below what is claimed; a number that is none is not.
fn judge(record: &mut Recorder<'_>, claim: &str, found: f64, claimed: f64) -> Result<(), Failure> {
    let id = record.score(claim, [("claimed_below", claimed), ("found", found)])?;
    record.annotate(id, [("verdict", if found < claimed { "met" } else { "not met" })])
}

/// Whether decrypted predictions are those of the same circuit in the clear, and as good as those of the exact model.
pub(in crate::workloads) fn predictions(
    params: &Params,
    record: &mut Recorder<'_>,
    targets: &[f64],
    ways: &Ways<'_>,
) -> Result<(), Failure> {
    if !params.flag("claims")? {
        return Ok(());
    }
    let off = ways.clear.iter().zip(ways.encrypted).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
    let squares = ways.clear.iter().map(|x| x * x).sum::<f64>();
    let size = (squares / ways.clear.len().max(1) as f64).sqrt();
    // The largest, in units of the size of a prediction: a prediction may be close to zero.
    judge(record, "claim: decryption error", off / size, DECRYPTION_ERROR)?;
    let rmse = |found: &[f64]| RegressionMetrics::new(targets, found).map(|metrics| metrics.rmse);
    let (exact, found) = (rmse(ways.exact)?, rmse(ways.encrypted)?);
    judge(record, "claim: rmse as in plaintext", (found / exact - 1.0).abs(), RMSE_DIFFERENCE)
}

/// Whether sums are right: pairs of an exact and a decrypted one.
pub(in crate::workloads) fn sums(
    params: &Params,
    record: &mut Recorder<'_>,
    pairs: &[(f64, f64)],
) -> Result<(), Failure> {
    if !params.flag("claims")? {
        return Ok(());
    }
    let relative = pairs.iter().map(|(exact, found)| ((found - exact) / exact).abs());
    // A sum that is not a number is as wrong as can be.
    let worst =
        relative.fold(0.0, |most: f64, error| if error > most || error.is_nan() { error } else { most });
    judge(record, "claim: error of sums", worst, SUM_ERROR)
}
