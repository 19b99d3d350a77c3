//! How long points will take: a workload's own calibration where it has one, else what was learned from points done.

use std::collections::BTreeMap;

use crate::plan::Entry;
use crate::record::StoredPoint;
use crate::workload::Registry;

/// Seconds per cost unit, by workload.
#[derive(Clone, Debug, Default)]
pub(crate) struct Estimator {
    calibrated: BTreeMap<String, f64>,
    /// Seconds and cost units of points that are done.
    seen: BTreeMap<String, (f64, f64)>,
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

    /// Learns from a stored point of the same machine.
    pub(crate) fn learn_stored(&mut self, point: &StoredPoint) {
        if let (true, Some(seconds), Some(units)) =
            (point.status.is_done(), point.number("seconds"), point.number("cost_units"))
        {
            self.add(point.text("workload"), seconds, units);
        }
    }

    /// Learns from a point that just ended.
    pub(crate) fn learn(&mut self, entry: &Entry, seconds: f64) {
        self.add(&entry.workload, seconds, entry.cost_units);
    }

    fn add(&mut self, workload: &str, seconds: f64, units: f64) {
        let sums = self.seen.entry(workload.to_owned()).or_default();
        sums.0 += seconds;
        sums.1 += units;
    }

    /// Estimated seconds of a point; what was seen corrects the calibration.
    pub(crate) fn seconds(&self, entry: &Entry) -> Option<f64> {
        let seen = self.seen.get(&entry.workload).filter(|(_, units)| *units > 0.0);
        let rate = match (seen, self.calibrated.get(&entry.workload)) {
            (Some((seconds, units)), _) => seconds / units,
            (None, Some(rate)) => *rate,
            (None, None) => return None,
        };
        Some(rate * entry.cost_units)
    }

    /// Estimated seconds of several points, if every one has an estimate.
    pub(crate) fn total<'a>(&self, entries: impl IntoIterator<Item = &'a Entry>) -> Option<f64> {
        entries.into_iter().map(|entry| self.seconds(entry)).sum()
    }
}
