//! Records in, one [`Table`] out: the roles of the columns, one-hot columns, missing cells.

use std::collections::BTreeMap;

use super::{
    impute::Table,
    options::{Categorical, Missing, ReadOptions},
    text::{Record, not_text},
};
use crate::{
    error::{DatasetError, Place, quoted, unknown},
    provenance::Provenance,
};

/// A cell before its column's role is applied.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Cell<'a> {
    Missing,
    Number(f64),
    Text(&'a str),
}

/// What a column of the file is used for.
enum Role<'o> {
    Ignored,
    Target,
    /// Position in `Assembler::numbers`.
    Number(usize),
    /// Position in `Assembler::levels`, and the choice made for the column.
    Level(usize, &'o Categorical),
}

/// The levels of a categorical column: a code for each text seen, and the code of each row.
#[derive(Default)]
struct Levels {
    codes: BTreeMap<String, usize>,
    rows: Vec<usize>,
}

/// Collects rows until the file ends.
pub(super) struct Assembler<'o> {
    file: String,
    target: String,
    header: Vec<String>,
    options: &'o ReadOptions,
    roles: Vec<Role<'o>>,
    targets: Vec<f64>,
    /// One entry per numeric feature; `NaN` where the value is missing, which no cell can be otherwise.
    numbers: Vec<Vec<f64>>,
    levels: Vec<Levels>,
}

impl<'o> Assembler<'o> {
    /// Gives each column of the header its role.
    pub(super) fn new(file: &str, header: &[String], options: &'o ReadOptions) -> Result<Self, DatasetError> {
        let last = || header.last().cloned().unwrap_or_default();
        let target = if options.target.is_empty() { last() } else { options.target.clone() };
        check_names(header, options, &target)?;
        let (mut roles, mut n_numbers, mut n_levels) = (Vec::new(), 0, 0);
        for name in header {
            let used = match &options.features {
                Some(features) => features.contains(name),
                None => !options.exclude.contains(name),
            };
            let categorical = options.categorical.iter().find(|categorical| categorical.column == *name);
            roles.push(match categorical {
                _ if *name == target => Role::Target,
                Some(_) if !used => {
                    return Err(DatasetError::Parameter {
                        name: "categorical".to_owned(),
                        found: format!("{}, which is not used", quoted(name)),
                        expected: "columns that are features".to_owned(),
                    });
                }
                None if !used => Role::Ignored,
                Some(choice) => {
                    n_levels += 1;
                    Role::Level(n_levels - 1, choice)
                }
                None => {
                    n_numbers += 1;
                    Role::Number(n_numbers - 1)
                }
            });
        }
        Ok(Self {
            file: file.to_owned(),
            target,
            header: header.to_vec(),
            options,
            roles,
            targets: Vec::new(),
            numbers: vec![Vec::new(); n_numbers],
            levels: (0..n_levels).map(|_| Levels::default()).collect(),
        })
    }

    /// Whether the values of column `column` are needed.
    pub(super) fn uses(&self, column: usize) -> bool {
        !matches!(self.roles.get(column), None | Some(Role::Ignored))
    }

    /// Takes a record of a text file.
    pub(super) fn push_text(&mut self, record: &Record) -> Result<(), DatasetError> {
        for (column, field) in record.fields().enumerate() {
            if !self.uses(column) {
                continue;
            }
            let text = field.map_err(|bytes| {
                self.error(record.place, column, not_text(bytes), "text in UTF-8".to_owned())
            })?;
            self.push_cell(record.place, column, Cell::Text(text))?;
        }
        Ok(())
    }

    /// Takes one cell of a row; the cells of all used columns must come before the next row.
    pub(super) fn push_cell(
        &mut self,
        place: Place,
        column: usize,
        cell: Cell<'_>,
    ) -> Result<(), DatasetError> {
        let cell = match cell {
            Cell::Text(text) if self.options.missing_tokens.iter().any(|token| token == text) => {
                Cell::Missing
            }
            other @ (Cell::Missing | Cell::Number(_) | Cell::Text(_)) => other,
        };
        match self.roles[column] {
            Role::Ignored => {}
            Role::Target => {
                let value = self.target(place, column, &cell)?;
                self.targets.push(value);
            }
            Role::Number(index) => {
                let value = self.number(place, column, &cell)?;
                self.numbers[index].push(value);
            }
            Role::Level(index, choice) => {
                let level = self.level(place, column, &cell, choice)?;
                let Levels { codes, rows } = &mut self.levels[index];
                let next = codes.len();
                rows.push(*codes.entry(level).or_insert(next));
            }
        }
        Ok(())
    }

    fn target(&self, place: Place, column: usize, cell: &Cell<'_>) -> Result<f64, DatasetError> {
        let words = &self.options.target_values;
        if *cell == Cell::Missing {
            return Err(self.error(place, column, "a missing value".to_owned(), "a target".to_owned()));
        }
        if words.is_empty() {
            return finite(cell).ok_or_else(|| self.error(place, column, shown(cell), FINITE.to_owned()));
        }
        let word = as_level(cell);
        words.get(&word).copied().ok_or_else(|| {
            let known: Vec<&str> = words.keys().map(String::as_str).collect();
            self.error(place, column, shown(cell), format!("a word of target_values ({})", known.join(", ")))
        })
    }

