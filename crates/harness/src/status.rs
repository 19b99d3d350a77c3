//! `status`: where a results folder stands against its plan.

use serde_json::Value as Json;

use crate::console::{out, points};
use crate::environment::Manifest;
use crate::error::HarnessError;
use crate::estimate::Estimator;
use crate::measure::memory;
use crate::plan::Entry;
use crate::progress::duration;
use crate::record::StoredPoint;
use crate::run::{Before, before, oom_predicted};
use crate::store::Store;
use crate::workload::Registry;

/// Prints what is done, stale, failed, infeasible and missing, and how long the rest will take.
///
/// # Errors
/// [`HarnessError`] when a point file cannot be read.
pub(crate) fn status(store: &Store, plan: &[Entry], registry: &Registry) -> Result<(), HarnessError> {
    let manifest = Manifest::collect(registry);
    let commit = manifest.provenance.get("git_commit").cloned();
    let machine = memory::machine_bytes();
    let mut estimator = Estimator::default();
    let mut counts = std::collections::BTreeMap::<&str, usize>::new();
    let mut missing: Vec<&Entry> = Vec::new();
    let mut lines = Vec::new();
    for entry in plan {
        let stored = store.read_point(&entry.point_id)?;
        if let Some(point) = &stored {
            estimator.learn(point);
        }
        let state = match (before(entry, stored.as_ref()), &stored) {
            (Before::Done, Some(point)) => stale(point, entry, commit.as_ref()).map_or("done", |why| {
                lines.push(format!("stale       {}  {}  ({why})", entry.point_id, entry.label()));
                "stale"
            }),
            (Before::Done, None) => "done",
            (Before::Infeasible, _) => "infeasible",
            (Before::Failed, point) => {
                let word = point.as_ref().map_or("failed", |p| p.status.word());
                let why = point.as_ref().map_or("", |p| p.text("error_message"));
                let first = why.lines().next().unwrap_or_default();
                lines.push(format!("{word:<10}  {}  {}  ({first})", entry.point_id, entry.label()));
                "failed"
            }
            (Before::Missing, _) if entry.infeasible.is_some() => "infeasible",
            (Before::Missing, _) if oom_predicted(entry, machine).is_some() => "oom_predicted",
            (Before::Missing, _) => {
                missing.push(entry);
                "missing"
            }
        };
        *counts.entry(state).or_default() += 1;
    }
    lines.iter().for_each(out);
    for entry in missing.iter().take(20) {
        out(format!("missing     {}  {}", entry.point_id, entry.label()));
    }
    if missing.len() > 20 {
        out(format!("... and {} more", missing.len() - 20));
    }
    let counts: Vec<String> = counts.iter().map(|(state, n)| format!("{n} {state}")).collect();
    out(format!("{}: {}", points(plan.len()), counts.join(", ")));
    if !missing.is_empty() {
        estimator.calibrate(&missing, registry);
        out(match estimator.total(missing.iter().copied()) {
            Some(seconds) => format!("the missing ones will take about {}", duration(seconds)),
            None => "how long the missing ones will take is not known before the first is done".to_owned(),
        });
    }
    Ok(())
}

/// Why a done point would come out differently now: another commit, other measuring.
fn stale(point: &StoredPoint, entry: &Entry, commit: Option<&Json>) -> Option<String> {
    let measured = point.provenance("git_commit").and_then(Json::as_str);
    if let (Some(then), Some(now)) = (measured, commit.and_then(Json::as_str))
        && then != now
    {
        return Some(format!("measured at commit {}", then.get(..10).unwrap_or(then)));
    }
    if point.measure().is_some_and(|measure| *measure != entry.measure.to_json()) {
        return Some("measured with another [measure]".to_owned());
    }
    #[expect(clippy::cast_precision_loss, reason = "seeds have 53 bits")]
    if point.number("seed").is_some_and(|seed| seed != entry.seed as f64) {
        return Some("measured with another seed".to_owned());
    }
    None
}
