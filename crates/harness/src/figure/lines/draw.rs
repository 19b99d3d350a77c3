//! Where the curves, their markers and their names go.

use super::{Curve, LABEL, Lines, MOST_OWN_LABELS};
use crate::figure::axis::{Axis, Tick};
use crate::figure::canvas::{Anchor, BLACK, Canvas, Colour, GREY, LIGHT, Shape};
use crate::figure::{COLOURS, Mark, SIZE, draw_title, font};
use crate::units;

impl Lines {
    pub(in crate::figure) fn draw(&self, title: &str) -> Canvas {
        let mut canvas = Canvas::new(SIZE.0, SIZE.1, title);
        let top = draw_title(&mut canvas, title);
        canvas.text((20.0, top + 16.0), &self.y.label, LABEL, Anchor::Start, GREY);
        let with_legend = self.with_legend();
        let legend = if with_legend { self.legend_width() } else { 0.0 };
        let (top, bottom) = (top + 34.0, SIZE.1 - if self.crowded() { 104.0 } else { 58.0 });
        let right = SIZE.0 - 24.0 - legend;
        let values = self.curves.iter().flat_map(|curve| &curve.marks).flat_map(|mark| {
            let (low, high) = mark.bar.unwrap_or((mark.y, mark.y));
            [low, mark.y, high]
        });
        let y_axis = Axis::over(values, self.y.spacing, true, (bottom, top));
        let y_ticks = y_axis.ticks(8, &self.y.unit);
        let widest = y_ticks.iter().map(|tick| font::width(&tick.label, LABEL)).fold(0.0, f64::max);
        let left = (20.0 + widest + 10.0).max(48.0);
        let x_axis = self.x_axis((left, right));
        for Tick { value, label } in &y_ticks {
            let y = y_axis.at(*value);
            canvas.line(
                vec![(left, y), (right, y)],
                if label.is_empty() { Colour(240, 240, 240) } else { LIGHT },
                1.0,
            );
            canvas.text((left - 8.0, y + 4.0), label.as_str(), LABEL, Anchor::End, BLACK);
        }
        self.draw_x(&mut canvas, &x_axis, (left, right), (top, bottom));
        canvas.line(vec![(left, top), (left, bottom), (right, bottom)], GREY, 1.0);
        for (at, curve) in self.curves.iter().enumerate() {
            self.draw_curve(&mut canvas, at, curve, (&x_axis, &y_axis));
        }
        if with_legend {
            self.draw_legend(&mut canvas, right + 16.0, (top, bottom));
        }
        canvas
    }

    fn x_axis(&self, pixels: (f64, f64)) -> Axis {
        #[expect(clippy::cast_precision_loss, reason = "a few words")]
        match &self.words {
            Some(words) => Axis::exactly(-0.5, words.len() as f64 - 0.5, pixels),
            None => Axis::over(self.positions().into_iter(), self.x.spacing, false, pixels),
        }
    }

    /// Whether the words of the horizontal axis have to be slanted to find room.
    #[expect(clippy::cast_precision_loss, reason = "a few words")]
    fn crowded(&self) -> bool {
        let Some(words) = &self.words else { return false };
        let widest = words.iter().map(|word| font::width(word, LABEL)).fold(0.0, f64::max);
        let legend = if self.with_legend() { self.legend_width() } else { 0.0 };
        (widest + 8.0) * words.len() as f64 > SIZE.0 - 110.0 - legend
    }

    fn with_legend(&self) -> bool {
        self.curves.len() > 1 || self.curves.iter().any(|curve| !curve.name.is_empty())
    }

