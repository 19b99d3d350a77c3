//! What a reader must be told about a file.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

use super::impute::Statistic;
use crate::error::{DatasetError, quoted};

/// How to read a file. In a TOML, only `target` must be there:
///
/// ```
/// let options: datasets::ReadOptions = toml::from_str(
///     r#"
///     target = "price"
///     exclude = ["id"]
///     missing_tokens = ["", "NA"]
///     missing = "median"                 # or "refuse" (default), "mean", { constant = 0.0 }
///     categorical = [{ column = "heating", drop_first = true }]
///     "#,
/// )?;
/// assert_eq!(options.exclude, ["id"]);
/// # Ok::<(), toml::de::Error>(())
/// ```
///
/// Numbers are written as Rust writes them (`12`, `-0.5`, `1e-3`); infinities, `NaN`, thousands separators and spaces are
/// errors. A Parquet column may hold integers, floats, booleans (0 and 1) or text.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReadOptions {
    /// The column to predict; an empty name stands for the last column. A missing target is always an error.
    pub target: String,
    /// For a target written in words: which word means which number, such as `{ malignant = 0.0, benign = 1.0 }`. Empty
    /// (the default) for a target written in numbers.
    #[serde(default)]
    pub target_values: BTreeMap<String, f64>,
    /// The columns to use as features, in the order of the file; `None` (the default) for all but the target and
    /// `exclude`.
    #[serde(default)]
    pub features: Option<Vec<String>>,
    /// Columns to leave out; cannot be combined with `features`.
    #[serde(default)]
    pub exclude: Vec<String>,
    /// The features that are categories and become one column per level.
    #[serde(default)]
    pub categorical: Vec<Categorical>,
    /// What to do where a number is missing.
    #[serde(default)]
    pub missing: Missing,
    /// The texts that mean "missing" (in text columns of a Parquet file too, beside its nulls); the empty cell alone
    /// by default.
    #[serde(default = "empty_cell")]
    pub missing_tokens: Vec<String>,
    /// The character between fields of a CSV file; a comma by default.
    #[serde(default = "comma")]
    pub delimiter: char,
    /// Whether to drop spaces around the fields of a CSV file; no by default.
    #[serde(default)]
    pub trim: bool,
    /// The SHA-256 sum that the file must have, in hex; not checked by default.
    #[serde(default)]
    pub sha256: Option<String>,
}

/// A feature that is one of several levels, each to become a column of zeros and ones.
///
/// The columns stand where the source column stood, are named `column=level`, and are ordered as `levels`, or by the
/// bytes of the level's text where `levels` is not given. With `drop_first` the first level has no column (its rows are
/// zero in all the others), which keeps a model with an intercept from having one column too many.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Categorical {
    /// The column of the file.
    pub column: String,
    /// Whether the first level gets no column; there is no default, for both habits are common.
    pub drop_first: bool,
    /// The levels there can be; another one in the file is an error. By default the levels found anywhere in the file,
    /// test rows included.
    #[serde(default)]
    pub levels: Option<Vec<String>>,
    /// The level that stands for a missing cell; by default a missing cell is an error.
    #[serde(default)]
    pub missing_level: Option<String>,
}

/// What to do where a number is missing among the features.
#[derive(Debug, Clone, Copy, PartialEq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Missing {
    /// An error that names the line.
    #[default]
    Refuse,
    /// The mean of the column over the training rows.
    Mean,
    /// The median of the column over the training rows.
    Median,
    /// This number.
    Constant(f64),
}

impl Missing {
    /// The statistic of the training rows that fills gaps; `None` if no gap outlives reading.
    pub(super) const fn statistic(self) -> Option<Statistic> {
        match self {
            Self::Mean => Some(Statistic::Mean),
            Self::Median => Some(Statistic::Median),
            Self::Refuse | Self::Constant(_) => None,
        }
    }
}

fn empty_cell() -> Vec<String> {
    vec![String::new()]
}

const fn comma() -> char {
    ','
}

impl ReadOptions {
    /// Every column but `target` is a numeric feature, fields are separated by commas, nothing may be missing.
    #[must_use]
    pub fn new(target: impl Into<String>) -> Self {
        Self {
            target: target.into(),
            target_values: BTreeMap::new(),
            features: None,
            exclude: Vec::new(),
            categorical: Vec::new(),
            missing: Missing::Refuse,
            missing_tokens: empty_cell(),
            delimiter: comma(),
            trim: false,
            sha256: None,
        }
    }

    /// Finds contradictions that need no file.
    pub(super) fn check(&self) -> Result<(), DatasetError> {
        let refuse = |name: &str, found: String, expected: &str| {
            Err(DatasetError::Parameter { name: name.to_owned(), found, expected: expected.to_owned() })
        };
        if !self.delimiter.is_ascii() || matches!(self.delimiter, '"' | '\n' | '\r' | '\0') {
            return refuse(
                "delimiter",
                format!("{:?}", self.delimiter),
                "an ASCII character that is not a quote or line end",
            );
        }
        if self.features.is_some() && !self.exclude.is_empty() {
            return refuse("exclude", format!("{:?}", self.exclude), "nothing, because `features` is given");
        }
        if let Missing::Constant(value) = self.missing
            && !value.is_finite()
        {
            return refuse("missing.constant", value.to_string(), "a finite number");
        }
        if let Some((word, value)) = self.target_values.iter().find(|(_, value)| !value.is_finite()) {
            return refuse("target_values", format!("{} = {value}", quoted(word)), "finite numbers");
        }
        let mut seen = BTreeSet::new();
        for categorical in &self.categorical {
            if !seen.insert(&categorical.column) {
                return refuse(
                    "categorical",
                    format!("{} twice", quoted(&categorical.column)),
                    "each column once",
                );
            }
            categorical.check()?;
        }
        Ok(())
    }
}

impl Categorical {
    fn check(&self) -> Result<(), DatasetError> {
        let Some(levels) = &self.levels else { return Ok(()) };
        let refuse = |found: String, expected: &str| {
            let name = format!("categorical {}, levels", quoted(&self.column));
            Err(DatasetError::Parameter { name, found, expected: expected.to_owned() })
        };
        let distinct: BTreeSet<&String> = levels.iter().collect();
        if distinct.len() != levels.len() {
            return refuse(format!("{levels:?}"), "each level once");
        }
        if let Some(level) = &self.missing_level
            && !levels.contains(level)
        {
            return refuse(format!("{levels:?}"), &format!("the missing_level {level:?} among them"));
        }
        Ok(())
    }
}
