//! CPU time, context switches and load.

use std::fs;
use std::time::SystemTime;

use nix::sys::resource::{UsageWho, getrusage};
use nix::time::{ClockId, clock_gettime};

/// CPU seconds of all threads of this process so far.
pub(crate) fn cpu_seconds() -> f64 {
    match clock_gettime(ClockId::CLOCK_PROCESS_CPUTIME_ID) {
        #[expect(clippy::cast_precision_loss, reason = "seconds and nanoseconds of a process")]
        Ok(time) => time.tv_sec() as f64 + time.tv_nsec() as f64 * 1e-9,
        Err(_) => 0.0,
    }
}

/// Involuntary context switches of this process so far: how often something else took its core.
pub(crate) fn involuntary_switches() -> i64 {
    getrusage(UsageWho::RUSAGE_SELF).map_or(0, |usage| usage.involuntary_context_switches())
}

/// Largest resident size of any finished child of this process, in bytes. It includes what a child shared with this
/// process at its start, so it is only good for children larger than that.
pub(crate) fn children_peak_bytes() -> u64 {
    getrusage(UsageWho::RUSAGE_CHILDREN).map_or(0, |usage| usage.max_rss().unsigned_abs() * 1024)
}

/// One-minute load average of the machine.
pub(crate) fn load1() -> Option<f64> {
    fs::read_to_string("/proc/loadavg").ok()?.split_whitespace().next()?.parse().ok()
}

/// Now, in UTC, to the millisecond.
pub(crate) fn timestamp() -> String {
    humantime::format_rfc3339_millis(SystemTime::now()).to_string()
}
