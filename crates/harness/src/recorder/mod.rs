//! What a workload measures with: timed stages, scores, error columns, verification.

mod stage;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::fmt::Display;

pub use stage::Stage;
pub(crate) use stage::{MOST_SAMPLES, SHORTEST_SAMPLE_S};

use crate::column::{Column, ColumnKind};
use crate::measure::{clock, memory};
use crate::plan::Entry;
use crate::record::Sample;
use crate::value::Value;
use crate::workload::Failure;

/// Collects what one point measures.
pub struct Recorder<'a> {
    entry: &'a Entry,
    columns: &'a [Column],
    samples: Vec<Sample>,
    cells: BTreeMap<String, Value>,
    peak_rss_bytes: u64,
}

/// A stage that was measured, to annotate or verify it afterwards.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StageId {
    first: usize,
    end: usize,
}

/// The value of the last repetition of a stage, and the stage's identity.
#[derive(Clone, Copy, Debug)]
pub struct Measured<T> {
    /// What the last repetition returned.
    pub value: T,
    /// The stage, for [`Recorder::annotate`] and [`Recorder::verify`].
    pub id: StageId,
}

impl<'a> Recorder<'a> {
    pub(crate) fn new(entry: &'a Entry, columns: &'a [Column]) -> Self {
        Self { entry, columns, samples: Vec::new(), cells: BTreeMap::new(), peak_rss_bytes: 0 }
    }

    /// The point's seed, for data and initial values; the same wherever the point is run.
    #[must_use]
    pub fn seed(&self) -> u64 {
        self.entry.seed
    }

    /// A seed for repetition `rep` of this point.
    #[must_use]
    pub fn seed_of(&self, rep: u64) -> u64 {
        crate::plan::seed(self.entry.sweep_seed, &self.entry.point_id, rep)
    }

    /// Whether even randomness that should be secret is to be seeded; for tests only.
    #[must_use]
    pub fn deterministic(&self) -> bool {
        self.entry.deterministic
    }

    /// Begins a stage: `record.stage("eval", "add").run(|| ...)`.
    pub fn stage<'r>(&'r mut self, stage: &str, op: &str) -> Stage<'r, 'a> {
        Stage {
            stage: stage.to_owned(),
            op: op.to_owned(),
            measure: self.entry.measure.clone(),
            record: self,
        }
    }

    /// A declared column whose value stands on every row of the point.
    ///
    /// # Errors
    /// [`Failure`] when the column is not declared or holds another kind.
    pub fn set(&mut self, column: &str, value: impl Into<Value>) -> Result<(), Failure> {
        let (value, wrong) = self.cell(column, value.into())?;
        if let Some(message) = wrong {
            return Err(Failure::new("not_finite", message));
        }
        self.cells.extend(value.map(|v| (column.to_owned(), v)));
        Ok(())
    }

    /// Fills declared columns on the rows of a stage. A value that is not finite makes the stage wrong.
    ///
    /// # Errors
    /// [`Failure`] when a column is not declared or holds another kind.
    pub fn annotate<'c, V: Into<Value>>(
        &mut self,
        id: StageId,
        cells: impl IntoIterator<Item = (&'c str, V)>,
    ) -> Result<(), Failure> {
        for (column, value) in cells {
            let (value, wrong) = self.cell(column, value.into())?;
            for sample in &mut self.samples[id.first..id.end] {
                sample.cells.extend(value.clone().map(|v| (column.to_owned(), v)));
                if sample.wrong.is_none() {
                    sample.wrong.clone_from(&wrong);
                }
            }
        }
        Ok(())
    }

    /// Marks a stage as wrong unless `holds`: its rows stay, but never enter a plot of speed.
    pub fn verify(&mut self, id: StageId, holds: bool, message: impl Display) {
        if holds {
            return;
        }
        for sample in &mut self.samples[id.first..id.end] {
            sample.wrong.get_or_insert_with(|| message.to_string());
        }
    }

    /// A row of its own for a metric: stage `score`, the metric's name, and declared columns.
    ///
    /// # Errors
    /// [`Failure`] when a column is not declared or holds another kind.
    pub fn score<'c, V: Into<Value>>(
        &mut self,
        metric: &str,
        cells: impl IntoIterator<Item = (&'c str, V)>,
    ) -> Result<StageId, Failure> {
        let rep = self.samples.iter().filter(|s| s.stage == "score" && s.op == metric).count();
        let id = self.push(Sample {
            stage: "score".to_owned(),
            op: metric.to_owned(),
            rep: rep as u64,
            ..Sample::default()
        });
        self.annotate(id, cells)?;
        Ok(id)
    }

    /// A time that something else measured, a peer's own program for instance: one sample of `iters` operations
    /// that took `wall_s` seconds each.
    pub fn timed(&mut self, stage: &str, op: &str, wall_s: f64, iters: u64) -> StageId {
        let rep = self.samples.iter().filter(|s| s.stage == stage && s.op == op && !s.is_warmup).count();
        self.push(Sample {
            stage: stage.to_owned(),
            op: op.to_owned(),
            rep: rep as u64,
            wall_s: Some(wall_s),
            iters: Some(iters),
            load1: clock::load1(),
            ..Sample::default()
        })
    }

    /// Largest resident size of any program that this point started and waited for, in bytes.
    #[must_use]
    pub fn children_peak_rss_bytes(&self) -> u64 {
        clock::children_peak_bytes()
    }

    fn push(&mut self, sample: Sample) -> StageId {
        self.samples.push(sample);
        StageId { first: self.samples.len() - 1, end: self.samples.len() }
    }

    /// The value as the column takes it; a float that is not finite becomes an empty cell and a message.
    fn cell(&self, column: &str, value: Value) -> Result<(Option<Value>, Option<String>), Failure> {
        let Some(declared) = self.columns.iter().find(|c| c.name() == column) else {
            let known: Vec<_> = self.columns.iter().map(Column::name).collect();
            let hint = crate::diagnostic::suggest(column, known);
            return Err(Failure::new(
                "undeclared_column",
                format!("`{column}` is not in `Workload::columns`; {hint}"),
            ));
        };
        match (declared.kind, value) {
            (ColumnKind::Float, value) if value.as_f64().is_some() => match value.as_f64() {
                Some(x) if x.is_finite() => Ok((Some(Value::Float(x)), None)),
                other => Ok((None, Some(format!("{column} is {}", other.unwrap_or(f64::NAN))))),
            },
            (ColumnKind::Int, value @ Value::Int(_))
            | (ColumnKind::Text, value @ Value::Text(_))
            | (ColumnKind::Bool, value @ Value::Bool(_)) => Ok((Some(value), None)),
            (kind, value) => Err(Failure::new(
                "column_kind",
                format!("`{column}` is declared as {} but was given {}", kind.word(), value.kind_name()),
            )),
        }
    }

    /// Folds the process's high-water mark into the point's and starts a new one.
    fn new_peak(&mut self) -> bool {
        self.peak_rss_bytes = self.peak_rss_bytes.max(memory::peak_bytes());
        memory::reset_peak()
    }

    /// Ends the recording: samples, cells for every row, and the largest resident size so far.
    pub(crate) fn finish(self) -> (Vec<Sample>, BTreeMap<String, Value>, u64) {
        let peak = self.peak_rss_bytes.max(memory::peak_bytes());
        (self.samples, self.cells, peak)
    }
}
