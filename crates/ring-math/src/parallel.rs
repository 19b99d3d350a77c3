//! The only file that names the thread pool.
//!
//! Work is split over limbs. Inside [`install`] the number of threads is what was asked for; elsewhere it is that of
//! the global pool. With one thread every function here is a plain loop.

use rayon::prelude::*;

/// Work, in words touched, below which forking (about 4 us) costs more than a second thread gains.
const MIN_FORK_WORDS: usize = 1 << 14;

/// Number of threads the calling code would be spread over.
#[must_use]
pub fn threads() -> usize {
    rayon::current_num_threads()
}

/// A set of worker threads.
#[derive(Debug)]
pub struct Threads(rayon::ThreadPool);

impl Threads {
    /// Starts `count` worker threads (0 means one per core); `None` when the system refuses to start them.
    #[must_use]
    pub fn new(count: usize) -> Option<Self> {
        rayon::ThreadPoolBuilder::new().num_threads(count).build().ok().map(Self)
    }

    /// Runs `f` on the set; all work inside it is spread over these threads only.
    pub fn install<R: Send>(&self, f: impl FnOnce() -> R + Send) -> R {
        self.0.install(f)
    }
}

fn worth_forking(words: usize, pieces: usize) -> bool {
    pieces > 1 && words >= MIN_FORK_WORDS && threads() > 1
}

/// Calls `f(i, limb)` for each `n`-word limb of `data`.
pub fn for_each_limb(data: &mut [u64], n: usize, f: impl Fn(usize, &mut [u64]) + Sync + Send) {
    if worth_forking(data.len(), data.len() / n) {
        data.par_chunks_exact_mut(n).enumerate().for_each(|(i, limb)| f(i, limb));
    } else {
        data.chunks_exact_mut(n).enumerate().for_each(|(i, limb)| f(i, limb));
    }
}

/// Calls `f(i, limb_a, limb_b)` for each pair of `n`-word limbs of `a` and `b`.
pub fn for_each_limb_pair(
    a: &mut [u64],
    b: &mut [u64],
    n: usize,
    f: impl Fn(usize, &mut [u64], &mut [u64]) + Sync + Send,
) {
    if worth_forking(a.len() + b.len(), a.len() / n) {
        (a.par_chunks_exact_mut(n), b.par_chunks_exact_mut(n))
            .into_par_iter()
            .enumerate()
            .for_each(|(i, (x, y))| f(i, x, y));
    } else {
        a.chunks_exact_mut(n).zip(b.chunks_exact_mut(n)).enumerate().for_each(|(i, (x, y))| f(i, x, y));
    }
}

/// Calls `f(i, item)` for each item, in parallel when together they touch enough words.
pub fn for_each_item<T: Send>(items: &mut [T], words: usize, f: impl Fn(usize, &mut T) + Sync + Send) {
    if worth_forking(words, items.len()) {
        items.par_iter_mut().with_max_len(1).enumerate().for_each(|(i, item)| f(i, item));
    } else {
        items.iter_mut().enumerate().for_each(|(i, item)| f(i, item));
    }
}

/// Runs both closures, in parallel when together they touch enough words.
pub fn join<A: Send, B: Send>(
    words: usize,
    a: impl FnOnce() -> A + Send,
    b: impl FnOnce() -> B + Send,
) -> (A, B) {
    if worth_forking(words, 2) { rayon::join(a, b) } else { (a(), b()) }
}
