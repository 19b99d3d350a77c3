//! The only file that names the thread pool.
//!
//! Work is split over limbs. Inside [`Threads::install`] the number of threads is what was asked for; elsewhere it is that of
//! the global pool. With one thread every function here is a plain loop.

use std::{
    ops::Range,
    sync::{Mutex, PoisonError},
};

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
/// `space_len` words, and one limb at a time is worked on for each piece, so that a piece stays in the cache of its core.
/// With one piece, one thread or little work this is a plain loop.
///
/// `a` and `b` may be empty together; otherwise `spaces` must hold at least one piece.
pub fn for_each_limb_pair_with(
    a: &mut [u64],
    b: &mut [u64],
    n: usize,
    spaces: (&mut [u64], usize),
    f: impl Fn(usize, &mut [u64], &mut [u64], &mut [u64]) + Sync + Send,
) {
    let runs = Runs::even(a.len() / n, 1);
    for_each_run_pair_with(a, b, (n, runs), spaces, f);
}

/// How limbs are cut into runs of neighbours, which threads take in order as they become free.
#[derive(Clone, Copy, Debug)]
pub struct Runs {
    /// Limbs that are cut into `count` runs, equal to within one limb.
    limbs: usize,
    count: usize,
    /// Runs of one limb after them.
    single: usize,
}

impl Runs {
    /// Runs of at most `most` limbs, equal to within one limb and as many for each thread; the longer ones first, so that all
    /// threads finish together to within one limb.
    #[must_use]
    pub fn even(limbs: usize, most: usize) -> Self {
        let count = limbs.div_ceil(most.max(1)).next_multiple_of(threads()).min(limbs);
        Self { limbs, count, single: 0 }
    }

    /// The same, and `limbs` limbs more after them, each a run of its own.
    #[must_use]
    pub fn then_single(self, limbs: usize) -> Self {
        Self { single: self.single + limbs, ..self }
    }

    fn len(self) -> usize {
        self.count + self.single
    }

    fn limbs(self) -> usize {
        self.limbs + self.single
    }

    /// The runs, in order.
    fn ranges(self) -> impl Iterator<Item = Range<usize>> + Send {
        let (least, longer) = (self.limbs / self.count.max(1), self.limbs % self.count.max(1));
        let even = (0..self.count).scan(0, move |next, run| {
            let start = *next;
            *next += least + usize::from(run < longer);
            Some(start..*next)
        });
        even.chain((self.limbs..self.limbs()).map(|limb| limb..limb + 1))
    }
}

/// As [`for_each_limb_pair_with`], for runs of limbs: `f(first, limbs_a, limbs_b, space)`. Threads take runs in order as they
/// become free. `a` has as many limbs as `runs`; `b` is cut as `a` is and may have several times as many words for each limb.
pub fn for_each_run_pair_with(
    a: &mut [u64],
    b: &mut [u64],
    (n, runs): (usize, Runs),
    (spaces, space_len): (&mut [u64], usize),
    f: impl Fn(usize, &mut [u64], &mut [u64], &mut [u64]) + Sync + Send,
) {
    debug_assert_eq!(a.len(), n * runs.limbs(), "runs cover the limbs");
    let (words, other_n) = (a.len() + b.len(), b.len() / runs.limbs().max(1));
    let pieces = (spaces.len() / space_len.max(1)).min(threads()).min(runs.len());
    // Each run costs at least a pass over its share of the work space.
    let cost = words + runs.len() * space_len;
    let (mut a, mut b) = (a, b);
    let pairs = runs.ranges().filter_map(move |run| {
        let (x, y) = (a.split_off_mut(..n * run.len())?, b.split_off_mut(..other_n * run.len())?);
        Some((run.start, x, y))
    });
    if worth_forking(cost, pieces) {
        let queue = Mutex::new(pairs);
        let take = || queue.lock().unwrap_or_else(PoisonError::into_inner).next();
        spaces[..pieces * space_len].par_chunks_exact_mut(space_len).with_max_len(1).for_each(|space| {
            while let Some((first, x, y)) = take() {
                f(first, x, y, space);
            }
        });
    } else {
        let len = space_len.min(spaces.len());
        let space = &mut spaces[..len];
        pairs.for_each(|(first, x, y)| f(first, x, y, space));
    }
}

