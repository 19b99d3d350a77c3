//! The summary for people: one table per workload, only columns in which something differs or is measured.

use std::collections::BTreeSet;

use crate::column::{Column, Role};
use crate::table::Table;
use crate::units;
use crate::value::Value;

/// A table of medians.
#[derive(Clone, Debug)]
pub(super) struct Medians {
    /// What it holds.
    pub(super) title: String,
    /// Names of the columns.
    pub(super) header: Vec<String>,
    /// The cells as text.
    pub(super) rows: Vec<Vec<String>>,
    /// What each cell is sorted by, where that is a number.
    pub(super) keys: Vec<Vec<Option<f64>>>,
}

/// Columns of the summary that are shown in their own way, or not at all.
const SKIPPED: [&str; 14] = [
    "point_id",
    "workload",
    "stage",
    "op",
    "status",
    "wall_s_median",
    "wall_s_ci95_low",
    "wall_s_ci95_high",
    "wall_s_min",
    "wall_s_mad",
    "cpu_s_median",
    "outliers_mild",
    "outliers_severe",
    "nivcsw",
];

/// For each workload a table of its stages and one of its metrics; `details` shows the columns that few want.
pub(super) fn all(summary: &Table, details: bool) -> Vec<Medians> {
    let mut workloads: Vec<String> = Vec::new();
    for row in 0..summary.rows() {
        let name = summary.text(row, "workload");
        if !workloads.contains(&name) {
            workloads.push(name);
        }
    }
    let mut tables = Vec::new();
    for workload in workloads {
        let of = |score: bool| -> Vec<usize> {
            (0..summary.rows())
                .filter(|row| summary.text(*row, "workload") == workload)
                .filter(|row| !summary.text(*row, "stage").is_empty())
                .filter(|row| (summary.text(*row, "stage") == "score") == score)
                .collect()
        };
        tables.extend(medians(summary, format!("{workload}: stages"), &of(false), details));
        tables.extend(medians(summary, format!("{workload}: metrics"), &of(true), details));
    }
    tables
}

fn medians(summary: &Table, title: String, rows: &[usize], details: bool) -> Option<Medians> {
    let timed = rows.iter().any(|row| summary.number(*row, "wall_s_median").is_some());
    rows.first()?;
    let distinct = |name: &str| -> BTreeSet<String> {
        rows.iter().map(|row| summary.text(*row, name)).filter(|text| !text.is_empty()).collect()
    };
    let telling = |column: &&Column| {
        let values = distinct(column.name());
        values.len() > 1 || (values.len() == 1 && column.role != Role::Parameter)
    };
    let shown: Vec<&Column> = summary
        .columns
        .iter()
        .filter(|column| !SKIPPED.contains(&column.name()))
        .filter(|column| timed || (column.role != Role::Size && column.name() != "n_samples"))
        .filter(telling)
        .collect();
    let block = |detail: bool, parameter: bool| {
        shown.iter().copied().filter(move |c| c.detail == detail && (c.role == Role::Parameter) == parameter)
    };
    let (before, after): (Vec<&Column>, Vec<&Column>) =
        (block(false, true).collect(), block(false, false).collect());
    let few: Vec<&Column> =
        if details { block(true, true).chain(block(true, false)).collect() } else { Vec::new() };
    let with_status = distinct("status").iter().any(|status| status != "ok");
    let name = if timed { "stage / op" } else { "metric" };
    let mut header: Vec<String> = vec![name.to_owned()];
    header.extend(with_status.then(|| "status".to_owned()));
    header.extend(before.iter().map(|c| c.name().to_owned()));
    header.extend(["median", "95% interval"].iter().filter(|_| timed).map(|name| (*name).to_owned()));
    header.extend(after.iter().chain(&few).map(|c| c.name().to_owned()));
    let cells = |row: usize| -> Vec<(String, Option<f64>)> {
        let op = summary.text(row, "op");
        let name = if timed { format!("{} / {op}", summary.text(row, "stage")) } else { op };
        let mut cells = vec![(name, None)];
        cells.extend(with_status.then(|| (summary.text(row, "status"), None)));
        cells.extend(before.iter().map(|c| cell(summary, row, c)));
        cells.extend(times(summary, row).into_iter().filter(|_| timed));
        cells.extend(after.iter().chain(&few).map(|c| cell(summary, row, c)));
        cells
    };
    let both: Vec<Vec<(String, Option<f64>)>> = rows.iter().map(|row| cells(*row)).collect();
    let texts = both.iter().map(|row| row.iter().map(|(text, _)| text.clone()).collect()).collect();
    let keys = both.iter().map(|row| row.iter().map(|(_, key)| *key).collect()).collect();
    Some(Medians { title, header, rows: texts, keys })
}

fn cell(summary: &Table, row: usize, column: &Column) -> (String, Option<f64>) {
    match summary.get(row, column.name()) {
        None => (String::new(), None),
        Some(value) => match (&value, value.as_f64()) {
            (Value::Float(number), key) => (units::quantity(*number, &column.unit), key),
            (_, Some(number)) if column.unit == "B" => (units::bytes(number), Some(number)),
            (value, key) => (value.to_string(), key),
        },
    }
}

fn times(summary: &Table, row: usize) -> [(String, Option<f64>); 2] {
    let seconds = |name: &str| summary.number(row, name);
    let median = seconds("wall_s_median");
    let interval = seconds("wall_s_ci95_low").zip(seconds("wall_s_ci95_high"));
    [
        (median.map_or_else(String::new, units::time), median),
        (
            interval.map_or_else(String::new, |(low, high)| {
                format!("{} .. {}", units::time(low), units::time(high))
            }),
            interval.map(|(low, _)| low),
        ),
    ]
}
