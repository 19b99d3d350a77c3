//! The checked configuration of a sweep.

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::axes::{Axis, AxisReader, Exclude, excludes};
use super::claims::{self, Claim};
use super::node::{Item, Node, Table};
use super::parameters::{Catalogue, Fixed};
use super::plots::{self, PlotSpec};
use super::section::Section;
use super::settings::{Limits, Measure, Security, limits, measure, security};
use crate::column::{self, Column};
use crate::diagnostic::{Diagnostic, Origin, Sources, list, suggest};
use crate::key::Place;
use crate::value::{Params, Value};
use crate::workload::{Registry, Workload, columns_at};

/// Version of the configuration's layout.
pub(crate) const CONFIG_SCHEMA: i64 = 1;

/// A configuration as given: one sweep, or the members of a suite, all into one folder.
#[derive(Debug)]
pub(crate) struct Sweep {
    /// Name, and name of the results folder.
    pub name: String,
    /// The sweeps, in order.
    pub members: Vec<Spec>,
    /// Folder and figures.
    pub output: Output,
    /// Seconds after which no new point is started, where the configuration says so.
    pub budget_seconds: Option<f64>,
    /// The texts it was read from.
    pub sources: Sources,
    /// The composed configuration files, by name relative to the results folder; `sweep.toml` runs the sweep again.
    pub composed: Vec<(String, String)>,
    /// The same with the origin of each key, for `config show`.
    pub annotated: String,
}

/// One checked sweep.
#[derive(Clone, Debug)]
pub(crate) struct Spec {
    /// Its name.
    pub name: String,
    /// Seed that the points' seeds derive from.
    pub seed: u64,
    /// Whether workloads should seed all randomness; for tests only, and marked on every row.
    pub deterministic: bool,
    /// Name of the workload.
    pub workload: String,
    /// Values that all points share, defaults included.
    pub fixed: Params,
    /// The axes.
    pub axes: Vec<Axis>,
    /// What is left out of their product.
    pub excludes: Vec<Exclude>,
    /// Security level and what to do with points below it.
    pub security: Security,
    /// How points are measured.
    pub measure: Measure,
    /// What a point may use.
    pub limits: Limits,
    /// Where each key is written, to point at it later.
    pub origins: BTreeMap<String, Origin>,
    /// Where the workload's table begins.
    pub header: Origin,
}

impl Spec {
    /// The columns that the points of this sweep fill.
    pub(crate) fn columns(&self, workload: &dyn Workload) -> Vec<Column> {
        let mut params = self.fixed.clone();
        for axis in &self.axes {
            axis.apply(0, &mut params);
        }
        columns_at(workload, &params)
    }
}

/// `[output]`.
#[derive(Clone, Debug)]
pub(crate) struct Output {
    /// Folder that holds the sweep's own folder.
    pub dir: PathBuf,
    /// The figures, in the order in which they are asked for.
    pub plots: Vec<PlotSpec>,
}

/// Keys of `[schema, name]` at the top of every configuration.
pub(crate) fn header(top: &mut Section<'_, '_>, root: &Table, start: &Origin) -> String {
    if let Some(item) = top.item("schema") {
        let found = item.to_value();
        if found != Value::Int(CONFIG_SCHEMA) {
            top.problem(
                Diagnostic::new(format!("this program reads configurations of schema {CONFIG_SCHEMA}"))
                    .at(&item.origin, format!("found {found}"))
                    .help(format!("write `schema = {CONFIG_SCHEMA}`")),
            );
        }
    } else {
        top.problem(
            Diagnostic::new("`schema` is missing")
                .at(start, "the configuration begins here")
                .help(format!("add `schema = {CONFIG_SCHEMA}` at the top")),
        );
    }
    let name = top.text("name").unwrap_or_default();
    let good = !name.is_empty()
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-')
        && name != "latest"
        && name != "reference";
    match root.get("name") {
        Some(item) if !good && item.as_text().is_some() => top.problem(
            Diagnostic::new(format!("`name` cannot be \"{name}\""))
                .at(&item.origin, "not the name of a folder")
                .help("use letters, digits, `_` and `-`; `latest` and `reference` are taken"),
        ),
        Some(_) => {}
        None => top.problem(
            Diagnostic::new("`name` is missing")
                .at(start, "the configuration begins here")
                .help("add `name = \"...\"`: the results go to a folder of that name"),
        ),
    }
    name.to_owned()
}

