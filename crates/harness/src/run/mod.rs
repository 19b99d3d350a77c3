//! `run`: the plan, a process for each missing point, and the table.

mod crew;
mod dry_run;
mod failures;

pub(crate) use dry_run::dry_run;

use std::path::PathBuf;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use serde_json::{Value as Json, json};

use crate::child::{RunContext, infeasible_record, save_manifest};
use crate::config::Sweep;
use crate::console::{note, out, points};
use crate::environment::Manifest;
use crate::error::HarnessError;
use crate::estimate::Estimator;
use crate::filter::Filter;
use crate::measure::memory;
use crate::merge::{Merged, write_table};
use crate::plan::{self, Entry};
use crate::progress::Progress;
use crate::record::{Status, StoredPoint};
use crate::store::Store;
use crate::workload::Registry;
use crew::{Crew, Shared};
use failures::Failures;

/// Exit code of an interrupted run.
pub(crate) const INTERRUPTED: u8 = 130;

/// What the command line asks of a run.
#[derive(Clone, Debug, Default)]
pub(crate) struct RunOptions {
    /// The sweep's own folder, where it is not the configured one.
    pub out: Option<PathBuf>,
    /// Points to look at; the others are left alone.
    pub only: Filter,
    /// Measure again what is done.
    pub force: bool,
    /// Try failed points again.
    pub retry_failed: bool,
    /// Points at a time.
    pub jobs: usize,
    /// Cores to use.
    pub pin: Vec<usize>,
    /// Start no point that would end later than this.
    pub budget: Option<Duration>,
    /// Print JSON events.
    pub json: bool,
}

/// Why a planned point is not run now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum NotRun {
    /// Its estimate is over this machine's memory, or over its limit.
    OomPredicted {
        /// What it is estimated to need.
        need_mib: u64,
        /// What there is.
        have_mib: u64,
    },
    /// It does not fit the budget.
    Budget,
    /// The run was interrupted.
    Interrupted,
}

/// How a run ended.
#[derive(Debug)]
pub(crate) struct RunSummary {
    /// The folder.
    pub store: Store,
    /// The table that was written.
    pub merged: Merged,
    /// Points measured by this run.
    pub measured: usize,
    /// Points that were done before, and such that failed before.
    pub skipped: usize,
    /// Points of the plan (as far as `--only` reaches) that are failed now.
    pub failures: Failures,
    /// Points not run, with the reason.
    pub not_run: Vec<(Entry, NotRun)>,
}

impl RunSummary {
    /// Exit code: 130 interrupted, 3 some point failed, 0 otherwise.
    pub(crate) fn exit_code(&self) -> u8 {
        if self.not_run.iter().any(|(_, why)| *why == NotRun::Interrupted) {
            INTERRUPTED
        } else if self.failures.count > 0 {
            3
        } else {
            0
        }
    }
}

/// What a run finds of a point before it starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Before {
    /// Nothing, or a failure that is worth another try, or a verdict that no longer holds.
    Missing,
    /// A measured result.
    Done,
    /// Recorded as infeasible, and still so.
    Infeasible,
    /// A failure that stays until it is asked for again.
    Failed,
}

/// Where a planned point stands.
pub(crate) fn before(entry: &Entry, stored: Option<&StoredPoint>) -> Before {
    match stored.map(|point| (point.status, point.transient)) {
        Some((Status::Ok | Status::Wrong, _)) => Before::Done,
        Some((Status::Infeasible, _)) if entry.infeasible.is_some() => Before::Infeasible,
        None | Some((Status::Infeasible, _) | (_, true)) => Before::Missing,
        Some((Status::Failed | Status::Timeout | Status::Oom, false)) => Before::Failed,
    }
}

/// The folder of a sweep.
pub(crate) fn folder(sweep: &Sweep, out: Option<&PathBuf>) -> PathBuf {
    out.cloned().unwrap_or_else(|| sweep.output.dir.join(&sweep.name))
}

/// Whether a point matches `--only`.
pub(crate) fn selected(entry: &Entry, only: &Filter) -> bool {
    only.holds(|name| match name {
        "workload" => Some(entry.workload.as_str().into()),
        "sweep" => Some(entry.sweep.as_str().into()),
        "point_id" => Some(entry.point_id.as_str().into()),
        key => entry.params.get(key).cloned(),
    })
}

