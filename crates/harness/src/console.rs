//! The only place that prints. A closed pipe (`sweep plan | head`) is no error; output that is lost otherwise (a full
//! disk) is, and ends the program with an exit code that says so.

use std::fmt::Display;
use std::io::{self, Write};
use std::sync::atomic::{AtomicBool, Ordering};

static LOST: AtomicBool = AtomicBool::new(false);

/// Prints a line to standard output: results.
pub(crate) fn out(text: impl Display) {
    raw(format!("{text}\n").as_bytes());
}

/// Prints bytes to standard output.
pub(crate) fn raw(bytes: &[u8]) {
    let mut output = io::stdout().lock();
    if let Err(error) = output.write_all(bytes).and_then(|()| output.flush())
        && error.kind() != io::ErrorKind::BrokenPipe
        && !LOST.swap(true, Ordering::Relaxed)
    {
        note(format!("error: cannot write to standard output: {error}"));
    }
}

/// Prints a line to standard error: progress and messages. There is nowhere to tell that this failed.
pub(crate) fn note(text: impl Display) {
    let _ = writeln!(io::stderr().lock(), "{text}");
}

/// `1 point`, `2 points`.
pub(crate) fn points(count: usize) -> String {
    format!("{count} {}", if count == 1 { "point" } else { "points" })
}

/// Whether something printed to standard output was lost.
pub(crate) fn lost() -> bool {
    LOST.load(Ordering::Relaxed)
}
