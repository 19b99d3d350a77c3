//! Figures: what is drawn, from the result table and a plot description alone.
//!
//! Collecting (what the marks are) and drawing (where they go) are apart: the table of a figure is what was collected.

mod axis;
mod canvas;
mod dots;
mod font;
mod heatmap;
mod lines;
mod raster;
mod ratios;
mod scatter;

use std::collections::BTreeSet;

use crate::column::{Column, Role, is_own};
use crate::config::{PlotKind, PlotSpec, Spacing, Statistic};
use crate::error::HarnessError;
use crate::stats::Sorted;
use crate::table::Table;
use crate::units;
use crate::value::Value;
use canvas::Canvas;

/// Columns that tell how long something took: never drawn from rows whose result is wrong.
const TIMES: [&str; 2] = ["wall_s", "cpu_s"];
/// Pixels of a PNG for each of the drawing.
const PNG_SCALE: f64 = 2.0;
/// What several columns on one axis are called in sentences.
const SEVERAL: &str = "each column";
/// Font size of the line that says where the numbers come from.
const CAPTION: f64 = 10.0;
/// Digits of a commit that tell it apart.
const COMMIT_DIGITS: usize = 12;
/// Size of a drawing.
const SIZE: (f64, f64) = (860.0, 500.0);
/// Okabe and Ito's colours, which colour-blind readers can tell apart.
const COLOURS: [canvas::Colour; 7] = [
    canvas::Colour(0, 114, 178),
    canvas::Colour(213, 94, 0),
    canvas::Colour(0, 158, 115),
    canvas::Colour(204, 121, 167),
    canvas::Colour(230, 159, 0),
    canvas::Colour(86, 180, 233),
    canvas::Colour(60, 60, 60),
];

/// A figure: what it shows, ready to be drawn.
#[derive(Clone, Debug)]
pub(crate) struct Figure {
    /// Stem of the files.
    pub id: String,
    /// Title.
    pub title: String,
    /// The question it answers; may be empty.
    pub question: String,
    /// What the numbers come from: sweep, commit, machine and build.
    caption: String,
    /// Marks left out because a logarithmic axis cannot show them.
    pub left_out: usize,
    body: Body,
}

#[derive(Clone, Debug)]
enum Body {
    Lines(lines::Lines),
    Heatmap(heatmap::Heatmap),
    Scatter(scatter::Scatter),
    Dots(dots::Dots),
}

/// A small table of texts: a title line, a header and rows.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Pivot {
    /// What the cells are.
    pub title: String,
    /// Names of the columns.
    pub header: Vec<String>,
    /// The rows, as long as the header.
    pub rows: Vec<Vec<String>>,
}

/// One axis of a figure: its column, its label, the unit its numbers have, and how they are spread.
#[derive(Clone, Debug)]
struct Quantity {
    name: String,
    /// What it is, for sentences: the column's meaning, or its name.
    plain: String,
    label: String,
    unit: String,
    spacing: Spacing,
}

/// A value that stands for repetitions, with its interval where there is one, and how many there are.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Mark {
    x: f64,
    y: f64,
    bar: Option<(f64, f64)>,
    n: usize,
}

/// Whether a figure shows times, which must not come from machines or conditions mixed together.
pub(crate) fn shows_time(spec: &PlotSpec) -> bool {
    spec.measured().iter().any(|column| TIMES.contains(column))
}

