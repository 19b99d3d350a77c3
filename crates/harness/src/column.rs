//! Columns of the result table: the engine's own, and how a workload declares its.

use serde_json::{Value as Json, json};

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ColumnKind {
    /// Signed 64-bit integers.
    Int,
    /// Finite 64-bit floats.
    Float,
    /// Strings.
    Text,
    /// `true` or `false`.
    Bool,
}

/// Which block of the table a declared column belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Describes the point. Filled from the parameter of the same name where there is one.
    Parameter,
    /// A size in bytes, beside the memory columns.
    Size,
    /// An error or accuracy measure of a stage.
    Error,
    /// A value of a score row.
    Metric,
}

/// One column: name (with its unit as suffix, `wall_s`), kind, unit and meaning.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    pub(crate) name: String,
    pub(crate) kind: ColumnKind,
    pub(crate) role: Role,
    pub(crate) unit: String,
    pub(crate) meaning: String,
    pub(crate) detail: bool,
}

impl Column {
    /// A column; `unit` is empty for a pure number or a word.
    #[must_use]
    pub fn new(name: &str, kind: ColumnKind, role: Role, unit: &str, meaning: &str) -> Self {
        Self { name: name.into(), kind, role, unit: unit.into(), meaning: meaning.into(), detail: false }
    }

    /// Leaves the column out of the printed table: it follows from the others, or few will want it. Files and reports
    /// have it.
    #[must_use]
    pub fn detail(mut self) -> Self {
        self.detail = true;
        self
    }

    /// A column that describes the point.
    #[must_use]
    pub fn parameter(name: &str, kind: ColumnKind, unit: &str, meaning: &str) -> Self {
        Self::new(name, kind, Role::Parameter, unit, meaning)
    }

    /// A size in bytes.
    #[must_use]
    pub fn size(name: &str, meaning: &str) -> Self {
        Self::new(name, ColumnKind::Int, Role::Size, "B", meaning)
    }

    /// An error measure (a float).
    #[must_use]
    pub fn error(name: &str, unit: &str, meaning: &str) -> Self {
        Self::new(name, ColumnKind::Float, Role::Error, unit, meaning)
    }

    /// A value of a score row (a float).
    #[must_use]
    pub fn metric(name: &str, unit: &str, meaning: &str) -> Self {
        Self::new(name, ColumnKind::Float, Role::Metric, unit, meaning)
    }

    /// The name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The column as JSON, for point files and `columns.json`.
    pub(crate) fn to_json(&self) -> Json {
        json!({
            "name": self.name,
            "kind": self.kind.word(),
            "role": self.role.word(),
            "unit": self.unit,
            "meaning": self.meaning,
            "detail": self.detail,
        })
    }

    /// The reverse of [`Column::to_json`].
    pub(crate) fn from_json(json: &Json) -> Option<Self> {
        let text = |key: &str| json.get(key).and_then(Json::as_str);
        let kind = ColumnKind::ALL.into_iter().find(|k| Some(k.word()) == text("kind"))?;
        let role = Role::ALL.into_iter().find(|r| Some(r.word()) == text("role"))?;
        let detail = json.get("detail").and_then(Json::as_bool).unwrap_or(false);
        Some(Self { detail, ..Self::new(text("name")?, kind, role, text("unit")?, text("meaning")?) })
    }
}

impl ColumnKind {
    const ALL: [Self; 4] = [Self::Int, Self::Float, Self::Text, Self::Bool];

    /// The kind in one word.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Int => "int",
            Self::Float => "float",
            Self::Text => "text",
            Self::Bool => "bool",
        }
    }
}

impl Role {
    const ALL: [Self; 4] = [Self::Parameter, Self::Size, Self::Error, Self::Metric];

    fn word(self) -> &'static str {
        match self {
            Self::Parameter => "parameter",
            Self::Size => "size",
            Self::Error => "error",
            Self::Metric => "metric",
        }
    }
}

