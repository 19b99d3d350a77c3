//! The type every reader and generator ends in.

use std::collections::BTreeSet;

use crate::{
    error::{DatasetError, unknown},
    matrix::Matrix,
    provenance::Provenance,
};

/// A table of finite numbers with one target per row.
///
/// Always true: there is at least one row and one feature; all values are finite; the feature names are not empty, are
/// distinct, and differ from the target's name. Nothing changes in place: every operation gives a new set, and
/// [`Provenance::steps`] says what was done.
#[derive(Debug, Clone, PartialEq)]
pub struct Dataset {
    features: Matrix,
    targets: Vec<f64>,
    feature_names: Vec<String>,
    target_name: String,
    provenance: Provenance,
}

/// The two sides of a split.
#[derive(Debug, Clone, PartialEq)]
pub struct TrainTest {
    /// The rows to learn from.
    pub train: Dataset,
    /// The rows to judge by.
    pub test: Dataset,
}

impl Dataset {
    /// Puts a data set together and checks it.
    ///
    /// # Errors
    /// [`DatasetError::Shape`] if the numbers of targets or names do not fit the matrix, or if a name is empty or
    /// repeated; [`DatasetError::NonFinite`] for the first value that is infinite or not a number.
    pub fn new(
        features: Matrix,
        targets: Vec<f64>,
        feature_names: Vec<String>,
        target_name: String,
        provenance: Provenance,
    ) -> Result<Self, DatasetError> {
        let shape = |what, found: usize, expected: usize| {
            if found == expected {
                return Ok(());
            }
            Err(DatasetError::Shape { what, found: found.to_string(), expected: expected.to_string() })
        };
        shape("number of targets", targets.len(), features.n_rows())?;
        shape("number of feature names", feature_names.len(), features.n_cols())?;
        let mut seen = BTreeSet::new();
        for name in feature_names.iter().chain([&target_name]) {
            if name.is_empty() || !seen.insert(name) {
                return Err(DatasetError::Shape {
                    what: "column names",
                    found: format!("{name:?}{}", if name.is_empty() { "" } else { " twice" }),
                    expected: "distinct names that are not empty".to_owned(),
                });
            }
        }
        for (row, (values, target)) in features.rows().zip(&targets).enumerate() {
            let named = feature_names.iter().zip(values).chain([(&target_name, target)]);
            for (column, &found) in named {
                if !found.is_finite() {
                    return Err(DatasetError::NonFinite { row, column: column.clone(), found });
                }
            }
        }
        Ok(Self { features, targets, feature_names, target_name, provenance })
    }

    /// Number of rows, at least 1.
    #[must_use]
    pub const fn n_rows(&self) -> usize {
        self.features.n_rows()
    }

    /// Number of features, at least 1.
    #[must_use]
    pub const fn n_features(&self) -> usize {
        self.features.n_cols()
    }

    /// The features, one row per sample.
    #[must_use]
    pub const fn features(&self) -> &Matrix {
        &self.features
    }

    /// The targets, one per row.
    #[must_use]
    pub fn targets(&self) -> &[f64] {
        &self.targets
    }

    /// The names of the features, in the order of the columns.
    #[must_use]
    pub fn feature_names(&self) -> &[String] {
        &self.feature_names
    }

    /// The name of the target.
    #[must_use]
    pub fn target_name(&self) -> &str {
        &self.target_name
    }

    /// Where the rows came from and what was done to them.
    #[must_use]
    pub const fn provenance(&self) -> &Provenance {
        &self.provenance
    }

    /// The position of the feature `name`.
    ///
    /// # Errors
    /// [`DatasetError::Unknown`] with the known names.
    pub fn feature_index(&self, name: &str) -> Result<usize, DatasetError> {
        self.feature_names
            .iter()
            .position(|known| known == name)
            .ok_or_else(|| unknown("feature", name, self.feature_names.iter().map(String::as_str)))
    }

    /// The set without the feature `name`.
    ///
    /// # Errors
    /// [`DatasetError::Unknown`] if there is no such feature; [`DatasetError::Shape`] if it is the only one.
    pub fn without_feature(&self, name: &str) -> Result<Self, DatasetError> {
        let left_out = self.feature_index(name)?;
        let features = self.features.without_column(left_out)?;
        let mut feature_names = self.feature_names.clone();
        feature_names.remove(left_out);
        let provenance = self.provenance.clone().step(format!("column {name} left out"));
        let (targets, target_name) = (self.targets.clone(), self.target_name.clone());
        Ok(Self { features, targets, feature_names, target_name, provenance })
    }

