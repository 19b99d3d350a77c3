//! A table that may have gaps, and filling them from training rows.

use statrs::statistics::{Data, Distribution, OrderStatistics};

use crate::{dataset::Dataset, error::DatasetError, matrix::Matrix, provenance::Provenance, split::Split};

/// What fills the gaps of a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Statistic {
    Mean,
    Median,
}

impl Statistic {
    const fn name(self) -> &'static str {
        match self {
            Self::Mean => "mean",
            Self::Median => "median",
        }
    }

    /// The statistic of some values, or `None` if there are none or it overflows.
    fn of(self, values: Vec<f64>) -> Option<f64> {
        if values.is_empty() {
            return None;
        }
        let mut values = Data::new(values);
        let value = match self {
            Self::Mean => values.mean()?,
            Self::Median => values.median(),
        };
        value.is_finite().then_some(value)
    }
}

/// A file as read: like a [`Dataset`], but with gaps if [`Missing::Mean`](super::Missing::Mean) or
/// [`Missing::Median`](super::Missing::Median) was chosen, because what
/// fills them must come from the training rows alone.
#[derive(Debug, Clone, PartialEq)]
pub struct Table {
    file: String,
    names: Vec<String>,
    /// Column after column; `NaN` is a gap.
    columns: Vec<Vec<f64>>,
    target_name: String,
    targets: Vec<f64>,
    /// What fills the gaps; without it there are none.
    statistic: Option<Statistic>,
    provenance: Provenance,
}

impl Table {
    /// A table of columns that all have as many entries as there are targets.
    pub(super) fn new(
        file: String,
        (names, columns): (Vec<String>, Vec<Vec<f64>>),
        (target_name, targets): (String, Vec<f64>),
        statistic: Option<Statistic>,
        provenance: Provenance,
    ) -> Result<Self, DatasetError> {
        if let Some(column) = columns.iter().find(|column| column.len() != targets.len()) {
            return Err(DatasetError::Shape {
                what: "length of a column",
                found: column.len().to_string(),
                expected: targets.len().to_string(),
            });
        }
        Ok(Self { file, names, columns, target_name, targets, statistic, provenance })
    }

    /// Number of rows, at least 1.
    #[must_use]
    pub const fn n_rows(&self) -> usize {
        self.targets.len()
    }

    /// The names of the features, one-hot columns included.
    #[must_use]
    pub fn feature_names(&self) -> &[String] {
        &self.names
    }

    /// How many cells are still missing.
    #[must_use]
    pub fn n_missing(&self) -> usize {
        self.columns.iter().flatten().filter(|value| value.is_nan()).count()
    }

    /// The data set, if nothing is missing.
    ///
    /// # Errors
    /// [`DatasetError::ImputationNeedsSplit`] if something is missing; [`DatasetError::Shape`] if there is no feature or
    /// two have the same name.
    pub fn into_dataset(self) -> Result<Dataset, DatasetError> {
        if let Some(statistic) = self.statistic
            && self.n_missing() > 0
        {
            let (holes, method) = (self.n_missing(), statistic.name());
            return Err(DatasetError::ImputationNeedsSplit { file: self.file, holes, method });
        }
        let (n_rows, n_cols) = (self.targets.len(), self.columns.len());
        let data = (0..n_rows).flat_map(|row| self.columns.iter().map(move |column| column[row])).collect();
        let features = Matrix::new(n_rows, n_cols, data)?;
        Dataset::new(features, self.targets, self.names, self.target_name, self.provenance)
    }

    /// The data set with every gap filled by the chosen statistic of its column over the training rows of `split`; test
    /// rows are filled, but never looked at.
    ///
    /// # Errors
    /// [`DatasetError::SplitSize`] if the split is for another number of rows;
    /// [`DatasetError::NothingToImputeFrom`] if a column with gaps has no value in any training row; else as
    /// [`into_dataset`](Self::into_dataset).
    pub fn impute(mut self, split: &Split) -> Result<Dataset, DatasetError> {
        split.check_rows(self.n_rows())?;
        let Some(statistic) = self.statistic else { return self.into_dataset() };
        let method = statistic.name();
        for (name, column) in self.names.iter().zip(&mut self.columns) {
            let holes = column.iter().filter(|value| value.is_nan()).count();
            if holes == 0 {
                continue;
            }
            let present: Vec<f64> =
                split.train().iter().map(|&row| column[row]).filter(|value| !value.is_nan()).collect();
            let fill = statistic.of(present).ok_or_else(|| DatasetError::NothingToImputeFrom {
                column: name.clone(),
                method,
                training_rows: split.train().len(),
            })?;
            for value in column.iter_mut().filter(|value| value.is_nan()) {
                *value = fill;
            }
            let step = format!("{holes} missing values of {name} filled with the training {method} {fill}");
            self.provenance.steps.push(step);
        }
        self.into_dataset()
    }
}
