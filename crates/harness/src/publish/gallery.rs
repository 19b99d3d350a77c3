//! The gallery beside the published sweeps: for each figure its question, the drawing, what it shows, and how to redraw it.
//! Every sentence is computed from the tables, so that none outlives its data.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use crate::config::figure_list;
use crate::console::{note, points};
use crate::error::{HarnessError, store as store_error};
use crate::figure::{self, Figure};
use crate::merge::{PACKED_TABLE, PLAIN_TABLE, read_table};
use crate::report::{Verdict, judge, origin, question, recorded_of};
use crate::store::Store;
use crate::table::Table;

/// Name of the shelf of the figures that a list adds.
const LISTED: &str = "figures";

/// A published sweep with its figures, or the figures of the list.
pub(super) struct Shelf {
    /// Name, and name of the folder in the reference.
    pub(super) name: String,
    /// Where the drawings are.
    pub(super) folder: PathBuf,
    /// The figures.
    pub(super) figures: Vec<Figure>,
    /// What is said about the sweep, above its figures.
    about: String,
}

/// The published sweeps in order, then the figures of the list whose sweep is published.
///
/// # Errors
/// [`HarnessError`] when something cannot be read or drawn.
pub(super) fn shelves(list: Option<&Path>, reference: &Path) -> Result<Vec<Shelf>, HarnessError> {
    let mut shelves = Vec::new();
    for folder in published(reference)? {
        let store = Store::new(&folder);
        let table = read_table(&store)?;
        let name = folder.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let recorded = recorded_of(&store, &table)?;
        let mut figures = Vec::new();
        for spec in &recorded.plots {
            figures.push(figure::collect(&table, spec, &recorded.name)?);
        }
        let claims: Vec<Verdict> = recorded.claims.iter().map(|claim| judge(&table, claim)).collect();
        let about = about(&store, &name, &table, &claims)?;
        shelves.push(Shelf { name, folder: store.path("plots"), figures, about });
    }
    let mut listed = Vec::new();
    for (results, item) in list.map_or_else(|| Ok(Vec::new()), figure_list)? {
        let store = Store::new(reference.join(&results));
        if !store.path("columns.json").is_file() {
            note(format!("figure `{}` is left out: {results} is not published", item.id()));
            continue;
        }
        let table = read_table(&store)?;
        let columns: Vec<String> = table.columns.iter().map(|c| c.name().to_owned()).collect();
        listed.push(figure::collect(&table, &item.plot(&columns)?, &results)?);
    }
    if !listed.is_empty() {
        let about = "Further figures from the tables above, described in the list of figures.\n".to_owned();
        let folder = reference.join(LISTED);
        shelves.push(Shelf { name: LISTED.to_owned(), folder, figures: listed, about });
    }
    Ok(shelves)
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

/// Question, origin, files and claims of a sweep.
fn about(store: &Store, name: &str, table: &Table, claims: &[Verdict]) -> Result<String, HarnessError> {
    let config = fs::read_to_string(store.path("sweep.toml")).unwrap_or_default();
    let count = |status: &str| {
        let rows = (0..table.rows()).filter(|row| table.text(*row, "status") == status);
        rows.map(|row| table.text(row, "point_id")).collect::<BTreeSet<_>>().len()
    };
    let rows = if store.path(PLAIN_TABLE).exists() { PLAIN_TABLE } else { PACKED_TABLE };
    let mut files: Vec<String> = vec![rows.to_owned(), "summary.csv".to_owned(), "sweep.toml".to_owned()];
    files.extend(super::texts(store.root())?);
    let files: Vec<String> = files.iter().map(|file| format!("[{file}]({name}/{file})")).collect();
    let mut text = format!(
        "{}\n\n{} measured, {} infeasible. {}\n\n{}\n",
        question(&config),
        points(count("ok") + count("wrong")),
        count("infeasible"),
        origin(table),
        files.join(" · ")
    );
    if !claims.is_empty() {
        text.push_str("\nClaims, judged by the table:\n\n");
        for claim in claims {
            let _ = writeln!(text, "- {}", claim.text());
        }
    }
    Ok(text)
}

/// The gallery's text.
pub(super) fn text(shelves: &[Shelf]) -> String {
    let mut text = "# Reference results\n\n\
        Written by `sweep publish NAME` from runs of clean commits. Every sentence below a figure is computed from its table.\n\
        `sweep figures` draws every figure again from the tables here and writes this page; `sweep figures --check` fails\n\
        where something would change.\n\n"
        .to_owned();
    let link = |shelf: &Shelf| format!("[{0}](#{0})", shelf.name);
    let _ = writeln!(text, "{}", shelves.iter().map(link).collect::<Vec<_>>().join(" · "));
    for shelf in shelves {
        let _ = write!(text, "\n## {}\n\n{}", shelf.name, shelf.about);
        for figure in &shelf.figures {
            let folder = if shelf.name == LISTED { String::new() } else { "/plots".to_owned() };
            let _ = write!(text, "\n### {}\n\n", figure.title);
            if !figure.question.is_empty() {
                let _ = write!(text, "{}\n\n", figure.question);
            }
            let _ = write!(text, "![{}]({}{folder}/{}.svg)\n\n", figure.title, shelf.name, figure.id);
            let findings = figure.findings().join(" ");
            if !findings.is_empty() {
                let _ = write!(text, "{findings}\n\n");
            }
            let _ = writeln!(text, "`cargo run --bin sweep -- figures --only {}/{}`", shelf.name, figure.id);
        }
    }
    text
}
