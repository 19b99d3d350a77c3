//! Derived tables: one row per point, stage and operation, with medians and intervals.

use std::collections::BTreeMap;

use serde_json::Value as Json;

use crate::column::{Column, ColumnKind, Role};
use crate::error::HarnessError;
use crate::stats::Sorted;
use crate::table::Table;

/// The samples of one point, stage and operation, without warm-up.
#[derive(Clone, Debug)]
pub(crate) struct Group {
    /// Row of the table that stands for what all rows of the group share.
    pub first: usize,
    /// All rows.
    pub rows: Vec<usize>,
}

/// Groups the rows of a result table by point, stage and operation, in the order of the table.
pub(crate) fn groups(table: &Table) -> Vec<Group> {
    let mut at: BTreeMap<(String, String, String), usize> = BTreeMap::new();
    let mut groups: Vec<Group> = Vec::new();
    for row in (0..table.rows()).filter(|row| !table.flag(*row, "is_warmup")) {
        let key = (table.text(row, "point_id"), table.text(row, "stage"), table.text(row, "op"));
        match at.get(&key) {
            Some(group) => groups[*group].rows.push(row),
            None => {
                at.insert(key, groups.len());
                groups.push(Group { first: row, rows: vec![row] });
            }
        }
    }
    groups
}

/// The values of a column in a group.
pub(crate) fn values(table: &Table, group: &Group, column: &str) -> Option<Sorted> {
    Sorted::new(group.rows.iter().filter_map(|row| table.number(*row, column)).collect())
}

/// The summary of a result table.
///
/// # Errors
/// [`HarnessError::Table`] when it cannot be built.
pub(crate) fn summarise(table: &Table) -> Result<Table, HarnessError> {
    let number = |name: &str, unit: &str, meaning: &str| {
        Column::new(name, ColumnKind::Float, Role::Parameter, unit, meaning)
    };
    let count = |name: &str, meaning: &str| Column::new(name, ColumnKind::Int, Role::Parameter, "", meaning);
    let mut columns = Vec::new();
    for name in ["point_id", "workload", "stage", "op", "status"] {
        columns.extend(table.column(name).cloned());
    }
    let declared = |column: &&Column| !crate::column::is_own(column.name());
    let parameters = table.columns.iter().filter(|c| c.role == Role::Parameter).filter(declared);
    columns.extend(parameters.cloned());
    columns.extend([
        count("n_samples", "samples without warm-up"),
        number("wall_s_median", "s", "median wall time per operation"),
        number("wall_s_ci95_low", "s", "lower end of the 95% interval of the median; empty below 6 samples"),
        number("wall_s_ci95_high", "s", "upper end of the same"),
        number("wall_s_min", "s", "smallest wall time per operation"),
        number("wall_s_mad", "s", "median absolute deviation"),
        number("cpu_s_median", "s", "median CPU time per operation"),
        count("outliers_mild", "samples beyond 1.5 interquartile ranges"),
        count("outliers_severe", "samples beyond 3 interquartile ranges"),
        count("nivcsw", "involuntary context switches in all samples"),
    ]);
    columns.extend(table.column("peak_rss_bytes").cloned());
    columns.extend(table.column("baseline_rss_bytes").cloned());
    let measured = table.columns.iter().filter(|c| c.role != Role::Parameter).filter(declared).cloned();
    // Medians of whole numbers need not be whole.
    columns.extend(
        measured.map(|c| Column {
            kind: if c.kind == ColumnKind::Int { ColumnKind::Float } else { c.kind },
            ..c
        }),
    );
    let groups = groups(table);
    Table::build(columns, groups.len(), |row, column| cell(table, &groups[row], column))
}

fn cell(table: &Table, group: &Group, column: &str) -> Option<Json> {
    let wall = || values(table, group, "wall_s");
    match column {
        "n_samples" => Some(group.rows.len().into()),
        "wall_s_median" => wall().map(|s| s.median().into()),
        "wall_s_ci95_low" => wall()?.median_interval().map(|(low, _)| low.into()),
        "wall_s_ci95_high" => wall()?.median_interval().map(|(_, high)| high.into()),
        "wall_s_min" => wall().map(|s| s.min().into()),
        "wall_s_mad" => wall().map(|s| s.mad().into()),
        "cpu_s_median" => values(table, group, "cpu_s").map(|s| s.median().into()),
        "outliers_mild" => wall().map(|s| s.outliers().0.into()),
        "outliers_severe" => wall().map(|s| s.outliers().1.into()),
        "nivcsw" => {
            let all: Vec<i64> = group.rows.iter().filter_map(|row| table.int(*row, "nivcsw")).collect();
            (!all.is_empty()).then(|| all.iter().sum::<i64>().into())
        }
        name => {
            let role = table.column(name)?.role;
            match (role, values(table, group, name)) {
                (Role::Size | Role::Error | Role::Metric, Some(sample)) if !crate::column::is_own(name) => {
                    Some(sample.median().into())
                }
                _ => table.get(group.first, name).map(|value| value.to_json()),
            }
        }
    }
}
