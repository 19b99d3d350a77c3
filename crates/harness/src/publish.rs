//! `publish` and `figures`: the committed results, and every figure redrawn from them.

use std::collections::BTreeSet;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use flate2::Compression;
use flate2::write::GzEncoder;

use crate::config::{figure_list, recorded_plots};
use crate::console::{note, out};
use crate::error::{HarnessError, store as store_error};
use crate::figure::{self, Figure};
use crate::merge::{PACKED_TABLE, PLAIN_TABLE, read_table};
use crate::report::{origin, question};
use crate::store::{Store, write_atomic};

/// Files and folders of a results folder that are published; not the raw points.
const PUBLISHED: [&str; 6] = ["columns.json", "summary.csv", "sweep.toml", "members", "manifests", "plots"];
/// A larger table is published compressed: results.csv.gz, which everything that reads CSV opens too.
const MOST_PLAIN_BYTES: usize = 1 << 20;

/// Copies a reported run to `results/reference/NAME`.
///
/// # Errors
/// [`HarnessError`] when the run is not from one clean commit, is not reported yet, or cannot be copied.
pub(crate) fn publish(from: &Store, to: &Store) -> Result<(), HarnessError> {
    let table = read_table(from)?;
    let distinct =
        |column: &str| -> BTreeSet<String> { (0..table.rows()).map(|row| table.text(row, column)).collect() };
    let (commits, dirty) = (distinct("git_commit"), distinct("git_dirty"));
    let refuse = |found: String| {
        HarnessError::usage(
            &format!("publish {}", from.root().display()),
            found,
            "a run made from one clean commit",
            "commit, run again with --force, report, publish",
        )
    };
    if commits.len() != 1 || commits.contains("") {
        return Err(refuse(format!("rows of {} commits", commits.iter().filter(|c| !c.is_empty()).count())));
    }
    if dirty.iter().any(|flag| flag != "false") {
        return Err(refuse("rows measured with uncommitted changes".to_owned()));
    }
    if !from.path("summary.csv").exists() {
        return Err(refuse("no summary.csv, so no report".to_owned()));
    }
    // What an earlier run left there must not stay.
    for name in PUBLISHED.iter().chain(&[PLAIN_TABLE, PACKED_TABLE]) {
        remove(&to.path(name))?;
    }
    for name in PUBLISHED {
        copy(&from.path(name), &to.path(name))?;
    }
    let table = fs::read(from.path(PLAIN_TABLE)).map_err(store_error("read", &from.path(PLAIN_TABLE)))?;
    if table.len() > MOST_PLAIN_BYTES {
        to.write(PACKED_TABLE, &packed(&table).map_err(store_error("pack", &to.path(PACKED_TABLE)))?)?;
    } else {
        to.write(PLAIN_TABLE, &table)?;
    }
    note(format!("published to {}", to.root().display()));
    match to.root().parent() {
        Some(reference) => gallery(reference),
        None => Ok(()),
    }
}

/// Writes `README.md` beside the published sweeps: what each asks, where it was measured, and its figures.
fn gallery(reference: &Path) -> Result<(), HarnessError> {
    let mut text = "# Reference results\n\n\
        Written by `sweep publish NAME` from runs of clean commits. `sweep figures` draws every figure again from the\n\
        tables here, and `sweep figures --check` fails where one would change.\n"
        .to_owned();
    for folder in published(reference)? {
        let store = Store::new(&folder);
        let table = read_table(&store)?;
        let name = folder.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let config = fs::read_to_string(store.path("sweep.toml")).unwrap_or_default();
        let count = |status: &str| {
            let points = (0..table.rows()).filter(|row| table.text(*row, "status") == status);
            points.map(|row| table.text(row, "point_id")).collect::<BTreeSet<_>>().len()
        };
        let rows = if store.path(PLAIN_TABLE).exists() { PLAIN_TABLE } else { PACKED_TABLE };
        text.push_str(&format!(
            "\n## {name}\n\n{}\n\n{} points measured, {} infeasible. {}\n\n[{rows}]({name}/{rows}) · \
             [summary.csv]({name}/summary.csv) · [sweep.toml]({name}/sweep.toml)\n\n",
            question(&config),
            count("ok") + count("wrong"),
            count("infeasible"),
            origin(&table),
        ));
        let columns: Vec<String> = table.columns.iter().map(|c| c.name().to_owned()).collect();
        for spec in recorded_plots(&store.path("sweep.toml"), &columns)? {
            if store.path(&format!("plots/{}.svg", spec.id)).exists() {
                let title = if spec.title.is_empty() { &spec.id } else { &spec.title };
                text.push_str(&format!("![{title}]({name}/plots/{}.svg)\n", spec.id));
            }
        }
    }
    write_atomic(&reference.join("README.md"), text.as_bytes())
}

