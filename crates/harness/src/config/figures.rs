//! The list of figures that are drawn from committed results: `[figure.ID]` tables.

use std::path::Path;

use super::node::{self, Item, Node, Table};
use super::plots::{self, PlotSpec};
use crate::diagnostic::{Diagnostic, Origin, Sources};
use crate::error::{HarnessError, store};
use crate::value::Value;

/// A figure of the list, to be checked against the columns of its results.
pub(crate) struct ListedFigure {
    id: String,
    plot: Item,
    sources: Sources,
}

impl ListedFigure {
    /// Its name.
    pub(crate) fn id(&self) -> &str {
        &self.id
    }

    /// Checks the plot.
    ///
    /// # Errors
    /// [`HarnessError::Spec`] when it names a column that the results do not have, or is wrong otherwise.
    pub(crate) fn plot(&self, columns: &[String]) -> Result<PlotSpec, HarnessError> {
        let mut problems = Vec::new();
        match plots::read(&self.id, &self.plot, columns, &mut problems) {
            Some(spec) if problems.is_empty() => Ok(spec),
            _ => Err(HarnessError::spec(&problems, &self.sources)),
        }
    }
}

/// Reads a list of figures: for each the name of its results folder, and its plot.
///
/// # Errors
/// [`HarnessError`] when the file cannot be read or is not such a list.
pub(crate) fn figure_list(path: &Path) -> Result<Vec<(String, ListedFigure)>, HarnessError> {
    let text = std::fs::read_to_string(path).map_err(store("read", path))?;
    let mut sources = Sources::default();
    let source = sources.add(path.display().to_string(), text.clone());
    let mut problems = Vec::new();
    let mut found = Vec::new();
    let root = node::parse(&text, source).unwrap_or_else(|problem| {
        problems.push(problem.or_help("see https://toml.io for the syntax"));
        Table::default()
    });
    let start = Origin { source, span: 0..0 };
    for (key, item) in root.iter() {
        if key != "schema" && key != "figure" {
            problems.push(
                Diagnostic::new(format!("unknown key `{key}` in the list of figures"))
                    .at(&item.key, "not a key of the list")
                    .help("a list has `schema = 1` and [figure.ID] tables"),
            );
        }
    }
    if root.get("schema").map(Item::to_value) != Some(Value::Int(super::CONFIG_SCHEMA)) {
        problems.push(
            Diagnostic::new(format!("the list needs `schema = {}`", super::CONFIG_SCHEMA))
                .at(root.get("schema").map_or(&start, |item| &item.origin), "here")
                .help(format!("write `schema = {}` at the top", super::CONFIG_SCHEMA)),
        );
    }
    for (id, item) in root.table("figure").into_iter().flat_map(Table::iter) {
        let mut table = item.as_table().cloned().unwrap_or_default();
        let results = table.remove("results");
        let Some(name) = results.as_ref().and_then(Item::as_text) else {
            problems.push(
                Diagnostic::new(format!("[figure.{id}] does not say which results it is drawn from"))
                    .at(&item.key, "no `results`")
                    .help("add `results = \"NAME\"`, the name of a published sweep"),
            );
            continue;
        };
        let plot = Item { node: Node::Table(table), ..item.clone() };
        found.push((name.to_owned(), ListedFigure { id: id.to_owned(), plot, sources: Sources::default() }));
    }
    if !problems.is_empty() {
        return Err(HarnessError::spec(&problems, &sources));
    }
    for (_, figure) in &mut found {
        figure.sources = sources.clone();
    }
    Ok(found)
}
