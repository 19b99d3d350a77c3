//! What a run would do, without doing it.

use super::{Before, RunOptions, before, folder, oom_predicted, selected};
use crate::config::Sweep;
use crate::console::{out, points};
use crate::environment::Manifest;
use crate::error::HarnessError;
use crate::estimate::Estimator;
use crate::measure::memory;
use crate::plan::{self, Entry};
use crate::progress::duration;
use crate::record::StoredPoint;
use crate::store::Store;
use crate::workload::Registry;

/// `--dry-run`: the plan as this machine would run it. Times come from measured points or are called unknown.
///
/// # Errors
/// [`HarnessError`] when the plan is impossible.
pub(crate) fn dry_run(sweep: &Sweep, registry: &Registry, options: &RunOptions) -> Result<(), HarnessError> {
    let entries = plan::build(sweep, registry)?;
    super::core_sets(options)?;
    let store = Store::new(folder(sweep, options.out.as_ref()));
    let chosen: Vec<&Entry> = entries.iter().filter(|entry| selected(entry, &options.only)).collect();
    let stored: Vec<Option<StoredPoint>> =
        chosen.iter().map(|entry| store.read_point(&entry.point_id).ok().flatten()).collect();
    let mut estimator = Estimator::default();
    stored.iter().flatten().for_each(|point| estimator.learn(point));
    estimator.learn_from_neighbours(&store, &chosen, &Manifest::collect(registry).provenance);
    let machine = memory::machine_bytes();
    let mut todo = Vec::new();
    out(format!("{:<16}  {:<13}  {:>10}  {:>8}  point", "point_id", "state", "time", "MiB"));
    for (entry, stored) in chosen.iter().zip(&stored) {
        let state = match (before(entry, stored.as_ref()), &entry.infeasible) {
            (Before::Done, _) if !options.force => "done",
            (Before::Failed, _) if !options.force && !options.retry_failed => "failed",
            (_, Some(_)) => "infeasible",
            _ if oom_predicted(entry, machine).is_some() => "oom_predicted",
            _ => "would run",
        };
        let time = match (state, estimator.seconds(entry)) {
            ("would run", Some(seconds)) => duration(seconds),
            ("would run", None) => "unknown".to_owned(),
            _ => String::new(),
        };
        if state == "would run" {
            todo.push(*entry);
        }
        let reason =
            entry.infeasible.as_ref().map_or_else(String::new, |(code, why)| format!("  ({code}: {why})"));
        out(format!(
            "{:<16}  {state:<13}  {time:>10}  {:>8}  {}{reason}",
            entry.point_id,
            entry.est_memory_mib,
            entry.label(),
        ));
    }
    out(told_time(&todo, &estimator));
    Ok(())
}

/// The estimated time of what a dry run lists, with what it rests on.
fn told_time(todo: &[&Entry], estimator: &Estimator) -> String {
    let names = |known: bool| {
        let mut names: Vec<&str> = todo.iter().map(|entry| entry.workload.as_str()).collect();
        names.sort_unstable();
        names.dedup();
        names.retain(|name| (estimator.experience(name) > 0) == known);
        names
    };
    let known: Vec<&&Entry> = todo.iter().filter(|entry| estimator.experience(&entry.workload) > 0).collect();
    let seconds: f64 = known.iter().filter_map(|entry| estimator.seconds(entry)).sum();
    let rests = names(true).into_iter().map(|name| format!("{} of {name}", estimator.experience(name)));
    let rests = rests.collect::<Vec<_>>().join(", ");
    let unknown = todo.len() - known.len();
    if todo.is_empty() {
        "nothing to run".to_owned()
    } else if known.is_empty() {
        format!(
            "estimated time: unknown, nothing of {} was measured here before; `run --only` some points first",
            names(false).join(", ")
        )
    } else if unknown == 0 {
        format!(
            "estimated time of {}: {} (from measured points: {rests})",
            points(known.len()),
            duration(seconds)
        )
    } else {
        format!(
            "estimated time of {}: {} (from measured points: {rests}); unknown for {} of {}",
            points(known.len()),
            duration(seconds),
            points(unknown),
            names(false).join(", ")
        )
    }
}
