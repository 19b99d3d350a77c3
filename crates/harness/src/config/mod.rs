//! From TOML files and `--set` assignments to a checked [`Sweep`].
//!
//! `node` parses TOML into a tree in which every key and value knows where it was written; `layers` composes such
//! trees (`extends`, `--set`, suites); `section` reads one table strictly; `spec` checks the whole; `write` prints a
//! composed tree back as TOML.

mod axes;
mod figures;
mod layers;
mod node;
mod parameters;
mod plots;
mod section;
mod spec;
mod write;

pub(crate) use figures::figure_list;
pub(crate) use layers::load;
pub(crate) use plots::{PlotKind, PlotSpec, Spacing, Statistic};
pub(crate) use spec::{CONFIG_SCHEMA, Limits, Measure, OnInsecure, Security, Spec, Sweep};

use crate::diagnostic::Sources;
use crate::error::{HarnessError, store};

/// The plots that a recorded configuration asks for, checked against the columns that the results have. The program
/// that reports need not have the workload.
///
/// # Errors
/// [`HarnessError`] when the file cannot be read or a plot is wrong.
pub(crate) fn recorded_plots(
    path: &std::path::Path,
    columns: &[String],
) -> Result<Vec<PlotSpec>, HarnessError> {
    let text = std::fs::read_to_string(path).map_err(store("read", path))?;
    let mut sources = Sources::default();
    let source = sources.add(path.display().to_string(), text.clone());
    let mut problems = Vec::new();
    let plots = match node::parse(&text, source) {
        Ok(root) => spec::output(&root, columns, &mut problems).plots,
        Err(problem) => {
            problems.push(problem);
            Vec::new()
        }
    };
    if problems.is_empty() { Ok(plots) } else { Err(HarnessError::spec(&problems, &sources)) }
}
