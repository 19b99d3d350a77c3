//! Plot tables: `[plot.NAME]` says which columns go on which axis; nothing about them is built in.

use super::node::Item;
use super::section::Section;
use crate::diagnostic::{Diagnostic, suggest};
use crate::filter::Filter;

/// How values are spread along an axis.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Spacing {
    /// Equal differences.
    Linear,
    /// Powers of two.
    Log2,
    /// Powers of ten.
    Log10,
}

/// What stands for the repetitions of a point.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Statistic {
    /// The median, with its 95% interval where there are enough samples.
    Median,
    /// The smallest, without a bar.
    Min,
    /// The largest, without a bar.
    Max,
}

/// What kind of figure it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum PlotKind {
    /// `y` against `x`, one curve per combination of the `series` columns.
    Lines,
    /// A cell for each `x` and `y`, coloured by `value`; cells of points that were not run are hatched.
    Heatmap {
        /// Column of the colour.
        value: String,
    },
    /// A dot for each point, stage and operation, both axes measured, with the front of the best compromises.
    Scatter {
        /// Columns that name the dots on the front.
        labels: Vec<String>,
        /// Larger values of `y` are better.
        higher_is_better: bool,
    },
}

/// One figure.
#[derive(Clone, Debug)]
pub(crate) struct PlotSpec {
    /// Name, and stem of the files.
    pub id: String,
    /// Kind, with what only that kind needs.
    pub kind: PlotKind,
    /// Column of the horizontal axis.
    pub x: String,
    /// Column of the vertical axis.
    pub y: String,
    /// Columns that tell curves apart.
    pub series: Vec<String>,
    /// Rows it is drawn from.
    pub filter: Filter,
    /// Spacing of the horizontal axis.
    pub x_axis: Spacing,
    /// Spacing of the vertical axis.
    pub y_axis: Spacing,
    /// Spacing of the colours of a heat map.
    pub value_axis: Spacing,
    /// What stands for repetitions.
    pub statistic: Statistic,
    /// Title; the id where it is empty.
    pub title: String,
    /// Label of the horizontal axis; the column's meaning where it is empty.
    pub x_label: String,
    /// Label of the vertical axis; the column's meaning where it is empty.
    pub y_label: String,
    /// Label of the colours; the column's meaning where it is empty.
    pub value_label: String,
}

impl PlotSpec {
    /// The columns that have to hold measured numbers.
    pub(crate) fn measured(&self) -> impl Iterator<Item = &str> {
        let columns: Vec<&str> = match &self.kind {
            PlotKind::Lines => vec![&self.y],
            PlotKind::Heatmap { value } => vec![value],
            PlotKind::Scatter { .. } => vec![&self.x, &self.y],
        };
        columns.into_iter()
    }
}

/// The kinds by the word a configuration writes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Word {
    Lines,
    Heatmap,
    Scatter,
}

const KINDS: [(&str, Word); 3] =
    [("lines", Word::Lines), ("heatmap", Word::Heatmap), ("scatter", Word::Scatter)];
const SPACINGS: [(&str, Spacing); 3] =
    [("linear", Spacing::Linear), ("log2", Spacing::Log2), ("log10", Spacing::Log10)];
const STATISTICS: [(&str, Statistic); 3] =
    [("median", Statistic::Median), ("min", Statistic::Min), ("max", Statistic::Max)];

