//! Where the rows, their dots and the names of the colours go.

use super::{Dot, Dots};
use crate::figure::axis::{Axis, Tick};
use crate::figure::canvas::{Anchor, BLACK, Canvas, Colour, GREY, LIGHT};
use crate::figure::lines::marker;
use crate::figure::{COLOURS, SIZE, draw_title, font};
use crate::units;

const LABEL: f64 = 12.0;
/// Height of a row with one colour, and what each further colour adds.
const ROW: f64 = 20.0;
const FURTHER: f64 = 7.0;

impl Dots {
    pub(in crate::figure) fn draw(&self, title: &str) -> Canvas {
        let mut canvas = Canvas::new(SIZE.0, SIZE.1, title);
        let top = self.draw_legend(&mut canvas, title) + 14.0;
        #[expect(clippy::cast_precision_loss, reason = "a few rows and colours")]
        let (step, count) = (ROW + FURTHER * (self.names.len().max(1) - 1) as f64, self.rows.len() as f64);
        let bottom = top + step * count;
        canvas.height = bottom + 56.0;
        let widest = self.rows.iter().map(|row| font::width(row, LABEL)).fold(0.0, f64::max);
        let (left, right) = (20.0 + widest + 12.0, SIZE.0 - 28.0);
        let values = self.dots.iter().flat_map(|dot| {
            let (low, high) = dot.mark.bar.unwrap_or((dot.mark.y, dot.mark.y));
            [low, dot.mark.y, high]
        });
        let axis =
            Axis::over(values.chain(self.base.as_ref().map(|_| 1.0)), self.x.spacing, false, (left, right));
        self.draw_grid(&mut canvas, &axis, (left, right), (top, bottom), step);
        for dot in &self.dots {
            self.draw_dot(&mut canvas, &axis, dot, (top, step));
        }
        canvas.text((f64::midpoint(left, right), bottom + 40.0), &self.x.label, LABEL, Anchor::Middle, GREY);
        canvas
    }

    /// Title and names of the colours; the height below them.
    fn draw_legend(&self, canvas: &mut Canvas, title: &str) -> f64 {
        let mut y = draw_title(canvas, title) + 16.0;
        if self.names.iter().all(String::is_empty) {
            return y - 16.0;
        }
        let mut x = 20.0;
        if !self.series.is_empty() {
            canvas.text((x, y), self.series.as_str(), LABEL, Anchor::Start, GREY);
            x += font::width(&self.series, LABEL) + 16.0;
        }
        for (at, name) in self.names.iter().enumerate() {
            let width = font::width(name, LABEL) + 34.0;
            if x + width > SIZE.0 - 20.0 && x > 20.0 {
                (x, y) = (20.0, y + 18.0);
            }
            marker(canvas, at, (x + 6.0, y - 4.0), COLOURS[at % COLOURS.len()], String::new());
            canvas.text((x + 18.0, y), name.as_str(), LABEL, Anchor::Start, BLACK);
            x += width;
        }
        if let Some(base) = &self.base {
            let text = format!("line: as much as {base}");
            if x + font::width(&text, LABEL) > SIZE.0 - 20.0 {
                (x, y) = (20.0, y + 18.0);
            }
            canvas.text((x, y), text, LABEL, Anchor::Start, GREY);
        }
        y
    }

    #[expect(clippy::cast_precision_loss, reason = "a few rows")]
    fn draw_grid(
        &self,
        canvas: &mut Canvas,
        axis: &Axis,
        (left, right): (f64, f64),
        (top, bottom): (f64, f64),
        step: f64,
    ) {
        let faint = Colour(246, 246, 246);
        for (at, row) in self.rows.iter().enumerate() {
            let y = top + step * at as f64;
            if at % 2 == 1 {
                canvas.rectangle((20.0, y), (right, y + step), faint, String::new());
            }
            canvas.text((left - 12.0, y + step / 2.0 + 4.0), row.as_str(), LABEL, Anchor::End, BLACK);
        }
        let mut free = f64::NEG_INFINITY;
        for Tick { value, label } in &axis.ticks(8, &self.x.unit) {
            let (x, half) = (axis.at(*value), font::width(label, LABEL) / 2.0);
            let colour = if label.is_empty() { Colour(240, 240, 240) } else { LIGHT };
            canvas.line(vec![(x, top), (x, bottom)], colour, 1.0);
            if !label.is_empty() && x - half > free {
                canvas.text((x, bottom + 19.0), label.as_str(), LABEL, Anchor::Middle, BLACK);
                free = x + half + 6.0;
            }
        }
        canvas.line(vec![(left, bottom), (right, bottom)], GREY, 1.0);
        if self.base.is_some() {
            let x = axis.at(1.0);
            canvas.line(vec![(x, top), (x, bottom)], GREY, 2.0);
        }
    }

    #[expect(clippy::cast_precision_loss, reason = "a few rows and colours")]
    fn draw_dot(&self, canvas: &mut Canvas, axis: &Axis, dot: &Dot, (top, step): (f64, f64)) {
        let beside = FURTHER * (dot.name as f64 - (self.names.len() as f64 - 1.0) / 2.0);
        let y = top + step * (dot.row as f64 + 0.5) + beside;
        let (x, colour) = (axis.at(dot.mark.y), COLOURS[dot.name % COLOURS.len()]);
        let value = |number: f64| units::quantity(number, &self.x.unit);
        let mut tip = format!("{}, {}: {}", self.rows[dot.row], self.names[dot.name], value(dot.mark.y));
        if let Some((low, high)) = dot.mark.bar {
            tip.push_str(&format!(" ({} .. {})", value(low), value(high)));
            let (low, high) = (axis.at(low), axis.at(high));
            canvas.line(vec![(low, y), (high, y)], colour, 1.2);
            for end in [low, high] {
                canvas.line(vec![(end, y - 3.0), (end, y + 3.0)], colour, 1.2);
            }
        }
        marker(canvas, dot.name, (x, y), colour, tip);
    }
}

/// Some rows and colours, for tests.
#[cfg(test)]
pub(super) fn example(
    rows: &[&str],
    names: &[&str],
    mark: impl Fn(usize, usize) -> crate::figure::Mark,
) -> Dots {
    let x = crate::figure::Quantity {
        name: "wall_s".to_owned(),
        plain: "wall time".to_owned(),
        label: "wall time".to_owned(),
        unit: String::new(),
        spacing: crate::config::Spacing::Log10,
    };
    let mut dots = Dots {
        x,
        row_columns: "op".to_owned(),
        rows: rows.iter().map(|row| (*row).to_owned()).collect(),
        series: "who".to_owned(),
        names: Vec::new(),
        dots: Vec::new(),
        base: None,
    };
    for row in 0..rows.len() {
        for (at, name) in names.iter().enumerate() {
            dots.push(row, name, mark(row, at), None);
        }
    }
    dots
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::figure::Mark;

    #[test]
    fn no_text_lies_on_another_or_outside() {
        let names =
            ["one", "another with a long name", "a third one with a much longer name than the others", "d"];
        for (rows, count) in [(vec!["add"], 1), (["add", "multiply and keep, size = 14"].repeat(10), 4)] {
            let dots = example(&rows, &names[..count], |row, name| {
                let y = 1e-6 * 3f64.powi(i32::try_from(row + name).unwrap_or(0));
                Mark { x: 0.0, y, bar: Some((0.8 * y, 1.3 * y)), n: 9 }
            });
            for base in [None, Some("us".to_owned())] {
                let dots = Dots { base, ..dots.clone() };
                assert_eq!(dots.draw("a title").clashes(), Vec::<String>::new(), "{count}");
            }
        }
    }
}
