//! The workers of a run: each takes the next point, runs it in a process of its own, and tells how it went.

use std::collections::VecDeque;
use std::path::PathBuf;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use super::NotRun;
use crate::child::RunContext;
use crate::error::HarnessError;
use crate::estimate::Estimator;
use crate::interrupt;
use crate::plan::Entry;
use crate::progress::Progress;
use crate::store::Store;
use crate::supervisor::{Outcome, Supervisor};
use crate::workload::Registry;

/// What the workers share.
pub(super) struct Shared<'a> {
    pub(super) queue: VecDeque<&'a Entry>,
    pub(super) running: Vec<&'a Entry>,
    pub(super) estimator: Estimator,
    pub(super) progress: Progress,
    pub(super) measured: usize,
    pub(super) not_run: Vec<(Entry, NotRun)>,
}

/// Takes points from the queue and runs them, one per set of cores at a time.
pub(super) struct Crew<'a> {
    pub(super) store: &'a Store,
    pub(super) registry: &'a Registry,
    pub(super) context: &'a RunContext,
    pub(super) deadline: Option<Instant>,
    pub(super) shared: Mutex<Shared<'a>>,
}

impl<'a> Crew<'a> {
    /// Runs the queue, a worker for each set of cores.
    pub(super) fn work(&self, cores: &[Vec<usize>]) -> Result<(), HarnessError> {
        if let [cores] = cores {
            return self.serve(cores);
        }
        std::thread::scope(|scope| {
            let workers: Vec<_> = cores.iter().map(|cores| scope.spawn(move || self.serve(cores))).collect();
            workers.into_iter().try_for_each(|worker| {
                worker.join().unwrap_or_else(|_| {
                    Err(HarnessError::Table {
                        action: "finish the run",
                        message: "a worker thread panicked".to_owned(),
                    })
                })
            })
        })
    }

    fn serve(&self, cores: &[usize]) -> Result<(), HarnessError> {
        let program =
            std::env::current_exe().map_err(crate::error::store("find", &PathBuf::from("this program")))?;
        let context = RunContext { pin: cores.to_vec(), ..self.context.clone() };
        let supervisor = Supervisor { store: self.store, context, program };
        while let Some(entry) = self.next() {
            let label = entry.label();
            self.with(|shared| shared.progress.begin(entry, &label));
            let columns = self.registry.columns(entry);
            let start = Instant::now();
            let outcome = supervisor.run(entry, &columns)?;
            let took = start.elapsed();
            let stored = self.store.read_point(&entry.point_id).ok().flatten();
            self.with(|shared| {
                stored.iter().for_each(|point| shared.estimator.learn(point));
                shared.ended(entry, &label, &outcome, took);
            });
        }
        Ok(())
    }

    fn with<T>(&self, act: impl FnOnce(&mut Shared<'a>) -> T) -> T {
        act(&mut self.shared.lock().unwrap_or_else(std::sync::PoisonError::into_inner))
    }

    /// The next point to run; what an interrupt or the budget leaves is put aside.
    fn next(&self) -> Option<&'a Entry> {
        self.with(|shared| {
            loop {
                let entry = shared.queue.pop_front()?;
                let late = self.deadline.is_some_and(|deadline| {
                    let seconds = shared.estimator.seconds(entry).unwrap_or(0.0);
                    Instant::now() + Duration::from_secs_f64(seconds.clamp(0.0, 1e9)) > deadline
                });
                if interrupt::requested() {
                    shared.not_run.push((entry.clone(), NotRun::Interrupted));
                } else if late {
                    shared.not_run.push((entry.clone(), NotRun::Budget));
                } else {
                    shared.running.push(entry);
                    return Some(entry);
                }
            }
        })
    }
}

impl Shared<'_> {
    fn ended(&mut self, entry: &Entry, label: &str, outcome: &Outcome, took: Duration) {
        self.running.retain(|other| other.point_id != entry.point_id);
        match outcome {
            Outcome::Interrupted => self.not_run.push((entry.clone(), NotRun::Interrupted)),
            Outcome::Recorded(status) => {
                self.measured += 1;
                let waiting = self.queue.iter().chain(&self.running).copied();
                let left = self.estimator.total(waiting);
                self.progress.end(entry, label, *status, took, left);
            }
        }
    }
}
