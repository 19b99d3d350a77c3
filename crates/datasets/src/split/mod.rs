//! Which rows are learnt from and which are held back.

mod file;
mod spec;

use std::path::Path;

use rand_core::Rng;

use crate::{
    dataset::{Dataset, TrainTest},
    error::{DatasetError, quoted},
    random,
    read::{decompressed, read_bytes},
};
pub use spec::SplitSpec;

/// The name of the training side in files and errors.
const TRAIN: &str = "train";
/// The name of the test side in files and errors.
const TEST: &str = "test";

/// A partition of the rows of a data set into a training and a test side.
///
/// Always true: every row is on exactly one side, neither side is empty, and both sides are in ascending order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Split {
    name: String,
    train: Vec<usize>,
    test: Vec<usize>,
    folds: Option<Folds>,
}

/// An assignment of each row to one of a number of folds.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Folds {
    count: usize,
    of_row: Vec<usize>,
}

impl Split {
    /// A split of rows `0..n_rows`; `name` goes into the provenance of what it is applied to.
    ///
    /// # Errors
    /// [`DatasetError::SplitRange`] for a row that does not exist, [`DatasetError::SplitOverlap`] for one that is named
    /// twice, [`DatasetError::SplitIncomplete`] if a row is on neither side, [`DatasetError::SplitEmpty`] if a side is
    /// empty.
    pub fn new(
        name: impl Into<String>,
        n_rows: usize,
        train: &[usize],
        test: &[usize],
    ) -> Result<Self, DatasetError> {
        let mut side: Vec<Option<&'static str>> = vec![None; n_rows];
        let named = train.iter().map(|row| (TRAIN, *row)).chain(test.iter().map(|row| (TEST, *row)));
        for (set, row) in named {
            let place = side.get_mut(row).ok_or(DatasetError::SplitRange { set, row, n_rows })?;
            if let Some(first) = place.replace(set) {
                return Err(DatasetError::SplitOverlap { row, first, second: set });
            }
        }
        let rows_of = |set| (0..n_rows).filter(|&row| side[row] == set).collect::<Vec<_>>();
        let left_out = rows_of(None);
        if let Some(&row) = left_out.first() {
            return Err(DatasetError::SplitIncomplete { row, missing: left_out.len(), n_rows });
        }
        let split =
            Self { name: name.into(), train: rows_of(Some(TRAIN)), test: rows_of(Some(TEST)), folds: None };
        for (set, rows) in [(TRAIN, &split.train), (TEST, &split.test)] {
            if rows.is_empty() {
                return Err(DatasetError::SplitEmpty { set, n_rows });
            }
        }
        Ok(split)
    }

