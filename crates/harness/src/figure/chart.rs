//! Drawing with plotters: curves with markers, dashes and error bars, linear or logarithmic axes.

use std::ops::Range;
use std::sync::OnceLock;

use plotters::coord::ranged1d::{AsRangedCoord, ValueFormatter};
use plotters::prelude::{
    Cartesian2d, ChartBuilder, ChartContext, Circle, Cross, DashedLineSeries, DrawingBackend, ErrorBar,
    FontStyle, IntoDrawingArea as _, IntoLogRange as _, LineSeries, PathElement, RGBColor, Ranged,
    SVGBackend, SeriesLabelPosition, TriangleMarker, WHITE,
};
use plotters::style::{BLACK, Color as _, ShapeStyle, register_font};

use super::{Curve, Figure, Mark, position};
use crate::config::Spacing;
use crate::error::HarnessError;

/// Size of a figure in pixels.
const SIZE: (u32, u32) = (860, 540);
/// Name under which the carried font is registered.
const FONT: &str = "sans-serif";
/// Okabe and Ito's colours, which colour-blind readers can tell apart.
const COLOURS: [RGBColor; 7] = [
    RGBColor(0, 114, 178),
    RGBColor(213, 94, 0),
    RGBColor(0, 158, 115),
    RGBColor(204, 121, 167),
    RGBColor(230, 159, 0),
    RGBColor(86, 180, 233),
    RGBColor(0, 0, 0),
];

/// The figure as SVG.
///
/// # Errors
/// [`HarnessError::Figure`] when it cannot be drawn.
pub(crate) fn svg(figure: &Figure) -> Result<String, HarnessError> {
    static FONT_READY: OnceLock<bool> = OnceLock::new();
    let fail = |message: String| HarnessError::Figure { id: figure.id.clone(), message };
    if !*FONT_READY.get_or_init(|| register_font(FONT, FontStyle::Normal, dejavu::sans::regular()).is_ok()) {
        return Err(fail("the carried font cannot be read".to_owned()));
    }
    let mut text = String::new();
    draw(SVGBackend::with_string(&mut text, SIZE), figure).map_err(fail)?;
    Ok(text)
}

/// Chooses the kind of each axis.
fn draw<B: DrawingBackend>(backend: B, figure: &Figure) -> Result<(), String> {
    let (x, y) = (x_range(figure), y_range(figure));
    let base = |spacing: Spacing| if spacing == Spacing::Log2 { 2.0 } else { 10.0 };
    let (xs, ys) = (figure.x.1, figure.y.1);
    match (xs == Spacing::Linear, ys == Spacing::Linear) {
        (true, true) => draw_on(backend, figure, x, y),
        (false, true) => draw_on(backend, figure, x.log_scale().base(base(xs)), y),
        (true, false) => draw_on(backend, figure, x, y.log_scale().base(base(ys))),
        (false, false) => {
            draw_on(backend, figure, x.log_scale().base(base(xs)), y.log_scale().base(base(ys)))
        }
    }
}

