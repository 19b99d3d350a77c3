//! What the workloads that learn or predict have in common: which data and which split, parameters that follow from the
//! model unless they are given, and rows for scores.

mod choice;
pub(super) mod claims;
mod scores;
mod session;
mod task;

use harness::{Column, Failure, Key, Params, Recorder};

use super::ckks_setup as setup;

pub(super) use choice::{Choice, resolve};
pub(super) use scores::{Ways, columns as score_columns, score_three_ways, scores};
pub(super) use session::{complex, decrypt_verified, encrypt, encrypt_queries, timed_session, verify_slots};
pub(super) use task::{Scaled, Task, failure};

/// The keys of a model: those that name its parameters and its data, its `own`, and whether claims are judged.
pub(super) fn keys(own: impl IntoIterator<Item = Key>) -> Vec<Key> {
    choice::keys().into_iter().chain(Task::keys()).chain(own).chain([claims::key()]).collect()
}

/// The columns of a model: those of its parameters and its data, its `own`, scores and verdicts.
pub(super) fn columns(own: impl IntoIterator<Item = Column>) -> Vec<Column> {
    let before = setup::columns().into_iter().chain(Task::columns());
    before.chain(own).chain(score_columns()).chain(claims::columns()).collect()
}

/// Writes what predictions of the test rows, or of the first of them, are worth: scores, and verdicts where asked for.
pub(super) fn score(
    params: &Params,
    record: &mut Recorder<'_>,
    task: &Task,
    ways: &Ways<'_>,
) -> Result<(), Failure> {
    let targets = &task.test.targets()[..ways.exact.len()];
    scores(record, targets, task.is_binary(), ways)?;
    claims::predictions(params, record, targets, ways)
}