    /// Holds back a share of the rows, drawn without replacement: `test_fraction * n_rows` of them, rounded up.
    ///
    /// The rows are shuffled (Fisher and Yates; Knuth, TAOCP volume 2, algorithm 3.4.2 P) with ChaCha20 under the seed,
    /// and the first ones become the test side. The same `n_rows`, fraction and seed give the same rows on every
    /// machine and in every later version.
    ///
    /// # Errors
    /// [`DatasetError::Parameter`] if the fraction is not between 0 and 1 (both excluded); [`DatasetError::SplitEmpty`]
    /// if one side would be empty.
    pub fn seeded(n_rows: usize, test_fraction: f64, seed: u64) -> Result<Self, DatasetError> {
        /// What rounding may add to an exact product: 0.07 * 100 must hold back 7 rows, not 8.
        const ROUNDING: f64 = 1e-9;
        if !(test_fraction > 0.0 && test_fraction < 1.0) {
            return Err(DatasetError::Parameter {
                name: "test fraction of a split".to_owned(),
                found: test_fraction.to_string(),
                expected: "a number between 0 and 1, both excluded".to_owned(),
            });
        }
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            clippy::cast_precision_loss,
            reason = "between 0 and n_rows, and row numbers are far below 2^53"
        )]
        let n_test = (test_fraction * n_rows as f64 - ROUNDING).ceil() as usize;
        let mut rows: Vec<usize> = (0..n_rows).collect();
        let mut rng = random::stream(seed, random::Stream::Rows);
        for last in (1..n_rows).rev() {
            rows.swap(last, below(&mut rng, last + 1));
        }
        let (test, train) = rows.split_at(n_test.min(n_rows));
        Self::new(format!("test = {test_fraction}, seed = {seed}"), n_rows, train, test)
    }

    /// Reads a split file: a CSV with the columns `row` (0-based, each row of the data exactly once, in any order),
    /// `set` (`train` or `test`) and, if wanted, `foldK` (a fold below K for each row). It may be gzipped.
    ///
    /// # Errors
    /// [`DatasetError::Io`], [`DatasetError::Header`], [`DatasetError::FieldCount`], [`DatasetError::Decode`] or
    /// [`DatasetError::Parse`] for what is wrong with the file, [`DatasetError::SplitEmpty`] if one side is empty.
    pub fn read(path: impl AsRef<Path>) -> Result<Self, DatasetError> {
        let path = path.as_ref();
        let name = path.display().to_string();
        let bytes = decompressed(&name, read_bytes(path)?)?;
        Self::parse(&name, &name, &bytes)
    }

    /// What results are labelled with: the registered name, the path, or the fraction and seed.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Number of rows on both sides together.
    #[must_use]
    pub const fn n_rows(&self) -> usize {
        self.train.len() + self.test.len()
    }

    /// The training rows, ascending.
    #[must_use]
    pub fn train(&self) -> &[usize] {
        &self.train
    }

    /// The test rows, ascending.
    #[must_use]
    pub fn test(&self) -> &[usize] {
        &self.test
    }

    /// Number of cross-validation folds that came with the split; 0 if none did.
    #[must_use]
    pub fn n_folds(&self) -> usize {
        self.folds.as_ref().map_or(0, |folds| folds.count)
    }

    /// The split that holds back fold `fold` (of all rows, whichever side they are on here).
    ///
    /// # Errors
    /// [`DatasetError::Parameter`] if there is no such fold; [`DatasetError::SplitEmpty`] if it has no rows or all.
    pub fn fold(&self, fold: usize) -> Result<Self, DatasetError> {
        let Some(folds) = self.folds.as_ref().filter(|folds| fold < folds.count) else {
            return Err(DatasetError::Parameter {
                name: format!("fold of the split {}", quoted(&self.name)),
                found: fold.to_string(),
                expected: format!("a fold below {}", self.n_folds()),
            });
        };
        let (test, train): (Vec<usize>, Vec<usize>) =
            (0..self.n_rows()).partition(|&row| folds.of_row[row] == fold);
        Self::new(format!("{}, fold {fold} of {}", self.name, folds.count), self.n_rows(), &train, &test)
    }

    /// The two sides of a data set.
    ///
    /// # Errors
    /// [`DatasetError::SplitSize`] if the split is for another number of rows.
    pub fn apply(&self, dataset: &Dataset) -> Result<TrainTest, DatasetError> {
        self.check_rows(dataset.n_rows())?;
        let side =
            |set, rows: &[usize]| dataset.gather(rows, &format!("{set} rows of the split {}", self.name));
        Ok(TrainTest { train: side(TRAIN, &self.train)?, test: side(TEST, &self.test)? })
    }

    /// An error unless the split is for `n_rows` rows.
    pub(crate) const fn check_rows(&self, n_rows: usize) -> Result<(), DatasetError> {
        if self.n_rows() == n_rows {
            return Ok(());
        }
        Err(DatasetError::SplitSize { found: self.n_rows(), expected: n_rows })
    }
}

/// A uniform number below `bound` (not 0): the high half of `bound` times 64 random bits, drawn again in the few cases
/// that would favour some numbers (D. Lemire, "Fast random integer generation in an interval", ACM TOMACS 29 (2019),
/// algorithm 5).
fn below(rng: &mut impl Rng, bound: usize) -> usize {
    let bound = bound as u64;
    let unfair = bound.wrapping_neg() % bound;
    loop {
        let product = u128::from(rng.next_u64()) * u128::from(bound);
        #[expect(
            clippy::cast_possible_truncation,
            reason = "the low half is what decides, the high half is below bound"
        )]
        let (high, low) = ((product >> 64) as usize, product as u64);
        if low >= unfair {
            return high;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use rand_core::TryRng;

    use super::*;

    /// Gives these words, the last one first.
    struct Script(Vec<u64>);

    impl TryRng for Script {
        type Error = Infallible;

        fn try_next_u32(&mut self) -> Result<u32, Infallible> {
            unreachable!("only whole words are drawn")
        }

        fn try_next_u64(&mut self) -> Result<u64, Infallible> {
            Ok(self.0.pop().expect("no more draws than planned"))
        }

        fn try_fill_bytes(&mut self, _: &mut [u8]) -> Result<(), Infallible> {
            unreachable!("only whole words are drawn")
        }
    }

    /// 2^64 = 3 * 6148914691236517205 + 1, so one of the words must be drawn again for each to be as likely: 0, the only
    /// one whose product with 3 has a low half below 1.
    #[test]
    fn a_word_that_would_favour_a_number_is_drawn_again() {
        const THIRD: u64 = 6_148_914_691_236_517_205;
        let draw = |words: &[u64]| {
            let mut script = Script(words.iter().rev().copied().collect());
            (below(&mut script, 3), script.0.len())
        };
        assert_eq!(draw(&[0, 0, u64::MAX]), (2, 0));
        for (word, number) in [(1, 0), (THIRD, 0), (THIRD + 1, 1), (2 * THIRD, 1), (2 * THIRD + 1, 2)] {
            assert_eq!(draw(&[word]), (number, 0), "{word}");
        }
        assert_eq!(below(&mut Script(vec![0]), 4), 0, "a power of two needs no second draw");
    }
}
