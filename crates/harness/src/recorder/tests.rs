//! What a point measures is what was asked for.

use std::time::Instant;

use super::stage::batch_size;
use super::*;
use crate::config::{Limits, Measure};
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
    assert!(samples.iter().all(|s| s.wall_s.unwrap() * 1e6 >= operation_us as f64), "time is per operation");
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
