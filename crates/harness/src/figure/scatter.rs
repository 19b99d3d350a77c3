//! Compromises: a dot for each point, stage and operation, and the front of those that no other beats on both axes.

use std::collections::BTreeMap;

use serde_json::Value as Json;

use super::axis::{Axis, Tick};
use super::canvas::{Anchor, BLACK, Canvas, Colour, GREY, LIGHT, Shape};
use super::lines::marker;
use super::{COLOURS, Pivot, Quantity, SIZE, draw_title, font, mark, measured_rows, quantity, series_name};
use crate::column::{Column, ColumnKind, Role};
use crate::config::{PlotSpec, Spacing};
use crate::error::HarnessError;
use crate::table::Table;
use crate::units;
use crate::value::Value;

const LABEL: f64 = 12.0;

/// Dots with a front.
#[derive(Clone, Debug)]
pub(super) struct Scatter {
    x: Quantity,
    y: Quantity,
    series: String,
    labels: String,
    names: Vec<String>,
    dots: Vec<Dot>,
    higher_is_better: bool,
}

/// One point, stage and operation.
#[derive(Clone, Debug)]
struct Dot {
    series: usize,
    label: String,
    x: f64,
    y: f64,
    /// Whether no other dot is better on both axes.
    front: bool,
}

/// Collects the dots; also how many a logarithmic axis cannot show.
pub(super) fn collect(
    table: &Table,
    spec: &PlotSpec,
    labels: &[String],
    higher_is_better: bool,
) -> Result<(Scatter, usize), String> {
    let rows = measured_rows(table, spec, &[])?;
    let mut groups: BTreeMap<(usize, String), Vec<usize>> = BTreeMap::new();
    let mut order: Vec<String> = Vec::new();
    for row in rows {
        let key = ["point_id", "stage", "op"].map(|column| table.text(row, column)).join("/");
        let at = order.iter().position(|known| *known == key).unwrap_or_else(|| {
            order.push(key.clone());
            order.len() - 1
        });
        groups.entry((at, key)).or_default().push(row);
    }
    let mut scatter = Scatter {
        x: quantity(table, &spec.x, &spec.x_label, spec.x_axis),
        y: quantity(table, &spec.y, &spec.y_label, spec.y_axis),
        series: spec.series.join(", "),
        labels: labels.join(", "),
        names: Vec::new(),
        dots: Vec::new(),
        higher_is_better,
    };
    let mut left_out = 0;
    for rows in groups.into_values() {
        let value = |column: &str| mark(table, spec, column, 0.0, &rows).map(|mark| mark.y);
        let (Some(x), Some(y)) = (value(&spec.x), value(&spec.y)) else { continue };
        if (spec.x_axis != Spacing::Linear && x <= 0.0) || (spec.y_axis != Spacing::Linear && y <= 0.0) {
            left_out += 1;
            continue;
        }
        let name = series_name(table, &spec.series, rows[0]);
        let series = scatter.names.iter().position(|known| *known == name).unwrap_or_else(|| {
            scatter.names.push(name);
            scatter.names.len() - 1
        });
        let label = series_name(table, labels, rows[0]);
        scatter.dots.push(Dot { series, label, x, y, front: false });
    }
    if scatter.dots.is_empty() {
        return Err("no value can be shown on a logarithmic axis".to_owned());
    }
    scatter.sort_series();
    scatter.find_front();
    Ok((scatter, left_out))
}

impl Scatter {
    /// Puts the series in order: numbers by size, then words.
    fn sort_series(&mut self) {
        let mut order: Vec<usize> = (0..self.names.len()).collect();
        let value = |at: &usize| {
            let name = &self.names[*at];
            name.parse::<f64>().map_or_else(|_| Value::from(name.as_str()), Value::from)
        };
        order.sort_by(|a, b| value(a).order(&value(b)));
        self.names = order.iter().map(|at| self.names[*at].clone()).collect();
        for dot in &mut self.dots {
            dot.series = order.iter().position(|at| *at == dot.series).unwrap_or(dot.series);
        }
    }

    fn find_front(&mut self) {
        let sign = if self.higher_is_better { -1.0 } else { 1.0 };
        let beats = |a: &Dot, b: &Dot| {
            a.x <= b.x && sign * a.y <= sign * b.y && (a.x < b.x || sign * a.y < sign * b.y)
        };
        let front: Vec<bool> =
            self.dots.iter().map(|dot| !self.dots.iter().any(|other| beats(other, dot))).collect();
        for (dot, front) in self.dots.iter_mut().zip(front) {
            dot.front = front;
        }
    }

