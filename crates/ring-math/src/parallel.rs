//! The only file that names the thread pool.
//!
//! Work is split over limbs. Inside [`Threads::install`] the number of threads is what was asked for; elsewhere it is that of
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

/// How many pieces of work space [`for_each_limb_pair_with`] can put to use here.
#[must_use]
pub fn work_spaces() -> usize {
    threads()
}

/// As [`for_each_limb_pair`], with work space: `f(i, limb_a, limb_b, space)`. `spaces` holds equal pieces of
/// `space_len` words, and at most one run of consecutive limbs is worked on for each piece at a time, so that a piece
/// stays in the cache of its core. With one piece, one thread or little work this is a plain loop.
///
/// `a` and `b` may be empty together; otherwise `spaces` must hold at least one piece.
pub fn for_each_limb_pair_with(
    a: &mut [u64],
    b: &mut [u64],
    n: usize,
    (spaces, space_len): (&mut [u64], usize),
    f: impl Fn(usize, &mut [u64], &mut [u64], &mut [u64]) + Sync + Send,
) {
    let limbs = a.len() / n;
    let pieces = spaces.len() / space_len.max(1);
    // Each limb costs at least a pass over its work space.
    if pieces > 1 && worth_forking(a.len() + b.len() + limbs * space_len, limbs) {
        let run = limbs.div_ceil(pieces.min(threads()));
        (a.par_chunks_mut(run * n), b.par_chunks_mut(run * n), spaces.par_chunks_exact_mut(space_len))
            .into_par_iter()
            .with_max_len(1)
            .enumerate()
            .for_each(|(r, (x, y, space))| {
                let pairs = x.chunks_exact_mut(n).zip(y.chunks_exact_mut(n));
                pairs.enumerate().for_each(|(i, (x, y))| f(r * run + i, x, y, space));
            });
    } else {
        let len = space_len.min(spaces.len());
        let space = &mut spaces[..len];
        let pairs = a.chunks_exact_mut(n).zip(b.chunks_exact_mut(n));
        pairs.enumerate().for_each(|(i, (x, y))| f(i, x, y, space));
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

#[cfg(test)]
mod tests {
    use super::{Threads, for_each_limb_pair_with};

    /// Every limb is visited once, with its own index and a piece of work space nobody else holds.
    #[test]
    fn work_space_is_exclusive_and_limbs_keep_their_index() {
        let (n, space_len) = (1 << 12, 1 << 10);
        for threads in 1..=3 {
            for limbs in 0..8 {
                let (mut a, mut b) = (vec![0; limbs * n], vec![1; limbs * n]);
                let mut spaces = vec![0; threads * space_len];
                Threads::new(threads).expect("threads start").install(|| {
                    for_each_limb_pair_with(&mut a, &mut b, n, (&mut spaces, space_len), |i, x, y, space| {
                        assert_eq!((x.len(), y.len(), space.len()), (n, n, space_len));
                        space.fill(i as u64);
                        x.fill(i as u64 + 1);
                        y.iter_mut().for_each(|word| *word += space[space_len - 1] + 1);
                        assert!(space.iter().all(|&word| word == i as u64));
                    });
                });
                for (i, (x, y)) in a.chunks(n).zip(b.chunks(n)).enumerate() {
                    assert!(x.iter().all(|&word| word == i as u64 + 1));
                    assert!(y.iter().all(|&word| word == i as u64 + 2));
                }
            }
        }
    }
}
