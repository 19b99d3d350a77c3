//! The point file as it is read back, and its rows.

use serde_json::Value as Json;

use super::Status;
use crate::column::Column;
use crate::plan::RESULT_SCHEMA;
use crate::value::{Params, Value};

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
