//! One point in a process of its own, watched: time, memory, interruption, and how it ended.

use std::fs::File;
use std::os::unix::process::{CommandExt as _, ExitStatusExt as _};
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;

use crate::child::{PointExit, RunContext, log_tail};
use crate::column::Column;
use crate::error::{HarnessError, store as store_error};
use crate::interrupt;
use crate::measure::memory;
use crate::plan::Entry;
use crate::record::{PointRecord, Status};
use crate::store::Store;

/// How often the memory of a point is looked at.
const MEMORY_PERIOD: Duration = Duration::from_millis(20);

/// Another process holds the point: how long to wait before looking again.
const BUSY_PERIOD: Duration = Duration::from_millis(100);

/// What became of a supervised point.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// Its file is in place, with this status.
    Recorded(Status),
    /// The run was interrupted; the point has no file and is run next time.
    Interrupted,
}

/// Why the supervisor ended a process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stopped {
    Time,
    Memory { bytes: u64 },
    Interrupt,
}

/// Starts points and watches them.
pub(crate) struct Supervisor<'a> {
    /// Where results go.
    pub store: &'a Store,
    /// What every point is told.
    pub context: RunContext,
    /// The program to start; this one.
    pub program: PathBuf,
}

impl Supervisor<'_> {
    /// Runs one point to its end and makes sure that its file is there. `columns` are those its workload declares.
    ///
    /// # Errors
    /// [`HarnessError`] when the process cannot be started or a file cannot be written.
    pub(crate) fn run(&self, entry: &Entry, columns: &[Column]) -> Result<Outcome, HarnessError> {
        let log = self.store.log_path(&entry.point_id);
        loop {
            let kills = memory::oom_kills();
            let start = Instant::now();
            let mut child = self.spawn(entry, &log)?;
            let (status, stopped) = watch(&mut child, entry);
            let elapsed = start.elapsed();
            let recorded = self.store.read_point(&entry.point_id).ok().flatten();
            // A kill can come after the result was renamed into place: then the result stands.
            let ours = recorded.as_ref().filter(|point| point.text("run_id") == self.context.run_id);
            if let Some(point) = ours {
                drop_empty(&log);
                return Ok(Outcome::Recorded(point.status));
            }
            if stopped == Some(Stopped::Interrupt) {
                return Ok(Outcome::Interrupted);
            }
            match status.code() {
                Some(0) if recorded.is_some() => {
                    drop_empty(&log);
                    return Ok(Outcome::Recorded(recorded.map_or(Status::Failed, |point| point.status)));
                }
                // Somebody else works on this point: when they are done the next attempt finds their result.
                Some(code) if code == i32::from(PointExit::Transient.code()) => {
                    std::thread::sleep(BUSY_PERIOD);
                    if interrupt::requested() {
                        return Ok(Outcome::Interrupted);
                    }
                    continue;
                }
                _ => {}
            }
            let killed_for_memory =
                kills.zip(memory::oom_kills()).is_some_and(|(before, after)| after > before);
            let verdict = verdict(status, stopped, killed_for_memory, entry, &log_tail(&log));
            return self.record(entry, columns, verdict, elapsed).map(Outcome::Recorded);
        }
    }

    fn spawn(&self, entry: &Entry, log: &PathBuf) -> Result<Child, HarnessError> {
        let output = File::create(log).map_err(store_error("create", log))?;
        let errors = output.try_clone().map_err(store_error("create", log))?;
        Command::new(&self.program)
            .args(["point", "--json", &entry.to_json().to_string()])
            .args(["--context", &self.context.to_json().to_string(), "--out"])
            .arg(self.store.root())
            .stdin(Stdio::null())
            .stdout(output)
            .stderr(errors)
            .process_group(0)
            .spawn()
            .map_err(|source| HarnessError::Child { point: entry.point_id.clone(), source })
    }

    fn record(
        &self,
        entry: &Entry,
        columns: &[Column],
        verdict: Verdict,
        elapsed: Duration,
    ) -> Result<Status, HarnessError> {
        let provenance = self.context.provenance.clone();
        let mut record = PointRecord::empty(entry.clone(), columns.to_vec(), provenance);
        record.run_id.clone_from(&self.context.run_id);
        record.isolated = self.context.isolated;
        record.transient = verdict.transient;
        record.seconds = elapsed.as_secs_f64();
        let record = record.ended(verdict.status, &verdict.code, verdict.message);
        self.store.write_point(&entry.point_id, &record.to_json())?;
        Ok(verdict.status)
    }
}

