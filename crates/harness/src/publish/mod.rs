//! `publish` and `figures`: the committed results, and every figure redrawn from them.

mod gallery;

use std::collections::BTreeSet;
use std::fs;
use std::io::Write as _;
use std::path::Path;

use flate2::Compression;
use flate2::write::GzEncoder;

use crate::console::{note, out};
use crate::error::{HarnessError, store as store_error};
use crate::figure::Figure;
use crate::merge::{PACKED_TABLE, PLAIN_TABLE, read_table};
use crate::store::{Store, write_atomic};
use gallery::Shelf;

/// Files and folders of a results folder that are published; not the raw points.
const PUBLISHED: [&str; 6] = ["columns.json", "summary.csv", "sweep.toml", "members", "manifests", "plots"];
/// A larger table is published compressed: results.csv.gz, which everything that reads CSV opens too.
const MOST_PLAIN_BYTES: usize = 1 << 20;

/// Copies a reported run to `results/reference/NAME`, and writes the gallery again; `list` is as in [`figures`].
///
/// # Errors
/// [`HarnessError`] when the run is not from one clean commit, is not reported yet, or cannot be copied.
pub(crate) fn publish(from: &Store, to: &Store, list: Option<&Path>) -> Result<(), HarnessError> {
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
    let old = if to.root().is_dir() { texts(to.root())? } else { Vec::new() };
    for name in PUBLISHED.into_iter().chain([PLAIN_TABLE, PACKED_TABLE]).chain(old.iter().map(String::as_str))
    {
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
    for notes in texts(from.root())? {
        copy(&from.path(&notes), &to.path(&notes))?;
    }
    note(format!("published to {}", to.root().display()));
    let Some(reference) = to.root().parent() else { return Ok(()) };
    let text = gallery::text(&gallery::shelves(list, reference)?);
    write_atomic(&reference.join("README.md"), text.as_bytes())
}

/// Names of the texts (`*.md`) that lie beside a table: what a script or a person has to say about it.
fn texts(folder: &Path) -> Result<Vec<String>, HarnessError> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).map_err(store_error("list", folder))? {
        let name = entry.map_err(store_error("list", folder))?.file_name().to_string_lossy().into_owned();
        if Path::new(&name).extension().is_some_and(|extension| extension == "md") {
            found.push(name);
        }
    }
    found.sort();
    Ok(found)
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
/// the keys of a plot) into `reference/figures`; and writes the gallery. `only` chooses `SWEEP` or `SWEEP/FIGURE` and
/// leaves the gallery. With `check` nothing is written; whether something would change.
///
/// # Errors
/// [`HarnessError`] when the list is wrong, a figure cannot be drawn, or `only` names nothing.
pub(crate) fn figures(
    list: Option<&Path>,
    reference: &Path,
    only: Option<&str>,
    check: bool,
) -> Result<bool, HarnessError> {
    let shelves = gallery::shelves(list, reference)?;
    let (mut changed, mut drawn) = (false, 0);
    for shelf in &shelves {
        for figure in &shelf.figures {
            let name = format!("{}/{}", shelf.name, figure.id);
            if only.is_none_or(|only| only == name || only == shelf.name) {
                changed |= redraw(shelf, figure, check)?;
                drawn += 1;
            }
        }
    }
    match only {
        Some(only) if drawn == 0 => {
            let names = shelves.iter().flat_map(|s| s.figures.iter().map(|f| format!("{}/{}", s.name, f.id)));
            Err(HarnessError::usage(
                "--only",
                format!("`{only}`, which names no figure"),
                "SWEEP or SWEEP/FIGURE",
                crate::diagnostic::suggest(only, names.collect::<Vec<_>>().iter().map(String::as_str)),
            ))
        }
        Some(_) => Ok(changed),
        None => {
            let (path, text) = (reference.join("README.md"), gallery::text(&shelves));
            changed |= compare_or_write(&path, text.as_bytes(), check)?;
            Ok(changed)
        }
    }
}

/// Writes a file, or says whether it differs from what is there.
fn compare_or_write(path: &Path, bytes: &[u8], check: bool) -> Result<bool, HarnessError> {
    let changed = fs::read(path).map_or(true, |old| old != bytes);
    if check {
        out(format!("{:<9}  {}", if changed { "DIFFERENT" } else { "the same" }, path.display()));
    } else {
        write_atomic(path, bytes)?;
        out(path.display());
    }
    Ok(changed)
}

/// Writes a figure's SVG, PNG and table, or says whether the SVG or the table differ from what is there.
fn redraw(shelf: &Shelf, figure: &Figure, check: bool) -> Result<bool, HarnessError> {
    let path = |suffix: &str| shelf.folder.join(format!("{}.{suffix}", figure.id));
    let csv = figure.table()?.to_csv()?;
    let mut changed = fs::read(path("csv")).map_or(true, |old| old != csv);
    if !check {
        write_atomic(&path("csv"), &csv)?;
        write_atomic(&path("png"), &figure.png()?)?;
    }
    changed |= compare_or_write(&path("svg"), figure.svg().as_bytes(), check)?;
    Ok(changed)
}
