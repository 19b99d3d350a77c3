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

/// One figure: `y` against `x`, one curve per combination of the `series` columns.
#[derive(Clone, Debug)]
pub(crate) struct PlotSpec {
    /// Name, and stem of the files.
    pub id: String,
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
    /// What stands for repetitions.
    pub statistic: Statistic,
    /// Title; the id where it is empty.
    pub title: String,
    /// Label of the horizontal axis; the column and its unit where it is empty.
    pub x_label: String,
    /// Label of the vertical axis; the column and its unit where it is empty.
    pub y_label: String,
}

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
    let x = column(&mut section, "x", item, columns);
    let y = column(&mut section, "y", item, columns);
    let mut series = Vec::new();
    for (text, origin) in section.texts("series").unwrap_or_default() {
        if columns.iter().any(|c| c == text) {
            series.push(text.to_owned());
        } else {
            section.problem(
                Diagnostic::new(format!("{name} names the unknown column `{text}`"))
                    .at(origin, "not a column of the results")
                    .help(suggest(text, columns.iter().map(String::as_str))),
            );
        }
    }
    let filter = read_filter(&mut section, columns);
    let x_axis = section.choice("x_axis", &SPACINGS).unwrap_or(Spacing::Linear);
    let y_axis = section.choice("y_axis", &SPACINGS).unwrap_or(Spacing::Linear);
    let statistic = section.choice("statistic", &STATISTICS).unwrap_or(Statistic::Median);
    let mut words = |key| section.text(key).unwrap_or_default().to_owned();
    let (title, x_label, y_label) = (words("title"), words("x_label"), words("y_label"));
    section.finish();
    if problems.len() > before {
        return None;
    }
    Some(PlotSpec {
        id: id.to_owned(),
        x: x?,
        y: y?,
        series,
        filter,
        x_axis,
        y_axis,
        statistic,
        title,
        x_label,
        y_label,
    })
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
