//! What a sweep runs: the [`Workload`] trait, and the [`Registry`] of all workloads of a program.

use std::collections::BTreeSet;
use std::fmt;

use crate::column::{Column, ColumnKind, is_own};
use crate::key::Key;
use crate::recorder::Recorder;
use crate::value::{ParamError, Params, Value};

/// Something that can be swept: one file and one registry line.
///
/// ```
/// use harness::{Column, Failure, Key, Kind, Params, Recorder, Rejection, Resolved, Workload};
///
/// struct Sum;
///
/// impl Workload for Sum {
///     fn name(&self) -> &'static str { "sum" }
///     fn about(&self) -> &'static str { "adds the first integers" }
///     fn version(&self) -> u32 { 1 }
///     fn keys(&self) -> Vec<Key> {
///         vec![Key::param("count", Kind::int(1, 1 << 20)).meaning("how many integers")]
///     }
///     fn columns(&self) -> Vec<Column> {
///         vec![
///             Column::parameter("count", harness::ColumnKind::Int, "", "how many integers"),
///             Column::error("err_abs", "", "distance from the closed form"),
///         ]
///     }
///     fn resolve(&self, params: &Params, _security_bits: u32) -> Result<Resolved, Rejection> {
///         let count = params.count("count")? as u64;
///         Ok(Resolved::new(params.clone()).cost(count as f64).memory_bytes(0))
///     }
///     fn run(&self, params: &Params, record: &mut Recorder<'_>) -> Result<(), Failure> {
///         let count = params.int("count")?;
///         let sum = record.stage("eval", "sum").run(|| Ok::<_, Failure>((1..=count).sum::<i64>()))?;
///         let error = sum.value - count * (count + 1) / 2;
///         record.annotate(sum.id, [("err_abs", error as f64)])?;
///         record.verify(sum.id, error == 0, "the sum is off");
///         Ok(())
///     }
/// }
/// ```
pub trait Workload: Sync {
    /// Name in `[workload.NAME]`, in the results and on the command line.
    fn name(&self) -> &'static str;

    /// What it measures, in a few words.
    fn about(&self) -> &'static str;

    /// Raised by hand when the same parameters come to mean something else; part of every point's identity.
    fn version(&self) -> u32;

    /// The keys it accepts.
    fn keys(&self) -> Vec<Key>;

    /// The columns it fills beside the engine's own.
    fn columns(&self) -> Vec<Column>;

    /// Whether `[params]` and `[grid]` may hold keys that [`Workload::keys`] does not declare. Each becomes a column.
    fn open_params(&self) -> bool {
        false
    }

    /// Decides what the parameters of a point come to: pure, quick, the same on every machine.
    ///
    /// Fills in what "auto" stands for, and says what the point costs, how much memory it needs, and whether it can
    /// be run at all. Given resolved parameters it must return them unchanged. `security_bits` is the level that the
    /// configuration asks for; a workload to which that means nothing ignores it.
    ///
    /// # Errors
    /// [`Rejection`] when parameters contradict each other: a mistake in the configuration, reported with its place.
    /// A point that is merely out of reach is no mistake: say so with [`Resolved::infeasible`].
    fn resolve(&self, params: &Params, security_bits: u32) -> Result<Resolved, Rejection>;

    /// Runs one point in this process and records what it measured.
    ///
    /// # Errors
    /// [`Failure`] when the point could not be run; it becomes a row with status `failed`.
    fn run(&self, params: &Params, record: &mut Recorder<'_>) -> Result<(), Failure>;

    /// Seconds that one unit of [`Resolved::cost`] takes on this machine, from a short measurement, for the estimated
    /// time of arrival. `None` lets the engine learn it from the points that are done.
    fn seconds_per_unit(&self) -> Option<f64> {
        None
    }
}

/// Whether a point can be run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It can.
    Feasible,
    /// It can, but misses the security level that was asked for; `security.on_insecure` decides.
    Insecure {
        /// Why, with the numbers.
        reason: String,
    },
    /// It cannot.
    Infeasible {
        /// One word for the kind of reason.
        code: String,
        /// Why, with the numbers.
        reason: String,
    },
}

/// What [`Workload::resolve`] decides.
#[derive(Clone, Debug)]
pub struct Resolved {
    pub(crate) params: Params,
    pub(crate) verdict: Verdict,
    pub(crate) cost_units: f64,
    pub(crate) memory_bytes: u64,
    pub(crate) cells: Vec<(String, Value)>,
}

