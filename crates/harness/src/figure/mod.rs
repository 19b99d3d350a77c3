//! Figures: what is drawn, from the result table and a plot description alone.

mod chart;

use std::collections::BTreeSet;

use serde_json::Value as Json;

use crate::column::{Column, ColumnKind, Role};
use crate::config::{PlotSpec, Spacing, Statistic};
use crate::error::HarnessError;
use crate::stats::Sorted;
use crate::table::Table;
use crate::value::Value;

pub(crate) use chart::svg;

/// Columns that tell how long something took: never drawn from rows whose result is wrong.
const TIMES: [&str; 2] = ["wall_s", "cpu_s"];

/// One point of a curve.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Mark {
    /// Position on the horizontal axis.
    pub x: f64,
    /// What stands for the repetitions.
    pub y: f64,
    /// Ends of the bar, where there is one.
    pub bar: Option<(f64, f64)>,
    /// Number of samples.
    pub n: usize,
}

/// One curve.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Curve {
    /// Its name in the legend.
    pub name: String,
    /// Its marks from left to right.
    pub marks: Vec<Mark>,
}

/// Everything a figure shows.
#[derive(Clone, Debug)]
pub(crate) struct Figure {
    /// Stem of the files.
    pub id: String,
    /// Title.
    pub title: String,
    /// Label and spacing of the horizontal axis.
    pub x: (String, Spacing),
    /// Label and spacing of the vertical axis.
    pub y: (String, Spacing),
    /// Names of the positions where the horizontal axis has words.
    pub words: Option<Vec<String>>,
    /// The curves.
    pub curves: Vec<Curve>,
    /// Samples left out because a logarithmic axis cannot show them.
    pub left_out: usize,
}

/// Whether a figure shows times, which must not come from machines or conditions mixed together.
pub(crate) fn shows_time(spec: &PlotSpec) -> bool {
    TIMES.contains(&spec.y.as_str())
}

/// Collects what a plot description asks for.
///
/// # Errors
/// [`HarnessError::Figure`] when nothing is left to draw, or one mark would mix different points or operations.
pub(crate) fn collect(table: &Table, spec: &PlotSpec) -> Result<Figure, HarnessError> {
    let fail = |message: String| HarnessError::Figure { id: spec.id.clone(), message };
    let statuses: &[&str] = if shows_time(spec) { &["ok"] } else { &["ok", "wrong"] };
    let rows: Vec<usize> = (0..table.rows())
        .filter(|row| !table.flag(*row, "is_warmup"))
        .filter(|row| statuses.contains(&table.text(*row, "status").as_str()))
        .filter(|row| spec.filter.holds(|name| table.get(*row, name)))
        .filter(|row| table.get(*row, &spec.x).is_some() && table.number(*row, &spec.y).is_some())
        .collect();
    if rows.is_empty() {
        let filter = if spec.filter.names().next().is_some() {
            format!(" where {}", spec.filter)
        } else {
            String::new()
        };
        return Err(fail(format!("no measured row has both `{}` and `{}`{filter}", spec.x, spec.y)));
    }
    let words = words(table, &rows, &spec.x);
    let position = |row: usize| match (&words, table.get(row, &spec.x)) {
        #[expect(clippy::cast_precision_loss, reason = "positions of words")]
        (Some(words), Some(value)) => words.iter().position(|w| *w == value.to_string()).map(|at| at as f64),
        (None, value) => value.and_then(|v| v.as_f64()),
        (Some(_), None) => None,
    };
    let mut cells: Vec<(String, f64, Vec<usize>)> = Vec::new();
    for row in rows {
        let Some(x) = position(row) else { continue };
        let name = curve_name(table, spec, row);
        match cells.iter_mut().find(|(n, at, _)| *n == name && *at == x) {
            Some((.., rows)) => rows.push(row),
            None => cells.push((name, x, vec![row])),
        }
    }
    let mut figure = Figure {
        id: spec.id.clone(),
        title: if spec.title.is_empty() { spec.id.clone() } else { spec.title.clone() },
        x: (
            label(table, &spec.x, &spec.x_label),
            if words.is_some() { Spacing::Linear } else { spec.x_axis },
        ),
        y: (label(table, &spec.y, &spec.y_label), spec.y_axis),
        words,
        curves: Vec::new(),
        left_out: 0,
    };
    for (name, x, rows) in cells {
        if let Some(column) = mixed(table, &rows) {
            let shown = figure.words.as_ref().map_or_else(|| x.to_string(), |_| table.text(rows[0], &spec.x));
            return Err(fail(format!(
                "one mark (`{name}` at {} = {shown}) would mix several values of `{column}`; \
                 name what differs in `series`, or choose with `where`",
                spec.x
            )));
        }
        figure.add(name, mark(table, spec, x, &rows));
    }
    figure.curves.retain(|curve| !curve.marks.is_empty());
    for curve in &mut figure.curves {
        curve.marks.sort_by(|a, b| a.x.total_cmp(&b.x));
    }
    if figure.curves.is_empty() {
        return Err(fail("no value can be shown on a logarithmic axis".to_owned()));
    }
    Ok(figure)
}

