//! Heat maps: a cell for each pair of values, coloured; cells of points that were not run are hatched, with the reason.

use std::collections::BTreeMap;

use serde_json::Value as Json;

use super::axis::Axis;
use super::canvas::{Anchor, BLACK, Canvas, Colour, GREY, LIGHT, WHITE, wrapped};
use super::{Pivot, Quantity, distinct, draw_title, font, mark, measured_rows, quantity, refuse_mixed};
use crate::column::{Column, ColumnKind, Role};
use crate::config::{PlotSpec, Spacing};
use crate::error::HarnessError;
use crate::table::Table;
use crate::units;
use crate::value::Value;

const LABEL: f64 = 12.0;
const WIDTH: f64 = 860.0;

/// A coloured table.
#[derive(Clone, Debug)]
pub(super) struct Heatmap {
    x: Quantity,
    y: Quantity,
    value: Quantity,
    columns: Vec<Value>,
    rows: Vec<Value>,
    cells: BTreeMap<(usize, usize), Cell>,
}

/// What stands in one place.
#[derive(Clone, Debug)]
enum Cell {
    Measured {
        value: f64,
        n: usize,
    },
    /// Status or error code, and the reason.
    NotRun {
        code: String,
        reason: String,
    },
}

/// Collects the cells; also how many values the colours cannot show.
pub(super) fn collect(table: &Table, spec: &PlotSpec, value: &str) -> Result<(Heatmap, usize), String> {
    let measured = measured_rows(table, spec, &[&spec.x, &spec.y])?;
    let refused: Vec<usize> = (0..table.rows())
        .filter(|row| table.text(*row, "stage").is_empty())
        // A point that was not run has no stage: conditions on what was measured say nothing about it.
        .filter(|row| spec.filter.may_hold(|name| table.get(*row, name)))
        .filter(|row| table.get(*row, &spec.x).is_some() && table.get(*row, &spec.y).is_some())
        .collect();
    let both = || measured.iter().chain(&refused).copied();
    let (columns, rows) = (distinct(table, both(), &spec.x), distinct(table, both(), &spec.y));
    let place = |row: usize| {
        let at = |values: &[Value], column: &str| {
            values.iter().position(|v| Some(v) == table.get(row, column).as_ref())
        };
        Some((at(&columns, &spec.x)?, at(&rows, &spec.y)?))
    };
    let mut cells = BTreeMap::new();
    for row in &refused {
        let text = |column: &str| table.text(*row, column);
        let code = if text("error_code").is_empty() { text("status") } else { text("error_code") };
        let reason = text("error_message").lines().next().unwrap_or_default().to_owned();
        cells.extend(place(*row).map(|place| (place, Cell::NotRun { code, reason })));
    }
    let mut groups: BTreeMap<(usize, usize), Vec<usize>> = BTreeMap::new();
    for row in &measured {
        if let Some(place) = place(*row) {
            groups.entry(place).or_default().push(*row);
        }
    }
    let mut left_out = 0;
    for (place, rows_here) in groups {
        let name = format!("{} = {}, {} = {}", spec.x, columns[place.0], spec.y, rows[place.1]);
        refuse_mixed(table, &rows_here, &name)?;
        let shown = mark(table, spec, value, 0.0, &rows_here)
            .filter(|mark| spec.value_axis == Spacing::Linear || mark.y > 0.0);
        match shown {
            Some(mark) => drop(cells.insert(place, Cell::Measured { value: mark.y, n: mark.n })),
            None => left_out += 1,
        }
    }
    if !cells.values().any(|cell| matches!(cell, Cell::Measured { .. })) {
        return Err("no value can be shown on a logarithmic axis".to_owned());
    }
    let map = Heatmap {
        x: quantity(table, &spec.x, &spec.x_label, Spacing::Linear),
        y: quantity(table, &spec.y, &spec.y_label, Spacing::Linear),
        value: quantity(table, value, &spec.value_label, spec.value_axis),
        columns,
        rows,
        cells,
    };
    Ok((map, left_out))
}

