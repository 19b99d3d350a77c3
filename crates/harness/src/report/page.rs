//! One self-contained page: figures, tables that sort, what the numbers say, the machine and the configuration.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde_json::Value as Json;

use super::medians::{self, Medians};
use super::verdicts::Verdict;
use crate::figure::Figure;
use crate::store::Store;
use crate::table::Table;

const STYLE: &str = include_str!("page.css");
const SCRIPT: &str = include_str!("page.js");

/// The page of a results folder.
pub(super) fn page(
    store: &Store,
    table: &Table,
    summary: &Table,
    figures: &[Figure],
    verdicts: &[Verdict],
) -> String {
    let name =
        store.root().file_name().map_or_else(|| "results".to_owned(), |n| n.to_string_lossy().into_owned());
    let files = attachments(store);
    let mut page = format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<link rel=\"icon\" href=\"data:,\">\n\
         <title>{0}</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n<header>\n<h1>{0}</h1>\n",
        escape(&name)
    );
    if let Some(question) =
        files.iter().find(|(title, _)| title == "sweep.toml").map(|(_, text)| question(text))
    {
        let _ = writeln!(page, "<p class=\"lead\">{}</p>", escape(&question));
    }
    let _ = writeln!(page, "<p class=\"soft\">{}</p>", escape(&origin(table)));
    page.push_str(
        "<nav><a href=\"#verdicts\">What it says</a><a href=\"#figures\">Figures</a><a href=\"#medians\">Medians</a>\
         <a href=\"#not-run\">Not run</a><a href=\"#files\">Configuration</a><a href=\"#machine\">Machine</a>\
         <a href=\"#columns\">Columns</a></nav>\n</header>\n<main>\n",
    );
    page.push_str("<section id=\"verdicts\">\n<h2>What it says</h2>\n<ul class=\"verdicts\">\n");
    for verdict in verdicts {
        let class = if verdict.is_good() { "good" } else { "bad" };
        let _ = writeln!(page, "<li class=\"{class}\">{}</li>", escape(verdict.text()));
    }
    page.push_str("</ul>\n</section>\n");
    page.push_str(&figure_section(figures));
    page.push_str("<section id=\"medians\">\n<h2>Medians</h2>\n");
    for medians in medians::all(summary, true) {
        page.push_str(&medians_table(&medians));
    }
    page.push_str("</section>\n");
    page.push_str(&not_run(table));
    page.push_str(&file_sections(&files));
    page.push_str(&columns(table));
    let _ = write!(page, "</main>\n<script>\n{SCRIPT}</script>\n</body>\n</html>\n");
    page
}

/// The comment at the top of a configuration: the question it answers.
pub(crate) fn question(config: &str) -> String {
    let lines = config.lines().take_while(|line| line.starts_with('#'));
    lines.map(|line| line.trim_start_matches('#').trim()).collect::<Vec<_>>().join(" ")
}

/// Machine, build and commit in one line.
pub(crate) fn origin(table: &Table) -> String {
    let all = |column: &str| {
        let mut found: Vec<String> = Vec::new();
        for text in (0..table.rows()).map(|row| table.text(row, column)).filter(|text| !text.is_empty()) {
            if !found.contains(&text) {
                found.push(text);
            }
        }
        found.join(", ")
    };
    let started = (0..table.rows()).map(|row| table.text(row, "started_at")).filter(|t| !t.is_empty()).min();
    let parts = [
        ("", all("cpu_model")),
        ("kernels ", all("simd")),
        ("", all("rustc")),
        ("profile ", all("profile")),
        ("commit ", all("git_commit")),
        ("from ", started.unwrap_or_default()),
    ];
    let told: Vec<String> = parts
        .iter()
        .filter(|(_, text)| !text.is_empty())
        .map(|(what, text)| format!("{what}{text}"))
        .collect();
    told.join(" · ")
}

fn figure_section(figures: &[Figure]) -> String {
    let mut text = "<section id=\"figures\">\n<h2>Figures</h2>\n<div class=\"figures\">\n".to_owned();
    for figure in figures {
        let pivot = figure.pivot();
        let rows: String = pivot.rows.iter().map(|row| line("td", row)).collect();
        let _ = writeln!(
            text,
            "<figure id=\"figure-{}\">\n<div class=\"picture\">{}</div><figcaption>{}{}<details><summary>Numbers</summary>\n<p>{}</p>\n\
             <div class=\"wide\"><table><thead>{}</thead><tbody>{rows}</tbody></table></div></details></figcaption>\n</figure>",
            escape(&figure.id),
            figure.svg(),
            if figure.question.is_empty() {
                String::new()
            } else {
                format!("<strong>{}</strong> ", escape(&figure.question))
            },
            escape(&figure.findings().join(" ")),
            escape(&pivot.title),
            line("th", &pivot.header),
        );
    }
    if figures.is_empty() {
        text.push_str("<p>The configuration asks for none, or none could be drawn.</p>\n");
    }
    text.push_str("</div>\n</section>\n");
    text
}

fn line(tag: &str, cells: &[String]) -> String {
    let cells: String = cells.iter().map(|cell| format!("<{tag}>{}</{tag}>", escape(cell))).collect();
    format!("<tr>{cells}</tr>\n")
}

