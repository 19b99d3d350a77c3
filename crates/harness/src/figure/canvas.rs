//! A drawing as a list of shapes, and its SVG. The PNG is drawn from the same list.

use std::fmt::Write as _;

use super::font;

/// Red, green, blue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Colour(pub u8, pub u8, pub u8);

pub(super) const BLACK: Colour = Colour(25, 25, 25);
pub(super) const WHITE: Colour = Colour(255, 255, 255);
pub(super) const GREY: Colour = Colour(120, 120, 120);
pub(super) const LIGHT: Colour = Colour(222, 222, 222);

/// Where a text is held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Anchor {
    Start,
    Middle,
    End,
}

/// One shape; coordinates in pixels from the upper left corner. `tip` is shown by viewers that know a pointer.
#[derive(Clone, Debug)]
pub(super) enum Shape {
    /// An open line through points.
    Line { points: Vec<(f64, f64)>, colour: Colour, width: f64, dash: Option<(f64, f64)> },
    /// A filled polygon.
    Area { points: Vec<(f64, f64)>, colour: Colour, tip: String },
    /// A filled disc.
    Disc { at: (f64, f64), radius: f64, colour: Colour, tip: String },
    /// A text with its baseline at `at`, turned clockwise by `turn` degrees around it.
    Text { at: (f64, f64), text: String, size: f64, anchor: Anchor, colour: Colour, turn: f64 },
}

/// A drawing.
#[derive(Clone, Debug)]
pub(super) struct Canvas {
    pub(super) width: f64,
    pub(super) height: f64,
    pub(super) title: String,
    pub(super) shapes: Vec<Shape>,
}

impl Canvas {
    /// An empty drawing; `title` is what a reader who does not see it is told.
    pub(super) fn new(width: f64, height: f64, title: &str) -> Self {
        Self { width, height, title: title.to_owned(), shapes: Vec::new() }
    }

    /// A solid line.
    pub(super) fn line(&mut self, points: Vec<(f64, f64)>, colour: Colour, width: f64) {
        self.shapes.push(Shape::Line { points, colour, width, dash: None });
    }

    /// A filled rectangle.
    pub(super) fn rectangle(
        &mut self,
        (left, top): (f64, f64),
        (right, bottom): (f64, f64),
        colour: Colour,
        tip: String,
    ) {
        let points = vec![(left, top), (right, top), (right, bottom), (left, bottom)];
        self.shapes.push(Shape::Area { points, colour, tip });
    }

    /// A horizontal text.
    pub(super) fn text(
        &mut self,
        at: (f64, f64),
        text: impl Into<String>,
        size: f64,
        anchor: Anchor,
        colour: Colour,
    ) {
        self.shapes.push(Shape::Text { at, text: text.into(), size, anchor, colour, turn: 0.0 });
    }

    /// Slanted lines over a rectangle: something is not there for a known reason.
    pub(super) fn hatch(
        &mut self,
        (left, top): (f64, f64),
        (right, bottom): (f64, f64),
        colour: Colour,
        step: f64,
    ) {
        // Lines x + y = c, cut at the edges.
        let mut c = ((left + top) / step).ceil() * step;
        while c < right + bottom {
            let from = if c - left <= bottom { (left, c - left) } else { (c - bottom, bottom) };
            let to = if c - top <= right { (c - top, top) } else { (right, c - right) };
            self.line(vec![from, to], colour, 1.0);
            c += step;
        }
    }

    /// Pairs of horizontal texts that lie on each other, and texts that reach outside; for tests.
    #[cfg(test)]
    pub(super) fn clashes(&self) -> Vec<String> {
        let mut boxes: Vec<(&str, f64, f64, f64, f64)> = Vec::new();
        let mut found = Vec::new();
        for shape in &self.shapes {
            let Shape::Text { at: (x, y), text, size, anchor, turn, .. } = shape else { continue };
            let width = font::width(text, *size);
            let left = match anchor {
                Anchor::Start => *x,
                Anchor::Middle => x - width / 2.0,
                Anchor::End => x - width,
            };
            if left < 0.0 || left + width > self.width || y - size < 0.0 || *y > self.height {
                found.push(format!("`{text}` is outside"));
            }
            if *turn == 0.0 && !text.is_empty() {
                boxes.push((text, left, left + width, y - 0.75 * size, *y));
            } else if *turn != 0.0 && y + width * turn.to_radians().sin().abs() > self.height - 24.0 {
                found.push(format!("`{text}` reaches the label of the axis"));
            }
        }
        for (at, a) in boxes.iter().enumerate() {
            for b in &boxes[at + 1..] {
                if a.1 < b.2 && b.1 < a.2 && a.3 < b.4 && b.3 < a.4 {
                    found.push(format!("`{}` lies on `{}`", a.0, b.0));
                }
            }
        }
        found
    }