/// Reads one `[plot.ID]`; `columns` are the columns the results will have.
pub(crate) fn read(
    id: &str,
    item: &Item,
    columns: &[String],
    problems: &mut Vec<Diagnostic>,
) -> Option<PlotSpec> {
    let before = problems.len();
    let name = format!("[plot.{id}]");
    let mut section = Section::new(&name, Some(item), problems);
    let word = section.choice("kind", &KINDS).unwrap_or(Word::Lines);
    let x = column(&mut section, "x", item, columns);
    let y = column(&mut section, "y", item, columns);
    let kind = match word {
        Word::Lines => Some(PlotKind::Lines),
        Word::Heatmap => {
            column(&mut section, "value", item, columns).map(|value| PlotKind::Heatmap { value })
        }
        Word::Scatter => {
            let labels = list(&mut section, &name, "labels", columns);
            let better = section.choice("better", &[("lower", false), ("higher", true)]);
            Some(PlotKind::Scatter { labels, higher_is_better: better.unwrap_or(false) })
        }
    };
    let series =
        if word == Word::Heatmap { Vec::new() } else { list(&mut section, &name, "series", columns) };
    let filter = read_filter(&mut section, columns);
    let mut axis = |key| section.choice(key, &SPACINGS).unwrap_or(Spacing::Linear);
    let (mut x_axis, mut y_axis, mut value_axis) = (Spacing::Linear, Spacing::Linear, Spacing::Linear);
    if word == Word::Heatmap {
        value_axis = axis("value_axis");
    } else {
        (x_axis, y_axis) = (axis("x_axis"), axis("y_axis"));
    }
    let statistic = section.choice("statistic", &STATISTICS).unwrap_or(Statistic::Median);
    let mut words = |key| section.text(key).unwrap_or_default().to_owned();
    let (title, x_label, y_label) = (words("title"), words("x_label"), words("y_label"));
    let value_label = if word == Word::Heatmap { words("value_label") } else { String::new() };
    section.finish();
    if problems.len() > before {
        return None;
    }
    Some(PlotSpec {
        id: id.to_owned(),
        kind: kind?,
        x: x?,
        y: y?,
        series,
        filter,
        x_axis,
        y_axis,
        value_axis,
        statistic,
        title,
        x_label,
        y_label,
        value_label,
    })
}

/// A list of columns, or a single one.
fn list(section: &mut Section<'_, '_>, name: &str, key: &'static str, columns: &[String]) -> Vec<String> {
    let mut found = Vec::new();
    for (text, origin) in section.texts(key).unwrap_or_default() {
        if columns.iter().any(|c| c == text) {
            found.push(text.to_owned());
        } else {
            section.problem(
                Diagnostic::new(format!("{name} names the unknown column `{text}`"))
                    .at(origin, "not a column of the results")
                    .help(suggest(text, columns.iter().map(String::as_str))),
            );
        }
    }
    found
}

fn column(
    section: &mut Section<'_, '_>,
    key: &'static str,
    table: &Item,
    columns: &[String],
) -> Option<String> {
    let Some(item) = section.item(key) else {
        section.problem(
            Diagnostic::new(format!("a plot needs `{key}`"))
                .at(&table.key, format!("no `{key}`"))
                .help(format!("add `{key} = \"COLUMN\"`; `sweep schema --columns` lists the columns")),
        );
        return None;
    };
    let text = section.text(key)?;
    if columns.iter().any(|c| c == text) {
        return Some(text.to_owned());
    }
    section.problem(
        Diagnostic::new(format!("`{key}` names the unknown column `{text}`"))
            .at(&item.origin, "not a column of the results")
            .help(suggest(text, columns.iter().map(String::as_str))),
    );
    None
}

fn read_filter(section: &mut Section<'_, '_>, columns: &[String]) -> Filter {
    let Some(item) = section.item("where") else { return Filter::default() };
    let Some(text) = section.text("where") else { return Filter::default() };
    match Filter::parse(text) {
        Ok(filter) => {
            if let Some(name) = filter.names().find(|name| !columns.iter().any(|c| c == name)) {
                section.problem(
                    Diagnostic::new(format!("`where` names the unknown column `{name}`"))
                        .at(&item.origin, "not a column of the results")
                        .help(suggest(name, columns.iter().map(String::as_str))),
                );
            }
            filter
        }
        Err(message) => {
            section.problem(
                Diagnostic::new("`where` is not a condition")
                    .at(&item.origin, message)
                    .help("write `where = \"stage == solve and size <= 14\"`"),
            );
            Filter::default()
        }
    }
}