impl Resolved {
    /// A feasible point with these final parameters.
    #[must_use]
    pub fn new(params: Params) -> Self {
        Self { params, verdict: Verdict::Feasible, cost_units: 1.0, memory_bytes: 0, cells: Vec::new() }
    }

    /// Counted work, in a unit of the workload's choice.
    #[must_use]
    pub fn cost(mut self, units: f64) -> Self {
        self.cost_units = units;
        self
    }

    /// Estimated memory of the point's process.
    #[must_use]
    pub fn memory_bytes(mut self, bytes: u64) -> Self {
        self.memory_bytes = bytes;
        self
    }

    /// A declared column whose value is known before anything is run; it stands on every row of the point.
    #[must_use]
    pub fn cell(mut self, column: &str, value: impl Into<Value>) -> Self {
        self.cells.push((column.to_owned(), value.into()));
        self
    }

    /// The point misses the security level that was asked for.
    #[must_use]
    pub fn insecure(mut self, reason: impl Into<String>) -> Self {
        self.verdict = Verdict::Insecure { reason: reason.into() };
        self
    }

    /// The point cannot be run.
    #[must_use]
    pub fn infeasible(mut self, code: &str, reason: impl Into<String>) -> Self {
        self.verdict = Verdict::Infeasible { code: code.to_owned(), reason: reason.into() };
        self
    }
}

/// Parameters that contradict each other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rejection {
    pub(crate) keys: Vec<String>,
    pub(crate) message: String,
    pub(crate) remedy: String,
}

impl Rejection {
    /// The keys at fault, the most telling first; what is wrong; what to do.
    #[must_use]
    pub fn new<'a>(
        keys: impl IntoIterator<Item = &'a str>,
        message: impl Into<String>,
        remedy: impl Into<String>,
    ) -> Self {
        Self {
            keys: keys.into_iter().map(str::to_owned).collect(),
            message: message.into(),
            remedy: remedy.into(),
        }
    }
}

impl fmt::Display for Rejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}; {}", self.message, self.remedy)
    }
}

impl From<ParamError> for Rejection {
    fn from(error: ParamError) -> Self {
        Self::new(
            [error.key.as_str()],
            error.to_string(),
            "this is a fault of the workload, not of the configuration",
        )
    }
}

/// Why a point could not be run. Any error converts into it with `?`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    pub(crate) code: String,
    pub(crate) message: String,
    pub(crate) transient: bool,
    pub(crate) infeasible: bool,
}

impl Failure {
    /// A failure with a short code (`no_convergence`) and a sentence.
    #[must_use]
    pub fn new(code: &str, message: impl Into<String>) -> Self {
        Self { code: code.to_owned(), message: message.into(), transient: false, infeasible: false }
    }

    /// Marks it as worth another try on the next run: the cause was outside the point.
    #[must_use]
    pub fn transient(mut self) -> Self {
        self.transient = true;
        self
    }

    /// Marks the point as out of reach on this machine: its row is infeasible with the reason, and the next run tries it
    /// again. What a plan can know belongs in [`Resolved::infeasible`] instead.
    #[must_use]
    pub fn infeasible(mut self) -> Self {
        self.infeasible = true;
        self
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code, self.message)
    }
}

impl<E: std::error::Error> From<E> for Failure {
    fn from(error: E) -> Self {
        let mut message = error.to_string();
        let mut source = error.source();
        while let Some(cause) = source {
            let text = cause.to_string();
            if !message.contains(&text) {
                message = format!("{message}: {text}");
            }
            source = cause.source();
        }
        Self::new("error", message)
    }
}

/// The columns a point fills: the declared ones, and one for each parameter that an open workload was given without
/// declaring it.
pub(crate) fn columns_at(workload: &dyn Workload, params: &Params) -> Vec<Column> {
    let mut columns = workload.columns();
    if !workload.open_params() {
        return columns;
    }
    let keys = workload.keys();
    for (name, value) in params.iter().filter(|(name, _)| !keys.iter().any(|key| key.name == *name)) {
        let kind = match value {
            Value::Bool(_) => ColumnKind::Bool,
            Value::Int(_) => ColumnKind::Int,
            Value::Float(_) => ColumnKind::Float,
            Value::Text(_) | Value::List(_) | Value::Table(_) => ColumnKind::Text,
        };
        if !is_own(name) && !columns.iter().any(|c| c.name == name) {
            columns.push(Column::parameter(name, kind, "", "given in the configuration"));
        }
    }
    columns
}

