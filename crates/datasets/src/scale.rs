//! Scaling columns: fitted on training rows, applied to any rows, undone on results.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use statrs::statistics::Statistics;

use crate::{
    dataset::Dataset,
    error::{DatasetError, unknown},
};

/// How columns are brought to a common scale.
///
/// In a TOML: `"standardise"`, `{ min_max = { low = -1.0, high = 1.0 } }`, or
/// `{ public_ranges = { ranges = { age = [0.0, 120.0] }, low = -1.0, high = 1.0 } }`.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
#[non_exhaustive]
pub enum ScaleMethod {
    /// Subtract the mean of the training rows and divide by their population standard deviation (the one that divides
    /// by n).
    Standardise,
    /// Bring the least training value to `low` and the greatest to `high`. A test value beyond them lands outside.
    MinMax {
        /// Where the least training value goes.
        low: f64,
        /// Where the greatest training value goes.
        high: f64,
    },
    /// Bring ranges that are known without looking at the data to `[low, high]`. A value outside its range is an error
    /// when fitting and when transforming.
    PublicRanges {
        /// The least and greatest value of each column, by name; every column that is scaled needs one.
        ranges: BTreeMap<String, [f64; 2]>,
        /// Where the low end of a range goes.
        low: f64,
        /// Where the high end of a range goes.
        high: f64,
    },
}

/// The map of one column: `scaled = (value - centre) / divisor + shift`.
///
/// A column that is constant over the training rows gets divisor 1, so that it becomes the constant `shift`.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct ColumnScale {
    /// The name of the column.
    pub name: String,
    /// What is subtracted, in the column's unit: the mean or the low end.
    pub centre: f64,
    /// What is divided by, in the column's unit; positive and finite.
    pub divisor: f64,
    /// What is added at the end; 0 when standardising.
    pub shift: f64,
    /// The public range, if values outside it are to be refused.
    pub range: Option<[f64; 2]>,
}

impl ColumnScale {
    /// The scaled value.
    #[must_use]
    pub fn apply(&self, value: f64) -> f64 {
        (value - self.centre) / self.divisor + self.shift
    }

    /// The value that [`apply`](Self::apply) brings to `scaled`, up to rounding.
    #[must_use]
    pub fn invert(&self, scaled: f64) -> f64 {
        (scaled - self.shift) * self.divisor + self.centre
    }

    fn check(&self, values: impl Iterator<Item = f64>) -> Result<(), DatasetError> {
        let Some([low, high]) = self.range else { return Ok(()) };
        for (row, found) in values.enumerate() {
            if !(low..=high).contains(&found) {
                return Err(DatasetError::OutsideRange { row, column: self.name.clone(), found, low, high });
            }
        }
        Ok(())
    }

    fn fit(method: &ScaleMethod, name: &str, values: &[f64]) -> Result<Self, DatasetError> {
        let of =
            |centre, divisor, shift, range| Self { name: name.to_owned(), centre, divisor, shift, range };
        let (least, greatest) =
            values.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(l, g), &x| (l.min(x), g.max(x)));
        // Decided by equality, not by a deviation of zero: a tiny spread underflows to that, and whether equal numbers
        // have exactly that depends on how their mean is rounded.
        let constant = least == greatest;
        let scale = match method {
            ScaleMethod::Standardise if constant => of(least, 1.0, 0.0, None),
            ScaleMethod::Standardise => of(values.mean(), values.population_std_dev(), 0.0, None),
            ScaleMethod::MinMax { low, .. } if constant => of(least, 1.0, *low, None),
            ScaleMethod::MinMax { low, high } => of(least, (greatest - least) / (high - low), *low, None),
            ScaleMethod::PublicRanges { ranges, low, high } => {
                let &[from, to] = ranges
                    .get(name)
                    .ok_or_else(|| DatasetError::ScaleRangeMissing { column: name.to_owned() })?;
                let scale = of(from, (to - from) / (high - low), *low, Some([from, to]));
                scale.check(values.iter().copied())?;
                scale
            }
        };
        if scale.divisor.is_finite() && scale.divisor > 0.0 {
            return Ok(scale);
        }
        Err(DatasetError::Parameter {
            name: format!("divisor of column {name}"),
            found: scale.divisor.to_string(),
            expected: "a positive finite number; the values are too close together or too far apart for f64"
                .to_owned(),
        })
    }
}

impl ScaleMethod {
    /// Finds intervals without a length and ranges for columns that do not exist.
    fn check(&self, dataset: &Dataset) -> Result<(), DatasetError> {
        let interval = |name: String, low: f64, high: f64| {
            if low < high && (high - low).is_finite() {
                return Ok(());
            }
            let expected = "two finite numbers, the first below the second".to_owned();
            Err(DatasetError::Parameter { name, found: format!("[{low}, {high}]"), expected })
        };
        match self {
            Self::Standardise => Ok(()),
            Self::MinMax { low, high } => interval("interval to scale to".to_owned(), *low, *high),
            Self::PublicRanges { ranges, low, high } => {
                interval("interval to scale to".to_owned(), *low, *high)?;
                let columns =
                    || dataset.feature_names().iter().map(String::as_str).chain([dataset.target_name()]);
                for (name, [from, to]) in ranges {
                    if !columns().any(|column| column == name) {
                        return Err(unknown("column", name, columns()));
                    }
                    interval(format!("public range of {name}"), *from, *to)?;
                }
                Ok(())
            }
        }
    }