    fn draw_x(&self, canvas: &mut Canvas, axis: &Axis, (left, right): (f64, f64), (top, bottom): (f64, f64)) {
        let positions = self.positions();
        let ticks: Vec<Tick> = if self.words.is_some() || positions.len() <= MOST_OWN_LABELS {
            positions.iter().map(|x| Tick { value: *x, label: self.x_text(*x) }).collect()
        } else {
            axis.ticks(9, &self.x.unit)
        };
        let crowded = self.crowded();
        let mut free = f64::NEG_INFINITY;
        for Tick { value, label } in &ticks {
            let x = axis.at(*value);
            canvas.line(vec![(x, top), (x, bottom)], Colour(240, 240, 240), 1.0);
            let half = font::width(label, LABEL) / 2.0;
            if crowded {
                let (text, size, turn) = (label.clone(), LABEL - 2.0, -20.0);
                canvas.shapes.push(Shape::Text {
                    at: (x + 6.0, bottom + 16.0),
                    text,
                    size,
                    anchor: Anchor::End,
                    colour: BLACK,
                    turn,
                });
            } else if x - half > free {
                canvas.line(vec![(x, bottom), (x, bottom + 4.0)], GREY, 1.0);
                canvas.text((x, bottom + 19.0), label.as_str(), LABEL, Anchor::Middle, BLACK);
                free = x + half + 6.0;
            }
        }
        let middle = f64::midpoint(left, right);
        canvas.text((middle, SIZE.1 - 16.0), &self.x.label, LABEL, Anchor::Middle, GREY);
    }

    fn draw_curve(&self, canvas: &mut Canvas, at: usize, curve: &Curve, (x_axis, y_axis): (&Axis, &Axis)) {
        let (colour, dash) = style(at);
        let place = |mark: &Mark| (x_axis.at(mark.x), y_axis.at(mark.y));
        let points = curve.marks.iter().map(place).collect();
        if self.words.is_none() {
            canvas.shapes.push(Shape::Line { points, colour, width: 2.0, dash });
        }
        for mark in &curve.marks {
            let (x, y) = place(mark);
            if let Some((low, high)) = mark.bar {
                let (low, high) = (y_axis.at(low), y_axis.at(high));
                canvas.line(vec![(x, low), (x, high)], colour, 1.0);
                for end in [low, high] {
                    canvas.line(vec![(x - 4.0, end), (x + 4.0, end)], colour, 1.0);
                }
            }
            let value = units::quantity(mark.y, &self.y.unit);
            let samples = if mark.n > 1 { format!(", {} samples", mark.n) } else { String::new() };
            let name = if curve.name.is_empty() { String::new() } else { format!("{}: ", curve.name) };
            let tip = format!("{name}{value} at {}{samples}", self.x_text(mark.x));
            marker(canvas, at, (x, y), colour, tip);
        }
    }

    fn legend_width(&self) -> f64 {
        let names = self.curves.iter().map(|curve| font::width(&curve.name, LABEL) + 36.0);
        names.fold(font::width(&self.series, LABEL), f64::max) + 20.0
    }

    /// The names of the curves in the order in which they end on the right.
    fn draw_legend(&self, canvas: &mut Canvas, left: f64, (top, bottom): (f64, f64)) {
        let mut order: Vec<usize> = (0..self.curves.len()).collect();
        let last = |at: &usize| self.curves[*at].marks.last().map_or((0.0, 0.0), |mark| (mark.x, mark.y));
        order.sort_by(|a, b| {
            let ((ax, ay), (bx, by)) = (last(a), last(b));
            bx.total_cmp(&ax).then(by.total_cmp(&ay))
        });
        canvas.text((left, top + 4.0), self.series.as_str(), LABEL, Anchor::Start, GREY);
        #[expect(clippy::cast_precision_loss, reason = "a few curves")]
        let step = ((bottom - top - 14.0) / order.len() as f64).min(20.0);
        let mut y = top + 14.0;
        for at in order {
            let (colour, dash) = style(at);
            if self.words.is_none() {
                let points = vec![(left, y + 6.0), (left + 26.0, y + 6.0)];
                canvas.shapes.push(Shape::Line { points, colour, width: 2.0, dash });
            }
            marker(canvas, at, (left + 13.0, y + 6.0), colour, String::new());
            canvas.text((left + 34.0, y + 10.0), self.curves[at].name.as_str(), LABEL, Anchor::Start, BLACK);
            y += step;
        }
    }
}

/// Colour and dashes tell curves apart.
fn style(at: usize) -> (Colour, Option<(f64, f64)>) {
    let dash = [None, Some((8.0, 4.0)), Some((2.0, 3.0))][(at / COLOURS.len()) % 3];
    (COLOURS[at % COLOURS.len()], dash)
}

