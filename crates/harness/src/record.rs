//! What is kept of a point: the point file, and the rows it becomes in the result table.

use std::collections::BTreeMap;

use serde_json::{Map, Value as Json, json};

use crate::column::Column;
use crate::environment::Provenance;
use crate::plan::{Entry, RESULT_SCHEMA};
use crate::value::{Params, Value};

/// How a point ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Status {
    /// Measured and verified.
    Ok,
    /// Measured, but the result misses its bound: a measurement, but never of speed.
    Wrong,
    /// Could not be run to the end.
    Failed,
    /// Ran over its time.
    Timeout,
    /// Ran over its memory.
    Oom,
    /// Not run, for a reason known beforehand.
    Infeasible,
}

impl Status {
    const ALL: [(Self, &'static str); 6] = [
        (Self::Ok, "ok"),
        (Self::Wrong, "wrong"),
        (Self::Failed, "failed"),
        (Self::Timeout, "timeout"),
        (Self::Oom, "oom"),
        (Self::Infeasible, "infeasible"),
    ];

    /// The word in the table.
    pub(crate) fn word(self) -> &'static str {
        Self::ALL.iter().find(|(status, _)| *status == self).map_or("failed", |(_, word)| word)
    }

    /// The status of a word.
    pub(crate) fn from_word(word: &str) -> Option<Self> {
        Self::ALL.iter().find(|(_, known)| *known == word).map(|(status, _)| *status)
    }

    /// Whether the point was measured to the end.
    pub(crate) fn is_done(self) -> bool {
        matches!(self, Self::Ok | Self::Wrong)
    }

    /// Whether it counts as a failed point for the exit code.
    pub(crate) fn is_failure(self) -> bool {
        matches!(self, Self::Failed | Self::Timeout | Self::Oom)
    }

    /// Which of two files of one point is kept: the larger.
    pub(crate) fn rank(self) -> u8 {
        match self {
            Self::Ok => 3,
            Self::Wrong => 2,
            Self::Failed | Self::Timeout | Self::Oom => 1,
            Self::Infeasible => 0,
        }
    }
}

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

/// A point file as read back: what merging and resuming need, over the raw JSON.
#[derive(Clone, Debug)]
pub(crate) struct StoredPoint {
    json: Json,
    /// Identity.
    pub point_id: String,
    /// How it ended.
    pub status: Status,
    /// Whether the next run tries again.
    pub transient: bool,
    /// Parameters.
    pub params: Params,
    /// Declared columns.
    pub columns: Vec<Column>,
}

impl StoredPoint {
    /// Reads a point file.
    ///
    /// # Errors
    /// What is wrong with it, in a few words.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let json: Json = serde_json::from_str(text).map_err(|error| error.to_string())?;
        let found = json.get("schema_version").and_then(Json::as_i64);
        if found != Some(RESULT_SCHEMA) {
            let found = found.map_or_else(|| "none".to_owned(), |v| v.to_string());
            return Err(format!("schema version {found}, this program reads {RESULT_SCHEMA}"));
        }
        let text = |key: &str| json.get(key).and_then(Json::as_str).ok_or(format!("no `{key}`"));
        let status = text("status")?;
        let status = Status::from_word(status).ok_or(format!("unknown status `{status}`"))?;
        text("workload")?;
        let params = json.get("params").and_then(Params::from_json).ok_or("no `params`")?;
        let columns = json.get("columns").and_then(Json::as_array).ok_or("no `columns`")?;
        let columns = columns.iter().map(Column::from_json).collect::<Option<_>>().ok_or("a bad column")?;
        Ok(Self {
            point_id: text("point_id")?.to_owned(),
            status,
            transient: json.get("transient").and_then(Json::as_bool).unwrap_or(false),
            params,
            columns,
            json,
        })
    }

    /// A text field.
    pub(crate) fn text(&self, key: &str) -> &str {
        self.json.get(key).and_then(Json::as_str).unwrap_or("")
    }

    /// A number.
    pub(crate) fn number(&self, key: &str) -> Option<f64> {
        self.json.get(key)?.as_f64()
    }

    /// A field of the provenance.
    pub(crate) fn provenance(&self, key: &str) -> Option<&Json> {
        self.json.get("provenance")?.get(key)
    }

    /// How it was measured.
    pub(crate) fn measure(&self) -> Option<&Json> {
        self.json.get("measure")
    }

    /// The parameters that have no column of their own.
    fn other_params(&self) -> Json {
        let known = |name: &str| self.columns.iter().any(|column| column.name() == name);
        let others = self.params.iter().filter(|(name, _)| !known(name));
        Json::Object(others.map(|(name, value)| (name.to_owned(), value.to_json())).collect())
    }

    /// The timed samples, stage by stage.
    pub(crate) fn stages(&self) -> Vec<Vec<TimedSample>> {
        let samples = self.json.get("samples").and_then(Json::as_array).map_or(&[][..], Vec::as_slice);
        let mut stages: Vec<(String, Vec<TimedSample>)> = Vec::new();
        for sample in samples {
            let number = |key: &str| sample.get(key).and_then(Json::as_f64);
            let text = |key: &str| sample.get(key).and_then(Json::as_str).unwrap_or_default();
            let Some(wall_s) = number("wall_s") else { continue };
            let name = format!("{}/{}", text("stage"), text("op"));
            let timed = TimedSample {
                wall_s,
                iters: number("iters").unwrap_or(1.0),
                is_warmup: sample.get("is_warmup").and_then(Json::as_bool).unwrap_or(false),
            };
            match stages.iter_mut().find(|(known, _)| *known == name) {
                Some((_, samples)) => samples.push(timed),
                None => stages.push((name, vec![timed])),
            }
        }
        stages.into_iter().map(|(_, samples)| samples).collect()
    }

    /// Its rows, each a lookup from column name to value. A point without samples is one row.
    pub(crate) fn rows(&self) -> Vec<Row<'_>> {
        let samples = self.json.get("samples").and_then(Json::as_array).map_or(&[][..], Vec::as_slice);
        if samples.is_empty() {
            return vec![Row { point: self, sample: None }];
        }
        samples.iter().map(|sample| Row { point: self, sample: Some(sample) }).collect()
    }
}

