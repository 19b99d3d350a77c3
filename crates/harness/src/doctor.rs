//! `doctor`: what this machine does to timings.

use std::fs;

use crate::console::out;
use crate::environment::Manifest;
use crate::measure::{clock, memory};
use crate::workload::Registry;

/// How a finding bears on the numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Weight {
    Good,
    Note,
    Bad,
}

/// One finding: what was looked at, what was found, what it means.
struct Finding {
    weight: Weight,
    what: &'static str,
    found: String,
    means: String,
}

/// Prints the findings.
pub(crate) fn doctor(registry: &Registry) {
    let manifest = Manifest::collect(registry);
    for finding in findings(&manifest) {
        let sign = match finding.weight {
            Weight::Good => "ok  ",
            Weight::Note => "note",
            Weight::Bad => "BAD ",
        };
        out(format!("{sign}  {:<18} {:<28} {}", finding.what, finding.found, finding.means));
    }
}

fn findings(manifest: &Manifest) -> Vec<Finding> {
    let machine = &manifest.json["machine"];
    let text = |key: &str| machine[key].as_str().map(str::to_owned);
    let judged =
        |what, found: Option<String>, bad: &dyn Fn(&str) -> bool, fine: &str, trouble: &str| match found {
            None => finding(Weight::Note, what, "not visible".to_owned(), "cannot be judged from here"),
            Some(found) if bad(&found) => finding(Weight::Bad, what, found, trouble),
            Some(found) => finding(Weight::Good, what, found, fine),
        };
    let mut all = vec![
        judged(
            "governor",
            text("governor"),
            &|g| g != "performance",
            "the clock is not lowered between points",
            "the clock follows the load: short stages look slow; warm up longer or set `performance`",
        ),
        judged(
            "turbo off",
            text("no_turbo"),
            &|t| t == "0",
            "no boost: repetitions agree",
            "turbo is on: the first seconds look fast, and so do runs on a cold machine",
        ),
        judged(
            "SMT active",
            text("smt"),
            &|s| s == "1",
            "a core is a core",
            "two threads share a core: pin points to cores that are not siblings",
        ),
    ];
    all.push(load(machine["cpus"].as_u64().unwrap_or(1)));
    all.push(finding(
        Weight::Note,
        "instructions",
        text("simd").unwrap_or_default(),
        "what this program chose here; results say so on every row",
    ));
    all.push(counters());
    all.push(limits());
    all.push(free_memory());
    all.push(finding(
        if memory::reset_peak() { Weight::Good } else { Weight::Note },
        "peak per stage",
        if memory::reset_peak() { "available" } else { "not available" }.to_owned(),
        "without it `stage_peak_rss_bytes` stays empty; the peak per point is always there",
    ));
    let profile = manifest.json["build"]["profile"].as_str().unwrap_or("").to_owned();
    all.push(match profile.as_str() {
        "release" => finding(Weight::Good, "build profile", profile, "this is the program's speed"),
        _ => finding(
            Weight::Bad,
            "build profile",
            profile,
            "measure with `--release`; reports warn about the rest",
        ),
    });
    all
}

fn finding(weight: Weight, what: &'static str, found: String, means: &str) -> Finding {
    Finding { weight, what, found, means: means.to_owned() }
}

fn load(cpus: u64) -> Finding {
    #[expect(clippy::cast_precision_loss, reason = "a number of processors")]
    let cpus = cpus as f64;
    match clock::load1() {
        Some(load) if load > 0.5 * cpus => finding(
            Weight::Bad,
            "load",
            format!("{load:.2} on {cpus} cpus"),
            "something else is running: medians and minima hold, intervals grow",
        ),
        Some(load) => {
            finding(Weight::Good, "load", format!("{load:.2} on {cpus} cpus"), "the machine is quiet")
        }
        None => finding(Weight::Note, "load", "not visible".to_owned(), "cannot be judged from here"),
    }
}

fn counters() -> Finding {
    let level = fs::read_to_string("/proc/sys/kernel/perf_event_paranoid").unwrap_or_default();
    match level.trim().parse::<i64>() {
        Ok(level) if level <= 2 => finding(
            Weight::Good,
            "perf counters",
            format!("level {level}"),
            "profilers can count cycles of this user",
        ),
        Ok(level) => {
            finding(Weight::Note, "perf counters", format!("level {level}"), "profilers cannot count cycles")
        }
        Err(_) => {
            finding(Weight::Note, "perf counters", "not visible".to_owned(), "profilers cannot count cycles")
        }
    }
}

fn limits() -> Finding {
    match memory::cgroup_limit_bytes() {
        Some(bytes) => finding(
            Weight::Note,
            "control group",
            format!("{} MiB", bytes >> 20),
            "points beyond it are killed; they are predicted where a workload estimates its memory",
        ),
        None => finding(
            Weight::Good,
            "control group",
            "no memory limit".to_owned(),
            "only the machine limits points",
        ),
    }
}

fn free_memory() -> Finding {
    let text = fs::read_to_string("/proc/meminfo").unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix("MemAvailable:")).unwrap_or_default();
    let kib: u64 = line.split_whitespace().next().and_then(|n| n.parse().ok()).unwrap_or(0);
    let weight = if kib > 4 << 20 { Weight::Good } else { Weight::Note };
    finding(weight, "free memory", format!("{} MiB", kib >> 10), "points that need more are killed or swap")
}