impl Heatmap {
    fn values(&self) -> impl Iterator<Item = f64> + '_ {
        self.cells.values().filter_map(|cell| match cell {
            Cell::Measured { value, .. } => Some(*value),
            Cell::NotRun { .. } => None,
        })
    }

    /// Why cells are not run: for each code the number of its cells, and one of them with its reason.
    fn reasons(&self) -> Vec<String> {
        let mut found: Vec<(&str, usize, (usize, usize), &str)> = Vec::new();
        for (place, cell) in &self.cells {
            if let Cell::NotRun { code, reason } = cell {
                match found.iter_mut().find(|(known, ..)| known == code) {
                    Some((_, count, ..)) => *count += 1,
                    None => found.push((code, 1, *place, reason)),
                }
            }
        }
        let told = |(code, count, (x, y), reason): (&str, usize, (usize, usize), &str)| {
            let cells = if count == 1 { "1 cell".to_owned() } else { format!("{count} cells") };
            let (x, y) = (&self.columns[x], &self.rows[y]);
            format!("hatched, {cells}: {code}. At {} = {x}, {} = {y}: {reason}", self.x.name, self.y.name)
        };
        found.into_iter().map(told).collect()
    }

    pub(super) fn table(&self) -> Result<Table, HarnessError> {
        let kind = |values: &[Value]| {
            let numbers = values.iter().all(|v| v.as_f64().is_some());
            if numbers { ColumnKind::Float } else { ColumnKind::Text }
        };
        let column = |name: &str, kind| Column::new(name, kind, Role::Parameter, "", "");
        let columns = vec![
            column("x", kind(&self.columns)),
            column("y", kind(&self.rows)),
            column("value", ColumnKind::Float),
            column("n", ColumnKind::Int),
            column("not_run", ColumnKind::Text),
            column("reason", ColumnKind::Text),
        ];
        let cells: Vec<(&(usize, usize), &Cell)> = self.cells.iter().collect();
        Table::build(columns, cells.len(), |row, column| {
            let ((x, y), cell) = cells[row];
            match (column, cell) {
                ("x", _) => Some(self.columns[*x].to_json()),
                ("y", _) => Some(self.rows[*y].to_json()),
                ("value", Cell::Measured { value, .. }) => Some((*value).into()),
                ("n", Cell::Measured { n, .. }) => Some(Json::from(*n)),
                ("not_run", Cell::NotRun { code, .. }) => Some(code.as_str().into()),
                ("reason", Cell::NotRun { reason, .. }) => Some(reason.as_str().into()),
                _ => None,
            }
        })
    }

    pub(super) fn pivot(&self, title: &str) -> Pivot {
        let name = |of: &Quantity| of.name.clone();
        let header = std::iter::once(name(&self.y))
            .chain(
                self.columns
                    .iter()
                    .enumerate()
                    .map(|(at, x)| if at == 0 { format!("{} = {x}", name(&self.x)) } else { x.to_string() }),
            )
            .collect();
        let row = |at: usize| {
            let cell = |x: usize| match self.cells.get(&(x, at)) {
                Some(Cell::Measured { value, .. }) => units::quantity(*value, &self.value.unit),
                Some(Cell::NotRun { code, .. }) => format!("({code})"),
                None => String::new(),
            };
            std::iter::once(self.rows[at].to_string()).chain((0..self.columns.len()).map(cell)).collect()
        };
        Pivot {
            title: format!("{title} ({})", name(&self.value)),
            header,
            rows: (0..self.rows.len()).map(row).collect(),
        }
    }

    pub(super) fn findings(&self) -> Vec<String> {
        let extreme = |sign: f64| {
            let measured = self.cells.iter().filter_map(|(place, cell)| match cell {
                Cell::Measured { value, .. } => Some((*place, *value)),
                Cell::NotRun { .. } => None,
            });
            measured.max_by(|(_, a), (_, b)| (sign * a).total_cmp(&(sign * b)))
        };
        let name = |of: &Quantity| of.name.clone();
        let told = |((x, y), value): ((usize, usize), f64)| {
            let value = units::quantity(value, &self.value.unit);
            let (x, y) = (&self.columns[x], &self.rows[y]);
            format!("{value} at {} = {x}, {} = {y}", name(&self.x), name(&self.y))
        };
        let mut found = Vec::new();
        if let (Some(least), Some(most)) = (extreme(-1.0), extreme(1.0)) {
            found.push(format!("{}: least {}, greatest {}.", self.value.plain, told(least), told(most)));
        }
        let refused = self.cells.len() - self.values().count();
        if refused > 0 {
            found.push(format!("{refused} of {} combinations were not run.", self.cells.len()));
        }
        found
    }

    /// The share of a value between the least and the greatest.
    fn share(&self, value: f64) -> f64 {
        let place = |x: f64| if self.value.spacing == Spacing::Linear { x } else { x.ln() };
        let low = place(self.values().fold(f64::INFINITY, f64::min));
        let high = place(self.values().fold(f64::NEG_INFINITY, f64::max));
        if high > low { ((place(value) - low) / (high - low)).clamp(0.0, 1.0) } else { 0.5 }
    }

    #[expect(clippy::cast_precision_loss, reason = "numbers of rows and columns")]
    pub(super) fn draw(&self, title: &str) -> Canvas {
        let notes: Vec<String> =
            self.reasons().iter().flat_map(|reason| wrapped(reason, 11.0, WIDTH - 40.0)).collect();
        let row_height = (320.0 / self.rows.len() as f64).clamp(26.0, 64.0);
        let body = row_height * self.rows.len() as f64;
        let below = 62.0 + 15.0 * notes.len() as f64;
        let mut canvas = Canvas::new(WIDTH, 100.0, title);
        let top = draw_title(&mut canvas, title);
        canvas.text((20.0, top + 16.0), &self.y.label, LABEL, Anchor::Start, GREY);
        let top = top + 30.0;
        canvas.height = (top + body + below).max(300.0);
        let widest = self.rows.iter().map(|row| font::width(&row.to_string(), LABEL)).fold(0.0, f64::max);
        let (left, right) = ((20.0 + widest + 10.0).max(48.0), WIDTH - 150.0);
        let width = (right - left) / self.columns.len() as f64;
        let corner = |x: usize, row: usize| {
            // The smallest value of the vertical axis is at the bottom.
            (left + width * x as f64, top + row_height * (self.rows.len() - 1 - row) as f64)
        };
        for x in 0..self.columns.len() {
            for y in 0..self.rows.len() {
                let (at, cell) = (corner(x, y), self.cells.get(&(x, y)));
                self.draw_cell(&mut canvas, at, (width, row_height), cell);
            }
        }
        for (at, row) in self.rows.iter().enumerate() {
            let y = corner(0, at).1 + row_height / 2.0 + 4.0;
            canvas.text((left - 8.0, y), row.to_string(), LABEL, Anchor::End, BLACK);
        }
        for (at, column) in self.columns.iter().enumerate() {
            let x = corner(at, 0).0 + width / 2.0;
            canvas.text((x, top + body + 18.0), column.to_string(), LABEL, Anchor::Middle, BLACK);
        }
        canvas.text(
            (f64::midpoint(left, right), top + body + 38.0),
            &self.x.label,
            LABEL,
            Anchor::Middle,
            GREY,
        );
        self.draw_bar(&mut canvas, (right + 20.0, top), body.max(120.0));
        for (at, note) in notes.iter().enumerate() {
            canvas.text(
                (20.0, top + body + 60.0 + 15.0 * at as f64),
                note.as_str(),
                11.0,
                Anchor::Start,
                GREY,
            );
        }
        canvas
    }

    fn draw_cell(
        &self,
        canvas: &mut Canvas,
        (x, y): (f64, f64),
        (width, height): (f64, f64),
        cell: Option<&Cell>,
    ) {
        let (from, to) = ((x + 1.0, y + 1.0), (x + width - 1.0, y + height - 1.0));
        let middle = (x + width / 2.0, y + height / 2.0 + 4.0);
        match cell {
            Some(Cell::Measured { value, n }) => {
                let (colour, dark) = shade(self.share(*value));
                let text = units::quantity(*value, &self.value.unit);
                canvas.rectangle(from, to, colour, format!("{text}, {n} samples"));
                let size = if font::width(&text, LABEL) > width - 6.0 { LABEL - 3.0 } else { LABEL };
                canvas.text(middle, text, size, Anchor::Middle, if dark { WHITE } else { BLACK });
            }
            Some(Cell::NotRun { code, reason }) => {
                canvas.rectangle(from, to, Colour(247, 247, 247), format!("{code}: {reason}"));
                canvas.hatch(from, to, Colour(190, 190, 190), 8.0);
                let half = font::width(code, LABEL - 1.0) / 2.0 + 4.0;
                if 2.0 * half < width {
                    let (left, right) = (middle.0 - half, middle.0 + half);
                    canvas.rectangle(
                        (left, middle.1 - 14.0),
                        (right, middle.1 + 5.0),
                        Colour(247, 247, 247),
                        String::new(),
                    );
                    canvas.text(middle, code.as_str(), LABEL - 1.0, Anchor::Middle, GREY);
                }
            }
            None => {
                canvas.line(vec![from, (to.0, from.1), to, (from.0, to.1), from], LIGHT, 1.0);
            }
        }
    }

    /// What the colours mean.
    fn draw_bar(&self, canvas: &mut Canvas, (left, top): (f64, f64), height: f64) {
        const STEPS: u32 = 40;
        let (low, high) =
            self.values().fold((f64::INFINITY, f64::NEG_INFINITY), |(a, b), x| (a.min(x), b.max(x)));
        let unit = Some(&self.value.unit).filter(|u| !u.is_empty() && !units::carries_unit(u));
        let name =
            unit.map_or_else(|| self.value.name.clone(), |unit| format!("{} [{unit}]", self.value.name));
        canvas.text((left, top - 12.0), name, LABEL - 1.0, Anchor::Start, GREY);
        for step in 0..STEPS {
            let share = |s: u32| f64::from(s) / f64::from(STEPS);
            let y = |s: u32| top + height * (1.0 - share(s));
            let colour = shade(share(step) + 0.5 / f64::from(STEPS)).0;
            canvas.rectangle((left, y(step + 1)), (left + 18.0, y(step) + 0.5), colour, String::new());
        }
        let axis = Axis::over([low, high].into_iter(), self.value.spacing, false, (0.0, 1.0));
        let ends =
            [(low, units::quantity(low, &self.value.unit)), (high, units::quantity(high, &self.value.unit))];
        let inner = axis.ticks(5, &self.value.unit).into_iter().map(|tick| (tick.value, tick.label));
        let mut placed: Vec<f64> = Vec::new();
        for (value, label) in ends.into_iter().chain(inner) {
            let y = top + height * (1.0 - self.share(value));
            let near = placed.iter().any(|other| (other - y).abs() < 16.0);
            if value < low || value > high || label.is_empty() || near {
                continue;
            }
            placed.push(y);
            canvas.line(vec![(left + 18.0, y), (left + 22.0, y)], GREY, 1.0);
            canvas.text((left + 26.0, y + 4.0), label, LABEL - 1.0, Anchor::Start, BLACK);
        }
    }
}

