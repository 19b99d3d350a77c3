//! The table in the units in which it is encrypted.

use datasets::Dataset;
use harness::{Params, Rejection, Value};
use he_ml::{
    MlError,
    baseline::LinearModel,
    linear_regression::{PublicRanges, Ranged, Rows, Standardised},
};

use crate::workloads::learning::Task;

/// Training rows as they are encrypted, with the way back.
pub(super) enum Prepared {
    /// Standardised by the client.
    Client(Standardised),
    /// Scaled by public ranges, standardised under encryption.
    Gram(Ranged),
}

impl Prepared {
    /// Scales the training rows of `task`. The outer error is one of the configuration, the inner one of the data.
    pub(super) fn new(params: &Params, task: &Task) -> Result<Result<Self, MlError>, Rejection> {
        if params.text("standardise")? == "client" {
            return Ok(Standardised::new(&task.train).map(Self::Client));
        }
        let (ranges, floor) = (ranges(params)?, params.float("variance_floor")?);
        let scaled = || {
            let scaled = Ranged::new(&task.train, &ranges)?;
            scaled.check_variances(floor)?;
            Ok(Self::Gram(scaled))
        };
        Ok(scaled())
    }

    /// The scaled table.
    pub(super) fn table(&self) -> &Dataset {
        match self {
            Self::Client(standardised) => standardised.table(),
            Self::Gram(ranged) => ranged.table(),
        }
    }

    /// The model in the table's own units.
    pub(super) fn model(&self, scaled: &LinearModel) -> Result<LinearModel, MlError> {
        match self {
            Self::Client(standardised) => standardised.model(&scaled.weights),
            Self::Gram(ranged) => ranged.model(scaled),
        }
    }
}

/// In which units rows are encrypted.
pub(super) fn rows(params: &Params) -> Result<Rows, harness::ParamError> {
    Ok(match params.text("standardise")? {
        "client" => Rows::Standardised,
        _ => Rows::Ranged { variance_floor: params.float("variance_floor")? },
    })
}

/// The public ranges of the columns.
fn ranges(params: &Params) -> Result<PublicRanges, Rejection> {
    let entry = |value: &Value| {
        let Value::List(parts) = value else { return None };
        let [Value::Text(name), low, high] = parts.as_slice() else { return None };
        Some((name.clone(), [low.as_f64()?, high.as_f64()?]))
    };
    let wrong = || {
        let message = "a range is a column, its least and its greatest value";
        Rejection::new(["ranges"], message, "write `ranges = [[\"age\", 0.0, 120.0], ...]`")
    };
    params.list("ranges")?.iter().map(|value| entry(value).ok_or_else(wrong)).collect()
}