/// Waits for the process; ends it when it is over its limits or the run is interrupted.
fn watch(child: &mut Child, entry: &Entry) -> (ExitStatus, Option<Stopped>) {
    let start = Instant::now();
    let limit = entry.limits.seconds.and_then(|s| Duration::try_from_secs_f64(s).ok());
    let most_bytes = entry.limits.memory_mib.map(|mib| mib << 20);
    let mut next_memory = start;
    let mut stopped = None;
    let mut pause = Duration::from_micros(200);
    loop {
        match child.try_wait() {
            Ok(Some(status)) => return (status, stopped),
            Ok(None) => {}
            Err(_) => return (ExitStatus::from_raw(0x7f00), stopped),
        }
        if stopped.is_none() {
            stopped = over_limits(child, start, limit, most_bytes, &mut next_memory);
            if stopped.is_some() {
                kill_group(child);
            }
        }
        std::thread::sleep(pause);
        pause = (pause * 3 / 2).min(Duration::from_millis(5));
    }
}

fn over_limits(
    child: &Child,
    start: Instant,
    limit: Option<Duration>,
    most_bytes: Option<u64>,
    next_memory: &mut Instant,
) -> Option<Stopped> {
    if interrupt::requested() {
        return Some(Stopped::Interrupt);
    }
    if limit.is_some_and(|limit| start.elapsed() > limit) {
        return Some(Stopped::Time);
    }
    let most = most_bytes?;
    let now = Instant::now();
    if now < *next_memory {
        return None;
    }
    *next_memory = now + MEMORY_PERIOD;
    let bytes = memory::tree_bytes(child.id());
    (bytes > most).then_some(Stopped::Memory { bytes })
}

fn kill_group(child: &mut Child) {
    if let Ok(pid) = i32::try_from(child.id()) {
        let _ = killpg(Pid::from_raw(pid), Signal::SIGKILL);
    }
    let _ = child.kill();
}

/// How a process that left no result ended.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Verdict {
    status: Status,
    code: String,
    message: String,
    transient: bool,
}

fn verdict(
    status: ExitStatus,
    stopped: Option<Stopped>,
    killed_for_memory: bool,
    entry: &Entry,
    tail: &str,
) -> Verdict {
    let new = |status, code: &str, message: String| Verdict {
        status,
        code: code.to_owned(),
        message: if tail.is_empty() { message } else { format!("{message}; last output: {tail}") },
        transient: false,
    };
    let limit = entry.limits.memory_mib.unwrap_or(0);
    match (stopped, status.signal(), status.code()) {
        (Some(Stopped::Time), ..) => {
            let seconds = entry.limits.seconds.unwrap_or(0.0);
            new(Status::Timeout, "timeout", format!("ran longer than limits.seconds = {seconds}"))
        }
        (Some(Stopped::Memory { bytes }), ..) => {
            let mib = bytes >> 20;
            new(Status::Oom, "memory_limit", format!("used {mib} MiB of limits.memory_mib = {limit}"))
        }
        (_, Some(9), _) if killed_for_memory => {
            new(Status::Oom, "oom_killer", "killed by the kernel for want of memory".to_owned())
        }
        (_, _, Some(137)) => new(Status::Oom, "oom_killer", "ended with code 137".to_owned()),
        // Under RLIMIT_DATA the allocator gives up instead of the kernel.
        (_, Some(6), _) if tail.contains("memory allocation of") => {
            new(Status::Oom, "allocation", "an allocation was refused".to_owned())
        }
        (_, Some(9), _) => Verdict {
            transient: true,
            ..new(Status::Failed, "killed", "killed by a signal from outside (SIGKILL)".to_owned())
        },
        (_, Some(signal), _) => {
            let name = Signal::try_from(signal).map_or("unknown", Signal::as_str);
            new(Status::Failed, &name.to_lowercase(), format!("ended by signal {signal} ({name})"))
        }
        (_, None, code) => {
            let code = code.unwrap_or(-1);
            new(Status::Failed, "exit", format!("ended with code {code} and no result"))
        }
    }
}

fn drop_empty(log: &PathBuf) {
    if std::fs::metadata(log).is_ok_and(|meta| meta.len() == 0) {
        let _ = std::fs::remove_file(log);
    }
}
