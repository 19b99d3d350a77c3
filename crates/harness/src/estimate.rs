//! How long points will take: from points that are done, stage by stage, under the `[measure]` that is asked for; and
//! where nothing is done yet, for the budget and the time left of a run, from a workload's own calibration.

use std::collections::BTreeMap;

use serde_json::Value as Json;

use crate::config::Measure;
use crate::plan::Entry;
use crate::record::StoredPoint;
use crate::recorder::{MOST_SAMPLES, SHORTEST_SAMPLE_S};
use crate::stats::Sorted;
use crate::store::Store;
use crate::workload::Registry;

/// What is known of the time of points.
#[derive(Clone, Debug, Default)]
pub(crate) struct Estimator {
    /// Seconds per cost unit, by workload, from a calibration.
    calibrated: BTreeMap<String, f64>,
    past: Vec<Past>,
}

/// A point that is done: what its stages took, and what it took beside them.
#[derive(Clone, Debug)]
struct Past {
    point_id: String,
    workload: String,
    cost_units: f64,
    stages: Vec<PastStage>,
    rest_s: f64,
}

/// One stage: seconds of an operation, and how many there were where that is the stage's own choice.
#[derive(Clone, Copy, Debug)]
struct PastStage {
    seconds: f64,
    own_count: Option<f64>,
}

impl Estimator {
    /// Calibrates every workload that `entries` name and that knows how to; takes as long as they take.
    pub(crate) fn calibrate(&mut self, entries: &[&Entry], registry: &Registry) {
        for entry in entries {
            if !self.calibrated.contains_key(&entry.workload)
                && let Some(rate) = registry.get(&entry.workload).and_then(crate::Workload::seconds_per_unit)
            {
                self.calibrated.insert(entry.workload.clone(), rate);
            }
        }
    }

    /// Learns from a stored point; only a finished one teaches something.
    pub(crate) fn learn(&mut self, point: &StoredPoint) {
        if let Some(past) = Past::of(point) {
            self.past.push(past);
        }
    }

    /// Learns from the points of every sweep beside `store` whose workload is in `entries` and not known yet, as far
    /// as they come from this machine and this build.
    pub(crate) fn learn_from_neighbours(
        &mut self,
        store: &Store,
        entries: &[&Entry],
        provenance: &crate::environment::Provenance,
    ) {
        let known: Vec<&str> = self.past.iter().map(|past| past.workload.as_str()).collect();
        let open: Vec<&str> =
            entries.iter().map(|e| e.workload.as_str()).filter(|w| !known.contains(w)).collect();
        let Some(parent) = store.root().parent().filter(|_| !open.is_empty()) else { return };
        let folders = std::fs::read_dir(if parent.as_os_str().is_empty() { ".".as_ref() } else { parent });
        let mut paths: Vec<_> = folders.into_iter().flatten().flatten().map(|entry| entry.path()).collect();
        paths.retain(|path| path.join("points").is_dir() && !path.is_symlink() && path != store.root());
        paths.sort();
        let same = |point: &StoredPoint, key: &str| point.provenance(key) == provenance.get(key);
        let mut learned = Vec::new();
        for path in paths {
            // A folder that cannot be read teaches nothing.
            for (point, _) in Store::new(path).read_points().unwrap_or_default() {
                let wanted = open.contains(&point.text("workload"));
                if wanted && same(&point, "host_hash") && same(&point, "profile") {
                    learned.extend(Past::of(&point));
                }
            }
        }
        self.past.extend(learned);
    }

    /// Number of measured points that estimates of this workload rest on.
    pub(crate) fn experience(&self, workload: &str) -> usize {
        self.past.iter().filter(|past| past.workload == workload).count()
    }

    /// Estimated seconds of a point: from itself if it was measured before, else from the measured point of its workload
    /// whose counted cost is nearest, else from the calibration.
    pub(crate) fn seconds(&self, entry: &Entry) -> Option<f64> {
        let distance = |past: &Past| {
            if past.point_id == entry.point_id {
                -1.0
            } else {
                (past.cost_units / entry.cost_units).ln().abs()
            }
        };
        // Of several as near the last one learned counts: the sweep's own, where there is one.
        let nearest = self
            .past
            .iter()
            .rev()
            .filter(|past| past.workload == entry.workload)
            .min_by(|a, b| distance(a).total_cmp(&distance(b)));
        if let Some(past) = nearest {
            let factor =
                if past.point_id == entry.point_id { 1.0 } else { entry.cost_units / past.cost_units };
            return Some(past.seconds(factor, &entry.measure));
        }
        Some(self.calibrated.get(&entry.workload)? * entry.cost_units)
    }