/// The workloads of a program, and what the program knows about itself.
pub struct Registry {
    program: &'static str,
    workloads: Vec<&'static dyn Workload>,
    simd: Option<fn() -> String>,
    peak_heap: Option<fn() -> u64>,
    next_steps: Vec<(&'static str, &'static str)>,
}

impl Registry {
    /// An empty registry of a program.
    #[must_use]
    pub fn new(program: &'static str) -> Self {
        Self { program, workloads: Vec::new(), simd: None, peak_heap: None, next_steps: Vec::new() }
    }

    /// Adds a workload.
    #[must_use]
    pub fn with(mut self, workload: &'static dyn Workload) -> Self {
        self.workloads.push(workload);
        self
    }

    /// How to ask which instruction set the program's kernels chose; recorded on every row.
    #[must_use]
    pub fn simd(mut self, probe: fn() -> String) -> Self {
        self.simd = Some(probe);
        self
    }

    /// How to ask for the largest live heap so far in bytes, where the program counts its allocations;
    /// `measure.memory = "rss+heap"` needs it.
    #[must_use]
    pub fn peak_heap(mut self, probe: fn() -> u64) -> Self {
        self.peak_heap = Some(probe);
        self
    }

    /// Arguments of the program that are worth trying after the quick sweep, and what they do.
    #[must_use]
    pub fn next_step(mut self, arguments: &'static str, what: &'static str) -> Self {
        self.next_steps.push((arguments, what));
        self
    }

    /// What [`Registry::next_step`] was given.
    pub(crate) fn next_steps(&self) -> impl Iterator<Item = (&'static str, &'static str)> + '_ {
        self.next_steps.iter().copied()
    }

    /// Name of the program in messages.
    pub(crate) fn program(&self) -> &'static str {
        self.program
    }

    /// The workload of this name.
    pub(crate) fn get(&self, name: &str) -> Option<&'static dyn Workload> {
        self.workloads.iter().copied().find(|w| w.name() == name)
    }

    /// All workloads in the order in which they were added.
    pub(crate) fn workloads(&self) -> impl Iterator<Item = &'static dyn Workload> + Clone + '_ {
        self.workloads.iter().copied()
    }

    /// Names of all workloads.
    pub(crate) fn names(&self) -> Vec<&'static str> {
        self.workloads().map(Workload::name).collect()
    }

    /// The columns that a planned point fills; none where the program does not have its workload.
    pub(crate) fn columns(&self, entry: &crate::plan::Entry) -> Vec<Column> {
        self.get(&entry.workload).map(|workload| columns_at(workload, &entry.params)).unwrap_or_default()
    }

    /// The columns that a whole plan fills, those of each workload once.
    pub(crate) fn planned_columns(&self, plan: &[crate::plan::Entry]) -> Vec<Column> {
        let mut seen = BTreeSet::new();
        let mut columns = Vec::new();
        for entry in plan {
            let open = self.get(&entry.workload).is_some_and(Workload::open_params);
            if seen.insert(&entry.workload) || open {
                columns.extend(self.columns(entry));
            }
        }
        columns
    }

    /// The instruction set in use, as the program reports it.
    pub(crate) fn simd_name(&self) -> String {
        self.simd.map_or_else(String::new, |probe| probe())
    }

    /// The heap probe, if the program has one.
    pub(crate) fn heap_probe(&self) -> Option<fn() -> u64> {
        self.peak_heap
    }

    /// Mistakes in the declarations of the workloads themselves.
    pub(crate) fn mistakes(&self) -> Vec<String> {
        let mut found = Vec::new();
        let mut names = BTreeSet::new();
        for workload in self.workloads() {
            let name = workload.name();
            if !names.insert(name) {
                found.push(format!("two workloads are called `{name}`"));
            }
            let mut keys = BTreeSet::new();
            for key in workload.keys() {
                if !keys.insert(key.name.clone()) || key.name.contains('.') {
                    found.push(format!(
                        "workload `{name}`: the key `{}` is declared twice or has a dot",
                        key.name
                    ));
                }
            }
            let mut columns = BTreeSet::new();
            for column in workload.columns() {
                if !columns.insert(column.name.clone()) || is_own(&column.name) {
                    found.push(format!(
                        "workload `{name}`: the column `{}` is declared twice or is the engine's own",
                        column.name
                    ));
                }
            }
        }
        found
    }
}