/// Collects what a plot description asks for from the table of the sweep `name`.
///
/// # Errors
/// [`HarnessError::Figure`] when nothing is left to draw, or one mark would mix different points or operations.
pub(crate) fn collect(table: &Table, spec: &PlotSpec, name: &str) -> Result<Figure, HarnessError> {
    let fail = |message: String| HarnessError::Figure { id: spec.id.clone(), message };
    let (body, left_out) = match &spec.kind {
        PlotKind::Lines { .. } => lines::collect(table, spec).map(|(lines, out)| (Body::Lines(lines), out)),
        PlotKind::Heatmap { value } => {
            heatmap::collect(table, spec, value).map(|(map, out)| (Body::Heatmap(map), out))
        }
        PlotKind::Scatter { labels, higher_is_better } => {
            scatter::collect(table, spec, labels, *higher_is_better)
                .map(|(scatter, out)| (Body::Scatter(scatter), out))
        }
        PlotKind::Dots { rows, pool, .. } => {
            dots::collect(table, spec, rows, pool).map(|(dots, out)| (Body::Dots(dots), out))
        }
        PlotKind::Ratios { .. } => ratios::collect(table, spec).map(|(dots, out)| (Body::Dots(dots), out)),
    }
    .map_err(fail)?;
    let title = if spec.title.is_empty() { spec.id.clone() } else { spec.title.clone() };
    let (question, caption) = (spec.question.clone(), caption(table, name));
    Ok(Figure { id: spec.id.clone(), title, question, caption, left_out, body })
}

impl Figure {
    /// The figure as SVG: the same table gives the same bytes.
    pub(crate) fn svg(&self) -> String {
        self.canvas().svg()
    }

    /// The figure as PNG, twice as fine.
    ///
    /// # Errors
    /// [`HarnessError::Figure`] when it cannot be drawn.
    pub(crate) fn png(&self) -> Result<Vec<u8>, HarnessError> {
        raster::png(&self.canvas(), PNG_SCALE)
            .map_err(|message| HarnessError::Figure { id: self.id.clone(), message })
    }

    /// What is drawn, as a table.
    ///
    /// # Errors
    /// [`HarnessError::Table`] when it cannot be built.
    pub(crate) fn table(&self) -> Result<Table, HarnessError> {
        match &self.body {
            Body::Lines(lines) => lines.table(),
            Body::Heatmap(map) => map.table(),
            Body::Scatter(scatter) => scatter.table(),
            Body::Dots(dots) => dots.table(),
        }
    }

    /// What is drawn, as a table for people: a row per curve, a column per position.
    pub(crate) fn pivot(&self) -> Pivot {
        match &self.body {
            Body::Lines(lines) => lines.pivot(&self.title),
            Body::Heatmap(map) => map.pivot(&self.title),
            Body::Scatter(scatter) => scatter.pivot(&self.title),
            Body::Dots(dots) => dots.pivot(&self.title),
        }
    }

    /// What the figure shows, in sentences computed from its marks.
    pub(crate) fn findings(&self) -> Vec<String> {
        match &self.body {
            Body::Lines(lines) => lines.findings(),
            Body::Heatmap(map) => map.findings(),
            Body::Scatter(scatter) => scatter.findings(),
            Body::Dots(dots) => dots.findings(),
        }
    }

    fn canvas(&self) -> Canvas {
        let mut canvas = match &self.body {
            Body::Lines(lines) => lines.draw(&self.title),
            Body::Heatmap(map) => map.draw(&self.title),
            Body::Scatter(scatter) => scatter.draw(&self.title),
            Body::Dots(dots) => dots.draw(&self.title),
        };
        for line in canvas::wrapped(&self.caption, CAPTION, canvas.width - 40.0) {
            let baseline = canvas.height + 4.0;
            canvas.text((20.0, baseline), line, CAPTION, canvas::Anchor::Start, canvas::GREY);
            canvas.height += 16.0;
        }
        canvas
    }
}

/// Sweep, commit, machine and build of a table in one line.
fn caption(table: &Table, name: &str) -> String {
    let all = |column: &str| -> Vec<String> {
        distinct(table, 0..table.rows(), column).iter().map(ToString::to_string).collect()
    };
    let commits = all("git_commit");
    let dirty = if all("git_dirty").contains(&"true".to_owned()) { " with changes" } else { "" };
    let commit = match commits.as_slice() {
        [] => String::new(),
        [one] => format!("commit {}{dirty}", one.chars().take(COMMIT_DIGITS).collect::<String>()),
        several => format!("{} commits{dirty}", several.len()),
    };
    let day = all("started_at").first().map(|time| time.chars().take("2026-01-01".len()).collect());
    let parts = [
        format!("sweep {name}"),
        commit,
        all("cpu_model").join(", "),
        all("simd").join(", "),
        all("profile").join(", "),
        day.unwrap_or_default(),
    ];
    parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" · ")
}

