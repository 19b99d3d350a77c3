//! Progress of a run: a bar with the time left on a terminal, one plain line per point elsewhere, or JSON events.

use std::io::IsTerminal as _;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};
use serde_json::json;

use crate::console::{note, out};
use crate::plan::Entry;
use crate::record::Status;

/// Where progress goes.
enum Sink {
    Bar(ProgressBar),
    Lines,
    Json,
}

/// Tells how a run goes.
pub(crate) struct Progress {
    sink: Sink,
    total: usize,
    done: usize,
    start: Instant,
    /// Estimated seconds of all points that are not done, as far as estimates go.
    left_s: Option<f64>,
}

impl Progress {
    /// For `total` points that are estimated to take `left_s` seconds.
    pub(crate) fn new(total: usize, left_s: Option<f64>, json: bool) -> Self {
        let sink = if json {
            Sink::Json
        } else if std::io::stderr().is_terminal() {
            let bar = ProgressBar::new(total as u64);
            let style = ProgressStyle::with_template("{bar:30} {pos}/{len} {msg}");
            bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
            bar.enable_steady_tick(Duration::from_millis(250));
            Sink::Bar(bar)
        } else {
            Sink::Lines
        };
        Self { sink, total, done: 0, start: Instant::now(), left_s }
    }

    /// A point begins.
    pub(crate) fn begin(&self, entry: &Entry, label: &str) {
        match &self.sink {
            Sink::Bar(bar) => bar.set_message(format!("{label} {}", self.eta())),
            Sink::Lines => {}
            Sink::Json => out(json!({
                "event": "point_started", "point_id": entry.point_id, "index": entry.index, "label": label,
            })),
        }
    }

    /// A point has ended.
    pub(crate) fn end(
        &mut self,
        entry: &Entry,
        label: &str,
        status: Status,
        took: Duration,
        left_s: Option<f64>,
    ) {
        self.done += 1;
        self.left_s = left_s;
        let seconds = took.as_secs_f64();
        let line = format!(
            "[{}/{}] {:<10} {label}  {}{}",
            self.done,
            self.total,
            status.word(),
            duration(seconds),
            if self.done < self.total { format!("  {}", self.eta()) } else { String::new() },
        );
        match &self.sink {
            Sink::Bar(bar) => {
                bar.inc(1);
                if status != Status::Ok {
                    bar.println(line);
                }
            }
            Sink::Lines => note(line),
            Sink::Json => out(json!({
                "event": "point_ended", "point_id": entry.point_id, "index": entry.index, "label": label,
                "status": status.word(), "seconds": seconds, "done": self.done, "total": self.total,
                "eta_seconds": self.left_s,
            })),
        }
    }

    /// Removes the bar.
    pub(crate) fn finish(&self) {
        if let Sink::Bar(bar) = &self.sink {
            bar.finish_and_clear();
        }
    }

    /// Whether events are printed as JSON.
    pub(crate) fn is_json(&self) -> bool {
        matches!(self.sink, Sink::Json)
    }

    fn eta(&self) -> String {
        #[expect(clippy::cast_precision_loss, reason = "numbers of points")]
        let by_count = || {
            (self.done > 0).then(|| {
                self.start.elapsed().as_secs_f64() / self.done as f64 * (self.total - self.done) as f64
            })
        };
        match self.left_s.or_else(by_count) {
            Some(seconds) => format!("about {} left", duration(seconds)),
            None => String::new(),
        }
    }
}

/// A duration for people: `850 ms`, `12.3 s`, `4 min 10 s`, `2 h 05 min`.
pub(crate) fn duration(seconds: f64) -> String {
    if seconds < 1.0 {
        return format!("{:.0} ms", seconds * 1e3);
    }
    if seconds < 60.0 {
        return format!("{seconds:.1} s");
    }
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "positive and far below 2^64"
    )]
    let whole = seconds.round() as u64;
    if whole < 3600 {
        format!("{} min {:02} s", whole / 60, whole % 60)
    } else {
        format!("{} h {:02} min", whole / 3600, whole % 3600 / 60)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_read_well() {
        let shown: Vec<_> = [0.0123, 1.0, 59.94, 125.0, 7500.0].map(duration).into();
        assert_eq!(shown, ["12 ms", "1.0 s", "59.9 s", "2 min 05 s", "2 h 05 min"]);
    }
}