    /// The drawing as SVG: the same shapes give the same bytes.
    pub(super) fn svg(&self) -> String {
        let (width, height) = (short(self.width), short(self.height));
        let mut text = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" viewBox=\"0 0 {width} {height}\" \
             role=\"img\" font-family=\"DejaVu Sans, Verdana, sans-serif\">\n<title>{}</title>\n\
             <rect width=\"{width}\" height=\"{height}\" fill=\"#ffffff\"/>\n",
            escape(&self.title)
        );
        for shape in &self.shapes {
            write_shape(&mut text, shape);
        }
        text.push_str("</svg>\n");
        text
    }
}

/// Breaks a text into lines of at most `width` pixels, between words.
pub(super) fn wrapped(text: &str, size: f64, width: f64) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if font::width(&format!("{line} {word}"), size) <= width => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

fn write_shape(text: &mut String, shape: &Shape) {
    let path = |points: &[(f64, f64)]| {
        let mut path = String::new();
        for (at, (x, y)) in points.iter().enumerate() {
            let _ = write!(path, "{}{} {}", if at == 0 { "M" } else { "L" }, short(*x), short(*y));
        }
        path
    };
    let tipped = |tip: &str| {
        if tip.is_empty() { "/>".to_owned() } else { format!("><title>{}</title></path>", escape(tip)) }
    };
    let _ = match shape {
        Shape::Line { points, colour, width, dash } => {
            let dash = dash.map_or_else(String::new, |(on, off)| format!(" stroke-dasharray=\"{on} {off}\""));
            writeln!(
                text,
                "<path d=\"{}\" fill=\"none\" stroke=\"{}\" stroke-width=\"{width}\" stroke-linejoin=\"round\"{dash}/>",
                path(points),
                hex(*colour)
            )
        }
        Shape::Area { points, colour, tip } => {
            writeln!(text, "<path d=\"{}Z\" fill=\"{}\"{}", path(points), hex(*colour), tipped(tip))
        }
        Shape::Disc { at: (x, y), radius, colour, tip } => {
            let end = tipped(tip).replace("</path>", "</circle>");
            writeln!(
                text,
                "<circle cx=\"{}\" cy=\"{}\" r=\"{radius}\" fill=\"{}\"{end}",
                short(*x),
                short(*y),
                hex(*colour)
            )
        }
        Shape::Text { at: (x, y), text: words, size, anchor, colour, turn } => {
            let (x, y) = (short(*x), short(*y));
            let anchor = match anchor {
                Anchor::Start => "start",
                Anchor::Middle => "middle",
                Anchor::End => "end",
            };
            let turn = if *turn == 0.0 {
                String::new()
            } else {
                format!(" transform=\"rotate({} {x} {y})\"", short(*turn))
            };
            writeln!(
                text,
                "<text x=\"{x}\" y=\"{y}\" font-size=\"{size}\" text-anchor=\"{anchor}\" fill=\"{}\"{turn}>{}</text>",
                hex(*colour),
                escape(words)
            )
        }
    };
}

/// One digit behind the point is a tenth of a pixel.
fn short(value: f64) -> String {
    let text = format!("{value:.1}");
    let text = text.strip_suffix(".0").unwrap_or(&text);
    if text == "-0" { "0".to_owned() } else { text.to_owned() }
}

fn hex(Colour(red, green, blue): Colour) -> String {
    format!("#{red:02x}{green:02x}{blue:02x}")
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shapes_become_svg() {
        let mut canvas = Canvas::new(100.0, 50.5, "a < b");
        canvas.line(vec![(0.0, 1.04), (2.25, -0.01)], Colour(0, 114, 178), 2.0);
        canvas.rectangle((1.0, 1.0), (2.0, 3.0), WHITE, "x & y".to_owned());
        canvas.text((5.0, 6.0), "words", 12.0, Anchor::End, BLACK);
        let svg = canvas.svg();
        for part in [
            "viewBox=\"0 0 100 50.5\"",
            "<title>a &lt; b</title>",
            "d=\"M0 1L2.2 0\" fill=\"none\" stroke=\"#0072b2\"",
            "<title>x &amp; y</title></path>",
            "text-anchor=\"end\" fill=\"#191919\">words</text>",
        ] {
            assert!(svg.contains(part), "{part} is not in\n{svg}");
        }
        assert_eq!(canvas.svg(), svg);
    }

    #[test]
    fn hatching_stays_inside() {
        let mut canvas = Canvas::new(100.0, 100.0, "");
        canvas.hatch((10.0, 20.0), (40.0, 30.0), GREY, 6.0);
        assert!(canvas.shapes.len() > 4);
        for shape in &canvas.shapes {
            let Shape::Line { points, .. } = shape else { panic!("only lines") };
            assert!(points.iter().all(|(x, y)| (10.0..=40.0).contains(x) && (20.0..=30.0).contains(y)));
        }
    }

    #[test]
    fn long_texts_are_broken_between_words() {
        let lines = wrapped("one two three four five six", 12.0, 60.0);
        assert!(lines.len() > 2 && lines.iter().all(|line| font::width(line, 12.0) <= 60.0), "{lines:?}");
        assert_eq!(lines.join(" "), "one two three four five six");
    }
}