    /// Estimated seconds of several points, if every one has an estimate.
    pub(crate) fn total<'a>(&self, entries: impl IntoIterator<Item = &'a Entry>) -> Option<f64> {
        entries.into_iter().map(|entry| self.seconds(entry)).sum()
    }
}

impl Past {
    fn of(point: &StoredPoint) -> Option<Self> {
        let (seconds, cost_units) = (point.number("seconds")?, point.number("cost_units")?);
        if !point.status.is_done() || seconds <= 0.0 || cost_units <= 0.0 {
            return None;
        }
        let asked = point.measure().and_then(|measure| measure.get("samples")).and_then(Json::as_f64);
        let mut stages = Vec::new();
        let mut in_stages = 0.0;
        for samples in point.stages() {
            let whole: f64 = samples.iter().map(|s| s.wall_s * s.iters).sum();
            let timed: Vec<f64> = samples.iter().filter(|s| !s.is_warmup).map(|s| s.wall_s).collect();
            let fewer = asked.is_some_and(|asked| (timed.len() as f64) < asked);
            let Some(sorted) = Sorted::new(timed) else { continue };
            in_stages += whole;
            let own_count = fewer.then_some(whole / sorted.median().max(1e-12));
            stages.push(PastStage { seconds: sorted.median(), own_count });
        }
        Some(Self {
            point_id: point.point_id.clone(),
            workload: point.text("workload").to_owned(),
            cost_units,
            stages,
            rest_s: (seconds - in_stages).max(0.0),
        })
    }

    /// Seconds of a point whose operations take `factor` as long, measured in this way.
    fn seconds(&self, factor: f64, measure: &Measure) -> f64 {
        let stages: f64 = self.stages.iter().map(|stage| stage_seconds(*stage, factor, measure)).sum();
        factor * self.rest_s + stages
    }
}

/// What measuring a stage takes: see [`crate::recorder`].
fn stage_seconds(stage: PastStage, factor: f64, measure: &Measure) -> f64 {
    let operation = factor * stage.seconds;
    #[expect(clippy::cast_precision_loss, reason = "numbers of samples")]
    let (warmup, samples) = (measure.warmup as f64, measure.samples as f64);
    let sample = operation.max(SHORTEST_SAMPLE_S).max(measure.min_seconds / MOST_SAMPLES);
    let wanted = (samples * sample).max(measure.min_seconds.min(measure.max_seconds));
    let timed = wanted.min(measure.max_seconds + sample);
    match stage.own_count {
        // A stage that took fewer samples than were asked for did so by its own choice or for want of time.
        Some(count) => (count * operation).min(warmup * operation + timed),
        None => warmup * operation + timed,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn measure(samples: u64, min_seconds: f64, max_seconds: f64) -> Measure {
        Measure { warmup: 2, samples, min_seconds, max_seconds, heap: false }
    }

    #[test]
    fn a_stage_takes_what_measuring_it_asks_for() {
        let stage = |seconds| PastStage { seconds, own_count: None };
        let near =
            |found: f64, expected: f64| assert!((found / expected - 1.0).abs() < 1e-9, "{found} {expected}");
        near(stage_seconds(stage(0.1), 1.0, &measure(10, 0.0, 1e9)), 1.2);
        near(stage_seconds(stage(0.1), 2.0, &measure(10, 0.0, 1e9)), 2.4);
        near(stage_seconds(stage(0.1), 1.0, &measure(10, 5.0, 1e9)), 5.2);
        near(stage_seconds(stage(0.1), 1.0, &measure(10, 0.0, 0.5)), 0.8);
        near(
            stage_seconds(PastStage { seconds: 3.0, own_count: Some(1.0) }, 1.0, &measure(10, 0.0, 1e9)),
            3.0,
        );
    }
}
