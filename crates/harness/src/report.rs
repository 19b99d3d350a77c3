//! `report`: tables, figures and one self-contained page from `results.csv` alone.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use crate::config::recorded_plots;
use crate::console::{note, out};
use crate::error::HarnessError;
use crate::figure;
use crate::merge::read_table;
use crate::progress::duration;
use crate::store::Store;
use crate::summary::{groups, summarise, values};
use crate::table::Table;

/// Writes `summary.csv`, `plots/` and `report.html`, and prints the table of medians.
///
/// # Errors
/// [`HarnessError`] when there is no result table, or a file cannot be written.
pub(crate) fn report(store: &Store, allow_mixed: bool) -> Result<(), HarnessError> {
    let table = read_table(store)?;
    let summary = summarise(&table)?;
    store.write("summary.csv", &summary.to_csv()?)?;
    let mut warnings = warnings(&table);
    let mixed = mixed(&table);
    warnings.extend(mixed.iter().cloned());
    let mut figures: Vec<(String, String)> = Vec::new();
    for spec in plots(store, &table)? {
        if figure::shows_time(&spec) && !mixed.is_empty() && !allow_mixed {
            warnings.push(format!(
                "figure `{}` is not drawn: {} (--allow-mixed draws it)",
                spec.id,
                mixed.join("; ")
            ));
            continue;
        }
        match figure::collect(&table, &spec) {
            Ok(figure) => {
                if figure.left_out > 0 {
                    warnings.push(format!(
                        "figure `{}` leaves out {} marks that are not positive: its axis is logarithmic",
                        figure.id, figure.left_out
                    ));
                }
                let svg = figure::svg(&figure)?;
                store.write(&format!("plots/{}.svg", figure.id), svg.as_bytes())?;
                store.write(&format!("plots/{}.csv", figure.id), &figure.table()?.to_csv()?)?;
                figures.push((figure.id, svg));
            }
            Err(error) => warnings.push(format!("{error}")),
        }
    }
    store.write("report.html", html(store, &medians(&summary, true), &figures, &warnings).as_bytes())?;
    out(text_table(&medians(&summary, false)));
    warnings.iter().for_each(|warning| note(format!("warning: {warning}")));
    for name in ["results.csv", "summary.csv", "report.html"] {
        out(store.path(name).display());
    }
    for (id, _) in &figures {
        out(store.path(&format!("plots/{id}.svg")).display());
    }
    Ok(())
}

fn plots(store: &Store, table: &Table) -> Result<Vec<crate::config::PlotSpec>, HarnessError> {
    let path = store.path("sweep.toml");
    if !path.exists() {
        return Ok(Vec::new());
    }
    let columns: Vec<String> = table.columns.iter().map(|c| c.name().to_owned()).collect();
    recorded_plots(&path, &columns)
}

fn distinct(table: &Table, column: &str) -> BTreeSet<String> {
    (0..table.rows()).map(|row| table.text(row, column)).filter(|text| !text.is_empty()).collect()
}