impl Figure {
    fn add(&mut self, name: String, mark: Option<Mark>) {
        let shown = mark.filter(|m| {
            (self.x.1 == Spacing::Linear || m.x > 0.0) && (self.y.1 == Spacing::Linear || m.y > 0.0)
        });
        let Some(mut mark) = shown else {
            self.left_out += 1;
            return;
        };
        if self.y.1 != Spacing::Linear {
            mark.bar = mark.bar.filter(|(low, _)| *low > 0.0);
        }
        match self.curves.iter_mut().find(|curve| curve.name == name) {
            Some(curve) => curve.marks.push(mark),
            None => self.curves.push(Curve { name, marks: vec![mark] }),
        }
    }

    /// What is drawn, as a table.
    ///
    /// # Errors
    /// [`HarnessError::Table`] when it cannot be built.
    pub(crate) fn table(&self) -> Result<Table, HarnessError> {
        let float = |name: &str| Column::new(name, ColumnKind::Float, Role::Parameter, "", "");
        let text = |name: &str| Column::new(name, ColumnKind::Text, Role::Parameter, "", "");
        let x = if self.words.is_some() { text("x") } else { float("x") };
        let columns = vec![
            text("series"),
            x,
            float("y"),
            float("y_low"),
            float("y_high"),
            Column::new("n", ColumnKind::Int, Role::Parameter, "", ""),
        ];
        let rows: Vec<(&Curve, &Mark)> =
            self.curves.iter().flat_map(|curve| curve.marks.iter().map(move |mark| (curve, mark))).collect();
        Table::build(columns, rows.len(), |row, column| {
            let (curve, mark) = rows[row];
            match column {
                "series" => Some(curve.name.as_str().into()),
                "x" => Some(
                    self.words
                        .as_ref()
                        .map_or_else(|| Json::from(mark.x), |w| w[position(mark.x)].as_str().into()),
                ),
                "y" => Some(mark.y.into()),
                "y_low" => mark.bar.map(|(low, _)| low.into()),
                "y_high" => mark.bar.map(|(_, high)| high.into()),
                _ => Some(mark.n.into()),
            }
        })
    }
}

/// A position of a word as an index.
fn position(x: f64) -> usize {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "made from an index")]
    let at = x as usize;
    at
}

/// The words of a horizontal axis that is not numbers, in the order of the table.
fn words(table: &Table, rows: &[usize], column: &str) -> Option<Vec<String>> {
    if rows.iter().all(|row| table.number(*row, column).is_some()) {
        return None;
    }
    let mut words: Vec<String> = Vec::new();
    for word in rows.iter().map(|row| table.text(*row, column)) {
        if !words.contains(&word) {
            words.push(word);
        }
    }
    Some(words)
}

fn curve_name(table: &Table, spec: &PlotSpec, row: usize) -> String {
    let part = |column: &String| match table.get(row, column) {
        Some(Value::Text(text)) => text,
        Some(value) => format!("{column} = {value}"),
        None => format!("no {column}"),
    };
    spec.series.iter().map(part).collect::<Vec<_>>().join(", ")
}

fn label(table: &Table, column: &str, given: &str) -> String {
    if !given.is_empty() {
        return given.to_owned();
    }
    match table.column(column) {
        Some(c) if c.unit.is_empty() => c.name().to_owned(),
        Some(c) => format!("{} [{}]", c.name(), c.unit),
        None => column.to_owned(),
    }
}

/// A column in which rows of one mark differ although they must not.
fn mixed(table: &Table, rows: &[usize]) -> Option<&'static str> {
    let several =
        |column: &str| rows.iter().map(|row| table.text(*row, column)).collect::<BTreeSet<_>>().len() > 1;
    ["stage", "op", "point_id"].into_iter().find(|column| several(column))
}

fn mark(table: &Table, spec: &PlotSpec, x: f64, rows: &[usize]) -> Option<Mark> {
    let sample = Sorted::new(rows.iter().filter_map(|row| table.number(*row, &spec.y)).collect())?;
    let (y, bar) = match spec.statistic {
        Statistic::Median => (sample.median(), sample.median_interval()),
        Statistic::Min => (sample.min(), None),
        Statistic::Max => (sample.max(), None),
    };
    Some(Mark { x, y, bar, n: sample.len() })
}