fn remove(path: &Path) -> Result<(), HarnessError> {
    let removed = if path.is_dir() { fs::remove_dir_all(path) } else { fs::remove_file(path) };
    match removed {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(store_error("remove", path)(error)),
        _ => Ok(()),
    }
}

/// As gzip; the same bytes give the same file.
fn packed(bytes: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes)?;
    encoder.finish()
}

fn copy(from: &Path, to: &Path) -> Result<(), HarnessError> {
    if from.is_dir() {
        for entry in fs::read_dir(from).map_err(store_error("list", from))? {
            let entry = entry.map_err(store_error("list", from))?;
            copy(&entry.path(), &to.join(entry.file_name()))?;
        }
        Ok(())
    } else if from.is_file() {
        let bytes = fs::read(from).map_err(store_error("read", from))?;
        write_atomic(to, &bytes)
    } else {
        Ok(())
    }
}

/// Redraws the figures of every published sweep from its table, and those of a list (`[figure.ID]` tables: `results` and
/// the keys of a plot) into `reference/figures`. With `check` nothing is written; whether something would change.
///
/// # Errors
/// [`HarnessError`] when the list is wrong, or a figure cannot be drawn.
pub(crate) fn figures(list: Option<&Path>, reference: &Path, check: bool) -> Result<bool, HarnessError> {
    let mut changed = false;
    for folder in published(reference)? {
        let store = Store::new(&folder);
        let table = read_table(&store)?;
        let columns: Vec<String> = table.columns.iter().map(|c| c.name().to_owned()).collect();
        for spec in recorded_plots(&store.path("sweep.toml"), &columns)? {
            changed |= redraw(&store, "plots", &figure::collect(&table, &spec)?, check)?;
        }
    }
    for (results, item) in list.map_or_else(|| Ok(Vec::new()), figure_list)? {
        let table = read_table(&Store::new(reference.join(&results)))?;
        let columns: Vec<String> = table.columns.iter().map(|c| c.name().to_owned()).collect();
        let figure = figure::collect(&table, &item.plot(&columns)?)?;
        changed |= redraw(&Store::new(reference), "figures", &figure, check)?;
    }
    Ok(changed)
}

/// Folders of published sweeps, in order.
fn published(reference: &Path) -> Result<Vec<PathBuf>, HarnessError> {
    let mut found = Vec::new();
    for entry in fs::read_dir(reference).map_err(store_error("list", reference))? {
        let path = entry.map_err(store_error("list", reference))?.path();
        if path.join("columns.json").is_file() && path.join("sweep.toml").is_file() {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}

/// Writes a figure's SVG, PNG and table, or says whether the SVG or the table differ from what is there.
fn redraw(store: &Store, folder: &str, figure: &Figure, check: bool) -> Result<bool, HarnessError> {
    let (svg, csv) = (figure.svg().into_bytes(), figure.table()?.to_csv()?);
    let name = |suffix: &str| format!("{folder}/{}.{suffix}", figure.id);
    let differs =
        |suffix: &str, bytes: &[u8]| fs::read(store.path(&name(suffix))).map_or(true, |old| old != bytes);
    let changed = differs("svg", &svg) || differs("csv", &csv);
    let path = store.path(&name("svg"));
    if check {
        out(format!("{:<9}  {}", if changed { "DIFFERENT" } else { "the same" }, path.display()));
        return Ok(changed);
    }
    store.write(&name("svg"), &svg)?;
    store.write(&name("png"), &figure.png()?)?;
    store.write(&name("csv"), &csv)?;
    out(path.display());
    Ok(changed)
}