/// A column of the engine: name, kind, unit, meaning.
type Own = (&'static str, ColumnKind, &'static str, &'static str);

use ColumnKind::{Bool, Float, Int, Text};

const KEY: [Own; 9] = [
    ("schema_version", Int, "", "version of this table's layout"),
    ("run_id", Text, "", "the invocation that measured the point"),
    ("point_id", Text, "", "hash of workload, its version and the resolved parameters"),
    ("workload", Text, "", "what was run"),
    ("workload_version", Int, "", "raised when the workload changes its meaning"),
    ("stage", Text, "", "part of the workload; `score` for metric rows; empty where nothing ran"),
    ("op", Text, "", "operation inside the stage, or metric name"),
    ("rep", Int, "", "repetition, from 0; warm-up repetitions count apart"),
    ("is_warmup", Bool, "", "whether the repetition was warm-up"),
];

const PARAMS: [Own; 1] =
    [("params_json", Text, "", "resolved parameters without a column of their own, as JSON")];

const TIME: [Own; 5] = [
    ("wall_s", Float, "s", "wall time per operation"),
    ("cpu_s", Float, "s", "CPU time of the process per operation, all threads"),
    ("iters", Int, "", "operations in the sample"),
    ("nivcsw", Int, "", "involuntary context switches during the sample"),
    ("load1", Float, "", "one-minute load average when the stage began"),
];

const MEMORY: [Own; 4] = [
    ("peak_rss_bytes", Int, "B", "largest resident size of the point's process"),
    ("baseline_rss_bytes", Int, "B", "resident size before the workload was prepared"),
    ("stage_peak_rss_bytes", Int, "B", "largest resident size during the stage"),
    ("peak_heap_bytes", Int, "B", "largest live heap of the point's process, where it was asked for"),
];

const METRIC: [Own; 1] = [("metric_name", Text, "", "name of the metric of a score row")];

const STATE: [Own; 3] = [
    ("status", Text, "", "ok, wrong, failed, timeout, oom or infeasible"),
    ("error_code", Text, "", "short word for what went wrong"),
    ("error_message", Text, "", "what went wrong"),
];

const PROVENANCE: [Own; 12] = [
    ("git_commit", Text, "", "commit of the working tree"),
    ("git_dirty", Bool, "", "whether the tree had uncommitted changes"),
    ("host_hash", Text, "", "hash that tells machines apart without naming them"),
    ("cpu_model", Text, "", "CPU model"),
    ("simd", Text, "", "instruction set the program chose"),
    ("rustc", Text, "", "compiler"),
    ("profile", Text, "", "build profile"),
    ("isolated", Bool, "", "whether one point ran at a time"),
    ("seed", Int, "", "seed of the point"),
    ("deterministic", Bool, "", "whether all randomness was seeded, for tests only"),
    ("started_at", Text, "", "when the point started, UTC"),
    ("manifest", Text, "", "name of the machine record under manifests/"),
];

/// The whole table's columns in order, with the declared ones in their blocks.
///
/// Of two declarations of one name the first is kept, except that a column which is whole numbers to one workload and
/// fractions to another holds fractions.
pub(crate) fn table<'a>(declared: impl IntoIterator<Item = &'a Column>) -> Vec<Column> {
    let mut unique: Vec<Column> = Vec::new();
    for column in declared {
        match unique.iter_mut().find(|c| c.name == column.name) {
            Some(known) if known.kind == Int && column.kind == Float => known.kind = Float,
            Some(_) => {}
            None => unique.push(column.clone()),
        }
    }
    let mut all = Vec::new();
    let own = |all: &mut Vec<Column>, block: &[Own], role| {
        all.extend(
            block.iter().map(|(name, kind, unit, meaning)| Column::new(name, *kind, role, unit, meaning)),
        );
    };
    let theirs = |all: &mut Vec<Column>, role| {
        all.extend(unique.iter().filter(|c| c.role == role).cloned());
    };
    own(&mut all, &KEY, Role::Parameter);
    theirs(&mut all, Role::Parameter);
    own(&mut all, &PARAMS, Role::Parameter);
    own(&mut all, &TIME, Role::Parameter);
    own(&mut all, &MEMORY, Role::Size);
    theirs(&mut all, Role::Size);
    theirs(&mut all, Role::Error);
    own(&mut all, &METRIC, Role::Metric);
    theirs(&mut all, Role::Metric);
    own(&mut all, &STATE, Role::Parameter);
    own(&mut all, &PROVENANCE, Role::Parameter);
    all
}

/// Whether the engine owns a column of this name.
pub(crate) fn is_own(name: &str) -> bool {
    let blocks: [&[Own]; 7] = [&KEY, &PARAMS, &TIME, &MEMORY, &METRIC, &STATE, &PROVENANCE];
    blocks.iter().any(|block| block.iter().any(|(own, ..)| *own == name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn declared_columns_go_to_their_blocks() {
        let declared = [
            Column::error("err_rms", "", "root mean square error"),
            Column::parameter("size", Int, "", "problem size"),
        ];
        let names: Vec<_> = table(&declared).into_iter().map(|c| c.name).collect();
        let at = |name: &str| names.iter().position(|n| n == name).unwrap();
        assert!(at("is_warmup") < at("size") && at("size") < at("params_json"));
        assert!(at("peak_rss_bytes") < at("err_rms") && at("err_rms") < at("status"));
        assert!(is_own("wall_s") && !is_own("size"));
    }
}