    const fn name(&self) -> &'static str {
        match self {
            Self::Standardise => "standardise",
            Self::MinMax { .. } => "min_max",
            Self::PublicRanges { .. } => "public_ranges",
        }
    }
}

/// The fitted maps of all features.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Scaler {
    method: &'static str,
    columns: Vec<ColumnScale>,
}

impl Scaler {
    /// Learns the maps from training rows.
    ///
    /// # Errors
    /// [`DatasetError::Parameter`] for an interval or range whose ends are not finite and ascending, or for values whose
    /// spread is beyond `f64`;
    /// [`DatasetError::Unknown`] for a range of a column that does not exist; [`DatasetError::ScaleRangeMissing`] or
    /// [`DatasetError::OutsideRange`] for public ranges that do not fit the rows.
    pub fn fit(method: &ScaleMethod, train: &Dataset) -> Result<Self, DatasetError> {
        method.check(train)?;
        let columns = train.feature_names().iter().enumerate().map(|(column, name)| {
            let values: Vec<f64> = train.features().column(column).collect();
            ColumnScale::fit(method, name, &values)
        });
        Ok(Self { method: method.name(), columns: columns.collect::<Result<_, _>>()? })
    }

    /// The map of each feature, in the order of the features.
    #[must_use]
    pub fn columns(&self) -> &[ColumnScale] {
        &self.columns
    }

    /// The set with every feature scaled; the targets stay as they are.
    ///
    /// # Errors
    /// [`DatasetError::Shape`] if the features are not those of the training rows;
    /// [`DatasetError::OutsideRange`] for a value outside its public range; [`DatasetError::NonFinite`] if a scaled
    /// value overflows.
    pub fn transform(&self, dataset: &Dataset) -> Result<Dataset, DatasetError> {
        self.check_names(dataset)?;
        for (column, scale) in self.columns.iter().enumerate() {
            scale.check(dataset.features().column(column))?;
        }
        let scaled = dataset.features().map_entries(|column, value| self.columns[column].apply(value));
        let step = format!("features scaled ({})", self.method);
        dataset.with_values(scaled, dataset.targets().to_vec(), &step)
    }

    /// The set with every feature back in its own unit, up to rounding.
    ///
    /// # Errors
    /// [`DatasetError::Shape`] if the features are not those of the training rows; [`DatasetError::NonFinite`] if a
    /// value overflows.
    pub fn inverse(&self, dataset: &Dataset) -> Result<Dataset, DatasetError> {
        self.check_names(dataset)?;
        let values = dataset.features().map_entries(|column, value| self.columns[column].invert(value));
        let step = format!("scaling of the features undone ({})", self.method);
        dataset.with_values(values, dataset.targets().to_vec(), &step)
    }

    fn check_names(&self, dataset: &Dataset) -> Result<(), DatasetError> {
        let fitted = || self.columns.iter().map(|scale| scale.name.as_str());
        if fitted().eq(dataset.feature_names().iter().map(String::as_str)) {
            return Ok(());
        }
        Err(DatasetError::Shape {
            what: "features to scale",
            found: dataset.feature_names().join(", "),
            expected: fitted().collect::<Vec<_>>().join(", "),
        })
    }
}

/// The fitted map of the target.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TargetScaler {
    method: &'static str,
    scale: ColumnScale,
}

impl TargetScaler {
    /// Learns the map from the targets of training rows; public ranges are looked up under the target's name.
    ///
    /// # Errors
    /// As [`Scaler::fit`].
    pub fn fit(method: &ScaleMethod, train: &Dataset) -> Result<Self, DatasetError> {
        method.check(train)?;
        let scale = ColumnScale::fit(method, train.target_name(), train.targets())?;
        Ok(Self { method: method.name(), scale })
    }

    /// The map.
    #[must_use]
    pub const fn scale(&self) -> &ColumnScale {
        &self.scale
    }

    /// The set with its targets scaled; the features stay as they are.
    ///
    /// # Errors
    /// [`DatasetError::Shape`] if the target is not that of the training rows; [`DatasetError::OutsideRange`] for a
    /// target outside its public range; [`DatasetError::NonFinite`] if a scaled target overflows.
    pub fn transform(&self, dataset: &Dataset) -> Result<Dataset, DatasetError> {
        if dataset.target_name() != self.scale.name {
            return Err(DatasetError::Shape {
                what: "target to scale",
                found: dataset.target_name().to_owned(),
                expected: self.scale.name.clone(),
            });
        }
        self.scale.check(dataset.targets().iter().copied())?;
        let targets = dataset.targets().iter().map(|&value| self.scale.apply(value)).collect();
        let step = format!("target scaled ({})", self.method);
        dataset.with_values(dataset.features().clone(), targets, &step)
    }

    /// Predictions (or scaled targets) in the target's own unit, up to rounding.
    #[must_use]
    pub fn inverse(&self, scaled: &[f64]) -> Vec<f64> {
        scaled.iter().map(|&value| self.scale.invert(value)).collect()
    }
}
