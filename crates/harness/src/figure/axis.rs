//! Axes: from values to pixels, and round numbers to label them with.

use crate::config::Spacing;
use crate::units;

/// One axis, from the values `low..high` to the pixels `from..to`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Axis {
    spacing: Spacing,
    low: f64,
    high: f64,
    from: f64,
    to: f64,
}

/// A position with a label; minor ones have none.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Tick {
    pub(super) value: f64,
    pub(super) label: String,
}

impl Axis {
    /// An axis that shows all values with some room; a linear one `from_zero` begins at zero where that wastes little.
    pub(super) fn over(
        values: impl Iterator<Item = f64>,
        spacing: Spacing,
        from_zero: bool,
        (from, to): (f64, f64),
    ) -> Self {
        let (low, high) =
            values.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), x| (low.min(x), high.max(x)));
        let (low, high) = if spacing == Spacing::Linear {
            let room = if high > low { 0.06 * (high - low) } else { 0.5 * low.abs().max(1e-12) };
            let start = if from_zero && low >= 0.0 && low < 0.5 * high { 0.0 } else { low - room };
            (start, high + room)
        } else {
            let room = if high > low { (high / low).powf(0.06).max(1.05) } else { 2.0 };
            (low / room, high * room)
        };
        Self { spacing, low, high, from, to }
    }

    /// A linear axis with exactly this range.
    pub(super) fn exactly(low: f64, high: f64, (from, to): (f64, f64)) -> Self {
        Self { spacing: Spacing::Linear, low, high, from, to }
    }

    /// The pixel of a value.
    pub(super) fn at(&self, value: f64) -> f64 {
        let place = |x: f64| if self.spacing == Spacing::Linear { x } else { x.ln() };
        let share = (place(value) - place(self.low)) / (place(self.high) - place(self.low));
        self.from + share * (self.to - self.from)
    }

    /// Round values with labels, about `count` of them, and minor ones without.
    pub(super) fn ticks(&self, count: usize, unit: &str) -> Vec<Tick> {
        let (base, steps): (f64, &[f64]) = match self.spacing {
            Spacing::Linear => return self.linear_ticks(count, unit),
            // A binary size is round in powers of two whatever the base of the axis.
            Spacing::Log2 => (2.0, &[1.0]),
            Spacing::Log10 if unit == "B" => (2.0, &[1.0]),
            Spacing::Log10 => (10.0, &[1.0, 2.0, 5.0]),
        };
        let (first, last) = (self.low.log(base).floor(), self.high.log(base).ceil());
        let decades = self.high.log(base) - self.low.log(base);
        let inside = |value: &f64| (self.low..=self.high).contains(value);
        let mut exponents = Vec::new();
        let mut exponent = first;
        while exponent <= last && exponents.len() < 4000 {
            exponents.push(exponent);
            exponent += 1.0;
        }
        if decades < 1.0 && base > 2.0 || decades < 1.5 && base <= 2.0 {
            return self.linear_ticks(count, unit);
        }
        let stride = (decades / count.max(1) as f64).ceil().max(1.0);
        let shown: &[f64] = if decades < 2.5 { steps } else { &[1.0] };
        let mut ticks = Vec::new();
        for exponent in exponents {
            let power = base.powf(exponent);
            let labelled = exponent.rem_euclid(stride) == 0.0;
            for factor in 1..if base > 2.0 { 10 } else { 2 } {
                let factor = f64::from(factor);
                let value = factor * power;
                let label =
                    if labelled && shown.contains(&factor) { label(value, unit) } else { String::new() };
                if inside(&value) && (!label.is_empty() || decades < 4.0) {
                    ticks.push(Tick { value, label });
                }
            }
        }
        ticks
    }

    fn linear_ticks(&self, count: usize, unit: &str) -> Vec<Tick> {
        let range = self.high - self.low;
        let rough = range / count.max(1) as f64;
        let power = 10f64.powf(rough.log10().floor());
        let step = [1.0, 2.0, 5.0, 10.0].into_iter().find(|s| s * power >= rough).unwrap_or(10.0) * power;
        let first = (self.low / step).ceil();
        let mut ticks = Vec::new();
        let mut at = first;
        while at * step <= self.high + 1e-9 * range && ticks.len() < 1000 {
            // Multiples of a power of ten, without the dust of the multiplication.
            let value = if (at * step).abs() < 1e-9 * range { 0.0 } else { at * step };
            ticks.push(Tick { value, label: label(value, unit) });
            at += 1.0;
        }
        ticks
    }
}

/// A round value as a label; powers of ten with superscripts.
fn label(value: f64, unit: &str) -> String {
    if units::carries_unit(unit) {
        return units::quantity(value, unit);
    }
    let text = units::number(value);
    match text.split_once('e') {
        Some((digits, exponent)) => {
            let raised: String = exponent.chars().map(superscript).collect();
            if digits == "1" { format!("10{raised}") } else { format!("{digits}·10{raised}") }
        }
        None => text,
    }
}

fn superscript(digit: char) -> char {
    match digit {
        '-' => '⁻',
        '0' => '⁰',
        '1' => '¹',
        '2' => '²',
        '3' => '³',
        '4' => '⁴',
        '5' => '⁵',
        '6' => '⁶',
        '7' => '⁷',
        '8' => '⁸',
        '9' => '⁹',
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(axis: &Axis, count: usize, unit: &str) -> Vec<String> {
        axis.ticks(count, unit).into_iter().map(|t| t.label).filter(|l| !l.is_empty()).collect()
    }

    fn axis(low: f64, high: f64, spacing: Spacing) -> Axis {
        Axis { spacing, low, high, from: 0.0, to: 100.0 }
    }

    #[test]
    fn values_go_to_their_pixels() {
        assert_eq!(axis(0.0, 10.0, Spacing::Linear).at(5.0), 50.0);
        assert!((axis(1e-4, 1e4, Spacing::Log10).at(1.0) - 50.0).abs() < 1e-9);
        let room = Axis::over([3.0, 3.0].into_iter(), Spacing::Log2, false, (0.0, 1.0));
        assert!(room.at(3.0) > 0.2 && room.at(3.0) < 0.8, "a single value is in the middle");
        assert_eq!(Axis::over([1.0, 10.0].into_iter(), Spacing::Linear, true, (0.0, 1.0)).at(0.0), 0.0);
    }

    #[test]
    fn labels_are_round_and_few() {
        assert_eq!(labels(&axis(0.0, 10.3, Spacing::Linear), 6, ""), ["0", "2", "4", "6", "8", "10"]);
        assert_eq!(labels(&axis(5e-9, 2e-5, Spacing::Log10), 6, ""), ["10⁻⁸", "10⁻⁷", "10⁻⁶", "10⁻⁵"]);
        assert_eq!(
            labels(&axis(3e-5, 2e-3, Spacing::Log10), 6, "s"),
            ["50 µs", "100 µs", "200 µs", "500 µs", "1 ms", "2 ms"]
        );
        assert_eq!(
            labels(&axis(2e-9, 6e-9, Spacing::Log10), 5, ""),
            ["2·10⁻⁹", "3·10⁻⁹", "4·10⁻⁹", "5·10⁻⁹", "6·10⁻⁹"]
        );
        assert_eq!(
            labels(&axis(9e6, 3e8, Spacing::Log2), 6, "B"),
            ["16 MiB", "32 MiB", "64 MiB", "128 MiB", "256 MiB"]
        );
        let many = labels(&axis(1e-30, 1.0, Spacing::Log10), 6, "");
        assert!(many.len() <= 7 && many.len() >= 5, "{many:?}");
    }
}