/// Rows a figure is drawn from: measured, no warm-up, chosen by `where`, with a value in every column of `needed`.
fn measured_rows(table: &Table, spec: &PlotSpec, needed: &[&str]) -> Result<Vec<usize>, String> {
    let measured = spec.measured();
    let statuses: &[&str] = if shows_time(spec) { &["ok"] } else { &["ok", "wrong"] };
    let rows: Vec<usize> = (0..table.rows())
        .filter(|row| !table.flag(*row, "is_warmup"))
        .filter(|row| statuses.contains(&table.text(*row, "status").as_str()))
        .filter(|row| spec.filter.holds(|name| table.get(*row, name)))
        .filter(|row| needed.iter().all(|column| table.get(*row, column).is_some()))
        .filter(|row| {
            let mut there = measured.iter().map(|column| table.number(*row, column).is_some());
            if spec.needs_all() { there.all(|there| there) } else { there.any(|there| there) }
        })
        .collect();
    if !rows.is_empty() {
        return Ok(rows);
    }
    let filter =
        if spec.filter.names().next().is_some() { format!(" where {}", spec.filter) } else { String::new() };
    let columns: Vec<&str> = needed.iter().copied().chain(measured).collect();
    Err(format!("no measured row has {}{filter}", columns.join(" and ")))
}

/// The values of the series columns of a row, joined: the name of its curve.
fn series_name(table: &Table, columns: &[String], row: usize) -> String {
    let part = |column: &String| table.get(row, column).map_or_else(|| "none".to_owned(), |v| v.to_string());
    columns.iter().map(part).collect::<Vec<_>>().join(", ")
}

/// Label and unit of a column: its meaning, unless the plot says otherwise.
fn quantity(table: &Table, column: &str, given: &str, spacing: Spacing) -> Quantity {
    let known = table.column(column);
    let unit = known.map_or_else(String::new, |c| c.unit.clone());
    let meaning = known.map(|c| c.meaning.as_str()).filter(|m| !m.is_empty() && m.len() <= 70);
    let label = match (given, meaning) {
        ("", Some(meaning)) if meaning.starts_with(column) => meaning.to_owned(),
        ("", Some(meaning)) => format!("{column}: {meaning}"),
        ("", None) => column.to_owned(),
        (given, _) => given.to_owned(),
    };
    let label = if given.is_empty() && !unit.is_empty() && !units::carries_unit(&unit) {
        format!("{label} [{unit}]")
    } else {
        label
    };
    let plain = meaning.unwrap_or(column).to_owned();
    Quantity { name: column.to_owned(), plain, label, unit, spacing }
}

/// Label and unit of columns that share an axis: the only one's, or the names of all.
fn quantities(table: &Table, columns: &[&str], given: &str, spacing: Spacing) -> Quantity {
    let names = columns.join(", ");
    let first = quantity(table, columns.first().copied().unwrap_or_default(), given, spacing);
    if columns.len() < 2 {
        return first;
    }
    let unit = if units::carries_unit(&first.unit) || first.unit.is_empty() {
        String::new()
    } else {
        format!(" [{}]", first.unit)
    };
    let label = if given.is_empty() { format!("{names}{unit}") } else { first.label };
    Quantity { name: names, plain: SEVERAL.to_owned(), label, ..first }
}

/// Where a mark is, for messages; a figure without series has no names of curves.
fn place(series: &str, at: &str) -> String {
    if series.is_empty() { at.to_owned() } else { format!("`{series}` at {at}") }
}

/// The refusal of a mark that would mix what does not belong together.
fn refuse_mixed(table: &Table, rows: &[usize], place: &str) -> Result<(), String> {
    refuse_differing(table, rows, &["stage", "op", "point_id"], place)
}