/// The memory verdict on a point: too large for its limit or for this machine.
pub(crate) fn oom_predicted(entry: &Entry, machine_bytes: Option<u64>) -> Option<NotRun> {
    let machine = machine_bytes.map_or(u64::MAX, |bytes| bytes >> 20);
    let have_mib = entry.limits.memory_mib.unwrap_or(u64::MAX).min(machine);
    let need_mib = entry.est_memory_mib;
    (need_mib > have_mib).then_some(NotRun::OomPredicted { need_mib, have_mib })
}

/// Runs what is missing of a sweep and writes its table.
///
/// # Errors
/// [`HarnessError`] when the plan is impossible or the folder cannot be worked in; a failing point is no error.
pub(crate) fn run(
    sweep: &Sweep,
    registry: &Registry,
    options: &RunOptions,
) -> Result<RunSummary, HarnessError> {
    let entries = plan::build(sweep, registry)?;
    let cores = core_sets(options)?;
    let store = Store::new(folder(sweep, options.out.as_ref()));
    store.create()?;
    let _lock =
        store.lock(|| note(format!("another run works in {}; waiting for it", store.root().display())))?;
    store.sweep_leftovers();
    record_inputs(&store, sweep, &entries)?;
    let manifest = Manifest::collect(registry);
    save_manifest(&store, &manifest)?;
    let context = RunContext {
        run_id: format!(
            "{}-{}",
            crate::measure::clock::timestamp().replace([':', '.'], ""),
            std::process::id()
        ),
        isolated: cores.len() <= 1,
        force: options.force,
        parent: Some(std::process::id()),
        pin: Vec::new(),
        provenance: manifest.provenance,
    };

    let chosen: Vec<&Entry> = entries.iter().filter(|entry| selected(entry, &options.only)).collect();
    let Work { mut todo, skipped, not_run, mut estimator } =
        sort_out(&chosen, &store, registry, &context, options)?;
    if todo.len() > 1 {
        estimator.learn_from_neighbours(&store, &todo, &context.provenance);
        estimator.calibrate(&todo, registry);
    }
    if options.budget.is_some() {
        let cost = |entry: &Entry| estimator.seconds(entry).unwrap_or(entry.cost_units);
        todo.sort_by(|a, b| cost(a).total_cmp(&cost(b)));
    }
    let progress = Progress::new(todo.len(), estimator.total(todo.iter().copied()), options.json);
    if progress.is_json() {
        out(
            json!({ "event": "run_started", "run_id": context.run_id, "out": store.root(), "points": entries.len(),
            "to_run": todo.len(), "done_before": skipped }),
        );
    }
    let crew = Crew {
        store: &store,
        registry,
        context: &context,
        deadline: options.budget.and_then(|budget| Instant::now().checked_add(budget)),
        shared: Mutex::new(Shared {
            queue: todo.iter().copied().collect(),
            running: Vec::new(),
            estimator,
            progress,
            measured: 0,
            not_run,
        }),
    };
    crew.work(&cores)?;
    let shared = crew.shared.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
    shared.progress.finish();
    let merged = write_table(&store, &entries, registry)?;
    if options.out.is_none() {
        store.mark_latest();
    }
    let failures = Failures::of(&chosen, &store);
    let summary = RunSummary {
        store: store.clone(),
        merged,
        measured: shared.measured,
        skipped,
        failures,
        not_run: shared.not_run,
    };
    announce(&summary, options.json);
    Ok(summary)
}

struct Work<'a> {
    skipped: usize,
    todo: Vec<&'a Entry>,
    not_run: Vec<(Entry, NotRun)>,
    estimator: Estimator,
}

/// Splits the plan into done, infeasible (recorded at once), impossible here, and to do.
fn sort_out<'a>(
    chosen: &[&'a Entry],
    store: &Store,
    registry: &Registry,
    context: &RunContext,
    options: &RunOptions,
) -> Result<Work<'a>, HarnessError> {
    let mut work =
        Work { skipped: 0, todo: Vec::new(), not_run: Vec::new(), estimator: Estimator::default() };
    let machine = memory::machine_bytes();
    for entry in chosen {
        // A file that cannot be read is measured again rather than believed.
        let stored = store.read_point(&entry.point_id).ok().flatten();
        if let Some(point) = &stored {
            work.estimator.learn(point);
        }
        let before = before(entry, stored.as_ref());
        let again = options.force || (options.retry_failed && before == Before::Failed);
        if before != Before::Missing && !again {
            work.skipped += 1;
        } else if entry.infeasible.is_some() {
            let record = infeasible_record((*entry).clone(), registry, context)?;
            store.write_point(&entry.point_id, &record.to_json())?;
        } else if let Some(why) = oom_predicted(entry, machine) {
            work.not_run.push(((*entry).clone(), why));
        } else {
            work.todo.push(entry);
        }
    }
    Ok(work)
}