/// Reasons why timings of this table do not belong together.
fn mixed(table: &Table) -> Vec<String> {
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

/// What a reader of the numbers should know.
fn warnings(table: &Table) -> Vec<String> {
    let mut found = Vec::new();
    let profiles = distinct(table, "profile");
    if profiles.iter().any(|profile| profile != "release") {
        let profiles: Vec<_> = profiles.into_iter().collect();
        found.push(format!(
            "built with profile {}: only `--release` shows the program's speed",
            profiles.join(", ")
        ));
    }
    if distinct(table, "git_dirty").contains("true") {
        found.push("measured from a working tree with uncommitted changes".to_owned());
    }
    if distinct(table, "deterministic").contains("true") {
        found.push("all randomness was seeded: for tests only".to_owned());
    }
    let points = |status: &str| -> usize {
        (0..table.rows())
            .filter(|row| table.text(*row, "status") == status)
            .map(|row| table.text(row, "point_id"))
            .collect::<BTreeSet<_>>()
            .len()
    };
    for status in ["wrong", "failed", "timeout", "oom", "infeasible"] {
        let count = points(status);
        if count > 0 {
            found.push(format!("{count} points are {status}"));
        }
    }
    let (mut severe, mut samples, mut busy) = (0, 0, 0);
    for group in groups(table) {
        let Some(wall) = values(table, &group, "wall_s") else { continue };
        severe += wall.outliers().1;
        samples += wall.len();
        let interrupted = group.rows.iter().filter(|row| table.int(**row, "nivcsw").unwrap_or(0) > 0).count();
        busy += usize::from(group.rows.len() >= 5 && 2 * interrupted > group.rows.len());
    }
    if 10 * severe > samples {
        found.push(format!("{severe} of {samples} samples are severe outliers: something else was running"));
    }
    if busy > 0 {
        found.push(format!("in {busy} stages most samples were interrupted: something else was running"));
    }
    found
}

/// The columns of the printed table, and its rows.
struct Medians {
    header: Vec<String>,
    rows: Vec<Vec<String>>,
}

/// The summary for people: only columns in which something differs or is measured, and details only where asked for.
fn medians(summary: &Table, details: bool) -> Medians {
    let skipped = [
        "point_id",
        "wall_s_median",
        "wall_s_ci95_low",
        "wall_s_ci95_high",
        "wall_s_min",
        "wall_s_mad",
        "cpu_s_median",
        "outliers_mild",
        "outliers_severe",
        "nivcsw",
        "peak_rss_bytes",
        "baseline_rss_bytes",
    ];
    let shown: Vec<&str> = summary
        .columns
        .iter()
        .filter(|column| details || !column.detail)
        .map(crate::Column::name)
        .filter(|name| !skipped.contains(name))
        .filter(|name| {
            let values = distinct(summary, name);
            values.len() > 1
                || (values.len() == 1 && ["stage", "op", "n_samples", "status"].contains(name))
                || (values.len() == 1
                    && summary.column(name).is_some_and(|c| c.role != crate::Role::Parameter))
        })
        .collect();
    let mut header: Vec<String> = shown.iter().map(|name| (*name).to_owned()).collect();
    header.extend(["median", "95% interval", "memory"].map(str::to_owned));
    let row = |row: usize| {
        let mut cells: Vec<String> = shown
            .iter()
            .map(|name| match summary.get(row, name) {
                Some(crate::Value::Float(value)) => short(value),
                Some(value) => value.to_string(),
                None => String::new(),
            })
            .collect();
        let seconds = |name: &str| summary.number(row, name);
        cells.push(seconds("wall_s_median").map_or_else(String::new, time));
        cells.push(match (seconds("wall_s_ci95_low"), seconds("wall_s_ci95_high")) {
            (Some(low), Some(high)) => format!("{} .. {}", time(low), time(high)),
            _ => String::new(),
        });
        let grown =
            seconds("peak_rss_bytes").zip(seconds("baseline_rss_bytes")).map(|(peak, base)| peak - base);
        cells.push(grown.map_or_else(String::new, |bytes| format!("{:.0} MiB", bytes / f64::from(1 << 20))));
        cells
    };
    Medians { header, rows: (0..summary.rows()).map(row).collect() }
}

/// Four significant digits.
fn short(value: f64) -> String {
    let size = value.abs();
    if value == 0.0 || (1e-3..1e5).contains(&size) { format!("{value:.4}") } else { format!("{value:.3e}") }
}

/// A time with a fitting unit.
fn time(seconds: f64) -> String {
    if seconds < 1e-6 {
        format!("{:.1} ns", seconds * 1e9)
    } else if seconds < 1e-3 {
        format!("{:.2} us", seconds * 1e6)
    } else if seconds < 1.0 {
        format!("{:.2} ms", seconds * 1e3)
    } else {
        duration(seconds)
    }
}

fn text_table(medians: &Medians) -> String {
    let all = || std::iter::once(&medians.header).chain(&medians.rows);
    let widths: Vec<usize> = (0..medians.header.len())
        .map(|c| all().map(|row| row[c].chars().count()).max().unwrap_or(0))
        .collect();
    let line = |row: &Vec<String>| {
        let cells: Vec<String> =
            row.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}")).collect();
        cells.join("  ").trim_end().to_owned()
    };
    all().map(line).collect::<Vec<_>>().join("\n")
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

fn html(store: &Store, medians: &Medians, figures: &[(String, String)], warnings: &[String]) -> String {
    let name =
        store.root().file_name().map_or_else(|| "results".to_owned(), |n| n.to_string_lossy().into_owned());
    let name = escape(&name);
    let mut page = format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<title>{name}</title>\n<style>\n\
         body {{ font: 15px/1.5 sans-serif; max-width: 72em; margin: 2em auto; padding: 0 1em; }}\n\
         table {{ border-collapse: collapse; font-size: 13px; }}\n\
         td, th {{ border-bottom: 1px solid #ddd; padding: 2px 8px; text-align: left; white-space: nowrap; }}\n\
         .wide {{ overflow-x: auto; }}\n.warning {{ background: #fff3cd; padding: 4px 10px; }}\n\
         pre {{ background: #f6f6f6; padding: 10px; overflow-x: auto; font-size: 12px; }}\n</style>\n</head>\n<body>\n<h1>{name}</h1>\n"
    );
    for warning in warnings {
        let _ = writeln!(page, "<p class=\"warning\">{}</p>", escape(warning));
    }
    for (id, svg) in figures {
        let _ = writeln!(page, "<figure id=\"{id}\">\n{svg}\n</figure>");
    }
    let cells = |tag: &str, row: &[String]| -> String {
        row.iter().map(|cell| format!("<{tag}>{}</{tag}>", escape(cell))).collect()
    };
    let _ = writeln!(
        page,
        "<h2>Medians</h2>\n<div class=\"wide\"><table>\n<tr>{}</tr>",
        cells("th", &medians.header)
    );
    for row in &medians.rows {
        let _ = writeln!(page, "<tr>{}</tr>", cells("td", row));
    }
    page.push_str("</table></div>\n");
    for (title, text) in attachments(store) {
        let _ = writeln!(page, "<h2>{}</h2>\n<pre>{}</pre>", escape(&title), escape(&text));
    }
    page.push_str("</body>\n</html>\n");
    page
}

/// The configuration and the manifests.
fn attachments(store: &Store) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for folder in ["", "members", "manifests"] {
        let mut paths: Vec<_> = std::fs::read_dir(store.path(folder))
            .into_iter()
            .flatten()
            .flatten()
            .map(|entry| entry.path())
            .filter(|path| !folder.is_empty() || path.file_name().is_some_and(|name| name == "sweep.toml"))
            .filter(|path| path.is_file())
            .collect();
        paths.sort();
        for path in paths {
            let Ok(text) = std::fs::read_to_string(&path) else { continue };
            let title = path.strip_prefix(store.root()).unwrap_or(&path).display().to_string();
            found.push((title, text));
        }
    }
    found
}
