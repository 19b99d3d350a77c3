//! `publish` and `figures`: the committed results, and every figure redrawn from them.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use crate::config::figure_list;
use crate::console::{note, out};
use crate::error::{HarnessError, store as store_error};
use crate::figure;
use crate::merge::read_table;
use crate::store::{Store, write_atomic};

/// Files and folders of a results folder that are published; not the raw points.
const PUBLISHED: [&str; 7] =
    ["results.csv", "columns.json", "summary.csv", "sweep.toml", "members", "manifests", "plots"];

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
    for name in PUBLISHED {
        copy(&from.path(name), &to.path(name))?;
    }
    note(format!("published to {}", to.root().display()));
    Ok(())
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

/// Redraws every figure of a list (`[figure.ID]` tables: `results` and the keys of a plot) from `reference/RESULTS`
/// into `reference/figures`.
///
/// # Errors
/// [`HarnessError`] when the list is wrong, or a figure cannot be drawn.
pub(crate) fn figures(list: &Path, reference: &Path) -> Result<(), HarnessError> {
    for (results, item) in figure_list(list)? {
        let table = read_table(&Store::new(reference.join(&results)))?;
        let columns: Vec<String> = table.columns.iter().map(|c| c.name().to_owned()).collect();
        let spec = item.plot(&columns)?;
        let figure = figure::collect(&table, &spec)?;
        let store = Store::new(reference.join("figures"));
        store.write(&format!("{}.svg", figure.id), figure.svg().as_bytes())?;
        store.write(&format!("{}.png", figure.id), &figure.png()?)?;
        store.write(&format!("{}.csv", figure.id), &figure.table()?.to_csv()?)?;
        out(store.path(&format!("{}.svg", figure.id)).display());
    }
    Ok(())
}
