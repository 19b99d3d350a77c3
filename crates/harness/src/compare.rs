//! `compare`: two results folders, point by point.

use std::collections::BTreeMap;

use crate::console::{note, out};
use crate::error::HarnessError;
use crate::merge::read_table;
use crate::stats::{Sorted, geometric_mean, median_ratio};
use crate::store::Store;
use crate::summary::{groups, values};
use crate::table::Table;

/// What is asked of a comparison.
#[derive(Clone, Debug)]
pub(crate) struct Question {
    /// Column.
    pub metric: String,
    /// Larger values are better.
    pub higher_is_better: bool,
    /// Share by which a point may be worse.
    pub tolerance: Option<f64>,
}

type Key = (String, String, String);

/// Compares and prints; whether a regression beyond the tolerance was found.
///
/// # Errors
/// [`HarnessError`] when a folder has no results, or nothing in them can be compared.
pub(crate) fn compare(before: &Store, after: &Store, question: &Question) -> Result<bool, HarnessError> {
    let (old, new) = (read_table(before)?, read_table(after)?);
    for table in [&old, &new] {
        if table.column(&question.metric).is_none() {
            let known: Vec<&str> = table.columns.iter().map(crate::Column::name).collect();
            return Err(HarnessError::usage(
                "compare",
                format!("the unknown column `{}`", question.metric),
                "a column of both tables",
                crate::diagnostic::suggest(&question.metric, known),
            ));
        }
    }
    let (old_samples, new_samples) = (samples(&old, question), samples(&new, question));
    let mut ratios = Vec::new();
    let mut regressions = 0;
    out(format!(
        "{:<16}  {:<24}  {:>11}  {:>11}  {:>7}  {:<17}  verdict",
        "point_id", "stage/op", "before", "after", "ratio", "95% interval"
    ));
    for (key, old) in &old_samples {
        let Some(new) = new_samples.get(key) else { continue };
        let (ratio, interval) = median_ratio(old, new);
        let verdict = Verdict::of(ratio, interval, question);
        regressions += usize::from(verdict == Verdict::Regression);
        if ratio > 0.0 && ratio.is_finite() {
            ratios.push(ratio);
        }
        out(format!(
            "{:<16}  {:<24}  {:>11.4e}  {:>11.4e}  {ratio:>7.3}  {:<17}  {}",
            key.0,
            format!("{}/{}", key.1, key.2),
            old.median(),
            new.median(),
            interval
                .map_or_else(|| "too few samples".to_owned(), |(low, high)| format!("{low:.3} .. {high:.3}")),
            verdict.words(),
        ));
    }
    let only = |a: &BTreeMap<Key, Sorted>, b: &BTreeMap<Key, Sorted>| {
        a.keys().filter(|k| !b.contains_key(k)).count()
    };
    let (missing, extra) = (only(&old_samples, &new_samples), only(&new_samples, &old_samples));
    if missing + extra > 0 {
        note(format!(
            "not compared: {missing} only in {}, {extra} only in {}",
            before.root().display(),
            after.root().display()
        ));
    }
    if let Some(mean) = geometric_mean(&ratios) {
        out(format!("geometric mean of {} ratios: {mean:.3}", ratios.len()));
    }
    if old_samples.keys().all(|key| !new_samples.contains_key(key)) {
        return Err(HarnessError::usage(
            "compare",
            "no point, stage and operation in both folders",
            "two runs of the same points",
            "points match when workload, version and parameters are the same",
        ));
    }
    if models(&old) != models(&new) {
        note(format!(
            "warning: different CPU models: {} and {}",
            models(&old).join(", "),
            models(&new).join(", ")
        ));
    }
    Ok(regressions > 0)
}

/// Samples of good rows by point, stage and operation.
fn samples(table: &Table, question: &Question) -> BTreeMap<Key, Sorted> {
    let mut found = BTreeMap::new();
    for group in groups(table) {
        let text = |column: &str| table.text(group.first, column);
        if text("status") != "ok" {
            continue;
        }
        if let Some(sample) = values(table, &group, &question.metric) {
            found.insert((text("point_id"), text("stage"), text("op")), sample);
        }
    }
    found
}

fn models(table: &Table) -> Vec<String> {
    let all: std::collections::BTreeSet<String> =
        (0..table.rows()).map(|row| table.text(row, "cpu_model")).collect();
    all.into_iter().filter(|model| !model.is_empty()).collect()
}

/// What a ratio says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verdict {
    Better,
    Worse,
    Regression,
    NoEvidence,
}

impl Verdict {
    /// There is evidence where the interval of the ratio excludes 1.
    fn of(ratio: f64, interval: Option<(f64, f64)>, question: &Question) -> Self {
        let Some((low, high)) = interval else { return Self::NoEvidence };
        let (up, down) = (low > 1.0, high < 1.0);
        let (worse, better) = if question.higher_is_better { (down, up) } else { (up, down) };
        let loss = if question.higher_is_better { 1.0 / ratio } else { ratio } - 1.0;
        match (worse, better, question.tolerance) {
            (true, _, Some(tolerance)) if loss > tolerance => Self::Regression,
            (true, ..) => Self::Worse,
            (_, true, _) => Self::Better,
            (false, false, _) => Self::NoEvidence,
        }
    }

    fn words(self) -> &'static str {
        match self {
            Self::Better => "better",
            Self::Worse => "worse",
            Self::Regression => "REGRESSION",
            Self::NoEvidence => "no evidence",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn verdicts_need_evidence_and_size() {
        let question =
            |higher_is_better| Question { metric: "m".to_owned(), higher_is_better, tolerance: Some(0.1) };
        let verdict = |ratio, low, high, higher| Verdict::of(ratio, Some((low, high)), &question(higher));
        assert_eq!(verdict(1.2, 1.1, 1.3, false), Verdict::Regression);
        assert_eq!(verdict(1.05, 1.01, 1.1, false), Verdict::Worse);
        assert_eq!(verdict(1.2, 0.9, 1.5, false), Verdict::NoEvidence);
        assert_eq!(verdict(0.8, 0.7, 0.9, false), Verdict::Better);
        assert_eq!(verdict(0.8, 0.7, 0.9, true), Verdict::Regression);
        assert_eq!(Verdict::of(2.0, None, &question(false)), Verdict::NoEvidence);
    }
}
