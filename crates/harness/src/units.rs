//! Numbers for people: few digits, fitting units.

/// A value with its column's unit: times and sizes get a fitting prefix, anything else stands as a number.
pub(crate) fn quantity(value: f64, unit: &str) -> String {
    match unit {
        "s" => time(value),
        "B" => bytes(value),
        _ => number(value),
    }
}

/// Whether [`quantity`] writes the unit itself.
pub(crate) fn carries_unit(unit: &str) -> bool {
    matches!(unit, "s" | "B")
}

/// Up to four significant digits; very large and very small numbers with an exponent (`1.25e-9`).
pub(crate) fn number(value: f64) -> String {
    if value == 0.0 {
        return "0".to_owned();
    }
    if (1e-3..1e5).contains(&value.abs()) {
        return significant(value, 4);
    }
    let text = format!("{value:.2e}");
    match text.split_once('e') {
        Some((digits, exponent)) => format!("{}e{exponent}", trimmed(digits)),
        None => text,
    }
}

/// A time with a fitting unit and three significant digits.
pub(crate) fn time(seconds: f64) -> String {
    let size = seconds.abs();
    if size == 0.0 {
        return "0 s".to_owned();
    }
    let (factor, unit) = match size {
        s if s < 0.9995e-6 => (1e9, "ns"),
        s if s < 0.9995e-3 => (1e6, "µs"),
        s if s < 0.9995 => (1e3, "ms"),
        s if s < 600.0 => (1.0, "s"),
        _ => (1.0 / 60.0, "min"),
    };
    format!("{} {unit}", significant(seconds * factor, 3))
}

/// A size in memory with a fitting unit and three significant digits.
pub(crate) fn bytes(bytes: f64) -> String {
    let units = ["B", "KiB", "MiB", "GiB", "TiB"];
    let (mut value, mut at) = (bytes, 0);
    while value.abs() >= 1023.5 && at + 1 < units.len() {
        value /= 1024.0;
        at += 1;
    }
    format!("{} {}", significant(value, 3), units[at])
}

/// This many significant digits, without trailing zeros behind the point.
fn significant(value: f64, digits: i32) -> String {
    if value == 0.0 || !value.is_finite() {
        return format!("{value}");
    }
    #[expect(clippy::cast_possible_truncation, reason = "a decimal exponent")]
    let exponent = value.abs().log10().floor() as i32;
    let behind = usize::try_from(digits - 1 - exponent).unwrap_or(0);
    trimmed(&format!("{value:.behind$}")).to_owned()
}

fn trimmed(text: &str) -> &str {
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_short() {
        let shown = [0.0, 0.001, 12.5, 4096.0, 1e-9, 2.5e12, 2.755e-8, -0.33333, 99999.0].map(number);
        assert_eq!(shown, ["0", "0.001", "12.5", "4096", "1e-9", "2.5e12", "2.75e-8", "-0.3333", "99999"]);
    }

    #[test]
    fn times_and_sizes_have_fitting_units() {
        let shown = [2.5e-9, 1e-6, 0.9999e-3, 12.34e-3, 1.0, 90.0, 3600.0].map(|s| quantity(s, "s"));
        assert_eq!(shown, ["2.5 ns", "1 µs", "1 ms", "12.3 ms", "1 s", "90 s", "60 min"]);
        let shown = [512.0, 1024.0, 1.5 * 1048576.0, 3e10].map(|b| quantity(b, "B"));
        assert_eq!(shown, ["512 B", "1 KiB", "1.5 MiB", "27.9 GiB"]);
        assert!(carries_unit("s") && !carries_unit("bit"));
    }
}
