//! From point files to `results.csv`.
//!
//! A pure function of the point files: their best copies, sorted, become the rows. Merging is therefore associative
//! and idempotent.

use std::collections::BTreeMap;
use std::fs;
use std::io::Read as _;
use std::path::Path;

use flate2::read::GzDecoder;
use serde_json::Value as Json;

use crate::column::{self, Column};
use crate::error::{HarnessError, store as store_error};
use crate::plan::{self, Entry};
use crate::record::{PointRecord, Row, Status, StoredPoint};
use crate::store::{Claimed, Store, write_atomic};
use crate::table::Table;
use crate::workload::Registry;

/// The result table of a folder.
pub(crate) const PLAIN_TABLE: &str = "results.csv";
/// The same, compressed: published tables that are long.
pub(crate) const PACKED_TABLE: &str = "results.csv.gz";

/// What a merge found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Merged {
    /// Points by status word.
    pub counts: BTreeMap<&'static str, usize>,
    /// Rows of the table.
    pub rows: usize,
    /// CPU models that points were measured on.
    pub cpu_models: Vec<String>,
}

impl Merged {
    /// Points in all.
    pub(crate) fn points(&self) -> usize {
        self.counts.values().sum()
    }
}

/// Copies the best file of every point of `inputs` into `output`, with manifests, logs and configuration, and writes
/// the table there, with the columns of everything that is planned there.
///
/// # Errors
/// [`HarnessError`] when a file cannot be read, belongs to another schema, or cannot be written.
pub(crate) fn merge(inputs: &[Store], output: &Store, registry: &Registry) -> Result<Merged, HarnessError> {
    let mut best: BTreeMap<String, (StoredPoint, String)> = BTreeMap::new();
    for store in inputs.iter().chain([output]) {
        for (point, text) in store.read_points()? {
            match best.get(&point.point_id) {
                Some(kept) if !better(&point, &text, &kept.0, &kept.1) => {}
                _ => {
                    best.insert(point.point_id.clone(), (point, text));
                }
            }
        }
    }
    output.create()?;
    for (id, (_, text)) in &best {
        let path = output.point_path(id);
        if fs::read_to_string(&path).ok().as_deref() != Some(text) {
            write_atomic(&path, text.as_bytes())?;
        }
    }
    for input in inputs.iter().filter(|input| input.root() != output.root()) {
        copy_missing(input.root(), output.root())?;
    }
    write_table(output, &plan::read(&output.path("plan.json"))?, registry)
}

/// Whether `a` is kept over `b`: ok beats failed, then the newer; equal times are settled by content, so that the
/// order of merging does not matter.
fn better(a: &StoredPoint, a_text: &str, b: &StoredPoint, b_text: &str) -> bool {
    let key =
        |p: &StoredPoint, text: &str| (p.status.rank(), p.text("finished_at").to_owned(), text.to_owned());
    key(a, a_text) > key(b, b_text)
}

/// Manifests, logs, the configuration and the plan, as far as the target does not have them.
fn copy_missing(from: &Path, to: &Path) -> Result<(), HarnessError> {
    for folder in ["manifests", "logs", "members", "."] {
        let source = from.join(folder);
        for entry in fs::read_dir(&source).into_iter().flatten() {
            let path = entry.map_err(store_error("list", &source))?.path();
            let Some(name) = path.file_name() else { continue };
            let wanted = folder != "." || name == "sweep.toml" || name == "plan.json";
            let target = to.join(folder).join(name);
            if wanted && path.is_file() && !target.exists() {
                let bytes = fs::read(&path).map_err(store_error("read", &path))?;
                write_atomic(&target, &bytes)?;
            }
        }
    }
    Ok(())
}

