//! The point file as it is written.

use std::collections::BTreeMap;

use serde_json::{Map, Value as Json, json};

use super::Status;
use crate::column::Column;
use crate::environment::Provenance;
use crate::plan::{Entry, RESULT_SCHEMA};
use crate::value::Value;

/// One sample, or one score.
#[derive(Clone, Debug, Default)]
pub(crate) struct Sample {
    /// Stage.
    pub stage: String,
    /// Operation, or metric name.
    pub op: String,
    /// Repetition.
    pub rep: u64,
    /// Whether it is warm-up.
    pub is_warmup: bool,
    /// Seconds per operation; none for a score.
    pub wall_s: Option<f64>,
    /// CPU seconds per operation.
    pub cpu_s: Option<f64>,
    /// Operations in the sample.
    pub iters: Option<u64>,
    /// Involuntary context switches.
    pub nivcsw: Option<i64>,
    /// Load average.
    pub load1: Option<f64>,
    /// Peak of the stage.
    pub stage_peak_rss_bytes: Option<u64>,
    /// Why the result of this stage is wrong, if it is.
    pub wrong: Option<String>,
    /// Declared columns.
    pub cells: BTreeMap<String, Value>,
}

impl Sample {
    fn to_json(&self) -> Json {
        let mut map = Map::new();
        map.insert("stage".into(), self.stage.as_str().into());
        map.insert("op".into(), self.op.as_str().into());
        map.insert("rep".into(), self.rep.into());
        map.insert("is_warmup".into(), self.is_warmup.into());
        let mut optional = |key: &str, value: Option<Json>| {
            if let Some(value) = value {
                map.insert(key.to_owned(), value);
            }
        };
        optional("wall_s", self.wall_s.map(Json::from));
        optional("cpu_s", self.cpu_s.map(Json::from));
        optional("iters", self.iters.map(Json::from));
        optional("nivcsw", self.nivcsw.map(Json::from));
        optional("load1", self.load1.map(Json::from));
        optional("stage_peak_rss_bytes", self.stage_peak_rss_bytes.map(Json::from));
        optional("wrong", self.wrong.clone().map(Json::from));
        if !self.cells.is_empty() {
            let cells: Map<String, Json> = self.cells.iter().map(|(k, v)| (k.clone(), v.to_json())).collect();
            map.insert("cells".into(), Json::Object(cells));
        }
        Json::Object(map)
    }
}

/// Everything known about one finished, failed or infeasible point.
#[derive(Clone, Debug)]
pub(crate) struct PointRecord {
    /// Identity and parameters.
    pub entry: Entry,
    /// How it ended.
    pub status: Status,
    /// Short word for what went wrong.
    pub error_code: String,
    /// What went wrong.
    pub error_message: String,
    /// Whether the cause lay outside the point, so that the next run tries again.
    pub transient: bool,
    /// The invocation that measured it.
    pub run_id: String,
    /// Start, UTC.
    pub started_at: String,
    /// End, UTC.
    pub finished_at: String,
    /// Seconds from start to end.
    pub seconds: f64,
    /// Memory marks.
    pub memory: MemoryMarks,
    /// Whether one point ran at a time.
    pub isolated: bool,
    /// Where and with what it was measured.
    pub provenance: Provenance,
    /// Declared columns that stand on every row.
    pub cells: BTreeMap<String, Value>,
    /// The workload's declared columns.
    pub columns: Vec<Column>,
    /// The samples.
    pub samples: Vec<Sample>,
}

/// Memory of the point's process.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct MemoryMarks {
    /// Largest resident size.
    pub peak_rss_bytes: Option<u64>,
    /// Resident size before the workload was prepared.
    pub baseline_rss_bytes: Option<u64>,
    /// Largest live heap.
    pub peak_heap_bytes: Option<u64>,
}

impl PointRecord {
    /// A record of a point that has no samples, with no status yet decided for the better.
    pub(crate) fn empty(entry: Entry, columns: Vec<Column>, provenance: Provenance) -> Self {
        let now = crate::measure::clock::timestamp();
        Self {
            entry,
            status: Status::Failed,
            error_code: String::new(),
            error_message: String::new(),
            transient: false,
            run_id: String::new(),
            started_at: now.clone(),
            finished_at: now,
            seconds: 0.0,
            memory: MemoryMarks::default(),
            isolated: true,
            provenance,
            cells: BTreeMap::new(),
            columns,
            samples: Vec::new(),
        }
    }

    /// Sets how it ended.
    pub(crate) fn ended(mut self, status: Status, code: &str, message: impl Into<String>) -> Self {
        self.status = status;
        code.clone_into(&mut self.error_code);
        self.error_message = message.into();
        self
    }

    /// The point file.
    pub(crate) fn to_json(&self) -> Json {
        json!({
            "schema_version": RESULT_SCHEMA,
            "point_id": self.entry.point_id,
            "workload": self.entry.workload,
            "workload_version": self.entry.workload_version,
            "sweep": self.entry.sweep,
            "status": self.status.word(),
            "error_code": self.error_code,
            "error_message": self.error_message,
            "transient": self.transient,
            "params": self.entry.params.to_json(),
            "seed": self.entry.seed,
            "deterministic": self.entry.deterministic,
            "measure": self.entry.measure.to_json(),
            "cost_units": self.entry.cost_units,
            "run_id": self.run_id,
            "started_at": self.started_at,
            "finished_at": self.finished_at,
            "seconds": self.seconds,
            "peak_rss_bytes": self.memory.peak_rss_bytes,
            "baseline_rss_bytes": self.memory.baseline_rss_bytes,
            "peak_heap_bytes": self.memory.peak_heap_bytes,
            "isolated": self.isolated,
            "provenance": self.provenance.to_json(),
            "cells": self.cells.iter().map(|(k, v)| (k.clone(), v.to_json())).collect::<Map<_, _>>(),
            "columns": self.columns.iter().map(Column::to_json).collect::<Vec<_>>(),
            "samples": self.samples.iter().map(Sample::to_json).collect::<Vec<_>>(),
        })
    }
}