/// The configuration and the plan, beside the results.
fn record_inputs(store: &Store, sweep: &Sweep, entries: &[Entry]) -> Result<(), HarnessError> {
    for (name, text) in &sweep.composed {
        store.write(name, text.as_bytes())?;
    }
    store.write("plan.json", plan_text(entries).as_bytes())
}

/// A plan file: a JSON array with one entry per line.
pub(crate) fn plan_text<'a>(entries: impl IntoIterator<Item = &'a Entry>) -> String {
    let lines: Vec<String> = entries.into_iter().map(|entry| entry.to_json().to_string()).collect();
    if lines.is_empty() { "[]\n".to_owned() } else { format!("[\n{}\n]\n", lines.join(",\n")) }
}

/// One set of cores per job; empty sets where nothing is pinned.
fn core_sets(options: &RunOptions) -> Result<Vec<Vec<usize>>, HarnessError> {
    let jobs = options.jobs.max(1);
    let allowed = allowed_cores();
    // Where the system does not tell, pinning itself will.
    if let Some(core) = options.pin.iter().find(|core| !allowed.is_empty() && !allowed.contains(core)) {
        let there: Vec<String> = allowed.iter().map(ToString::to_string).collect();
        return Err(HarnessError::usage(
            "--pin",
            format!("core {core}"),
            &format!("some of the cores this process may use: {}", there.join(", ")),
            "count cores from 0",
        ));
    }
    if jobs == 1 {
        return Ok(vec![options.pin.clone()]);
    }
    let cores = if options.pin.is_empty() { allowed } else { options.pin.clone() };
    if cores.len() < jobs {
        return Err(HarnessError::usage(
            "--jobs",
            format!("{jobs} jobs on {} cores", cores.len()),
            "at least one core per job",
            format!("use --jobs {} or fewer", cores.len().max(1)),
        ));
    }
    let share = cores.len() / jobs;
    Ok(cores.chunks(share).take(jobs).map(<[usize]>::to_vec).collect())
}

fn allowed_cores() -> Vec<usize> {
    let set = nix::sched::sched_getaffinity(nix::unistd::Pid::from_raw(0));
    set.map(|set| (0..nix::sched::CpuSet::count()).filter(|cpu| set.is_set(*cpu).unwrap_or(false)).collect())
        .unwrap_or_default()
}

fn announce(summary: &RunSummary, json: bool) {
    let counts: Vec<String> = summary.merged.counts.iter().map(|(word, n)| format!("{n} {word}")).collect();
    let budget = summary.not_run.iter().filter(|(_, why)| *why == NotRun::Budget).count();
    let interrupted = summary.not_run.iter().filter(|(_, why)| *why == NotRun::Interrupted).count();
    if json {
        let not_run: Vec<Json> = summary
            .not_run
            .iter()
            .map(|(e, why)| json!({ "point_id": e.point_id, "why": format!("{why:?}") }))
            .collect();
        out(json!({ "event": "run_ended", "counts": summary.merged.counts, "measured": summary.measured,
            "done_before": summary.skipped, "failed": summary.failures.count, "first_failure": summary.failures.first, "not_run": not_run, "exit_code": summary.exit_code() }));
        return;
    }
    note(format!(
        "{} measured, {} done before; the folder holds {}: {}",
        summary.measured,
        summary.skipped,
        points(summary.merged.points()),
        counts.join(", ")
    ));
    for (entry, why) in &summary.not_run {
        if let NotRun::OomPredicted { need_mib, have_mib } = why {
            note(format!("not run: {} would need {need_mib} MiB of {have_mib} MiB", entry.point_id));
        }
    }
    if budget > 0 {
        note(format!("not run, beyond the budget: {}; the same command continues", points(budget)));
    }
    if interrupted > 0 {
        note(format!("interrupted: {} left; the same command continues", points(interrupted)));
    }
    if let Some(told) = summary.failures.told(&summary.store) {
        note(told);
    }
}