/// Shapes tell curves apart too: a disc, a square, a triangle, a diamond.
pub(in crate::figure) fn marker(
    canvas: &mut Canvas,
    at: usize,
    (x, y): (f64, f64),
    colour: Colour,
    tip: String,
) {
    let points: &[(f64, f64)] = match at % 4 {
        0 => {
            canvas.shapes.push(Shape::Disc { at: (x, y), radius: 4.0, colour, tip });
            return;
        }
        1 => &[(-3.6, -3.6), (3.6, -3.6), (3.6, 3.6), (-3.6, 3.6)],
        2 => &[(0.0, -4.8), (4.8, 3.6), (-4.8, 3.6)],
        _ => &[(0.0, -5.2), (5.2, 0.0), (0.0, 5.2), (-5.2, 0.0)],
    };
    let points = points.iter().map(|(dx, dy)| (x + dx, y + dy)).collect();
    canvas.shapes.push(Shape::Area { points, colour, tip });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Spacing;
    use crate::figure::Quantity;

    fn lines(x: Spacing, y: Spacing, words: Option<Vec<String>>, curves: usize) -> Lines {
        let quantity = |name: &str, unit: &str, spacing| Quantity {
            name: name.to_owned(),
            plain: name.to_owned(),
            label: format!("{name}: what it means"),
            unit: unit.to_owned(),
            spacing,
        };
        let count = words.as_ref().map_or(4, Vec::len);
        let marks = |curve: usize| {
            (0..count)
                .map(|i| if words.is_some() { i as f64 } else { 2f64.powi(i32::try_from(i).unwrap_or(0)) })
                .map(|x| (x, (x + 1.0) * 10f64.powi(i32::try_from(curve).unwrap_or(0)) * 1e-6))
                .map(|(x, y)| Mark { x, y, bar: Some((0.9 * y, 1.1 * y)), n: 9 })
                .collect()
        };
        let curves = (0..curves)
            .map(|at| Curve {
                name: format!("curve {at}"),
                column: 0,
                series: format!("curve {at}"),
                marks: marks(at),
            })
            .collect();
        Lines {
            x: quantity("size", "", x),
            y: quantity("wall_s", "s", y),
            series: "label".to_owned(),
            columns: vec!["wall_s".to_owned()],
            words,
            curves,
        }
    }

    fn operations() -> Option<Vec<String>> {
        let words =
            ["add", "multiply_and_keep", "multiply_and_reduce", "turn", "turn_eight_times", "mirror", "undo"];
        Some(words.map(str::to_owned).into())
    }

    #[test]
    fn no_text_lies_on_another_or_outside() {
        use Spacing::{Linear, Log2, Log10};
        for (x, y, words, curves) in [
            (Linear, Log10, None, 1),
            (Log2, Linear, None, 2),
            (Log2, Log10, None, 10),
            (Linear, Log2, None, 20),
            (Linear, Log10, operations(), 3),
            (Linear, Linear, Some(vec!["a".to_owned(), "b".to_owned()]), 2),
        ] {
            let canvas = lines(x, y, words, curves).draw(
                "a title that is long enough to need more than one line, \
                which happens when somebody says everything there is to say about a figure in its title",
            );
            assert_eq!(canvas.clashes(), Vec::<String>::new(), "{x:?} {y:?} {curves}");
        }
    }

    #[test]
    fn curves_are_lines_with_markers_and_words_only_markers() {
        let count = |canvas: &Canvas, wide: f64| {
            let thick = |s: &&Shape| matches!(s, Shape::Line { width, .. } if *width == wide);
            canvas.shapes.iter().filter(thick).count()
        };
        let canvas = lines(Spacing::Log2, Spacing::Log10, None, 3).draw("t");
        assert_eq!(count(&canvas, 2.0), 2 * 3, "each curve in the figure and in its legend");
        let svg = canvas.svg();
        for text in
            ["<title>curve 1: 20 µs at 1, 9 samples</title>", ">size: what it means<", ">100 µs<", ">label<"]
        {
            assert!(svg.contains(text), "{text} is not in\n{svg}");
        }
        let canvas = lines(Spacing::Linear, Spacing::Log10, operations(), 3).draw("t");
        assert_eq!(count(&canvas, 2.0), 0, "nothing lies between words");
        assert!(canvas.svg().contains("turn_eight_times"));
    }

    #[test]
    fn findings_tell_the_growth() {
        let found = lines(Spacing::Log2, Spacing::Log10, None, 1).findings();
        // From 2 to 9 millionths over three doublings.
        assert_eq!(found, ["Wall_s changes by ×1.65 each time size doubles."]);
    }
}