/// The time of one stored sample.
#[derive(Clone, Copy, Debug)]
pub(crate) struct TimedSample {
    /// Seconds per operation.
    pub wall_s: f64,
    /// Operations in the sample.
    pub iters: f64,
    /// Whether it is warm-up.
    pub is_warmup: bool,
}

/// One row of the result table.
#[derive(Clone, Copy)]
pub(crate) struct Row<'a> {
    point: &'a StoredPoint,
    sample: Option<&'a Json>,
}

impl<'a> Row<'a> {
    /// The value of a column; `None` for an empty cell.
    pub(crate) fn get(&self, column: &str) -> Option<Json> {
        let point = &self.point.json;
        let some = |json: Option<&'a Json>| json.filter(|j| !j.is_null()).cloned();
        match column {
            "params_json" => Some(self.point.other_params().to_string().into()),
            "metric_name" => {
                self.sample.filter(|s| s.get("wall_s").is_none()).and_then(|s| some(s.get("op")))
            }
            "stage"
            | "op"
            | "rep"
            | "is_warmup"
            | "wall_s"
            | "cpu_s"
            | "iters"
            | "nivcsw"
            | "load1"
            | "stage_peak_rss_bytes" => some(self.sample?.get(column)),
            "status" => Some(self.status().word().into()),
            "error_code" => match self.wrong() {
                Some(_) => Some("wrong".into()),
                None if self.status() == Status::Ok => None,
                None => some(point.get(column)).filter(|j| j.as_str() != Some("")),
            },
            "error_message" => match self.wrong() {
                Some(message) => Some(message.into()),
                None if self.status() == Status::Ok => None,
                None => some(point.get(column)).filter(|j| j.as_str() != Some("")),
            },
            "schema_version" | "run_id" | "point_id" | "workload" | "workload_version" | "peak_rss_bytes"
            | "baseline_rss_bytes" | "peak_heap_bytes" | "isolated" | "seed" | "deterministic"
            | "started_at" => some(point.get(column)),
            "git_commit" | "git_dirty" | "host_hash" | "cpu_model" | "simd" | "rustc" | "profile"
            | "manifest" => some(self.point.provenance(column)),
            declared => self.declared(declared),
        }
    }

    fn declared(&self, column: &str) -> Option<Json> {
        let cells = |json: Option<&'a Json>| json?.get("cells")?.get(column);
        if let Some(cell) = cells(self.sample).or_else(|| cells(Some(&self.point.json))) {
            return Some(cell.clone()).filter(|j| !j.is_null());
        }
        let known = self.point.columns.iter().any(|c| c.name() == column);
        self.point.params.get(column).filter(|_| known).map(|value| match value {
            Value::List(_) | Value::Table(_) => Json::from(value.to_json().to_string()),
            Value::Bool(_) | Value::Int(_) | Value::Float(_) | Value::Text(_) => value.to_json(),
        })
    }

    fn wrong(&self) -> Option<&'a str> {
        self.sample?.get("wrong")?.as_str()
    }

    /// The point's status, except that of a wrong point only the wrong stages are wrong.
    fn status(&self) -> Status {
        match (self.point.status, self.wrong()) {
            (Status::Ok | Status::Wrong, Some(_)) => Status::Wrong,
            (Status::Wrong, None) if self.sample.is_some() => Status::Ok,
            (status, _) => status,
        }
    }
}
