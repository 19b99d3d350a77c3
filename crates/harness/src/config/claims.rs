//! Claims: `[verdict.NAME]` says what should hold of the results; reports say whether it does.

use super::node::Item;
use super::plots::{self, Statistic};
use super::section::Section;
use crate::diagnostic::Diagnostic;
use crate::filter::Filter;

/// How a value and what it is held against become one number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Comparison {
    /// The size of the difference.
    Distance,
    /// The size of the difference as a share of what it is held against.
    Share,
    /// The value divided by what it is held against.
    Ratio,
    /// The value less what it is held against.
    Difference,
}

impl Comparison {
    /// The comparison by the word a configuration writes.
    pub(crate) const WORDS: [(&'static str, Self); 4] = [
        ("distance", Self::Distance),
        ("share", Self::Share),
        ("ratio", Self::Ratio),
        ("difference", Self::Difference),
    ];

    /// One number from two.
    pub(crate) fn of(self, value: f64, against: f64) -> f64 {
        match self {
            Self::Distance => (value - against).abs(),
            Self::Share => ((value - against) / against).abs(),
            Self::Ratio => value / against,
            Self::Difference => value - against,
        }
    }
}

/// What a value is held against.
#[derive(Clone, Debug)]
pub(crate) enum Against {
    /// Nothing: the value is judged by itself.
    Nothing,
    /// A column of the same row.
    Column(String),
    /// The same statistic of a column of other rows.
    Rows {
        /// The column.
        column: String,
        /// The rows.
        filter: Filter,
    },
}

/// One claim.
#[derive(Clone, Debug)]
pub(crate) struct Claim {
    /// What is claimed, as a sentence.
    pub claim: String,
    /// Column that is judged.
    pub value: String,
    /// Rows it is judged from.
    pub filter: Filter,
    /// What stands for these rows.
    pub statistic: Statistic,
    /// What it is held against.
    pub against: Against,
    /// How.
    pub by: Comparison,
    /// The claim holds from here on.
    pub at_least: Option<f64>,
    /// The claim holds up to here.
    pub at_most: Option<f64>,
}

/// Reads one `[verdict.ID]`; `columns` are the columns the results will have.
pub(crate) fn read(
    id: &str,
    item: &Item,
    columns: &[String],
    problems: &mut Vec<Diagnostic>,
) -> Option<Claim> {
    let before = problems.len();
    let name = format!("[verdict.{id}]");
    let mut section = Section::new(&name, Some(item), problems);
    let claim = section.text("claim").unwrap_or_default().to_owned();
    let value = column(&mut section, "value", columns);
    let filter = plots::filter(&mut section, "where", columns);
    let statistic = section.choice("statistic", &plots::STATISTICS).unwrap_or(Statistic::Max);
    let column_against = column(&mut section, "against", columns);
    let other_rows = section.item("against_where").is_some();
    let filter_against = plots::filter(&mut section, "against_where", columns);
    let by = section.choice("by", &Comparison::WORDS);
    let (at_least, at_most) =
        (section.number("at_least", f64::NEG_INFINITY), section.number("at_most", f64::NEG_INFINITY));
    for (key, there, what) in [
        ("claim", !claim.is_empty(), "a sentence that is true or not"),
        ("value", value.is_some() || section.item("value").is_some(), "the column that is judged"),
        ("at_most", at_least.is_some() || at_most.is_some(), "where the claim ends to hold, or `at_least`"),
    ] {
        if !there {
            section.problem(
                Diagnostic::new(format!("a verdict needs `{key}`"))
                    .at(&item.key, format!("no `{key}`"))
                    .help(format!("add `{key} = ...`: {what}")),
            );
        }
    }
    if let (Some(by), None, false) = (section.item("by"), &column_against, other_rows) {
        section.problem(
            Diagnostic::new("`by` needs something to hold the value against")
                .at(&by.origin, "no `against`")
                .help("add `against = \"COLUMN\"` or `against_where = \"...\"`, or remove `by`"),
        );
    }
    section.finish();
    if problems.len() > before {
        return None;
    }
    let value = value?;
    let against = match (column_against, other_rows) {
        (None, false) => Against::Nothing,
        (Some(column), false) => Against::Column(column),
        (column, true) => {
            Against::Rows { column: column.unwrap_or_else(|| value.clone()), filter: filter_against }
        }
    };
    let by = by.unwrap_or(Comparison::Distance);
    Some(Claim { claim, value, filter, statistic, against, by, at_least, at_most })
}

fn column(section: &mut Section<'_, '_>, key: &'static str, columns: &[String]) -> Option<String> {
    let item = section.item(key)?;
    let text = section.text(key)?;
    if columns.iter().any(|c| c == text) {
        return Some(text.to_owned());
    }
    section.problem(plots::unknown(
        format!("`{key}` names the unknown column `{text}`"),
        text,
        &item.origin,
        columns,
    ));
    None
}
