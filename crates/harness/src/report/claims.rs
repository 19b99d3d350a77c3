//! Whether the claims of a configuration hold of its results.

use super::verdicts::Verdict;
use crate::config::{Against, Claim, Comparison, Statistic};
use crate::filter::Filter;
use crate::stats::Sorted;
use crate::table::Table;
use crate::units;

/// The verdict on one claim, with the number it rests on.
pub(crate) fn judge(table: &Table, claim: &Claim) -> Verdict {
    let unit = table.column(&claim.value).map_or("", |column| column.unit.as_str());
    // A share or a ratio has no unit.
    let unit = match (&claim.against, claim.by) {
        (Against::Column(_) | Against::Rows { .. }, Comparison::Share | Comparison::Ratio) => "",
        (Against::Nothing, _) | (_, Comparison::Distance | Comparison::Difference) => unit,
    };
    let found = match number(table, claim) {
        Ok(found) => found,
        Err(why) => return Verdict::bad(format!("cannot be judged: {} ({why})", claim.claim)),
    };
    let at_least = claim.at_least.is_none_or(|least| found.number >= least);
    let at_most = claim.at_most.is_none_or(|most| found.number <= most);
    let holds = at_least && at_most;
    let shown = |number: f64| units::quantity(number, unit);
    let bounds: Vec<String> = [("at least", claim.at_least), ("at most", claim.at_most)]
        .into_iter()
        .filter_map(|(word, bound)| Some(format!("{word} {}", shown(bound?))))
        .collect();
    let text = format!(
        "{}: {} ({} is {}; claimed: {})",
        if holds { "holds" } else { "does not hold" },
        claim.claim,
        found.what,
        shown(found.number),
        bounds.join(" and ")
    );
    if holds { Verdict::good(text) } else { Verdict::bad(text) }
}

/// What a claim is judged by.
struct Found {
    what: String,
    number: f64,
}

fn number(table: &Table, claim: &Claim) -> Result<Found, String> {
    let rows = rows(table, &claim.filter);
    let (value, by) = (claim.value.as_str(), claim.by);
    let which = match claim.statistic {
        Statistic::Median => "the median",
        Statistic::Mean => "the mean",
        Statistic::Min => "the least",
        Statistic::Max => "the greatest",
    };
    let nothing = |column: &str, filter: &Filter| format!("no measured row has {column} where {filter}");
    let of = |numbers: Vec<f64>, column: &str, filter: &Filter| -> Result<(f64, usize), String> {
        if numbers.iter().any(|number| !number.is_finite()) {
            return Err(format!("{column} gives a number that is not finite"));
        }
        let sample = Sorted::new(numbers).ok_or_else(|| nothing(column, filter))?;
        let number = match claim.statistic {
            Statistic::Median => sample.median(),
            Statistic::Mean => sample.mean(),
            Statistic::Min => sample.min(),
            Statistic::Max => sample.max(),
        };
        Ok((number, sample.len()))
    };
    let alone = |column: &str, rows: &[usize], filter: &Filter| {
        of(rows.iter().filter_map(|row| table.number(*row, column)).collect(), column, filter)
    };
    let word = match by {
        Comparison::Distance | Comparison::Difference => "difference",
        Comparison::Share => "relative difference",
        Comparison::Ratio => "ratio",
    };
    match &claim.against {
        Against::Nothing => {
            let (number, count) = alone(value, &rows, &claim.filter)?;
            Ok(Found { what: format!("{which} {value} of {count} rows"), number })
        }
        Against::Column(column) => {
            let pairs = rows
                .iter()
                .filter_map(|row| Some(by.of(table.number(*row, value)?, table.number(*row, column)?)));
            let (number, count) = of(pairs.collect(), &format!("{value} and {column}"), &claim.filter)?;
            Ok(Found { what: format!("{which} {word} of {value} and {column} in {count} rows"), number })
        }
        Against::Rows { column, filter } => {
            let (one, _) = alone(value, &rows, &claim.filter)?;
            let (other, _) = alone(column, &self::rows(table, filter), filter)?;
            let shown = |number: f64, of: &str| {
                units::quantity(number, table.column(of).map_or("", |c| c.unit.as_str()))
            };
            let (one_told, other_told) = (shown(one, value), shown(other, column));
            let what = format!("the {word} of {which} {value}, {one_told}, and {other_told} where {filter},");
            Ok(Found { what, number: by.of(one, other) })
        }
    }
}

/// Measured rows, no warm-up, that a condition chooses. Results that missed their bound count: a claim must bear them.
fn rows(table: &Table, filter: &Filter) -> Vec<usize> {
    (0..table.rows())
        .filter(|row| !table.flag(*row, "is_warmup"))
        .filter(|row| ["ok", "wrong"].contains(&table.text(*row, "status").as_str()))
        .filter(|row| filter.holds(|name| table.get(*row, name)))
        .collect()
}
