//! What a reader of the numbers should know, computed from the table: whether the results are right, how well the
//! times are known, and what was not run.

use std::collections::{BTreeMap, BTreeSet};

use crate::console::points;
use crate::stats::Sorted;
use crate::summary::{groups, values};
use crate::table::Table;
use crate::units;

/// Times are well known where nine in ten medians are known to this share.
const WELL_KNOWN: f64 = 0.1;

/// One sentence with its weight.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Verdict {
    good: bool,
    text: String,
}

impl Verdict {
    pub(super) fn good(text: impl Into<String>) -> Self {
        Self { good: true, text: text.into() }
    }

    /// Something that limits what the numbers say.
    pub(super) fn bad(text: impl Into<String>) -> Self {
        Self { good: false, text: text.into() }
    }

    /// Whether it is good news.
    pub(crate) fn is_good(&self) -> bool {
        self.good
    }

    /// The sentence.
    pub(crate) fn text(&self) -> &str {
        &self.text
    }
}

/// All of them.
pub(super) fn verdicts(table: &Table) -> Vec<Verdict> {
    let mut found = outcomes(table);
    found.extend(timings(table));
    let profiles = distinct(table, "profile");
    if profiles.iter().any(|profile| profile != "release") {
        let profiles: Vec<_> = profiles.into_iter().collect();
        found.push(Verdict::bad(format!(
            "built with profile {}: only `--release` shows the program's speed",
            profiles.join(", ")
        )));
    }
    if distinct(table, "git_dirty").contains("true") {
        found.push(Verdict::bad("measured from a working tree with uncommitted changes"));
    }
    if distinct(table, "deterministic").contains("true") {
        found.push(Verdict::bad("all randomness was seeded: for tests only"));
    }
    found.extend(mixed(table).into_iter().map(Verdict::bad));
    found
}

/// Reasons why timings of this table do not belong together.
pub(super) fn mixed(table: &Table) -> Vec<String> {
    let timed: Vec<usize> = (0..table.rows()).filter(|row| table.number(*row, "wall_s").is_some()).collect();
    let several = |column: &str| timed.iter().map(|row| table.text(*row, column)).collect::<BTreeSet<_>>();
    let mut found = Vec::new();
    let models = several("cpu_model");
    if models.len() > 1 {
        found.push(format!("timings of {} CPU models are mixed", models.len()));
    }
    if several("isolated").len() > 1 {
        found.push("timings of points run alone and of points run side by side are mixed".to_owned());
    }
    found
}

fn distinct(table: &Table, column: &str) -> BTreeSet<String> {
    (0..table.rows()).map(|row| table.text(row, column)).filter(|text| !text.is_empty()).collect()
}

/// `1 point is`, `2 points are`.
fn are(count: usize) -> String {
    format!("{} {}", points(count), if count == 1 { "is" } else { "are" })
}

/// Points by how they ended.
fn outcomes(table: &Table) -> Vec<Verdict> {
    let mut by_status: BTreeMap<String, (usize, BTreeSet<String>)> = BTreeMap::new();
    for row in 0..table.rows() {
        let (rows, ids) = by_status.entry(table.text(row, "status")).or_default();
        *rows += 1;
        ids.insert(table.text(row, "point_id"));
    }
    let count = |status: &str| by_status.get(status).map_or(0, |(_, ids)| ids.len());
    let mut found = Vec::new();
    let measured: BTreeSet<&String> =
        ["ok", "wrong"].iter().filter_map(|s| by_status.get(*s)).flat_map(|(_, ids)| ids).collect();
    let stages = groups(table).iter().filter(|g| table.text(g.first, "status") == "ok").count();
    if count("wrong") > 0 {
        found.push(Verdict::bad(format!(
            "{} wrong: a result missed its bound, and its time is in no figure",
            are(count("wrong"))
        )));
    } else if !measured.is_empty() {
        let (were, their) = if measured.len() == 1 { ("was", "its") } else { ("were", "their") };
        found.push(Verdict::good(format!(
            "{} {were} measured and every one of {their} {stages} results passed its check",
            points(measured.len())
        )));
    }
    for status in ["failed", "timeout", "oom"] {
        if count(status) > 0 {
            found.push(Verdict::bad(format!("{} {status}", are(count(status)))));
        }
    }
    let mut codes: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for row in (0..table.rows()).filter(|row| table.text(*row, "status") == "infeasible") {
        codes.entry(table.text(row, "error_code")).or_default().insert(table.text(row, "point_id"));
    }
    for (code, ids) in codes {
        found.push(Verdict::bad(format!("{} infeasible ({code}) and not run", are(ids.len()))));
    }
    found
}

/// How well the times are known.
fn timings(table: &Table) -> Vec<Verdict> {
    let (mut severe, mut samples, mut busy, mut widths) = (0, 0, 0, Vec::new());
    for group in groups(table) {
        let Some(wall) = values(table, &group, "wall_s") else { continue };
        severe += wall.outliers().1;
        samples += wall.len();
        let interrupted = group.rows.iter().filter(|row| table.int(**row, "nivcsw").unwrap_or(0) > 0).count();
        busy += usize::from(group.rows.len() >= 5 && 2 * interrupted > group.rows.len());
        widths.extend(wall.median_interval().map(|(low, high)| (high - low) / 2.0 / wall.median()));
    }
    let mut found = Vec::new();
    if let Some(widths) = Sorted::new(widths) {
        let percent = |share: f64| units::number((share * 1000.0).round() / 10.0);
        let text = format!(
            "half of the {} medians of time are known to ±{}% or better (95% interval), nine in ten to ±{}%",
            widths.len(),
            percent(widths.median()),
            percent(widths.quantile(0.9))
        );
        found.push(Verdict { good: widths.quantile(0.9) <= WELL_KNOWN, text });
    }
    if 10 * severe > samples {
        found.push(Verdict::bad(format!(
            "{severe} of {samples} samples are severe outliers: something else was running"
        )));
    }
    if busy > 0 {
        found.push(Verdict::bad(format!(
            "in {busy} stages most samples were interrupted: something else was running"
        )));
    }
    found
}