fn medians_table(medians: &Medians) -> String {
    let mut text = format!(
        "<h3>{}</h3>\n<input hidden type=\"search\" placeholder=\"show rows with ...\" aria-label=\"show rows with\">\n\
         <div class=\"wide\"><table class=\"sortable\"><thead>{}</thead><tbody>\n",
        escape(&medians.title),
        line("th", &medians.header)
    );
    for (row, keys) in medians.rows.iter().zip(&medians.keys) {
        text.push_str("<tr>");
        for (cell, key) in row.iter().zip(keys) {
            let key = key.map_or_else(String::new, |key| format!(" data-v=\"{key:e}\""));
            let _ = write!(text, "<td{key}>{}</td>", escape(cell));
        }
        text.push_str("</tr>\n");
    }
    text.push_str("</tbody></table></div>\n");
    text
}

/// Points that have no measurements, with the reason.
fn not_run(table: &Table) -> String {
    let mut text = "<section id=\"not-run\">\n<h2>Not run, failed or wrong</h2>\n".to_owned();
    let rows: Vec<usize> =
        (0..table.rows()).filter(|row| !["ok", ""].contains(&table.text(*row, "status").as_str())).collect();
    if rows.is_empty() {
        text.push_str("<p>Nothing: every planned point was measured and is right.</p>\n</section>\n");
        return text;
    }
    text.push_str(
        "<input hidden type=\"search\" placeholder=\"show rows with ...\" aria-label=\"show rows with\">\n\
         <div class=\"wide\"><table class=\"sortable\"><thead><tr><th>status</th><th>workload</th><th>stage / op</th>\
         <th>parameters</th><th>why</th></tr></thead><tbody>\n",
    );
    let mut seen: Vec<(String, String, String)> = Vec::new();
    for row in rows {
        let get = |column: &str| table.text(row, column);
        let key = (get("point_id"), get("stage"), get("op"));
        if seen.contains(&key) {
            continue;
        }
        let place = if key.1.is_empty() { String::new() } else { format!("{} / {}", key.1, key.2) };
        let _ = writeln!(
            text,
            "<tr><td>{}</td><td>{}</td><td>{}</td><td class=\"words\">{}</td><td class=\"words\">{} {}</td></tr>",
            escape(&get("status")),
            escape(&get("workload")),
            escape(&place),
            escape(&parameters(table, row)),
            escape(&get("error_code")),
            escape(&get("error_message")),
        );
        seen.push(key);
    }
    text.push_str("</tbody></table></div>\n</section>\n");
    text
}

/// The declared parameters of a row that are no details.
fn parameters(table: &Table, row: usize) -> String {
    let declared = table.columns.iter().filter(|column| {
        column.role == crate::Role::Parameter && !column.detail && !crate::column::is_own(column.name())
    });
    let shown = declared.filter_map(|c| Some(format!("{} = {}", c.name(), table.get(row, c.name())?)));
    shown.collect::<Vec<_>>().join(", ")
}

/// The configuration as it ran, and the machine.
fn file_sections(files: &[(String, String)]) -> String {
    let mut text = "<section id=\"files\">\n<h2>Configuration</h2>\n".to_owned();
    for (title, content) in files.iter().filter(|(title, _)| title.ends_with(".toml")) {
        let open = if title == "sweep.toml" { " open" } else { "" };
        let _ = writeln!(
            text,
            "<details{open}><summary>{}</summary>\n<pre>{}</pre></details>",
            escape(title),
            escape(content)
        );
    }
    text.push_str("</section>\n<section id=\"machine\">\n<h2>Machine and build</h2>\n");
    for (title, content) in files.iter().filter(|(title, _)| title.ends_with(".json")) {
        let mut facts = BTreeMap::new();
        flatten("", &serde_json::from_str(content).unwrap_or(Json::Null), &mut facts);
        let rows: String = facts.into_iter().map(|(key, value)| words(&[key, value])).collect();
        let _ = writeln!(
            text,
            "<h3>{}</h3>\n<div class=\"wide\"><table><tbody>{rows}</tbody></table></div>",
            escape(title)
        );
    }
    text.push_str("</section>\n");
    text
}

/// A row whose last cell is a sentence.
fn words(cells: &[String]) -> String {
    let row = line("td", cells);
    match row.rfind("<td>") {
        Some(at) => format!("{}<td class=\"words\">{}", &row[..at], &row[at + 4..]),
        None => row,
    }
}

fn flatten(path: &str, json: &Json, found: &mut BTreeMap<String, String>) {
    match json {
        Json::Object(map) => {
            for (key, value) in map {
                let path = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
                flatten(&path, value, found);
            }
        }
        Json::Null => {}
        Json::String(text) => drop(found.insert(path.to_owned(), text.clone())),
        Json::Bool(_) | Json::Number(_) | Json::Array(_) => {
            drop(found.insert(path.to_owned(), json.to_string()))
        }
    }
}

fn columns(table: &Table) -> String {
    let rows: String = table
        .columns
        .iter()
        .map(|column| words(&[column.name().to_owned(), column.unit.clone(), column.meaning.clone()]))
        .collect();
    format!(
        "<section id=\"columns\">\n<h2>Columns of results.csv</h2>\n<details><summary>{} columns</summary>\n\
         <div class=\"wide\"><table class=\"sortable\"><thead>{}</thead><tbody>{rows}</tbody></table></div></details>\n</section>\n",
        table.columns.len(),
        line("th", &["name", "unit", "meaning"].map(str::to_owned))
    )
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

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
