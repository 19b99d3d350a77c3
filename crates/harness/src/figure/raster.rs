//! A drawing as PNG.

use tiny_skia::{FillRule, Paint, Path, PathBuilder, Pixmap, Stroke, StrokeDash, Transform};

use super::canvas::{Anchor, Canvas, Colour, Shape};
use super::font::{self, Pen};

/// The drawing as PNG, `zoom` pixels for each of its own.
///
/// # Errors
/// What is wrong with its size, in a few words.
pub(super) fn png(canvas: &Canvas, zoom: f64) -> Result<Vec<u8>, String> {
    let (width, height) = (pixels(canvas.width * zoom), pixels(canvas.height * zoom));
    let mut map =
        Pixmap::new(width, height).ok_or_else(|| format!("{width} x {height} pixels are no image"))?;
    map.fill(tiny_skia::Color::WHITE);
    let whole = Transform::from_scale(float(zoom), float(zoom));
    for shape in &canvas.shapes {
        draw(&mut map, shape, whole);
    }
    map.encode_png().map_err(|error| error.to_string())
}

fn draw(map: &mut Pixmap, shape: &Shape, whole: Transform) {
    match shape {
        Shape::Line { points, colour, width, dash } => {
            let stroke = Stroke {
                width: float(*width),
                line_join: tiny_skia::LineJoin::Round,
                dash: dash.and_then(|(on, off)| StrokeDash::new(vec![float(on), float(off)], 0.0)),
                ..Stroke::default()
            };
            if let Some(path) = polygon(points, false) {
                map.stroke_path(&path, &paint(*colour), &stroke, whole, None);
            }
        }
        Shape::Area { points, colour, .. } => {
            if let Some(path) = polygon(points, true) {
                map.fill_path(&path, &paint(*colour), FillRule::Winding, whole, None);
            }
        }
        Shape::Disc { at: (x, y), radius, colour, .. } => {
            if let Some(path) = PathBuilder::from_circle(float(*x), float(*y), float(*radius)) {
                map.fill_path(&path, &paint(*colour), FillRule::Winding, whole, None);
            }
        }
        Shape::Text { at: (x, y), text, size, anchor, colour, turn } => {
            let shift = match anchor {
                Anchor::Start => 0.0,
                Anchor::Middle => -0.5,
                Anchor::End => -1.0,
            } * font::width(text, *size);
            let mut builder = Builder(PathBuilder::new());
            font::outline(text, *size, &mut builder);
            if let Some(path) = builder.0.finish() {
                let place = whole
                    .pre_translate(float(*x), float(*y))
                    .pre_rotate(float(*turn))
                    .pre_translate(float(shift), 0.0);
                map.fill_path(&path, &paint(*colour), FillRule::Winding, place, None);
            }
        }
    }
}

fn polygon(points: &[(f64, f64)], closed: bool) -> Option<Path> {
    let mut builder = Builder(PathBuilder::new());
    for (at, (x, y)) in points.iter().enumerate() {
        if at == 0 {
            builder.move_to(*x, *y);
        } else {
            builder.line_to(*x, *y);
        }
    }
    if closed {
        builder.close();
    }
    builder.0.finish()
}

fn paint(Colour(red, green, blue): Colour) -> Paint<'static> {
    let mut paint = Paint::default();
    paint.set_color_rgba8(red, green, blue, 255);
    paint
}

struct Builder(PathBuilder);

impl Pen for Builder {
    fn move_to(&mut self, x: f64, y: f64) {
        self.0.move_to(float(x), float(y));
    }

    fn line_to(&mut self, x: f64, y: f64) {
        self.0.line_to(float(x), float(y));
    }

    fn quad_to(&mut self, x1: f64, y1: f64, x: f64, y: f64) {
        self.0.quad_to(float(x1), float(y1), float(x), float(y));
    }

    fn cubic_to(&mut self, c1: (f64, f64), c2: (f64, f64), end: (f64, f64)) {
        self.0.cubic_to(float(c1.0), float(c1.1), float(c2.0), float(c2.1), float(end.0), float(end.1));
    }

    fn close(&mut self) {
        self.0.close();
    }
}

fn float(value: f64) -> f32 {
    #[expect(clippy::cast_possible_truncation, reason = "coordinates of a picture")]
    let value = value as f32;
    value
}

fn pixels(length: f64) -> u32 {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the size of a picture")]
    let length = length.ceil().clamp(1.0, 20_000.0) as u32;
    length
}

#[cfg(test)]
mod tests {
    use super::super::canvas::{BLACK, Canvas};
    use super::*;

    #[test]
    fn a_png_has_the_scaled_size_and_ink() {
        let mut canvas = Canvas::new(30.0, 20.0, "");
        canvas.text((15.0, 15.0), "8", 12.0, Anchor::Middle, BLACK);
        canvas.hatch((0.0, 0.0), (10.0, 10.0), BLACK, 4.0);
        let map = Pixmap::decode_png(&png(&canvas, 2.0).unwrap()).unwrap();
        assert_eq!((map.width(), map.height()), (60, 40));
        let dark = |left: u32, right: u32| {
            (0..40).any(|y| (left..right).any(|x| map.pixel(x, y).is_some_and(|p| p.red() < 100)))
        };
        assert!(dark(0, 20), "the hatching");
        assert!(dark(24, 36), "the text");
        assert!(!dark(44, 60), "nothing");
    }
}