/// Calls `f(first, limbs)` for runs of at most `most` consecutive `n`-word limbs of `data`. Threads take runs in order as they
/// become free.
pub fn for_each_run(
    data: &mut [u64],
    (n, most): (usize, usize),
    f: impl Fn(usize, &mut [u64]) + Sync + Send,
) {
    let (words, runs) = (data.len(), Runs::even(data.len() / n, most));
    let pieces = threads().min(runs.len());
    let mut data = data;
    let cut = runs.ranges().filter_map(move |run| Some((run.start, data.split_off_mut(..n * run.len())?)));
    if worth_forking(words, pieces) {
        let queue = Mutex::new(cut);
        let take = || queue.lock().unwrap_or_else(PoisonError::into_inner).next();
        (0..pieces).into_par_iter().with_max_len(1).for_each(|_| {
            while let Some((first, limbs)) = take() {
                f(first, limbs);
            }
        });
    } else {
        cut.for_each(|(first, limbs)| f(first, limbs));
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
    use super::{Runs, Threads, for_each_limb_pair_with, for_each_run, for_each_run_pair_with};

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

    /// Runs cover all limbs in order of their index, also where the last one is shorter.
    #[test]
    fn runs_start_where_they_say() {
        let n = 1 << 13;
        for (threads, limbs, most) in [(1, 5, 2), (2, 5, 2), (2, 7, 3), (3, 4, 8), (2, 0, 3)] {
            let (mut a, mut b, mut c) = (vec![0; limbs * n], vec![0; limbs * n], vec![0; limbs * n]);
            let mark = |first: usize, limbs: &mut [u64]| {
                assert!(limbs.len() <= most * n);
                (first..).zip(limbs.chunks_exact_mut(n)).for_each(|(i, limb)| limb.fill(i as u64 + 1));
            };
            Threads::new(threads).expect("threads start").install(|| {
                let mut spaces = vec![0; threads * n];
                let runs = Runs::even(limbs.saturating_sub(1), most).then_single(limbs.min(1));
                for_each_run_pair_with(&mut a, &mut b, (n, runs), (&mut spaces, n), |first, x, y, _| {
                    mark(first, x);
                    mark(first, y);
                });
                for_each_run(&mut c, (n, most), mark);
            });
            for words in [&a, &b, &c] {
                assert!(words.iter().enumerate().all(|(i, &word)| word == (i / n) as u64 + 1));
            }
        }
    }

    #[test]
    fn runs_are_shared_out_evenly() {
        for threads in 1..=3 {
            for (limbs, most) in [(30, 6), (16, 3), (15, 3), (15, 10), (5, 3), (2, 8), (1, 1), (0, 8)] {
                let runs = Threads::new(threads).expect("threads start").install(|| Runs::even(limbs, most));
                let cut: Vec<_> = runs.ranges().collect();
                let lengths: Vec<usize> = cut.iter().map(ExactSizeIterator::len).collect();
                assert_eq!(cut.len(), runs.len());
                assert!(cut.iter().flat_map(Clone::clone).eq(0..limbs), "all limbs, in order");
                let (least, longest) = (lengths.iter().min(), lengths.iter().max());
                let (least, longest) = (least.copied().unwrap_or(1), longest.copied().unwrap_or(1));
                assert!(1 <= least && longest <= most && longest - least <= 1, "{lengths:?}");
                assert!(limbs < threads || lengths.len().is_multiple_of(threads), "{lengths:?}");
                // Whoever has done least takes the next run.
                let mut done = vec![0; threads];
                for length in lengths {
                    *done.iter_mut().min().expect("at least one thread") += length;
                }
                let (least, most) = (done.iter().min(), done.iter().max());
                assert!(most.zip(least).is_some_and(|(most, least)| most - least <= 1), "{done:?}");
                let with_single: Vec<_> = runs.then_single(2).ranges().collect();
                assert_eq!(with_single, [cut, vec![limbs..limbs + 1, limbs + 1..limbs + 2]].concat());
            }
        }
    }
}
