//! What the workloads that learn or predict have in common: which data and which split, parameters that follow from the
//! model unless they are given, and rows for scores.

mod choice;
pub(super) mod claims;
mod scores;
mod session;
mod task;

pub(super) use choice::{Choice, keys, resolve};
pub(super) use scores::{Ways, columns, scores, verify_slots};
pub(super) use session::{encrypt, timed_session};
pub(super) use task::{Scaled, Task, failure};