    /// The dots of the front from left to right.
    fn front(&self) -> Vec<&Dot> {
        let mut front: Vec<&Dot> = self.dots.iter().filter(|dot| dot.front).collect();
        front.sort_by(|a, b| a.x.total_cmp(&b.x));
        front
    }

    pub(super) fn table(&self) -> Result<Table, HarnessError> {
        let column = |name: &str, kind| Column::new(name, kind, Role::Parameter, "", "");
        let columns = vec![
            column("series", ColumnKind::Text),
            column("label", ColumnKind::Text),
            column("x", ColumnKind::Float),
            column("y", ColumnKind::Float),
            column("front", ColumnKind::Bool),
        ];
        Table::build(columns, self.dots.len(), |row, column| {
            let dot = &self.dots[row];
            Some(match column {
                "series" => self.names[dot.series].as_str().into(),
                "label" => dot.label.as_str().into(),
                "x" => Json::from(dot.x),
                "y" => Json::from(dot.y),
                _ => Json::from(dot.front),
            })
        })
    }

    pub(super) fn pivot(&self, title: &str) -> Pivot {
        let mut header = vec![self.x.name.clone(), self.y.name.clone()];
        header.extend([&self.series, &self.labels].into_iter().filter(|names| !names.is_empty()).cloned());
        let row = |dot: &&Dot| {
            let mut row = vec![units::quantity(dot.x, &self.x.unit), units::quantity(dot.y, &self.y.unit)];
            if !self.series.is_empty() {
                row.push(self.names[dot.series].clone());
            }
            if !self.labels.is_empty() {
                row.push(dot.label.clone());
            }
            row
        };
        Pivot { title: format!("{title} (the front)"), header, rows: self.front().iter().map(row).collect() }
    }

    pub(super) fn findings(&self) -> Vec<String> {
        let front = self.front();
        let mut found = vec![format!("{} of {} dots are on the front.", front.len(), self.dots.len())];
        let told = |dot: &Dot| {
            let named = [(&self.series, &self.names[dot.series]), (&self.labels, &dot.label)];
            let named = named.into_iter().filter(|(columns, _)| !columns.is_empty());
            let which: Vec<String> = named.map(|(columns, values)| format!("{columns} = {values}")).collect();
            let (x, y) = (units::quantity(dot.x, &self.x.unit), units::quantity(dot.y, &self.y.unit));
            format!("{y} for {x} ({})", which.join(", "))
        };
        if let (Some(first), Some(last)) = (front.first(), front.last()) {
            found.push(format!("{}: from {} to {}.", self.y.plain, told(first), told(last)));
        }
        found
    }

    pub(super) fn draw(&self, title: &str) -> Canvas {
        let mut canvas = Canvas::new(SIZE.0, SIZE.1, title);
        let top = draw_title(&mut canvas, title);
        canvas.text((20.0, top + 16.0), &self.y.label, LABEL, Anchor::Start, GREY);
        let legend = if self.series.is_empty() { 0.0 } else { self.legend_width() };
        let (top, bottom, right) = (top + 34.0, SIZE.1 - 58.0, SIZE.0 - 24.0 - legend);
        let y_axis = Axis::over(self.dots.iter().map(|dot| dot.y), self.y.spacing, false, (bottom, top));
        let y_ticks = y_axis.ticks(8, &self.y.unit);
        let widest = y_ticks.iter().map(|tick| font::width(&tick.label, LABEL)).fold(0.0, f64::max);
        let left = (20.0 + widest + 10.0).max(48.0);
        let x_axis = Axis::over(self.dots.iter().map(|dot| dot.x), self.x.spacing, false, (left, right));
        let faint = Colour(240, 240, 240);
        for Tick { value, label } in &y_ticks {
            let y = y_axis.at(*value);
            canvas.line(vec![(left, y), (right, y)], if label.is_empty() { faint } else { LIGHT }, 1.0);
            canvas.text((left - 8.0, y + 4.0), label.as_str(), LABEL, Anchor::End, BLACK);
        }
        for Tick { value, label } in &x_axis.ticks(8, &self.x.unit) {
            let x = x_axis.at(*value);
            canvas.line(vec![(x, top), (x, bottom)], if label.is_empty() { faint } else { LIGHT }, 1.0);
            canvas.text((x, bottom + 19.0), label.as_str(), LABEL, Anchor::Middle, BLACK);
        }
        canvas.line(vec![(left, top), (left, bottom), (right, bottom)], GREY, 1.0);
        canvas.text((f64::midpoint(left, right), SIZE.1 - 16.0), &self.x.label, LABEL, Anchor::Middle, GREY);
        self.draw_dots(&mut canvas, (&x_axis, &y_axis), (left + 4.0, right));
        if !self.series.is_empty() {
            self.draw_legend(&mut canvas, right + 16.0, top);
        }
        canvas
    }