fn draw_on<B, X, Y>(backend: B, figure: &Figure, x: X, y: Y) -> Result<(), String>
where
    B: DrawingBackend,
    X: AsRangedCoord<Value = f64>,
    X::CoordDescType: Ranged<ValueType = f64> + ValueFormatter<f64>,
    Y: AsRangedCoord<Value = f64>,
    Y::CoordDescType: Ranged<ValueType = f64> + ValueFormatter<f64>,
{
    let text = |error: plotters::drawing::DrawingAreaErrorKind<B::ErrorType>| error.to_string();
    let area = backend.into_drawing_area();
    area.fill(&WHITE).map_err(text)?;
    let mut chart = ChartBuilder::on(&area)
        .caption(&figure.title, (FONT, 22))
        .margin(14)
        .x_label_area_size(48)
        .y_label_area_size(84)
        .build_cartesian_2d(x, y)
        .map_err(text)?;
    let whole = all_x(figure).all(|x| x.fract() == 0.0) && figure.x.1 == Spacing::Linear;
    let x_tick = |value: &f64| match (&figure.words, whole && value.fract() != 0.0) {
        (_, true) => String::new(),
        (Some(words), _) => {
            words.get(position(value.max(0.0))).filter(|_| *value >= 0.0).cloned().unwrap_or_default()
        }
        (None, _) => tick(*value),
    };
    let x_labels = figure.words.as_ref().map_or(11, |words| 2 * words.len() + 1);
    chart
        .configure_mesh()
        .light_line_style(RGBColor(240, 240, 240))
        .bold_line_style(RGBColor(215, 215, 215))
        .max_light_lines(1)
        .x_labels(x_labels)
        .x_label_formatter(&x_tick)
        .y_label_formatter(&|value| tick(*value))
        .x_desc(&figure.x.0)
        .y_desc(&figure.y.0)
        .axis_desc_style((FONT, 16))
        .label_style((FONT, 13))
        .draw()
        .map_err(text)?;
    for (at, curve) in figure.curves.iter().enumerate() {
        draw_curve(&mut chart, at, curve).map_err(text)?;
    }
    if figure.curves.len() > 1 || figure.curves.iter().any(|curve| !curve.name.is_empty()) {
        chart
            .configure_series_labels()
            .position(SeriesLabelPosition::UpperLeft)
            .background_style(WHITE.mix(0.85))
            .border_style(BLACK.mix(0.3))
            .label_font((FONT, 13))
            .draw()
            .map_err(text)?;
    }
    area.present().map_err(text)
}

/// A line with markers and bars; colour, marker and dashes all tell curves apart.
fn draw_curve<'a, B, X, Y>(
    chart: &mut ChartContext<'a, B, Cartesian2d<X, Y>>,
    at: usize,
    curve: &Curve,
) -> Result<(), plotters::drawing::DrawingAreaErrorKind<B::ErrorType>>
where
    B: DrawingBackend + 'a,
    X: Ranged<ValueType = f64>,
    Y: Ranged<ValueType = f64>,
{
    let colour = COLOURS[at % COLOURS.len()];
    let style = ShapeStyle::from(colour).stroke_width(2);
    let points: Vec<(f64, f64)> = curve.marks.iter().map(|mark| (mark.x, mark.y)).collect();
    let legend = move |(x, y)| PathElement::new(vec![(x, y), (x + 22, y)], style);
    let name = curve.name.as_str();
    if (at / COLOURS.len()).is_multiple_of(2) {
        chart.draw_series(LineSeries::new(points.clone(), style))?.label(name).legend(legend);
    } else {
        chart.draw_series(DashedLineSeries::new(points.clone(), 8, 5, style))?.label(name).legend(legend);
    }
    let bars = curve.marks.iter().filter_map(|mark: &Mark| {
        let (low, high) = mark.bar?;
        Some(ErrorBar::new_vertical(mark.x, low, mark.y, high, colour.stroke_width(1), 8))
    });
    chart.draw_series(bars)?;
    match at % 3 {
        0 => drop(chart.draw_series(points.into_iter().map(|p| Circle::new(p, 4, colour.filled())))?),
        1 => drop(chart.draw_series(points.into_iter().map(|p| TriangleMarker::new(p, 5, colour.filled())))?),
        _ => drop(chart.draw_series(points.into_iter().map(|p| Cross::new(p, 4, style)))?),
    }
    Ok(())
}

fn all_x(figure: &Figure) -> impl Iterator<Item = f64> + '_ {
    figure.curves.iter().flat_map(|curve| curve.marks.iter().map(|mark| mark.x))
}

fn x_range(figure: &Figure) -> Range<f64> {
    #[expect(clippy::cast_precision_loss, reason = "a few words")]
    if let Some(words) = &figure.words {
        return -0.5..words.len() as f64 - 0.5;
    }
    padded(all_x(figure), figure.x.1, false)
}

fn y_range(figure: &Figure) -> Range<f64> {
    let marks = figure.curves.iter().flat_map(|curve| &curve.marks);
    let values = marks.flat_map(|mark| {
        let (low, high) = mark.bar.unwrap_or((mark.y, mark.y));
        [low, mark.y, high]
    });
    padded(values, figure.y.1, true)
}

