//! The carried font: how wide texts are, and the outlines of their letters. No font of the system is looked up.

use std::sync::OnceLock;

use ttf_parser::{Face, OutlineBuilder};

fn face() -> Option<&'static Face<'static>> {
    static FACE: OnceLock<Option<Face<'static>>> = OnceLock::new();
    FACE.get_or_init(|| Face::parse(dejavu::sans::regular(), 0).ok()).as_ref()
}

/// Width of a text in pixels at a font size.
pub(super) fn width(text: &str, size: f64) -> f64 {
    let Some(face) = face() else { return 0.6 * size * text.chars().count() as f64 };
    let units: u32 = text.chars().map(|c| u32::from(advance(face, c))).sum();
    f64::from(units) * size / f64::from(face.units_per_em())
}

fn advance(face: &Face<'_>, letter: char) -> u16 {
    face.glyph_index(letter).and_then(|glyph| face.glyph_hor_advance(glyph)).unwrap_or(0)
}

/// Draws the letters of a text from the origin to the right, the baseline at height 0, downwards positive.
pub(super) fn outline(text: &str, size: f64, pen: &mut dyn Pen) {
    let Some(face) = face() else { return };
    let zoom = size / f64::from(face.units_per_em());
    let mut x = 0.0;
    for letter in text.chars() {
        if let Some(glyph) = face.glyph_index(letter) {
            face.outline_glyph(glyph, &mut Scaled { pen, zoom, x });
        }
        x += f64::from(advance(face, letter)) * zoom;
    }
}

/// What outlines are drawn with.
pub(super) trait Pen {
    /// Starts a contour.
    fn move_to(&mut self, x: f64, y: f64);
    /// A straight line.
    fn line_to(&mut self, x: f64, y: f64);
    /// A quadratic curve.
    fn quad_to(&mut self, x1: f64, y1: f64, x: f64, y: f64);
    /// A cubic curve.
    fn cubic_to(&mut self, c1: (f64, f64), c2: (f64, f64), end: (f64, f64));
    /// Ends the contour.
    fn close(&mut self);
}

struct Scaled<'p> {
    pen: &'p mut dyn Pen,
    zoom: f64,
    x: f64,
}

impl Scaled<'_> {
    fn at(&self, x: f32, y: f32) -> (f64, f64) {
        (self.x + f64::from(x) * self.zoom, -f64::from(y) * self.zoom)
    }
}

impl OutlineBuilder for Scaled<'_> {
    fn move_to(&mut self, x: f32, y: f32) {
        let (x, y) = self.at(x, y);
        self.pen.move_to(x, y);
    }

    fn line_to(&mut self, x: f32, y: f32) {
        let (x, y) = self.at(x, y);
        self.pen.line_to(x, y);
    }

    fn quad_to(&mut self, x1: f32, y1: f32, x: f32, y: f32) {
        let ((x1, y1), (x, y)) = (self.at(x1, y1), self.at(x, y));
        self.pen.quad_to(x1, y1, x, y);
    }

    fn curve_to(&mut self, x1: f32, y1: f32, x2: f32, y2: f32, x: f32, y: f32) {
        let (c1, c2, end) = (self.at(x1, y1), self.at(x2, y2), self.at(x, y));
        self.pen.cubic_to(c1, c2, end);
    }

    fn close(&mut self) {
        self.pen.close();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn widths_add_up_and_grow_with_the_size() {
        assert!(width("mm", 10.0) > width("ii", 10.0));
        assert!((width("abc", 20.0) - 2.0 * width("abc", 10.0)).abs() < 1e-9);
        assert!((width("ab", 10.0) - width("a", 10.0) - width("b", 10.0)).abs() < 1e-9);
        // The signs that axes use are in the font.
        let face = face().unwrap();
        assert!("µ⁰¹²³⁴⁵⁶⁷⁸⁹⁻·×".chars().all(|c| face.glyph_index(c).is_some()));
    }
}
