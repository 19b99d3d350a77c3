//! What a workload measures with: timed stages, scores, error columns, verification.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::hint::black_box;
use std::time::Instant;

use crate::column::{Column, ColumnKind};
use crate::config::Measure;
use crate::measure::{clock, memory};
use crate::plan::Entry;
use crate::record::Sample;
use crate::value::Value;
use crate::workload::Failure;

/// Operations quicker than this are timed in batches. The first operation of a sample pays for the caches and the branch
/// predictors that the book-keeping between samples has used: 0.6 us where an addition of ciphertexts takes 17.6 us alone
/// and 17.0 us in batches, on a 4 GHz core. Over 100 us that, and the clock's own cost, stay below a percent.
pub(crate) const SHORTEST_SAMPLE_S: f64 = 1e-4;
/// A stage that must last `min_seconds` gets at most about this many samples; each then holds more operations.
pub(crate) const MOST_SAMPLES: f64 = 200.0;

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

/// A stage about to be measured.
#[must_use = "a stage measures nothing until `run`"]
pub struct Stage<'r, 'a> {
    record: &'r mut Recorder<'a>,
    stage: String,
    op: String,
    measure: Measure,
}

impl Stage<'_, '_> {
    /// Measures exactly one repetition without warm-up, for work that is done once (making keys, loading data).
    pub fn once(mut self) -> Self {
        self.measure =
            Measure { warmup: 0, samples: 1, min_seconds: 0.0, max_seconds: f64::MAX, ..self.measure };
        self
    }

    /// At most this many samples and no least time, for work that is slow; warm-up stays as configured.
    pub fn at_most(mut self, samples: u64) -> Self {
        self.measure.samples = self.measure.samples.min(samples.max(1));
        self.measure.min_seconds = 0.0;
        self
    }

    /// Runs the operation: warm-up first, then samples as `[measure]` asks. Quick operations are timed in batches.
    ///
    /// # Errors
    /// The first error of the operation, as a [`Failure`].
    pub fn run<T, E: Into<Failure>>(
        self,
        mut operation: impl FnMut() -> Result<T, E>,
    ) -> Result<Measured<T>, Failure> {
        self.sample(|iters| {
            let (cpu, start) = (clock::cpu_seconds(), Instant::now());
            let mut last = operation();
            for _ in 1..iters {
                if last.is_err() {
                    break;
                }
                last = black_box(operation());
            }
            let wall = start.elapsed().as_secs_f64();
            Ok((last.map_err(Into::into)?, wall, clock::cpu_seconds() - cpu))
        })
    }

    /// Like [`Stage::run`] for an operation that consumes its input: `setup` makes one before every operation and
    /// is not timed.
    ///
    /// # Errors
    /// The first error of `setup` or of the operation, as a [`Failure`].
    pub fn run_with<I, T, E: Into<Failure>>(
        self,
        mut setup: impl FnMut() -> Result<I, E>,
        mut operation: impl FnMut(I) -> Result<T, E>,
    ) -> Result<Measured<T>, Failure> {
        self.sample(|iters| {
            let (mut wall, mut cpu, mut last) = (0.0, 0.0, None);
            for _ in 0..iters {
                drop(last.take());
                let input = setup().map_err(Into::into)?;
                let (cpu_start, start) = (clock::cpu_seconds(), Instant::now());
                let output = black_box(operation(input));
                wall += start.elapsed().as_secs_f64();
                cpu += clock::cpu_seconds() - cpu_start;
                last = Some(output.map_err(Into::into)?);
            }
            match last {
                Some(value) => Ok((value, wall, cpu)),
                None => Err(Failure::new("no_repetition", "a batch was empty")),
            }
        })
    }

    /// `batch(iters)` runs that many operations and returns the last value with the batch's wall and CPU seconds.
    fn sample<T>(
        self,
        mut batch: impl FnMut(u64) -> Result<(T, f64, f64), Failure>,
    ) -> Result<Measured<T>, Failure> {
        let Self { record, stage, op, measure } = self;
        let resettable = record.new_peak();
        let load1 = clock::load1();
        let first = record.samples.len();
        let (mut estimate, mut total, mut iters) = (f64::INFINITY, 0.0, 1);
        let mut value = None;
        let rounds = measure.warmup.saturating_add(measure.samples);
        let mut round = 0;
        while round < rounds || (total < measure.min_seconds && total < measure.max_seconds) {
            let is_warmup = round < measure.warmup;
            // Without warm-up the first sample is the only thing to judge by.
            if round == measure.warmup.max(1) {
                iters = batch_size(estimate, &measure);
            }
            drop(value.take());
            let switches = clock::involuntary_switches();
            let (output, wall, cpu) = batch(iters)?;
            let nivcsw = clock::involuntary_switches() - switches;
            #[expect(clippy::cast_precision_loss, reason = "batch sizes are far below 2^53")]
            let count = iters as f64;
            estimate = estimate.min(wall / count);
            total += if is_warmup { 0.0 } else { wall };
            value = Some(output);
            record.samples.push(Sample {
                stage: stage.clone(),
                op: op.clone(),
                rep: if is_warmup { round } else { round - measure.warmup },
                is_warmup,
                wall_s: Some(wall / count),
                cpu_s: Some(cpu / count),
                iters: Some(iters),
                nivcsw: Some(nivcsw),
                load1,
                ..Sample::default()
            });
            round += 1;
            if !is_warmup && total >= measure.max_seconds {
                break;
            }
        }
        let peak = memory::peak_bytes();
        record.peak_rss_bytes = record.peak_rss_bytes.max(peak);
        for sample in &mut record.samples[first..] {
            sample.stage_peak_rss_bytes = resettable.then_some(peak);
        }
        let id = StageId { first, end: record.samples.len() };
        match value {
            Some(value) => Ok(Measured { value, id }),
            None => Err(Failure::new("no_repetition", format!("stage {stage}/{op} was not run"))),
        }
    }
}