/// The range of the values with room around it; a linear axis `from_zero` begins at zero where that wastes little.
fn padded(values: impl Iterator<Item = f64>, spacing: Spacing, from_zero: bool) -> Range<f64> {
    let (low, high) =
        values.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), x| (low.min(x), high.max(x)));
    if spacing == Spacing::Linear {
        let room = if high > low { 0.06 * (high - low) } else { 0.5 * low.abs().max(1e-12) };
        let start = if from_zero && low >= 0.0 && low < 0.5 * high { 0.0 } else { low - room };
        start..high + room
    } else {
        let room = if high > low { (high / low).powf(0.06).max(1.05) } else { 2.0 };
        low / room..high * room
    }
}

/// A number as a label: plain where it is short, else with an exponent.
fn tick(value: f64) -> String {
    let size = value.abs();
    if value == 0.0 {
        return "0".to_owned();
    }
    if (1e-3..1e5).contains(&size) {
        let text = format!("{value:.4}");
        return text.trim_end_matches('0').trim_end_matches('.').to_owned();
    }
    let text = format!("{value:.3e}");
    match text.split_once('e') {
        Some((digits, exponent)) => {
            format!("{}e{exponent}", digits.trim_end_matches('0').trim_end_matches('.'))
        }
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn figure(x: Spacing, y: Spacing, words: Option<Vec<String>>) -> Figure {
        let marks = |factor: f64| {
            (1..4)
                .map(|i| f64::from(i) * factor)
                .map(|v| Mark { x: v.round(), y: v * 1e-3, bar: Some((v * 0.9e-3, v * 1.1e-3)), n: 9 })
                .collect()
        };
        Figure {
            id: "f".to_owned(),
            title: "time against size".to_owned(),
            x: ("size".to_owned(), x),
            y: ("wall_s [s]".to_owned(), y),
            words,
            curves: vec![
                Curve { name: "label = a".to_owned(), marks: marks(1.0) },
                Curve { name: "label = b".to_owned(), marks: marks(2.0) },
            ],
            left_out: 0,
        }
    }

    /// The texts of an SVG, and how many of each shape it has: what does not change with a pixel.
    fn content(svg: &str) -> String {
        let texts: Vec<&str> = svg
            .split("<text")
            .skip(1)
            .filter_map(|t| t.split_once('>')?.1.split_once("</text>"))
            .map(|(text, _)| text.trim())
            .collect();
        let count = |shape: &str| svg.matches(&format!("<{shape} ")).count();
        let shapes = ["polyline", "circle", "polygon", "line", "rect"].map(|s| format!("{s} {}", count(s)));
        format!("{}\n{}", shapes.join(", "), texts.join("\n"))
    }

    #[test]
    fn a_figure_has_the_expected_texts_and_shapes() {
        insta::assert_snapshot!(
            "linear_log10",
            content(&svg(&figure(Spacing::Linear, Spacing::Log10, None)).unwrap())
        );
        insta::assert_snapshot!(
            "log2_linear",
            content(&svg(&figure(Spacing::Log2, Spacing::Linear, None)).unwrap())
        );
    }

    #[test]
    fn words_name_their_positions_and_every_axis_draws() {
        let words: Vec<String> =
            ["none", "one", "two", "three", "four", "five", "six"].map(str::to_owned).into();
        let drawn = svg(&figure(Spacing::Linear, Spacing::Linear, Some(words.clone()))).unwrap();
        for word in words {
            assert!(drawn.contains(&format!("\n{word}\n")), "{word} is not on the axis");
        }
        svg(&figure(Spacing::Log10, Spacing::Log2, None)).unwrap();
    }

    #[test]
    fn ticks_are_short() {
        let shown: Vec<_> = [0.0, 0.001, 12.5, 4096.0, 1e-9, 2.5e12, 2.755e-8].map(tick).into();
        assert_eq!(shown, ["0", "0.001", "12.5", "4096", "1e-9", "2.5e12", "2.755e-8"]);
    }
}
