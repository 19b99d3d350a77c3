//! Between a table in its own units and a standardised one.

use datasets::{Dataset, ScaleMethod, Scaler, TargetScaler};

use crate::{baseline::LinearModel, error::MlError};

/// A table whose columns, the target's included, have mean zero and mean square one, with the way back. The owner of
/// the data makes it before encryption.
#[derive(Clone, Debug)]
pub struct Standardised {
    table: Dataset,
    features: Scaler,
    target: TargetScaler,
}

impl Standardised {
    /// Standardises `table`.
    ///
    /// # Errors
    /// [`MlError::Singular`] for a constant feature, which has no scale; [`MlError::Dataset`].
    pub fn new(table: &Dataset) -> Result<Self, MlError> {
        let constant = |column: usize| {
            let mut values = table.features().column(column);
            let first = values.next();
            values.all(|value| Some(value) == first)
        };
        if (0..table.n_features()).any(constant) {
            return Err(MlError::Singular {
                what: "standardisation",
                size: table.n_features(),
                remedy: "leave out the feature that is constant",
            });
        }
        let features = Scaler::fit(&ScaleMethod::Standardise, table)?;
        let target = TargetScaler::fit(&ScaleMethod::Standardise, table)?;
        let table = target.transform(&features.transform(table)?)?;
        Ok(Self { table, features, target })
    }

    /// The standardised table.
    #[must_use]
    pub fn table(&self) -> &Dataset {
        &self.table
    }

    /// The model in the table's own units, from weights on standardised columns.
    ///
    /// # Errors
    /// [`MlError::Shape`] for another number of weights than features.
    pub fn model(&self, weights: &[f64]) -> Result<LinearModel, MlError> {
        let columns = self.features.columns();
        MlError::check_size("number of weights", weights.len(), columns.len())?;
        let target = self.target.scale();
        let weights: Vec<f64> =
            weights.iter().zip(columns).map(|(w, column)| w * target.divisor / column.divisor).collect();
        let at_centre: f64 = weights.iter().zip(columns).map(|(w, column)| w * column.centre).sum();
        Ok(LinearModel { intercept: target.centre - at_centre, weights })
    }
}