/// Checks a composed tree; problems go to `problems`.
pub(crate) fn check(
    root: &Table,
    start: &Origin,
    registry: &Registry,
    problems: &mut Vec<Diagnostic>,
) -> Option<(Spec, Output, Option<f64>)> {
    let before = problems.len();
    let whole = Item { node: Node::Table(root.clone()), key: start.clone(), origin: start.clone() };
    let mut top = Section::new("the configuration", Some(&whole), problems);
    let name = header(&mut top, root, start);
    let seed = top.int("seed", 0..=i64::MAX).unwrap_or(0).unsigned_abs();
    let deterministic = top.flag("deterministic").unwrap_or(false);
    for known in [
        "workload", "grid", "params", "zip", "exclude", "security", "measure", "limits", "output", "plot",
        "verdict", "extends", "suite",
    ] {
        top.item(known);
    }
    top.finish();

    let (workload, table, header) = workload_table(root, start, registry, problems)?;
    let catalogue = Catalogue::new(workload);
    let mut reader =
        AxisReader { catalogue: &catalogue, origins: BTreeMap::new(), axes: Vec::new(), problems };
    for (section, item) in root.iter() {
        match (section, item.as_table()) {
            ("grid", Some(grid)) => reader.grid(grid),
            ("zip", Some(zips)) => {
                for (zip, item) in zips.iter() {
                    match item.as_table() {
                        Some(table) => reader.zip(zip, &item.key, table),
                        None => reader.problems.push(not_a_table(&format!("zip.{zip}"), item)),
                    }
                }
            }
            ("grid" | "zip" | "params", None) => reader.problems.push(not_a_table(section, item)),
            _ => {}
        }
    }
    let AxisReader { origins: axis_origins, axes, .. } = reader;
    let excludes = excludes(root.get("exclude"), &catalogue, &axis_origins, problems);
    let mut fixed = Fixed {
        catalogue: &catalogue,
        axes: &axis_origins,
        params: Params::new(),
        origins: BTreeMap::new(),
        problems,
    };
    if let Some(params) = root.table("params") {
        fixed.read(params, Place::Params, "[params]");
    }
    fixed.read(table, Place::Workload, &format!("[workload.{}]", catalogue.workload));
    fixed.complete(&header);
    let Fixed { params, mut origins, .. } = fixed;
    origins.extend(axis_origins);
    let security = security(root, problems);
    let measure = measure(root, registry, problems);
    let (limits, budget) = limits(root, problems);
    let spec = Spec {
        name,
        seed,
        deterministic,
        workload: catalogue.workload.to_owned(),
        fixed: params,
        axes,
        excludes,
        security,
        measure,
        limits,
        origins,
        header,
    };
    let columns: Vec<String> = column::table(&spec.columns(workload)).into_iter().map(|c| c.name).collect();
    let output = output(root, &columns, problems);
    claims(root, &columns, problems);
    (problems.len() == before).then_some((spec, output, budget))
}

fn not_a_table(name: &str, item: &Item) -> Diagnostic {
    Diagnostic::new(format!("`{name}` must be a table"))
        .at(&item.key, format!("this is {}", item.to_value().kind_name()))
        .help(format!("write it as [{name}] followed by `key = value` lines"))
}

fn workload_table<'a>(
    root: &'a Table,
    start: &Origin,
    registry: &Registry,
    problems: &mut Vec<Diagnostic>,
) -> Option<(&'static dyn Workload, &'a Table, Origin)> {
    let names = registry.names();
    let tables: Vec<(&str, &Item)> = root.table("workload").into_iter().flat_map(Table::iter).collect();
    match tables.as_slice() {
        [(name, item)] => {
            let Some(workload) = registry.get(name) else {
                problems.push(
                    Diagnostic::new(format!("unknown workload `{name}`"))
                        .at(&item.key, "not a workload of this program")
                        .help(suggest(name, names)),
                );
                return None;
            };
            match item.as_table() {
                Some(table) => Some((workload, table, item.key.clone())),
                None => {
                    problems.push(not_a_table(&format!("workload.{name}"), item));
                    None
                }
            }
        }
        [] => {
            problems.push(
                Diagnostic::new("the configuration names no workload")
                    .at(start, "no [workload.NAME] table")
                    .help(format!("add one of [workload.NAME] with NAME from {}", list(names))),
            );
            None
        }
        [(_, first), (_, second), ..] => {
            problems.push(
                Diagnostic::new("a sweep has exactly one workload")
                    .at(&second.key, "a second one here")
                    .at(&first.key, "the first one here")
                    .help("put each in a file of its own and join them with `suite = [..]`"),
            );
            None
        }
    }
}

/// Reads the `[verdict.*]` tables.
pub(crate) fn claims(root: &Table, columns: &[String], problems: &mut Vec<Diagnostic>) -> Vec<Claim> {
    let tables = root.table("verdict").into_iter().flat_map(Table::iter);
    tables.filter_map(|(id, item)| claims::read(id, item, columns, problems)).collect()
}

/// Reads `[output]` and the `[plot.*]` tables it names.
pub(crate) fn output(root: &Table, columns: &[String], problems: &mut Vec<Diagnostic>) -> Output {
    let mut section = Section::new("[output]", root.get("output"), problems);
    let dir = PathBuf::from(section.text("dir").unwrap_or("results"));
    let wanted = section.texts("plots");
    section.finish();
    let mut known = Vec::new();
    for (id, item) in root.table("plot").into_iter().flat_map(Table::iter) {
        let named = id.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-');
        if !named || id.is_empty() {
            problems.push(
                Diagnostic::new(format!("a plot cannot be called \"{id}\""))
                    .at(&item.key, "not the name of a file")
                    .help("use letters, digits, `_` and `-`"),
            );
        } else if wanted.as_ref().is_none_or(|w| w.iter().any(|(text, _)| *text == id)) {
            known.extend(plots::read(id, item, columns, problems));
        }
    }
    let defined: Vec<&str> = root.table("plot").into_iter().flat_map(Table::keys).collect();
    let mut chosen = Vec::new();
    for (text, origin) in wanted.clone().unwrap_or_default() {
        if !defined.contains(&text) {
            problems.push(
                Diagnostic::new(format!("`plots` names `{text}`, which no [plot.{text}] table describes"))
                    .at(origin, "not a plot")
                    .help(suggest(text, defined.iter().copied())),
            );
        }
        chosen.extend(known.iter().find(|p| p.id == text).cloned());
    }
    Output { dir, plots: if wanted.is_some() { chosen } else { known } }
}