/// Writes `results.csv` and `columns.json` from the point files of one folder. What is planned and has no rows yet has its
/// columns there too, so that figures and claims can name them.
///
/// # Errors
/// [`HarnessError`] when a file cannot be read or written.
pub(crate) fn write_table(
    store: &Store,
    plan: &[Entry],
    registry: &Registry,
) -> Result<Merged, HarnessError> {
    let mut points: Vec<StoredPoint> = store.read_points()?.into_iter().map(|(point, _)| point).collect();
    points.sort_by(|a, b| {
        let workload = a.text("workload").cmp(b.text("workload"));
        workload.then_with(|| a.params.order(&b.params)).then_with(|| a.point_id.cmp(&b.point_id))
    });
    let table = tabulate(&points, &registry.planned_columns(plan))?;
    store.write(PLAIN_TABLE, &table.to_csv()?)?;
    let columns: Vec<Json> = table.columns.iter().map(Column::to_json).collect();
    let text = serde_json::to_string_pretty(&columns).unwrap_or_default();
    store.write("columns.json", text.as_bytes())?;
    let mut merged = Merged { rows: table.rows(), ..Merged::default() };
    for point in &points {
        *merged.counts.entry(point.status.word()).or_default() += 1;
        if let Some(model) = point.provenance("cpu_model").and_then(Json::as_str)
            && !merged.cpu_models.iter().any(|known| known == model)
        {
            merged.cpu_models.push(model.to_owned());
        }
    }
    Ok(merged)
}

fn tabulate(points: &[StoredPoint], planned: &[Column]) -> Result<Table, HarnessError> {
    let columns = column::table(points.iter().flat_map(|point| &point.columns).chain(planned));
    let rows: Vec<Row<'_>> = points.iter().flat_map(StoredPoint::rows).collect();
    Table::build(columns, rows.len(), |row, name| rows[row].get(name))
}

/// Reads the table of a results folder.
///
/// # Errors
/// [`HarnessError`] when there is none or it cannot be read.
pub(crate) fn read_table(store: &Store) -> Result<Table, HarnessError> {
    let missing = || {
        HarnessError::usage(
            &format!("read the results in {}", store.root().display()),
            "no results.csv with its columns.json",
            "a results folder",
            format!(
                "run `sweep merge {0}` if {0} has a points folder, or the sweep itself",
                store.root().display()
            ),
        )
    };
    let columns = store.read_json("columns.json")?.ok_or_else(missing)?;
    let columns: Option<Vec<Column>> =
        columns.as_array().and_then(|list| list.iter().map(Column::from_json).collect());
    let columns = columns.ok_or_else(|| HarnessError::Content {
        path: store.path("columns.json"),
        expected: "a list of columns",
        found: "something else".to_owned(),
        remedy: "write it again with `sweep merge`",
    })?;
    let (plain, packed) = (store.path(PLAIN_TABLE), store.path(PACKED_TABLE));
    if plain.exists() {
        let bytes = fs::read(&plain).map_err(store_error("read", &plain))?;
        return Table::read_csv(bytes, columns);
    }
    if !packed.exists() {
        return Err(missing());
    }
    let file = fs::File::open(&packed).map_err(store_error("read", &packed))?;
    let mut bytes = Vec::new();
    GzDecoder::new(file).read_to_end(&mut bytes).map_err(store_error("unpack", &packed))?;
    Table::read_csv(bytes, columns)
}

/// Gives every point that a process began and did not finish its row: the process was killed.
///
/// # Errors
/// [`HarnessError`] when a file cannot be read or written.
pub(crate) fn record_abandoned(
    store: &Store,
    plan: &[Entry],
    registry: &Registry,
) -> Result<usize, HarnessError> {
    let abandoned = store.abandoned()?;
    let mut recorded = 0;
    for entry in plan.iter().filter(|entry| abandoned.contains(&entry.point_id)) {
        // Claimed, so that a process that takes the point up again at this moment is not overtaken.
        let Claimed::Ours(claim) = store.claim(&entry.point_id)? else { continue };
        if store.point_path(&entry.point_id).exists() {
            claim.release();
            continue;
        }
        let columns = registry.columns(entry);
        let mut record =
            PointRecord::empty(entry.clone(), columns, crate::environment::Provenance::default());
        record.transient = true;
        let message = "its process ended without writing a result";
        let record = record.ended(Status::Failed, "killed", message);
        store.write_point(&entry.point_id, &record.to_json())?;
        claim.release();
        recorded += 1;
    }
    Ok(recorded)
}
