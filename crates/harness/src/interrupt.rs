//! Ctrl-C and its relatives: a flag that the run looks at. Nothing needs cleaning up afterwards.

use std::sync::atomic::{AtomicBool, Ordering};

static REQUESTED: AtomicBool = AtomicBool::new(false);

/// Starts listening to SIGINT, SIGTERM and SIGHUP. Where that is not possible they keep their usual effect.
pub(crate) fn listen() {
    let _ = ctrlc::set_handler(|| REQUESTED.store(true, Ordering::SeqCst));
}

/// Whether one has come.
pub(crate) fn requested() -> bool {
    REQUESTED.load(Ordering::SeqCst)
}
