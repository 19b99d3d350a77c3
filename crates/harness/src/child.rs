//! Running one point in this process: what `point` does.

use std::any::Any;
use std::path::Path;
use std::sync::Mutex;
use std::time::Instant;

use nix::sys::resource::{Resource, setrlimit};
use nix::sys::signal::Signal;
use serde_json::{Value as Json, json};

use crate::environment::{Manifest, Provenance};
use crate::error::HarnessError;
use crate::measure::{clock, memory};
use crate::plan::{self, Entry};
use crate::record::{MemoryMarks, PointRecord, Status};
use crate::recorder::Recorder;
use crate::store::{Claimed, Store};
use crate::workload::{Failure, Registry, Workload, columns_at};

/// What a run tells its points.
#[derive(Clone, Debug)]
pub(crate) struct RunContext {
    /// The run.
    pub run_id: String,
    /// Whether one point runs at a time.
    pub isolated: bool,
    /// Measure again what is done.
    pub force: bool,
    /// Process to die with.
    pub parent: Option<u32>,
    /// Cores to stay on.
    pub pin: Vec<usize>,
    /// What stands on every row, so that it is looked up once per run.
    pub provenance: Provenance,
}

impl RunContext {
    /// For a point that no run started: looks at the machine itself and records the manifest.
    pub(crate) fn standalone(registry: &Registry, store: &Store) -> Result<Self, HarnessError> {
        let manifest = Manifest::collect(registry);
        save_manifest(store, &manifest)?;
        Ok(Self {
            run_id: format!("point-{}", std::process::id()),
            isolated: true,
            force: false,
            parent: None,
            pin: Vec::new(),
            provenance: manifest.provenance,
        })
    }

    /// As JSON, for the command line of a point's process.
    pub(crate) fn to_json(&self) -> Json {
        json!({
            "run_id": self.run_id, "isolated": self.isolated, "force": self.force,
            "parent": self.parent, "pin": self.pin, "provenance": self.provenance.to_json(),
        })
    }

    /// Reads what [`RunContext::to_json`] wrote.
    pub(crate) fn from_json(json: &Json) -> Option<Self> {
        let pin = json.get("pin")?.as_array()?;
        Some(Self {
            run_id: json.get("run_id")?.as_str()?.to_owned(),
            isolated: json.get("isolated")?.as_bool()?,
            force: json.get("force")?.as_bool()?,
            parent: json.get("parent")?.as_u64().and_then(|pid| u32::try_from(pid).ok()),
            pin: pin.iter().filter_map(|cpu| usize::try_from(cpu.as_u64()?).ok()).collect(),
            provenance: Provenance::from_json(json.get("provenance")?)?,
        })
    }
}

/// Writes `manifests/NAME.json` unless it is there.
pub(crate) fn save_manifest(store: &Store, manifest: &Manifest) -> Result<(), HarnessError> {
    let name = format!("manifests/{}.json", manifest.name);
    if store.path(&name).exists() {
        return Ok(());
    }
    let text = serde_json::to_string_pretty(&manifest.json).unwrap_or_default();
    store.write(&name, text.as_bytes())
}

/// How a point's process ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PointExit {
    /// The result is in place: measured now, measured before, or infeasible.
    Done,
    /// The point failed and its file says so.
    Failed,
    /// Another process works on it, or the failure is worth another try.
    Transient,
}

impl PointExit {
    /// Exit code.
    pub(crate) fn code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Failed => 3,
            Self::Transient => 75,
        }
    }
}

/// Runs a point and writes its file, unless it is done already.
///
/// # Errors
/// [`HarnessError`] when the entry does not fit this program, or the file cannot be written.
pub(crate) fn run_point(
    entry: Entry,
    store: &Store,
    registry: &Registry,
    context: &RunContext,
) -> Result<PointExit, HarnessError> {
    let baseline = memory::resident_bytes();
    die_with_parent(context);
    let workload = registry.get(&entry.workload).ok_or_else(|| plan::unknown(&entry.workload, registry))?;
    verify_identity(&entry, workload)?;
    std::fs::create_dir_all(store.path("points"))
        .map_err(crate::error::store("create", &store.path("points")))?;
    let Claimed::Ours(claim) = store.claim(&entry.point_id)? else { return Ok(PointExit::Transient) };
    // Asked under the claim, so that a point finished a moment ago by somebody else is seen.
    let before = store.read_point(&entry.point_id).ok().flatten();
    let settled =
        |status: Status| status.is_done() || (status == Status::Infeasible && entry.infeasible.is_some());
    if !context.force && before.is_some_and(|point| settled(point.status)) {
        claim.release();
        return Ok(PointExit::Done);
    }
    restrict(&entry, context);
    let id = entry.point_id.clone();
    let record = measure(entry, workload, registry, context, baseline);
    store.write_point(&id, &record.to_json())?;
    claim.release();
    Ok(match record.status {
        Status::Ok | Status::Wrong | Status::Infeasible => PointExit::Done,
        _ if record.transient => PointExit::Transient,
        Status::Failed | Status::Timeout | Status::Oom => PointExit::Failed,
    })
}

/// The process dies when the run that started it does, even by SIGKILL.
fn die_with_parent(context: &RunContext) {
    let Some(parent) = context.parent else { return };
    let _ = nix::sys::prctl::set_pdeathsig(Signal::SIGKILL);
    if std::os::unix::process::parent_id() != parent {
        // The run died before the request took effect.
        std::process::exit(i32::from(PointExit::Transient.code()));
    }
}

