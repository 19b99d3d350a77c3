//! The only place that prints. A closed pipe (`sweep plan | head`) is no error.

use std::fmt::Display;
use std::io::{self, Write};

/// Prints a line to standard output: results.
pub(crate) fn out(text: impl Display) {
    let _ = writeln!(io::stdout().lock(), "{text}");
}

/// Prints a line to standard error: progress and messages.
pub(crate) fn note(text: impl Display) {
    let _ = writeln!(io::stderr().lock(), "{text}");
}
