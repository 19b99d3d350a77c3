//! Curves with markers and error bars.

mod draw;

pub(super) use draw::marker;

use serde_json::Value as Json;

use super::{
    Mark, Pivot, Quantity, mark, measured_rows, place, quantities, quantity, refuse_mixed, series_name,
};
use crate::column::{Column, ColumnKind, Role};
use crate::config::{PlotSpec, Spacing};
use crate::error::HarnessError;
use crate::stats::{Sorted, geometric_mean};
use crate::table::Table;
use crate::units;

/// Font sizes of labels and of the legend.
const LABEL: f64 = 12.0;
/// Positions on the horizontal axis that each get a label of their own.
const MOST_OWN_LABELS: usize = 12;

/// Several curves over one horizontal axis.
#[derive(Clone, Debug)]
pub(super) struct Lines {
    x: Quantity,
    y: Quantity,
    /// Columns that tell the curves apart.
    series: String,
    /// The measured columns.
    columns: Vec<String>,
    /// Names of the positions where the horizontal axis has words.
    words: Option<Vec<String>>,
    curves: Vec<Curve>,
}

/// One curve: its name, which of the measured columns and which series it is, and its marks from left to right.
#[derive(Clone, Debug)]
struct Curve {
    name: String,
    column: usize,
    series: String,
    marks: Vec<Mark>,
}