/// An entry that was edited, or planned by another version of the program, is not run.
fn verify_identity(entry: &Entry, workload: &dyn Workload) -> Result<(), HarnessError> {
    let expected = plan::point_id(workload.name(), workload.version(), &entry.params);
    if expected == entry.point_id && workload.version() == entry.workload_version {
        return Ok(());
    }
    Err(HarnessError::usage(
        &format!("run point {}", entry.point_id),
        format!(
            "an entry whose parameters make it {expected} in this program (workload `{}` version {})",
            workload.name(),
            workload.version()
        ),
        "an entry as `plan` writes it",
        "write the plan again with this program",
    ))
}

/// Cores, and a backstop for memory: the run watches the resident size closely and this only stops a process that
/// grows faster than it is watched.
fn restrict(entry: &Entry, context: &RunContext) {
    if !context.pin.is_empty() {
        let mut set = nix::sched::CpuSet::new();
        let pinned = context.pin.iter().all(|cpu| set.set(*cpu).is_ok());
        if !pinned || nix::sched::sched_setaffinity(nix::unistd::Pid::from_raw(0), &set).is_err() {
            crate::console::note(format!("cannot stay on cores {:?}; running on any", context.pin));
        }
    }
    if let Some(mib) = entry.limits.memory_mib {
        let bytes = (mib * 2 + 1024) << 20;
        let _ = setrlimit(Resource::RLIMIT_DATA, bytes, bytes);
    }
}

static PANIC: Mutex<Option<String>> = Mutex::new(None);

/// The record of a point that is not run, made without a process of its own.
pub(crate) fn infeasible_record(
    entry: Entry,
    registry: &Registry,
    context: &RunContext,
) -> Result<PointRecord, HarnessError> {
    let workload = registry.get(&entry.workload).ok_or_else(|| plan::unknown(&entry.workload, registry))?;
    verify_identity(&entry, workload)?;
    Ok(measure(entry, workload, registry, context, 0))
}

/// Runs the workload; whatever it does short of ending the process becomes a record.
fn measure(
    entry: Entry,
    workload: &'static dyn Workload,
    registry: &Registry,
    context: &RunContext,
    baseline: u64,
) -> PointRecord {
    let columns = columns_at(workload, &entry.params);
    let mut record = PointRecord::empty(entry.clone(), columns.clone(), context.provenance.clone());
    record.run_id.clone_from(&context.run_id);
    record.isolated = context.isolated;
    let mut recorder = Recorder::new(&entry, &columns);
    match workload.resolve(&entry.params, entry.security_bits) {
        Ok(resolved) if resolved.params == entry.params => {
            for (column, value) in resolved.cells {
                if let Err(failure) = recorder.set(&column, value) {
                    return record.ended(Status::Failed, &failure.code, failure.message);
                }
            }
        }
        Ok(_) => {
            let message =
                "`resolve` changes parameters that it resolved itself; it must return them unchanged";
            return record.ended(Status::Failed, "resolve", message);
        }
        Err(rejection) => return record.ended(Status::Failed, "rejected", rejection.message),
    }
    if let Some((code, reason)) = &entry.infeasible {
        record.cells = recorder.finish().1;
        return record.ended(Status::Infeasible, code, reason.as_str());
    }
    let previous = std::panic::take_hook();
    std::panic::set_hook(Box::new(|info| {
        let text = info.to_string();
        crate::console::note(&text);
        if let Ok(mut place) = PANIC.lock() {
            *place = Some(text);
        }
    }));
    let start = Instant::now();
    let outcome =
        std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| workload.run(&entry.params, &mut recorder)));
    record.seconds = start.elapsed().as_secs_f64();
    std::panic::set_hook(previous);
    let (samples, cells, peak) = recorder.finish();
    record.finished_at = clock::timestamp();
    record.samples = samples;
    record.cells = cells;
    record.memory = MemoryMarks {
        peak_rss_bytes: Some(peak),
        baseline_rss_bytes: Some(baseline),
        peak_heap_bytes: registry.heap_probe().filter(|_| entry.measure.heap).map(|probe| probe()),
    };
    conclude(record, outcome)
}

fn conclude(
    mut record: PointRecord,
    outcome: Result<Result<(), Failure>, Box<dyn Any + Send>>,
) -> PointRecord {
    match outcome {
        Ok(Ok(())) => match record.samples.iter().find_map(|s| s.wrong.clone()) {
            None => record.ended(Status::Ok, "", ""),
            Some(message) => record.ended(Status::Wrong, "wrong", message),
        },
        Ok(Err(failure)) => {
            record.transient = failure.transient;
            let status = if failure.infeasible { Status::Infeasible } else { Status::Failed };
            record.ended(status, &failure.code, failure.message)
        }
        Err(payload) => {
            let noted = PANIC.lock().ok().and_then(|place| place.clone());
            let plain = payload.downcast_ref::<&str>().map(|s| (*s).to_owned());
            let message = noted
                .or(plain)
                .or_else(|| payload.downcast_ref::<String>().cloned())
                .unwrap_or_else(|| "a panic without a message".to_owned());
            record.ended(Status::Failed, "panic", message)
        }
    }
}

/// Characters of a log that an error message quotes.
const MOST_OF_A_LOG: usize = 2000;

/// The last part of a log, for error messages.
pub(crate) fn log_tail(path: &Path) -> String {
    let text =
        std::fs::read(path).map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).unwrap_or_default();
    let lines: Vec<&str> = text.lines().filter(|line| !line.trim().is_empty()).collect();
    let tail = lines[lines.len().saturating_sub(12)..].join("\n");
    let skipped = tail.chars().count().saturating_sub(MOST_OF_A_LOG);
    tail.chars().skip(skipped).collect()
}