fn refuse_differing(
    table: &Table,
    rows: &[usize],
    columns: &[&'static str],
    place: &str,
) -> Result<(), String> {
    let several =
        |column: &str| rows.iter().map(|row| table.text(*row, column)).collect::<BTreeSet<_>>().len() > 1;
    let Some(column) = columns.iter().copied().find(|column| several(column)) else { return Ok(()) };
    let named = if column == "point_id" { apart(table, rows) } else { vec![column] };
    let named: Vec<String> = named.iter().map(|name| format!("`{name}`")).collect();
    Err(format!(
        "one mark ({place}) would mix several values of {}; name what differs in `series`, or choose with `where`",
        named.join(" and ")
    ))
}

/// The columns that tell the points of these rows apart, without those that follow from the ones before.
fn apart<'t>(table: &'t Table, rows: &[usize]) -> Vec<&'t str> {
    let declared = |detail: bool| {
        let mine = move |c: &&Column| c.role == Role::Parameter && c.detail == detail && !is_own(c.name());
        table.columns.iter().filter(mine).map(Column::name)
    };
    let candidates = ["workload"]
        .into_iter()
        .chain(declared(false))
        .chain(declared(true))
        .chain(["params_json", "point_id"]);
    let (mut found, mut parts) = (Vec::new(), 1);
    for name in candidates {
        found.push(name);
        let values = |row: &usize| found.iter().map(|name| table.text(*row, name)).collect::<Vec<_>>();
        let more = rows.iter().map(values).collect::<BTreeSet<_>>().len();
        if more == parts {
            found.pop();
        }
        parts = more;
    }
    found
}

/// The rows of one mark by the values of `pool`, columns of repeated rounds. A round is one point; all of them are of one stage
/// and operation.
fn by_round(table: &Table, pool: &[String], rows: &[usize], place: &str) -> Result<Vec<Vec<usize>>, String> {
    let mut rounds: Vec<(Vec<String>, Vec<usize>)> = Vec::new();
    for row in rows {
        let round: Vec<String> = pool.iter().map(|column| table.text(*row, column)).collect();
        match rounds.iter_mut().find(|(known, _)| *known == round) {
            Some((_, rows)) => rows.push(*row),
            None => rounds.push((round, vec![*row])),
        }
    }
    for (_, rows) in &rounds {
        refuse_mixed(table, rows, place)?;
    }
    refuse_differing(table, rows, &["stage", "op"], place)?;
    Ok(rounds.into_iter().map(|(_, rows)| rows).collect())
}

/// A measured number, without its sign where the plot shows sizes.
fn value(table: &Table, spec: &PlotSpec, row: usize, column: &str) -> Option<f64> {
    table.number(row, column).map(|number| if spec.magnitude { number.abs() } else { number })
}

/// What stands for the repetitions of a column in these rows.
fn mark(table: &Table, spec: &PlotSpec, column: &str, x: f64, rows: &[usize]) -> Option<Mark> {
    let sample = Sorted::new(rows.iter().filter_map(|row| value(table, spec, *row, column)).collect())?;
    let (y, bar) = match spec.statistic {
        Statistic::Median => (sample.median(), sample.median_interval()),
        Statistic::Mean => (sample.mean(), sample.mean_interval()),
        Statistic::Min => (sample.min(), None),
        Statistic::Max => (sample.max(), None),
    };
    Some(Mark { x, y, bar, n: sample.len() })
}

/// The distinct values of a column in these rows, in order.
fn distinct(table: &Table, rows: impl IntoIterator<Item = usize>, column: &str) -> Vec<Value> {
    let mut values: Vec<Value> = Vec::new();
    for value in rows.into_iter().filter_map(|row| table.get(row, column)) {
        if !values.contains(&value) {
            values.push(value);
        }
    }
    values.sort_by(Value::order);
    values
}

/// Writes the title (on several lines where it is long) and gives the height below it.
fn draw_title(canvas: &mut Canvas, title: &str) -> f64 {
    let size = 17.0;
    let mut y = 12.0;
    for line in canvas::wrapped(title, size, canvas.width - 40.0) {
        y += 22.0;
        canvas.text((20.0, y), line, size, canvas::Anchor::Start, canvas::BLACK);
    }
    y + 8.0
}
