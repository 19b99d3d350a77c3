//! From TOML files and `--set` assignments to a checked [`Sweep`].
//!
//! `node` parses TOML into a tree in which every key and value knows where it was written; `layers` composes such
//! trees (`extends`, `--set`, suites); `section` reads one table strictly, `settings` those of one meaning in every
//! sweep; `spec` checks the whole; `write` prints a composed tree back as TOML.

mod axes;
mod claims;
mod figures;
mod layers;
mod literal;
mod node;
mod parameters;
mod plots;
mod section;
mod settings;
mod spec;
mod write;

pub(crate) use claims::{Against, Claim, Comparison};
pub(crate) use figures::figure_list;
pub(crate) use layers::load;
pub(crate) use plots::{KIND_NAMES, PlotKind, PlotSpec, Spacing, Statistic};
pub(crate) use settings::{Limits, Measure, OnInsecure, Security};
pub(crate) use spec::{CONFIG_SCHEMA, Spec, Sweep};

use crate::diagnostic::Sources;
use crate::error::{HarnessError, store};

/// What a recorded configuration says about its results.
pub(crate) struct Recorded {
    /// Name of the sweep.
    pub name: String,
    /// Its figures.
    pub plots: Vec<PlotSpec>,
    /// Its claims.
    pub claims: Vec<Claim>,
}

/// The figures and claims of a recorded configuration, checked against the columns that the results have. The program
/// that reports need not have the workload.
///
/// # Errors
/// [`HarnessError`] when the file cannot be read, or a plot or a claim is wrong.
pub(crate) fn recorded(path: &std::path::Path, columns: &[String]) -> Result<Recorded, HarnessError> {
    let text = std::fs::read_to_string(path).map_err(store("read", path))?;
    let mut sources = Sources::default();
    let source = sources.add(path.display().to_string(), text.clone());
    let mut problems = Vec::new();
    let mut recorded = Recorded { name: String::new(), plots: Vec::new(), claims: Vec::new() };
    match node::parse(&text, source) {
        Ok(root) => {
            root.get("name").and_then(node::Item::as_text).unwrap_or_default().clone_into(&mut recorded.name);
            recorded.plots = spec::output(&root, columns, &mut problems).plots;
            recorded.claims = spec::claims(&root, columns, &mut problems);
        }
        Err(problem) => problems.push(problem),
    }
    if problems.is_empty() { Ok(recorded) } else { Err(HarnessError::spec(&problems, &sources)) }
}