    fn draw_dots(&self, canvas: &mut Canvas, (x_axis, y_axis): (&Axis, &Axis), (left, right): (f64, f64)) {
        let place = |dot: &Dot| (x_axis.at(dot.x), y_axis.at(dot.y));
        // Steps: a dot is the best there is until the next one of the front is affordable.
        let mut steps: Vec<(f64, f64)> = Vec::new();
        for dot in self.front() {
            let (x, y) = place(dot);
            if let Some((_, before)) = steps.last().copied() {
                steps.push((x, before));
            }
            steps.push((x, y));
        }
        if let Some((_, last)) = steps.last().copied() {
            steps.push((right, last));
        }
        canvas.shapes.push(Shape::Line { points: steps, colour: GREY, width: 1.2, dash: Some((5.0, 4.0)) });
        for dot in &self.dots {
            let (x, y) = place(dot);
            let values = (units::quantity(dot.x, &self.x.unit), units::quantity(dot.y, &self.y.unit));
            let tip = format!("{} {}: {}, {}", self.names[dot.series], dot.label, values.0, values.1);
            marker(canvas, dot.series, (x, y), COLOURS[dot.series % COLOURS.len()], tip);
        }
        // Names of the front, as far as there is room.
        let mut taken: Vec<(f64, f64, f64)> = Vec::new();
        for dot in self.front().into_iter().filter(|dot| !dot.label.is_empty()) {
            let ((x, y), width) = (place(dot), font::width(&dot.label, LABEL - 2.0));
            // The line leaves a dot to the right and then goes up where more is better, down where less is.
            let beside = if self.higher_is_better { x - 7.0 - width } else { x + 7.0 };
            let start = beside.clamp(left, (right - width).max(left));
            let free = |(from, to, height): &(f64, f64, f64)| {
                start > to + 4.0 || start + width < from - 4.0 || (y - 7.0 - height).abs() > 12.0
            };
            if taken.iter().all(free) {
                canvas.text((start, y - 7.0), dot.label.as_str(), LABEL - 2.0, Anchor::Start, BLACK);
                taken.push((start, start + width, y - 7.0));
            }
        }
    }

    fn legend_width(&self) -> f64 {
        let names = self.names.iter().map(|name| font::width(name, LABEL) + 24.0);
        let titles = [self.series.as_str(), "dots on the front:", self.labels.as_str()];
        let titles = titles.into_iter().map(|title| font::width(title, LABEL));
        names.chain(titles).fold(0.0, f64::max) + 20.0
    }

    fn draw_legend(&self, canvas: &mut Canvas, left: f64, top: f64) {
        canvas.text((left, top + 6.0), self.series.as_str(), LABEL, Anchor::Start, GREY);
        let mut y = top + 26.0;
        for (at, name) in self.names.iter().enumerate() {
            marker(canvas, at, (left + 6.0, y - 4.0), COLOURS[at % COLOURS.len()], String::new());
            canvas.text((left + 20.0, y), name.as_str(), LABEL, Anchor::Start, BLACK);
            y += 20.0;
        }
        if !self.labels.is_empty() {
            canvas.text((left, y + 14.0), "dots on the front:", LABEL, Anchor::Start, GREY);
            canvas.text((left, y + 31.0), self.labels.as_str(), LABEL, Anchor::Start, GREY);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scatter(dots: &[(f64, f64)], higher_is_better: bool) -> Vec<bool> {
        let quantity = || Quantity {
            name: String::new(),
            plain: String::new(),
            label: String::new(),
            unit: String::new(),
            spacing: Spacing::Linear,
        };
        let dot = |(x, y): &(f64, f64)| Dot { series: 0, label: String::new(), x: *x, y: *y, front: false };
        let mut scatter = Scatter {
            x: quantity(),
            y: quantity(),
            series: String::new(),
            labels: String::new(),
            names: vec![String::new()],
            dots: dots.iter().map(dot).collect(),
            higher_is_better,
        };
        scatter.find_front();
        scatter.dots.iter().map(|dot| dot.front).collect()
    }

    #[test]
    fn the_front_is_what_nothing_beats_on_both_axes() {
        let dots = [(1.0, 5.0), (2.0, 3.0), (3.0, 4.0), (4.0, 1.0), (2.0, 3.0), (4.0, 2.0)];
        assert_eq!(scatter(&dots, false), [true, true, false, true, true, false]);
        assert_eq!(scatter(&dots, true), [true, false, false, false, false, false]);
    }
}