/// A colour whose lightness grows steadily with the share (Green's cubehelix, 2011), and whether it is dark.
fn shade(share: f64) -> (Colour, bool) {
    let lightness = 0.18 + 0.74 * share;
    let angle = std::f64::consts::TAU * (0.5 / 3.0 + 1.0 - 0.9 * share);
    let amplitude = 1.1 * lightness * (1.0 - lightness) / 2.0;
    let (cos, sin) = (angle.cos(), angle.sin());
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to a byte")]
    let byte = |x: f64| (255.0 * x.clamp(0.0, 1.0)).round() as u8;
    let colour = Colour(
        byte(lightness + amplitude * (-0.14861 * cos + 1.78277 * sin)),
        byte(lightness + amplitude * (-0.29227 * cos - 0.90649 * sin)),
        byte(lightness + amplitude * 1.97294 * cos),
    );
    (colour, lightness < 0.55)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_grow_lighter_and_differ() {
        let luminance =
            |Colour(r, g, b): Colour| 0.299 * f64::from(r) + 0.587 * f64::from(g) + 0.114 * f64::from(b);
        let shades: Vec<f64> = (0..=10).map(|i| luminance(shade(f64::from(i) / 10.0).0)).collect();
        assert!(shades.windows(2).all(|pair| pair[1] > pair[0] + 5.0), "{shades:?}");
        assert!(shade(0.0).1 && !shade(1.0).1);
    }
}
