//! The one error type of this crate.

use std::{fmt, io, path::PathBuf};

use thiserror::Error;

/// Where in a file a record lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Place {
    /// The 1-based line of a text file on which the record starts (the header is line 1).
    Line(u64),
    /// The 0-based row of a Parquet file, which has no lines.
    Row(u64),
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Line(line) => write!(f, "line {line}"),
            Self::Row(row) => write!(f, "row {row}"),
        }
    }
}

/// Everything that can go wrong between a name or a path and a pair of train and test sets.
///
/// Row numbers are 0-based and count data rows; line and column numbers are 1-based and count what an editor shows.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum DatasetError {
    /// A cell holds something else than its column must hold.
    #[error("{file}: {place}, column {column} ({header}): found {found}, expected {expected}")]
    Parse {
        /// The file, as the caller named it.
        file: String,
        /// The record.
        place: Place,
        /// The 1-based position of the column in the file.
        column: usize,
        /// The name of the column in the header.
        header: String,
        /// What the cell holds, quoted and shortened.
        found: String,
        /// What it may hold.
        expected: String,
    },
    /// A record has more or fewer fields than the header.
    #[error("{file}: line {line}: found {found} fields, expected {expected} as in the header")]
    FieldCount {
        /// The file, as the caller named it.
        file: String,
        /// The 1-based line on which the record starts.
        line: u64,
        /// Fields in the record.
        found: usize,
        /// Fields in the header.
        expected: usize,
    },
    /// A name in the header is empty, repeated, not text, or not the one that must stand there.
    #[error("{file}: header, column {column}: found {found}, expected {expected}")]
    Header {
        /// The file, as the caller named it.
        file: String,
        /// The 1-based position of the column in the file.
        column: usize,
        /// What the header holds, quoted and shortened.
        found: String,
        /// What it may hold.
        expected: String,
    },
    /// A Parquet column has a type that is neither numbers nor text.
    #[error("{file}: column {column} ({header}): found the Parquet type {found}, expected {expected}")]
    ColumnType {
        /// The file, as the caller named it.
        file: String,
        /// The 1-based position of the column in the file.
        column: usize,
        /// The name of the column.
        header: String,
        /// The physical and logical type of the column.
        found: String,
        /// The types which can be read.
        expected: &'static str,
    },
    /// A file has no data rows.
    #[error("{file}: found no data rows, expected at least one")]
    NoRows {
        /// The file, as the caller named it.
        file: String,
    },
    /// A gzip or Parquet container is damaged or uses something that cannot be read.
    #[error("{file}: not readable as {format}: {detail}")]
    Decode {
        /// The file, as the caller named it.
        file: String,
        /// The container format, chosen by the first bytes of the file.
        format: &'static str,
        /// What the decoder said.
        detail: String,
    },
    /// The bytes of a file are not the ones that were asked for.
    #[error("checksum of {name}: found SHA-256 {found}, expected {expected}")]
    Checksum {
        /// The data set, split or file.
        name: String,
        /// The sum of the bytes at hand, in lower-case hex.
        found: String,
        /// The sum they must have, in lower-case hex.
        expected: String,
    },
    /// A name that nothing has.
    #[error("unknown {what} \"{name}\"{} (known: {})", did_you_mean(.suggestion.as_deref()), listed(.known))]
    Unknown {
        /// What was looked for: a data set, a split, a column.
        what: &'static str,
        /// The name that was asked for.
        name: String,
        /// All the names there are.
        known: Vec<String>,
        /// The known name that is most like it, if one is close.
        suggestion: Option<String>,
    },
    /// The operating system refused to read a file.
    #[error("cannot read {path}: {source}")]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Missing values can only be filled from training rows, and no split was given.
    #[error(
        "{file}: {holes} missing values are to be filled with the {method} of the training rows, which needs a split; \
         read the file together with a split, or choose a constant"
    )]
    ImputationNeedsSplit {
        /// The file, as the caller named it.
        file: String,
        /// How many cells are missing.
        holes: usize,
        /// The chosen statistic.
        method: &'static str,
    },
    /// A column has no value in any training row, so that no mean or median exists.
    #[error(
        "column {column}: no value in the {training_rows} training rows, so there is no {method} to fill the gaps with; \
         leave the column out, or choose a constant"
    )]
    NothingToImputeFrom {
        /// The feature.
        column: String,
        /// The chosen statistic.
        method: &'static str,
        /// Rows on the training side.
        training_rows: usize,
    },
    /// Two things that must have the same size, order or names do not.
    #[error("{what}: found {found}, expected {expected}")]
    Shape {
        /// What was compared.
        what: &'static str,
        /// What was given.
        found: String,
        /// What fits.
        expected: String,
    },
    /// A value is infinite or not a number.
    #[error("row {row}, column {column}: found {found}, expected a finite number")]
    NonFinite {
        /// The 0-based row.
        row: usize,
        /// The feature or the target.
        column: String,
        /// The value.
        found: f64,
    },
    /// A number or text given as an option is outside what the option allows.
    #[error("{name}: found {found}, expected {expected}")]
    Parameter {
        /// The option or argument.
        name: String,
        /// What was given.
        found: String,
        /// What is allowed.
        expected: String,
    },
    /// A split names a row that the data do not have.
    #[error("split: {set} row {row} is out of range, expected a row below {n_rows}")]
    SplitRange {
        /// `train` or `test`.
        set: &'static str,
        /// The 0-based row.
        row: usize,
        /// Rows in the data.
        n_rows: usize,
    },
    /// A split names a row twice.
    #[error("split: row {row} is in {first} and again in {second}, expected each row once")]
    SplitOverlap {
        /// The 0-based row.
        row: usize,
        /// The set that has it.
        first: &'static str,
        /// The set that names it again.
        second: &'static str,
    },
    /// A split leaves rows out.
    #[error(
        "split: {missing} of {n_rows} rows are in neither set (the first is row {row}), expected each row once"
    )]
    SplitIncomplete {
        /// The first 0-based row that is in neither set.
        row: usize,
        /// How many rows are in neither set.
        missing: usize,
        /// Rows in the data.
        n_rows: usize,
    },
    /// One side of a split has no rows.
    #[error("split: the {set} set of {n_rows} rows is empty, expected at least one row")]
    SplitEmpty {
        /// `train` or `test`.
        set: &'static str,
        /// Rows in the data.
        n_rows: usize,
    },
    /// A split was made for data of another size.
    #[error("split: found a split of {found} rows, expected one of {expected} rows as in the data")]
    SplitSize {
        /// Rows that the split covers.
        found: usize,
        /// Rows in the data.
        expected: usize,
    },
    /// A public range was not given for a column that is to be scaled by it.
    #[error("scaling by public ranges: no range for column {column}; add one")]
    ScaleRangeMissing {
        /// The feature or the target.
        column: String,
    },
    /// A value lies outside the public range that was promised for its column.
    #[error(
        "scaling by public ranges: row {row}, column {column}: found {found}, expected a value in [{low}, {high}]"
    )]
    OutsideRange {
        /// The 0-based row.
        row: usize,
        /// The feature or the target.
        column: String,
        /// The value.
        found: f64,
        /// The least value of the range.
        low: f64,
        /// The greatest value of the range.
        high: f64,
    },
}

