//! How points are measured, what they may use, and how secure they have to be.

use serde_json::{Value as Json, json};

use super::node::Table;
use super::section::Section;
use crate::diagnostic::Diagnostic;
use crate::workload::Registry;

/// `[security]`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Security {
    /// Bits asked for.
    pub bits: u32,
    /// What becomes of a point below.
    pub on_insecure: OnInsecure,
}

/// What becomes of a point below the security level.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum OnInsecure {
    /// Listed as infeasible, not run.
    Skip,
    /// Run; its rows say what level it has.
    Allow,
    /// The configuration is refused.
    Error,
}

/// `[measure]`: how a stage is sampled.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Measure {
    /// Warm-up repetitions.
    pub warmup: u64,
    /// Samples, at least.
    pub samples: u64,
    /// Seconds of samples per stage, at least.
    pub min_seconds: f64,
    /// Seconds of samples per stage, at most.
    pub max_seconds: f64,
    /// Whether the live heap is recorded too.
    pub heap: bool,
}

/// `[limits]`: what one point may use.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Limits {
    /// Wall-clock seconds.
    pub seconds: Option<f64>,
    /// Resident memory of the point's process and its children, in MiB.
    pub memory_mib: Option<u64>,
}

impl Measure {
    /// For plans and point files.
    pub(crate) fn to_json(&self) -> Json {
        json!({
            "warmup": self.warmup, "samples": self.samples, "min_seconds": self.min_seconds,
            "max_seconds": Some(self.max_seconds).filter(|s| *s < f64::MAX), "memory": if self.heap { "rss+heap" } else { "rss" },
        })
    }

    /// The reverse of [`Measure::to_json`].
    pub(crate) fn from_json(json: &Json) -> Option<Self> {
        Some(Self {
            warmup: json.get("warmup")?.as_u64()?,
            samples: json.get("samples")?.as_u64()?,
            min_seconds: json.get("min_seconds")?.as_f64()?,
            max_seconds: json.get("max_seconds")?.as_f64().unwrap_or(f64::MAX),
            heap: json.get("memory")?.as_str()? == "rss+heap",
        })
    }
}

impl Limits {
    /// For plans.
    pub(crate) fn to_json(&self) -> Json {
        json!({ "seconds": self.seconds, "memory_mib": self.memory_mib })
    }

    /// The reverse of [`Limits::to_json`].
    pub(crate) fn from_json(json: &Json) -> Option<Self> {
        Some(Self { seconds: json.get("seconds")?.as_f64(), memory_mib: json.get("memory_mib")?.as_u64() })
    }
}

/// Reads `[security]`.
pub(super) fn security(root: &Table, problems: &mut Vec<Diagnostic>) -> Security {
    let mut section = Section::new("[security]", root.get("security"), problems);
    let bits = section.int("bits", 0..=512).unwrap_or(128);
    let words = [("skip", OnInsecure::Skip), ("allow", OnInsecure::Allow), ("error", OnInsecure::Error)];
    let on_insecure = section.choice("on_insecure", &words).unwrap_or(OnInsecure::Skip);
    section.finish();
    Security { bits: u32::try_from(bits).unwrap_or(128), on_insecure }
}

/// Reads `[measure]`.
pub(super) fn measure(root: &Table, registry: &Registry, problems: &mut Vec<Diagnostic>) -> Measure {
    let mut section = Section::new("[measure]", root.get("measure"), problems);
    let warmup = section.int("warmup", 0..=1_000_000).unwrap_or(1).unsigned_abs();
    let samples = section.int("samples", 1..=1_000_000).unwrap_or(5).unsigned_abs();
    let min_seconds = section.number("min_seconds", 0.0).unwrap_or(0.0);
    let max_given = section.number("max_seconds", 0.0);
    let max_seconds = max_given.unwrap_or(f64::MAX);
    if max_seconds < min_seconds
        && let (Some(max), Some(min)) = (section.item("max_seconds"), section.item("min_seconds"))
    {
        section.problem(
            Diagnostic::new("`max_seconds` in [measure] is below `min_seconds`")
                .at(&max.origin, format!("at most {max_seconds} s"))
                .at(&min.origin, format!("at least {min_seconds} s"))
                .help("raise `max_seconds` or lower `min_seconds`"),
        );
    }
    let heap = section.choice("memory", &[("rss", false), ("rss+heap", true)]).unwrap_or(false);
    if heap
        && registry.heap_probe().is_none()
        && let Some(item) = section.item("memory")
    {
        section.problem(
            Diagnostic::new("this program does not count its heap")
                .at(&item.origin, "needs a counting allocator")
                .help("write `memory = \"rss\"`, or register a probe with `Registry::peak_heap`"),
        );
    }
    section.finish();
    Measure { warmup, samples, min_seconds, max_seconds, heap }
}

/// Reads `[limits]`, and the seconds after which no new point is started.
pub(super) fn limits(root: &Table, problems: &mut Vec<Diagnostic>) -> (Limits, Option<f64>) {
    let mut section = Section::new("[limits]", root.get("limits"), problems);
    let seconds = section.number("seconds", 0.001);
    let memory_mib = section.int("memory_mib", 1..=1 << 30).map(i64::unsigned_abs);
    let budget = section.number("budget_seconds", 0.0);
    section.finish();
    (Limits { seconds, memory_mib }, budget)
}
