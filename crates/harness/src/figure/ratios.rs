//! Ratios: how many times what one measured is what another measured, with intervals that know of rounds.

use super::dots::{Dots, Places};
use super::{Mark, Quantity, distinct, measured_rows, quantity, value};
use crate::config::{PlotKind, PlotSpec};
use crate::stats::{Sorted, rounds_ratio};
use crate::table::Table;

/// Collects the ratios; also how many a logarithmic axis cannot show.
pub(super) fn collect(table: &Table, spec: &PlotSpec) -> Result<(Dots, usize), String> {
    let PlotKind::Ratios { rows, versus, base, pool } = &spec.kind else {
        return Err("these are no ratios".to_owned());
    };
    let needed: Vec<&str> = std::iter::once(versus.as_str()).chain(pool.iter().map(String::as_str)).collect();
    let chosen = measured_rows(table, spec, &needed)?;
    let compared = distinct(table, chosen.iter().copied(), versus);
    let others: Vec<String> = compared.iter().map(ToString::to_string).filter(|name| name != base).collect();
    if others.len() == compared.len() || others.is_empty() {
        let names: Vec<String> = compared.iter().map(ToString::to_string).collect();
        return Err(format!(
            "`{versus}` has the values {}, and a comparison with {base} needs it and another one",
            names.join(", ")
        ));
    }
    let with_base: Vec<usize> =
        chosen.iter().copied().filter(|row| table.text(*row, versus) == *base).collect();
    // Rows that the base does not have are nothing to compare.
    let places = Places::of(table, &with_base, rows);
    let mut dots = Dots::new(axis(table, spec, base), rows, &places);
    (dots.base, dots.series) = (Some(base.clone()), versus.clone());
    let who: Vec<(usize, Option<usize>, String)> =
        chosen.iter().map(|row| (*row, places.find(table, *row), table.text(*row, versus))).collect();
    let side = |place: usize, name: &str| -> Result<Vec<Sorted>, String> {
        let here = who.iter().filter(|(_, at, who)| *at == Some(place) && who == name);
        let here: Vec<usize> = here.map(|(row, ..)| *row).collect();
        rounds(table, spec, pool, &here, &format!("{name} at {}", places.label(place)))
    };
    let mut left_out = 0;
    for place in 0..dots.rows.len() {
        let ours = side(place, base)?;
        for other in &others {
            let theirs = side(place, other)?;
            if theirs.is_empty() {
                continue;
            }
            let (ratio, bar) = rounds_ratio(&ours, &theirs);
            let n = theirs.iter().map(Sorted::len).sum();
            let mark = Mark { x: 0.0, y: ratio, bar, n };
            left_out += usize::from(!dots.push(place, other, mark, Some((median(&ours), median(&theirs)))));
        }
    }
    if dots.dots.is_empty() {
        return Err(format!("nothing was measured both for {base} and for another"));
    }
    Ok((dots, left_out))
}

fn axis(table: &Table, spec: &PlotSpec, base: &str) -> Quantity {
    let label = if spec.x_label.is_empty() {
        format!("{}, as a multiple of that of {base}", spec.x)
    } else {
        spec.x_label.clone()
    };
    let own = quantity(table, &spec.x, "", spec.x_axis);
    Quantity { label, unit: String::new(), ..own }
}

/// The samples of each round; refused where rows of a round do not belong together.
fn rounds(
    table: &Table,
    spec: &PlotSpec,
    pool: &[String],
    rows: &[usize],
    place: &str,
) -> Result<Vec<Sorted>, String> {
    let samples = |rows: &Vec<usize>| {
        Sorted::new(rows.iter().filter_map(|row| value(table, spec, *row, &spec.x)).collect())
    };
    Ok(super::by_round(table, pool, rows, place)?.iter().filter_map(samples).collect())
}

fn median(rounds: &[Sorted]) -> f64 {
    Sorted::joined(rounds).map_or(f64::NAN, |sample| sample.median())
}