fn did_you_mean(suggestion: Option<&str>) -> String {
    suggestion.map_or_else(String::new, |name| format!(", did you mean \"{name}\"?"))
}

fn listed(known: &[String]) -> String {
    if known.is_empty() { "none".to_owned() } else { known.join(", ") }
}

/// The error for a name that is not among `known`, with the closest of them when one is close.
pub(crate) fn unknown<'a>(
    what: &'static str,
    name: &str,
    known: impl IntoIterator<Item = &'a str>,
) -> DatasetError {
    /// Jaro-Winkler similarity from which a name is worth suggesting: one wrong, missing or swapped letter in a name of
    /// four or more passes, names that only share a few letters do not.
    const CLOSE: f64 = 0.8;
    let known: Vec<String> = known.into_iter().map(str::to_owned).collect();
    let wanted = name.to_lowercase();
    let suggestion = known
        .iter()
        .map(|candidate| (strsim::jaro_winkler(&wanted, &candidate.to_lowercase()), candidate))
        .filter(|(likeness, _)| *likeness >= CLOSE)
        .max_by(|(left, _), (right, _)| left.total_cmp(right))
        .map(|(_, candidate)| candidate.clone());
    DatasetError::Unknown { what, name: name.to_owned(), known, suggestion }
}

/// Text as an error message shows it: quoted, escaped, and cut after 40 characters.
pub(crate) fn quoted(text: &str) -> String {
    const SHOWN: usize = 40;
    if text.chars().count() <= SHOWN {
        format!("{text:?}")
    } else {
        let start: String = text.chars().take(SHOWN).collect();
        format!("{start:?} and more")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_close_name_is_suggested_and_a_far_one_is_not() {
        let known = ["boston", "diabetes"];
        assert_eq!(
            unknown("data set", "Bostn", known).to_string(),
            "unknown data set \"Bostn\", did you mean \"boston\"? (known: boston, diabetes)"
        );
        assert_eq!(
            unknown("data set", "zzz", known).to_string(),
            "unknown data set \"zzz\" (known: boston, diabetes)"
        );
        assert_eq!(unknown("split", "a", []).to_string(), "unknown split \"a\" (known: none)");
    }

    #[test]
    fn long_cells_are_shortened() {
        assert_eq!(quoted("a\nb"), "\"a\\nb\"");
        assert_eq!(quoted(&"x".repeat(41)), format!("\"{}\" and more", "x".repeat(40)));
    }

    #[test]
    fn the_system_error_is_the_source() {
        let error = DatasetError::Io {
            path: "absent.csv".into(),
            source: io::Error::new(io::ErrorKind::NotFound, "no such file"),
        };
        assert_eq!(error.to_string(), "cannot read absent.csv: no such file");
        assert!(std::error::Error::source(&error).is_some());
    }
}
