//! Between a table in its own units and one scaled by public ranges.

use std::collections::BTreeMap;

use datasets::{ColumnScale, Dataset, ScaleMethod, Scaler, TargetScaler};

use super::correlation::LARGEST_VARIANCE;
use crate::{baseline::LinearModel, error::MlError};

/// The least and the greatest value of each column, by name, the target's included: known without looking at the rows.
pub type PublicRanges = BTreeMap<String, [f64; 2]>;

/// A table whose columns, the target's included, were brought to [-1/2, 1/2] by public ranges, with the way back. Each row
/// can be scaled and encrypted by whoever has it, without the others.
#[derive(Clone, Debug)]
pub struct Ranged {
    table: Dataset,
    features: Scaler,
    target: TargetScaler,
}

impl Ranged {
    /// Scales `table`. Ranges of columns that it does not have are left aside.
    ///
    /// # Errors
    /// [`MlError::Dataset`] for a column without a range, a range that is none, or a value outside its range.
    pub fn new(table: &Dataset, ranges: &PublicRanges) -> Result<Self, MlError> {
        let columns = table.feature_names().iter().map(String::as_str).chain([table.target_name()]);
        let known = columns.filter_map(|name| Some((name.to_owned(), *ranges.get(name)?)));
        let method = ScaleMethod::PublicRanges { ranges: known.collect(), low: -0.5, high: 0.5 };
        let features = Scaler::fit(&method, table)?;
        let target = TargetScaler::fit(&method, table)?;
        let table = target.transform(&features.transform(table)?)?;
        Ok(Self { table, features, target })
    }

    /// The scaled table.
    #[must_use]
    pub fn table(&self) -> &Dataset {
        &self.table
    }

    /// Whether the variance of every feature is at least `floor`, in units of its squared range: for whoever has all
    /// rows.
    ///
    /// # Errors
    /// [`MlError::Singular`] for a constant feature, [`MlError::OutsideApproximation`] for one that varies too little.
    pub fn check_variances(&self, floor: f64) -> Result<(), MlError> {
        let table = &self.table;
        let rows = table.n_rows() as f64;
        for (column, name) in table.feature_names().iter().enumerate() {
            let mean = table.features().column(column).sum::<f64>() / rows;
            let found = table.features().column(column).map(|x| (x - mean).powi(2)).sum::<f64>() / rows;
            if found <= f64::EPSILON {
                return Err(MlError::Singular {
                    what: "standardisation",
                    size: table.n_features(),
                    remedy: "leave out the feature that is constant",
                });
            }
            if found < floor {
                let function = format!("inverse deviation of {name}, whose range is too wide");
                let interval = (floor, LARGEST_VARIANCE);
                return Err(MlError::OutsideApproximation { function, interval, found });
            }
        }
        Ok(())
    }

    /// The model in the table's own units, from one on scaled columns.
    ///
    /// # Errors
    /// [`MlError::Shape`] for another number of weights than features.
    pub fn model(&self, scaled: &LinearModel) -> Result<LinearModel, MlError> {
        let columns = self.features.columns();
        MlError::check_size("number of weights", scaled.weights.len(), columns.len())?;
        let target = self.target.scale();
        let both = || scaled.weights.iter().zip(columns);
        let at_zero = |column: &ColumnScale| column.apply(0.0);
        let constant = scaled.intercept + both().map(|(w, column)| w * at_zero(column)).sum::<f64>();
        let weight = |(w, column): (&f64, &ColumnScale)| w * target.divisor / column.divisor;
        Ok(LinearModel { intercept: target.invert(constant), weights: both().map(weight).collect() })
    }
}
