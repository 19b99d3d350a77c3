//! `report`: tables, figures and one self-contained page from `results.csv` alone.

mod claims;
mod medians;
mod page;
mod verdicts;

pub(crate) use claims::judge;
pub(crate) use page::{origin, question};
pub(crate) use verdicts::Verdict;

use crate::config::{Recorded, recorded};
use crate::console::{note, out};
use crate::error::HarnessError;
use crate::figure::{self, Figure};
use crate::merge::read_table;
use crate::store::Store;
use crate::summary::summarise;
use crate::table::Table;

/// What is asked of a report.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Options {
    /// Draw timings that do not belong together.
    pub allow_mixed: bool,
    /// Print every median instead of the figures' numbers.
    pub full: bool,
}

/// Rows and columns of a table that is printed for a figure; the rest is in the files.
const MOST_ROWS: usize = 12;
const MOST_COLUMNS: usize = 8;

/// Writes `summary.csv`, `plots/` and `report.html`, and prints the numbers of the figures.
///
/// # Errors
/// [`HarnessError`] when there is no result table, or a file cannot be written.
pub(crate) fn report(store: &Store, options: Options) -> Result<(), HarnessError> {
    let table = read_table(store)?;
    let summary = summarise(&table)?;
    store.write("summary.csv", &summary.to_csv()?)?;
    let recorded = recorded_of(store, &table)?;
    let (figures, problems) = figures(&recorded, &table, options.allow_mixed);
    for figure in &figures {
        store.write(&format!("plots/{}.svg", figure.id), figure.svg().as_bytes())?;
        store.write(&format!("plots/{}.png", figure.id), &figure.png()?)?;
        store.write(&format!("plots/{}.csv", figure.id), &figure.table()?.to_csv()?)?;
    }
    let claims: Vec<Verdict> = recorded.claims.iter().map(|claim| judge(&table, claim)).collect();
    let mut verdicts = claims.clone();
    verdicts.extend(verdicts::verdicts(&table));
    verdicts.extend(problems.into_iter().map(Verdict::bad));
    let page = page::page(store, &table, &summary, &figures, &verdicts);
    store.write("report.html", page.as_bytes())?;
    print(&summary, &figures, options.full);
    if !claims.is_empty() {
        out("claims");
        claims.iter().for_each(|claim| out(format!("  {}", claim.text())));
    }
    for verdict in verdicts.iter().skip(claims.len()).filter(|verdict| !verdict.is_good()) {
        note(format!("note: {}", verdict.text()));
    }
    let folder = store.root().display();
    out(format!("\nwritten to {folder}/: results.csv, summary.csv, report.html"));
    if !figures.is_empty() {
        let names: Vec<&str> = figures.iter().map(|figure| figure.id.as_str()).collect();
        out(format!("  plots/ (svg, png, csv): {}", names.join(", ")));
    }
    Ok(())
}

/// What the configuration recorded beside a table asks to be drawn and judged; nothing where there is none.
pub(crate) fn recorded_of(store: &Store, table: &Table) -> Result<Recorded, HarnessError> {
    let path = store.path("sweep.toml");
    if !path.exists() {
        return Ok(Recorded { name: String::new(), plots: Vec::new(), claims: Vec::new() });
    }
    let columns: Vec<String> = table.columns.iter().map(|c| c.name().to_owned()).collect();
    recorded(&path, &columns)
}

/// The figures that the recorded configuration asks for, and why some are not drawn.
fn figures(recorded: &Recorded, table: &Table, allow_mixed: bool) -> (Vec<Figure>, Vec<String>) {
    let mixed = verdicts::mixed(table);
    let (mut figures, mut problems) = (Vec::new(), Vec::new());
    for spec in &recorded.plots {
        if figure::shows_time(spec) && !mixed.is_empty() && !allow_mixed {
            problems.push(format!(
                "figure `{}` is not drawn: {} (--allow-mixed draws it)",
                spec.id,
                mixed.join("; ")
            ));
            continue;
        }
        match figure::collect(table, spec, &recorded.name) {
            Ok(figure) => {
                if figure.left_out > 0 {
                    let marks = if figure.left_out == 1 { "mark" } else { "marks" };
                    problems.push(format!(
                        "figure `{}` leaves out {} {marks} not above zero: its axis is logarithmic",
                        figure.id, figure.left_out
                    ));
                }
                figures.push(figure);
            }
            Err(error) => problems.push(error.to_string()),
        }
    }
    (figures, problems)
}

/// Prints the numbers of the figures, or every median.
fn print(summary: &Table, figures: &[Figure], full: bool) {
    if full || figures.is_empty() {
        for medians in medians::all(summary, false) {
            out(format!("{}\n{}", medians.title, text_table(&medians.header, &medians.rows, full)));
        }
        return;
    }
    for figure in figures {
        let pivot = figure.pivot();
        let cut = |row: &Vec<String>| {
            let mut cells: Vec<String> = row.iter().take(MOST_COLUMNS).cloned().collect();
            cells.extend((row.len() > MOST_COLUMNS).then(|| "...".to_owned()));
            cells
        };
        let rows: Vec<Vec<String>> = pivot.rows.iter().map(cut).collect();
        out(format!("{}\n{}\n", pivot.title, text_table(&cut(&pivot.header), &rows, false)));
    }
}

/// Columns side by side, indented; at most [`MOST_ROWS`] rows unless `full`.
fn text_table(header: &[String], rows: &[Vec<String>], full: bool) -> String {
    let most = if full { rows.len() } else { MOST_ROWS };
    let shown: Vec<&[String]> =
        std::iter::once(header).chain(rows.iter().take(most).map(Vec::as_slice)).collect();
    let widths: Vec<usize> = (0..header.len())
        .map(|c| shown.iter().map(|row| row.get(c).map_or(0, |cell| cell.chars().count())).max().unwrap_or(0))
        .collect();
    let line = |row: &&[String]| {
        let cells: Vec<String> =
            row.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}")).collect();
        format!("  {}", cells.join("  ").trim_end())
    };
    let mut lines: Vec<String> = shown.iter().map(line).collect();
    if rows.len() > most {
        lines.push(format!("  ... {} more rows", rows.len() - most));
    }
    lines.join("\n")
}