    fn number(&self, place: Place, column: usize, cell: &Cell<'_>) -> Result<f64, DatasetError> {
        if *cell != Cell::Missing {
            return finite(cell).ok_or_else(|| self.error(place, column, shown(cell), FINITE.to_owned()));
        }
        match self.options.missing {
            Missing::Refuse => Err(self.error(
                place,
                column,
                "a missing value".to_owned(),
                format!("{FINITE} (or choose in `missing` how to fill gaps)"),
            )),
            Missing::Mean | Missing::Median => Ok(f64::NAN),
            Missing::Constant(value) => Ok(value),
        }
    }

    fn level(
        &self,
        place: Place,
        column: usize,
        cell: &Cell<'_>,
        choice: &Categorical,
    ) -> Result<String, DatasetError> {
        let level = match (cell, &choice.missing_level) {
            (Cell::Missing, Some(level)) => level.clone(),
            (Cell::Missing, None) => {
                let expected = "a level (or choose a missing_level for the column)".to_owned();
                return Err(self.error(place, column, "a missing value".to_owned(), expected));
            }
            (Cell::Number(_) | Cell::Text(_), _) => as_level(cell),
        };
        match &choice.levels {
            Some(levels) if !levels.contains(&level) => Err(self.error(
                place,
                column,
                shown(cell),
                format!("one of the levels {}", levels.join(", ")),
            )),
            _ => Ok(level),
        }
    }

    pub(super) fn error(&self, place: Place, column: usize, found: String, expected: String) -> DatasetError {
        let header = self.header.get(column).cloned().unwrap_or_default();
        DatasetError::Parse { file: self.file.clone(), place, column: column + 1, header, found, expected }
    }

    /// The table of everything that was pushed.
    pub(super) fn finish(self, mut provenance: Provenance) -> Result<Table, DatasetError> {
        if self.targets.is_empty() {
            return Err(DatasetError::NoRows { file: self.file });
        }
        let mut names = Vec::new();
        let mut columns: Vec<Vec<f64>> = Vec::new();
        let mut numbers = self.numbers.into_iter();
        let mut levels = self.levels.into_iter();
        for (header, role) in self.header.iter().zip(&self.roles) {
            match role {
                Role::Ignored | Role::Target => {}
                Role::Number(_) => {
                    names.push(header.clone());
                    columns.extend(numbers.next());
                }
                Role::Level(_, choice) => {
                    let Some(found) = levels.next() else { continue };
                    for (level, column) in one_hot(&found, choice) {
                        names.push(format!("{header}={level}"));
                        columns.push(column);
                    }
                    let dropped = if choice.drop_first { ", first level dropped" } else { "" };
                    provenance.steps.push(format!("column {header} one-hot encoded{dropped}"));
                }
            }
        }
        if names.is_empty() {
            return Err(DatasetError::Parameter {
                name: format!("features of {}", self.file),
                found: "none".to_owned(),
                expected: "at least one column beside the target".to_owned(),
            });
        }
        let target = (self.target, self.targets);
        let statistic = self.options.missing.statistic();
        Table::new(self.file, (names, columns), target, statistic, provenance)
    }
}

/// Every column that the options name must be in the header, and the target must be nothing else.
fn check_names(header: &[String], options: &ReadOptions, target: &String) -> Result<(), DatasetError> {
    let categorical = options.categorical.iter().map(|categorical| &categorical.column);
    let others = options.features.iter().flatten().chain(&options.exclude).chain(categorical);
    for name in [target].into_iter().chain(others.clone()) {
        if !header.contains(name) {
            return Err(unknown("column", name, header.iter().map(String::as_str)));
        }
    }
    if others.clone().any(|name| name == target) {
        return Err(DatasetError::Parameter {
            name: "features, exclude and categorical".to_owned(),
            found: format!("the target {}", quoted(target)),
            expected: "other columns".to_owned(),
        });
    }
    Ok(())
}

const FINITE: &str = "a finite number";

/// The columns of a categorical feature with the level of each.
fn one_hot(found: &Levels, choice: &Categorical) -> Vec<(String, Vec<f64>)> {
    let levels: Vec<String> = choice.levels.clone().unwrap_or_else(|| found.codes.keys().cloned().collect());
    levels
        .into_iter()
        .skip(usize::from(choice.drop_first))
        .map(|level| {
            let code = found.codes.get(&level).copied();
            let column = found.rows.iter().map(|&row| f64::from(u8::from(Some(row) == code))).collect();
            (level, column)
        })
        .collect()
}

fn finite(cell: &Cell<'_>) -> Option<f64> {
    let value = match cell {
        Cell::Missing => return None,
        Cell::Number(value) => *value,
        Cell::Text(text) => text.parse().ok()?,
    };
    value.is_finite().then_some(value)
}

fn as_level(cell: &Cell<'_>) -> String {
    match cell {
        Cell::Missing => String::new(),
        Cell::Number(value) => value.to_string(),
        Cell::Text(text) => (*text).to_owned(),
    }
}

fn shown(cell: &Cell<'_>) -> String {
    match cell {
        Cell::Missing => "a missing value".to_owned(),
        Cell::Number(value) => value.to_string(),
        Cell::Text(text) => quoted(text),
    }
}