/// Operations per sample for one that takes `seconds`; 1 where nothing is known yet.
fn batch_size(seconds: f64, measure: &Measure) -> u64 {
    if !seconds.is_finite() {
        return 1;
    }
    let seconds = seconds.max(1e-9);
    let least = (SHORTEST_SAMPLE_S / seconds).max(measure.min_seconds / (MOST_SAMPLES * seconds));
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "rounded up, positive, bounded"
    )]
    let size = least.ceil().clamp(1.0, 1e9) as u64;
    size
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Limits;
    use crate::value::Params;

    fn entry(warmup: u64, samples: u64, min_seconds: f64, max_seconds: f64) -> Entry {
        Entry {
            index: 0,
            point_id: "0123456789abcdef".to_owned(),
            sweep: "t".to_owned(),
            workload: "t".to_owned(),
            workload_version: 1,
            params: Params::new(),
            axes: Vec::new(),
            sweep_seed: 1,
            seed: 2,
            deterministic: false,
            security_bits: 0,
            measure: Measure { warmup, samples, min_seconds, max_seconds, heap: false },
            limits: Limits { seconds: None, memory_mib: None },
            cost_units: 1.0,
            est_memory_mib: 0,
            infeasible: None,
        }
    }

    fn columns() -> Vec<Column> {
        vec![Column::error("err", "", ""), Column::size("bytes", "")]
    }

    /// Repetitions with and without warm-up, operations per sample, and how often the operation ran.
    fn measured(entry: &Entry, operation_us: u64) -> (usize, usize, u64, u64) {
        let columns = columns();
        let mut record = Recorder::new(entry, &columns);
        let mut calls = 0;
        record
            .stage("s", "o")
            .run(|| {
                calls += 1;
                let start = Instant::now();
                while start.elapsed().as_micros() < u128::from(operation_us) {}
                Ok::<_, Failure>(())
            })
            .unwrap();
        let (samples, ..) = record.finish();
        let warm = samples.iter().filter(|s| s.is_warmup).count();
        let ran = samples.iter().filter_map(|s| s.iters).sum();
        assert!(
            samples.iter().all(|s| s.wall_s.unwrap() * 1e6 >= operation_us as f64),
            "time is per operation"
        );
        assert_eq!(calls, ran);
        (warm, samples.len() - warm, samples.last().unwrap().iters.unwrap(), ran)
    }

    #[test]
    fn stages_take_as_many_samples_as_asked_for() {
        assert_eq!(measured(&entry(2, 5, 0.0, f64::MAX), 100), (2, 5, 1, 7));
        assert_eq!(measured(&entry(0, 1, 0.0, f64::MAX), 100), (0, 1, 1, 1));
        let (_, samples, ..) = measured(&entry(0, 50, 0.0, 0.002), 500);
        assert!(samples < 50, "max_seconds ends a stage early");
        let (_, samples, _, ran) = measured(&entry(1, 3, 0.02, f64::MAX), 100);
        assert!(samples >= 3 && ran >= 3, "and min_seconds late");
        assert!(samples <= 1000, "without a row for every operation: {samples}");
    }

    #[test]
    fn quick_operations_are_timed_in_batches() {
        let size = |seconds, min_seconds| batch_size(seconds, &entry(0, 1, min_seconds, f64::MAX).measure);
        assert_eq!((size(1.5e-6, 0.0), size(4.5e-5, 0.0), size(1.1e-4, 0.0), size(1e-3, 0.0)), (67, 3, 1, 1));
        assert_eq!(size(1.1e-5, 0.5), 228, "half a second of 11 us operations is 200 samples of 228");
        assert_eq!(size(f64::INFINITY, 0.5), 1, "nothing known yet");
        assert!(
            (100_000..=100_001).contains(&size(0.0, 0.0)),
            "too quick for the clock: as if it took a nanosecond"
        );
    }

    #[test]
    fn inputs_are_made_anew_for_every_operation() {
        let entry = entry(1, 2, 0.0, f64::MAX);
        let columns = columns();
        let mut record = Recorder::new(&entry, &columns);
        let (mut made, mut used) = (0, Vec::new());
        record
            .stage("s", "o")
            .run_with(
                || {
                    made += 1;
                    Ok::<_, Failure>(made)
                },
                |input| {
                    used.push(input);
                    Ok(())
                },
            )
            .unwrap();
        assert_eq!(used, (1..=made).collect::<Vec<i32>>());
    }

    #[test]
    fn columns_are_held_to_their_declaration() {
        let entry = entry(0, 1, 0.0, f64::MAX);
        let columns = columns();
        let mut record = Recorder::new(&entry, &columns);
        let id = record.stage("s", "o").run(|| Ok::<_, Failure>(())).unwrap().id;
        let unknown = record.annotate(id, [("er", 1.0)]).unwrap_err();
        assert_eq!(unknown.code, "undeclared_column");
        assert!(unknown.message.contains("did you mean `err`?"), "{unknown}");
        assert_eq!(record.set("bytes", 1.5).unwrap_err().code, "column_kind");
        record.annotate(id, [("err", 1)]).unwrap();
        record.verify(id, true, "never");
        record.score("m", [("err", f64::INFINITY)]).unwrap();
        let (samples, ..) = record.finish();
        assert_eq!((samples[0].cells.get("err"), &samples[0].wrong), (Some(&Value::Float(1.0)), &None));
        assert_eq!((samples[1].cells.get("err"), samples[1].wrong.as_deref()), (None, Some("err is inf")));
    }
}