    /// The given rows in the given order; a row may be named more than once.
    ///
    /// # Errors
    /// [`DatasetError::Shape`] if a row does not exist or none is given.
    pub fn select_rows(&self, rows: &[usize]) -> Result<Self, DatasetError> {
        self.gather(rows, &format!("{} of {} rows selected", rows.len(), self.n_rows()))
    }

    /// [`select_rows`](Self::select_rows) with its own words for the provenance.
    pub(crate) fn gather(&self, rows: &[usize], step: &str) -> Result<Self, DatasetError> {
        if let Some(row) = rows.iter().find(|row| **row >= self.n_rows()) {
            return Err(DatasetError::Shape {
                what: "selected row",
                found: row.to_string(),
                expected: format!("a row below {}", self.n_rows()),
            });
        }
        Ok(Self {
            features: self.features.gather_rows(rows)?,
            targets: rows.iter().map(|&row| self.targets[row]).collect(),
            feature_names: self.feature_names.clone(),
            target_name: self.target_name.clone(),
            provenance: self.provenance.clone().step(step),
        })
    }

    /// The same rows and names with other numbers.
    pub(crate) fn with_values(
        &self,
        features: Matrix,
        targets: Vec<f64>,
        step: &str,
    ) -> Result<Self, DatasetError> {
        let provenance = self.provenance.clone().step(step);
        Self::new(features, targets, self.feature_names.clone(), self.target_name.clone(), provenance)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn build(features: Vec<f64>, targets: Vec<f64>, names: &[&str]) -> Result<Dataset, DatasetError> {
        let matrix = Matrix::new(2, 2, features)?;
        let names = names.iter().map(|&name| name.to_owned()).collect();
        Dataset::new(matrix, targets, names, "y".to_owned(), Provenance::new("test", "made here"))
    }

    fn sample() -> Dataset {
        build(vec![1.0, 2.0, 3.0, 4.0], vec![5.0, 6.0], &["a", "b"]).expect("the shapes fit")
    }

    #[test]
    fn parts_that_do_not_fit_are_refused() {
        let ones = || vec![1.0; 4];
        let message =
            |result: Result<Dataset, DatasetError>| result.expect_err("it does not fit").to_string();
        assert_eq!(message(build(ones(), vec![1.0], &["a", "b"])), "number of targets: found 1, expected 2");
        assert_eq!(
            message(build(ones(), vec![1.0; 2], &["a"])),
            "number of feature names: found 1, expected 2"
        );
        assert_eq!(
            message(build(ones(), vec![1.0; 2], &["a", "a"])),
            "column names: found \"a\" twice, expected distinct names that are not empty"
        );
        assert_eq!(
            message(build(ones(), vec![1.0; 2], &["a", "y"])),
            "column names: found \"y\" twice, expected distinct names that are not empty"
        );
        assert_eq!(
            message(build(ones(), vec![1.0; 2], &["a", ""])),
            "column names: found \"\", expected distinct names that are not empty"
        );
        assert_eq!(
            message(build(vec![1.0, 1.0, 1.0, f64::INFINITY], vec![1.0; 2], &["a", "b"])),
            "row 1, column b: found inf, expected a finite number"
        );
        assert_eq!(
            message(build(ones(), vec![f64::NAN, 1.0], &["a", "b"])),
            "row 0, column y: found NaN, expected a finite number"
        );
    }

    #[test]
    fn a_feature_can_be_left_out_once() {
        let without = sample().without_feature("a").expect("b is left");
        assert_eq!(without.features().as_slice(), [2.0, 4.0]);
        assert_eq!(without.feature_names(), ["b"]);
        assert_eq!(without.targets(), [5.0, 6.0]);
        assert_eq!(without.provenance().steps, ["column a left out"]);
        assert_eq!(
            without.without_feature("a").expect_err("it is gone").to_string(),
            "unknown feature \"a\" (known: b)"
        );
        assert_eq!(
            without.without_feature("b").expect_err("none would be left").to_string(),
            "matrix: found 2 x 0, expected at least 1 x 1"
        );
    }

    #[test]
    fn rows_are_selected_in_the_given_order() {
        let picked = sample().select_rows(&[1, 0, 1]).expect("both exist");
        assert_eq!(picked.targets(), [6.0, 5.0, 6.0]);
        assert_eq!(picked.features().row(2), [3.0, 4.0]);
        assert_eq!(picked.provenance().steps, ["3 of 2 rows selected"]);
        assert_eq!(
            sample().select_rows(&[0, 2]).expect_err("two rows").to_string(),
            "selected row: found 2, expected a row below 2"
        );
        assert_eq!(
            sample().select_rows(&[]).expect_err("nothing").to_string(),
            "matrix: found 0 x 2, expected at least 1 x 1"
        );
    }
}
