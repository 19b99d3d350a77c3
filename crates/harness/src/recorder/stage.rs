//! Stages: warm-up, samples, and batches of operations too quick for the clock.

use std::hint::black_box;
use std::time::Instant;

use super::{Measured, Recorder, StageId};
use crate::config::Measure;
use crate::measure::{clock, memory};
use crate::record::Sample;
use crate::workload::Failure;

/// Operations quicker than this are timed in batches. The first operation of a sample pays for the caches and the branch
/// predictors that the book-keeping between samples has used: 0.6 us where an addition of ciphertexts takes 17.6 us alone
/// and 17.0 us in batches, on a 4 GHz core. Over 100 us that, and the clock's own cost, stay below a percent.
pub(crate) const SHORTEST_SAMPLE_S: f64 = 1e-4;
/// A stage that must last `min_seconds` gets at most about this many samples; each then holds more operations.
pub(crate) const MOST_SAMPLES: f64 = 200.0;

/// A stage about to be measured.
#[must_use = "a stage measures nothing until `run`"]
pub struct Stage<'r, 'a> {
    pub(super) record: &'r mut Recorder<'a>,
    pub(super) stage: String,
    pub(super) op: String,
    pub(super) measure: Measure,
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
pub(super) fn batch_size(seconds: f64, measure: &Measure) -> u64 {
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
