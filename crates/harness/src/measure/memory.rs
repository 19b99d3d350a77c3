//! Resident memory: the kernel's high-water mark of this process, and the size of a process tree.
//!
//! The mark (`VmHWM`) belongs to one process image, so it starts afresh in a child however large the parent is.
//! Writing 5 to `clear_refs` resets it, which gives a peak per stage.

use std::fs;

/// Resident bytes of this process now.
pub(crate) fn resident_bytes() -> u64 {
    status_kib("VmRSS:").unwrap_or(0) * 1024
}

/// Largest resident size of this process since it started or since [`reset_peak`].
pub(crate) fn peak_bytes() -> u64 {
    status_kib("VmHWM:").unwrap_or(0) * 1024
}

/// Resets the high-water mark; false where the kernel does not allow it.
pub(crate) fn reset_peak() -> bool {
    fs::write("/proc/self/clear_refs", "5").is_ok()
}

fn status_kib(field: &str) -> Option<u64> {
    field_kib("self", field)
}

fn field_kib(pid: &str, field: &str) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    status.lines().find_map(|line| line.strip_prefix(field))?.split_whitespace().next()?.parse().ok()
}

/// Resident bytes of a process and all its descendants.
pub(crate) fn tree_bytes(pid: u32) -> u64 {
    let own = field_kib(&pid.to_string(), "VmRSS:").unwrap_or(0) * 1024;
    // A child belongs to the thread that started it.
    let threads = fs::read_dir(format!("/proc/{pid}/task")).into_iter().flatten().flatten();
    let children = threads.filter_map(|thread| fs::read_to_string(thread.path().join("children")).ok());
    let of_one = |text: String| -> u64 {
        text.split_whitespace().filter_map(|p| p.parse().ok()).map(tree_bytes).sum()
    };
    own + children.map(of_one).sum::<u64>()
}

/// Bytes of memory this machine (or the control group of this process) has in all.
pub(crate) fn machine_bytes() -> Option<u64> {
    let meminfo = fs::read_to_string("/proc/meminfo").ok()?;
    let total: u64 = meminfo
        .lines()
        .find_map(|line| line.strip_prefix("MemTotal:"))?
        .split_whitespace()
        .next()?
        .parse()
        .ok()?;
    let limit = cgroup_limit_bytes().unwrap_or(u64::MAX);
    Some((total * 1024).min(limit))
}

/// The memory limit of the control group of this process, if it has one.
pub(crate) fn cgroup_limit_bytes() -> Option<u64> {
    let path = fs::read_to_string("/proc/self/cgroup").ok()?;
    let own = path.lines().find_map(|line| line.strip_prefix("0::"))?;
    let mut folder = format!("/sys/fs/cgroup{own}");
    let mut least = None;
    loop {
        let here = fs::read_to_string(format!("{folder}/memory.max")).ok();
        if let Some(bytes) = here.and_then(|text| text.trim().parse::<u64>().ok()) {
            least = Some(least.map_or(bytes, |least: u64| least.min(bytes)));
        }
        match folder.rfind('/') {
            Some(at) if folder.len() > "/sys/fs/cgroup".len() => folder.truncate(at),
            _ => return least,
        }
    }
}

/// How many processes the kernel has killed for want of memory since it booted.
pub(crate) fn oom_kills() -> Option<u64> {
    let vmstat = fs::read_to_string("/proc/vmstat").ok()?;
    vmstat.lines().find_map(|line| line.strip_prefix("oom_kill "))?.trim().parse().ok()
}