/// Collects the curves; also how many marks a logarithmic axis cannot show.
pub(super) fn collect(table: &Table, spec: &PlotSpec) -> Result<(Lines, usize), String> {
    let rows = measured_rows(table, spec, &[&spec.x])?;
    let words = words(table, &rows, &spec.x);
    let position = |row: usize| match &words {
        #[expect(clippy::cast_precision_loss, reason = "positions of words")]
        Some(words) => words.iter().position(|w| *w == table.text(row, &spec.x)).map(|at| at as f64),
        None => table.number(row, &spec.x),
    };
    let mut cells: Vec<(String, f64, Vec<usize>)> = Vec::new();
    for row in rows {
        let Some(x) = position(row) else { continue };
        let name = series_name(table, &spec.series, row);
        match cells.iter_mut().find(|(n, at, _)| *n == name && *at == x) {
            Some((.., rows)) => rows.push(row),
            None => cells.push((name, x, vec![row])),
        }
    }
    let columns = spec.measured();
    let x_axis = if words.is_some() { Spacing::Linear } else { spec.x_axis };
    let mut lines = Lines {
        x: quantity(table, &spec.x, &spec.x_label, x_axis),
        y: quantities(table, &columns, &spec.y_label, spec.y_axis),
        series: spec.series.join(", "),
        columns: columns.iter().map(|column| (*column).to_owned()).collect(),
        words,
        curves: Vec::new(),
    };
    let mut left_out = 0;
    for (series, x, rows) in cells {
        let at = format!("{} = {}", spec.x, table.text(rows[0], &spec.x));
        refuse_mixed(table, &rows, &place(&series, &at))?;
        for (column, name) in columns.iter().enumerate() {
            let Some(mark) = mark(table, spec, name, x, &rows) else { continue };
            match lines.shown(mark) {
                None => left_out += 1,
                Some(mark) => lines.curve(column, &series).marks.push(mark),
            }
        }
    }
    for curve in &mut lines.curves {
        curve.marks.sort_by(|a, b| a.x.total_cmp(&b.x));
    }
    if lines.curves.is_empty() {
        return Err("no value can be shown on a logarithmic axis".to_owned());
    }
    Ok((lines, left_out))
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

impl Lines {
    /// The curve of a column and a series; a new one where there is none.
    fn curve(&mut self, column: usize, series: &str) -> &mut Curve {
        let known = self.curves.iter().position(|c| c.column == column && c.series == series);
        let at = known.unwrap_or_else(|| {
            let own = if self.columns.len() > 1 { self.columns[column].as_str() } else { "" };
            let name: Vec<&str> = [own, series].into_iter().filter(|part| !part.is_empty()).collect();
            let marks = Vec::new();
            self.curves.push(Curve { name: name.join(", "), column, series: series.to_owned(), marks });
            self.curves.len() - 1
        });
        &mut self.curves[at]
    }

    /// The mark as far as the axes can show it.
    fn shown(&self, mut mark: Mark) -> Option<Mark> {
        if (self.x.spacing != Spacing::Linear && mark.x <= 0.0)
            || (self.y.spacing != Spacing::Linear && mark.y <= 0.0)
        {
            return None;
        }
        if self.y.spacing != Spacing::Linear {
            mark.bar = mark.bar.filter(|(low, _)| *low > 0.0);
        }
        Some(mark)
    }

    /// What is written at a position.
    fn x_text(&self, x: f64) -> String {
        match &self.words {
            Some(words) => words.get(index(x)).cloned().unwrap_or_default(),
            None => units::quantity(x, &self.x.unit),
        }
    }

    /// All positions, from left to right.
    fn positions(&self) -> Vec<f64> {
        let mut all: Vec<f64> =
            self.curves.iter().flat_map(|curve| curve.marks.iter().map(|m| m.x)).collect();
        all.sort_by(f64::total_cmp);
        all.dedup();
        all
    }

    pub(super) fn table(&self) -> Result<Table, HarnessError> {
        let float = |name: &str| Column::new(name, ColumnKind::Float, Role::Parameter, "", "");
        let text = |name: &str| Column::new(name, ColumnKind::Text, Role::Parameter, "", "");
        let columns = vec![
            text("series"),
            if self.words.is_some() { text("x") } else { float("x") },
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
                "x" if self.words.is_some() => Some(self.x_text(mark.x).into()),
                "x" => Some(Json::from(mark.x)),
                "y" => Some(mark.y.into()),
                "y_low" => mark.bar.map(|(low, _)| low.into()),
                "y_high" => mark.bar.map(|(_, high)| high.into()),
                _ => Some(mark.n.into()),
            }
        })
    }

    pub(super) fn pivot(&self, title: &str) -> Pivot {
        let positions = self.positions();
        let cell = |curve: &Curve, x: f64| {
            let mark = curve.marks.iter().find(|mark| mark.x == x);
            mark.map_or_else(String::new, |mark| units::quantity(mark.y, &self.y.unit))
        };
        let title = format!("{title} ({})", self.y.name);
        if self.words.is_some() {
            // Words read better down than across.
            let names = self
                .curves
                .iter()
                .map(|curve| if curve.name.is_empty() { self.y.name.clone() } else { curve.name.clone() });
            let header = std::iter::once(self.x.name.clone()).chain(names).collect();
            let row = |x: &f64| {
                std::iter::once(self.x_text(*x))
                    .chain(self.curves.iter().map(|curve| cell(curve, *x)))
                    .collect()
            };
            return Pivot { title, header, rows: positions.iter().map(row).collect() };
        }
        let header = std::iter::once(self.series.clone())
            .chain(positions.iter().enumerate().map(|(at, x)| {
                let name = self.x_text(*x);
                if at == 0 { format!("{} = {name}", self.x.name) } else { name }
            }))
            .collect();
        let row = |curve: &Curve| {
            std::iter::once(curve.name.clone()).chain(positions.iter().map(|x| cell(curve, *x))).collect()
        };
        Pivot { title, header, rows: self.curves.iter().map(row).collect() }
    }

    /// What the curves say: how they grow or where they end, and which column stays below which.
    pub(super) fn findings(&self) -> Vec<String> {
        let mut found = self.growth().or_else(|| self.range()).map_or_else(Vec::new, |text| vec![text]);
        found.extend(self.order());
        found
    }

    /// How the curves grow, where the axis suggests to ask.
    fn growth(&self) -> Option<String> {
        if self.y.spacing == Spacing::Linear || self.words.is_some() {
            return None;
        }
        let steps = |curve: &Curve| -> Option<f64> {
            let ratios: Vec<f64> = curve
                .marks
                .windows(2)
                .map(|pair| (pair[1].y / pair[0].y).powf(1.0 / self.step(pair[0].x, pair[1].x)))
                .collect();
            geometric_mean(&ratios)
        };
        let growth: Vec<(f64, &str)> =
            self.curves.iter().filter_map(|c| Some((steps(c)?, c.name.as_str()))).collect();
        let sample = Sorted::new(growth.iter().map(|(g, _)| *g).collect())?;
        let x_name = &self.x.name;
        let per = match self.x.spacing {
            Spacing::Linear => format!("per step of {x_name}"),
            Spacing::Log2 => format!("each time {x_name} doubles"),
            Spacing::Log10 => format!("each time {x_name} grows tenfold"),
        };
        let (least, most) = (sample.min(), sample.max());
        let factor = |value: f64| format!("×{}", units::number((value * 100.0).round() / 100.0));
        let named = |value: f64| {
            let name = growth.iter().find(|(g, _)| *g == value).map_or("", |(_, name)| name);
            if name.is_empty() { String::new() } else { format!(" ({})", self.told(name)) }
        };
        let text = if factor(least) == factor(most) {
            format!("{} {per}", factor(least))
        } else {
            format!("{}{} to {}{} {per}", factor(least), named(least), factor(most), named(most))
        };
        Some(format!("{} changes by {text}.", capital(&self.y.plain)))
    }

    /// A curve's name in a sentence: numbers with the columns that they belong to.
    fn told(&self, name: &str) -> String {
        let number = name.split(", ").any(|part| part.parse::<f64>().is_ok());
        if number && self.columns.len() < 2 { format!("{} = {name}", self.series) } else { name.to_owned() }
    }

    /// The least and the greatest mark.
    fn range(&self) -> Option<String> {
        let marks = || self.curves.iter().flat_map(|curve| curve.marks.iter().map(move |mark| (curve, mark)));
        let least = marks().min_by(|(_, a), (_, b)| a.y.total_cmp(&b.y))?;
        let most = marks().max_by(|(_, a), (_, b)| a.y.total_cmp(&b.y))?;
        let told = |(curve, mark): (&Curve, &Mark)| {
            let series =
                if curve.name.is_empty() { String::new() } else { format!(", {}", self.told(&curve.name)) };
            let value = units::quantity(mark.y, &self.y.unit);
            format!("{value} ({} = {}{series})", self.x.name, self.x_text(mark.x))
        };
        Some(format!("{} goes from {} to {}.", capital(&self.y.plain), told(least), told(most)))
    }

    /// Where several columns are drawn: how often the first stays at or below the last.
    fn order(&self) -> Option<String> {
        let last = self.columns.len().checked_sub(1).filter(|last| *last > 0)?;
        let of = |column: usize, series: &str| {
            self.curves.iter().find(|curve| curve.column == column && curve.series == series)
        };
        let (mut below, mut all) = (0, 0);
        for curve in self.curves.iter().filter(|curve| curve.column == 0) {
            let Some(other) = of(last, &curve.series) else { continue };
            for mark in &curve.marks {
                if let Some(beside) = other.marks.iter().find(|m| m.x == mark.x) {
                    all += 1;
                    below += usize::from(mark.y <= beside.y);
                }
            }
        }
        let (first, last) = (self.columns.first()?, &self.columns[last]);
        Some(match below {
            _ if all == 0 => return None,
            _ if below == all => format!("{first} is at most {last} at each of {all} marks."),
            _ => format!("{first} is at most {last} at {below} of {all} marks."),
        })
    }

    /// How many steps of the axis lie between two positions.
    fn step(&self, from: f64, to: f64) -> f64 {
        match self.x.spacing {
            Spacing::Linear => to - from,
            Spacing::Log2 => (to / from).log2(),
            Spacing::Log10 => (to / from).log10(),
        }
    }
}

/// A sentence begins with a capital letter.
fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// A position of a word as an index.
fn index(x: f64) -> usize {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "made from an index")]
    let at = x.max(0.0) as usize;
    at
}
