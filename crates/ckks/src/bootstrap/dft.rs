//! The transform between slots and coefficients as a product of sparse matrices, by their diagonals.
//!
//! With w_k = m_k + i m_(k+n) for a polynomial m of 2n coefficients (in X to the power N/2n), the n slots are a twisted
//! transform of w, see the encoder. Its decimation in time takes w in bit-reversed order through log2(n) stages of
//! butterflies; stage `len` has three diagonals, at 0 and plus and minus len/2. The inverse takes the stages backwards.
//! Everything between the two transforms works slot by slot, so that the bit-reversed order is never undone (Cheon, Han, Kim,
//! Kim, Song, EUROCRYPT 2018; merging stages: Chen, Chillotti, Song, EUROCRYPT 2019).

use std::{collections::BTreeMap, f64::consts::TAU, ops::Range};

use crate::encoder::Complex64;

/// A square matrix: the value in row i and column i + k, modulo the dimension, is place i of the diagonal at offset k.
/// Offsets are not reduced, so that a matrix that acts on blocks can be told from one that wraps around.
#[derive(Clone, Debug, Default)]
pub(super) struct Diagonals {
    n: usize,
    by_offset: BTreeMap<i64, Vec<Complex64>>,
}

/// Entries below this are roundings of zero: all others are sums of products of roots of unity with a few terms.
const NEGLIGIBLE: f64 = 1e-12;

impl Diagonals {
    fn zero(n: usize) -> Self {
        Self { n, by_offset: BTreeMap::new() }
    }

    fn add(&mut self, offset: i64, row: usize, value: Complex64) {
        let n = self.n;
        self.by_offset.entry(offset).or_insert_with(|| vec![Complex64::ZERO; n])[row] += value;
    }

    /// Number of rows.
    pub(super) fn dimension(&self) -> usize {
        self.n
    }

    /// Offsets and diagonals.
    pub(super) fn iter(&self) -> impl Iterator<Item = (i64, &[Complex64])> {
        self.by_offset.iter().map(|(&offset, diagonal)| (offset, &diagonal[..]))
    }

    /// The product of both, `first` acting first.
    fn after(&self, first: &Self) -> Self {
        let mut product = Self::zero(self.n);
        for (&k, a) in &self.by_offset {
            for (&l, b) in &first.by_offset {
                for (i, value) in a.iter().enumerate().filter(|(_, value)| **value != Complex64::ZERO) {
                    let column = (i as i64 + k).rem_euclid(self.n as i64) as usize;
                    product.add(k + l, i, value * b[column]);
                }
            }
        }
        product.by_offset.retain(|_, d| d.iter().any(|value| value.norm_sqr() > NEGLIGIBLE * NEGLIGIBLE));
        product
    }

    /// All entries times `factor`.
    pub(super) fn scaled(mut self, factor: f64) -> Self {
        self.by_offset.values_mut().flatten().for_each(|value| *value *= factor);
        self
    }

    /// The same matrix with offsets from 0 to n - 1.
    pub(super) fn wrapped(self) -> Self {
        let mut wrapped = Self::zero(self.n);
        for (offset, diagonal) in self.by_offset {
            let offset = offset.rem_euclid(self.n as i64);
            for (row, value) in diagonal.into_iter().enumerate() {
                wrapped.add(offset, row, value);
            }
        }
        wrapped
    }

    /// A matrix of twice the dimension: diagonal by diagonal, `f` gives the entry of each row from its offset and the
    /// entry of that row modulo n.
    pub(super) fn doubled(self, f: impl Fn(i64, usize, Complex64) -> Complex64) -> Self {
        let by_offset = self.by_offset.into_iter().map(|(offset, diagonal)| {
            let rows = diagonal.iter().chain(&diagonal).enumerate();
            (offset, rows.map(|(row, &value)| f(offset, row, value)).collect())
        });
        Self { n: 2 * self.n, by_offset: by_offset.collect() }
    }

    /// The matrix times `vector`.
    #[cfg(test)]
    pub(super) fn apply(&self, vector: &[Complex64]) -> Vec<Complex64> {
        let entry = |i: usize, (offset, diagonal): (i64, &[Complex64])| {
            diagonal[i] * vector[(i as i64 + offset).rem_euclid(self.n as i64) as usize]
        };
        (0..self.n).map(|i| self.iter().map(|d| entry(i, d)).sum()).collect()
    }
}

/// The butterflies of length `len` of the transform to n slots.
fn stage(n: usize, len: usize) -> Diagonals {
    let (half, mut matrix) = (len / 2, Diagonals::zero(n));
    for (j, root) in roots(len).into_iter().enumerate() {
        for row in (j..n).step_by(len) {
            matrix.add(0, row, Complex64::ONE);
            matrix.add(half as i64, row, root);
            matrix.add(-(half as i64), row + half, Complex64::ONE);
            matrix.add(0, row + half, -root);
        }
    }
    matrix
}

/// Twice the inverse of [`stage`].
fn inverse_stage(n: usize, len: usize) -> Diagonals {
    let (half, mut matrix) = (len / 2, Diagonals::zero(n));
    for (j, root) in roots(len).into_iter().enumerate() {
        for row in (j..n).step_by(len) {
            matrix.add(0, row, Complex64::ONE);
            matrix.add(half as i64, row, Complex64::ONE);
            matrix.add(-(half as i64), row + half, root.conj());
            matrix.add(0, row + half, -root.conj());
        }
    }
    matrix
}

/// exp(2 pi i 5^j / 4 len) for j < len/2.
fn roots(len: usize) -> Vec<Complex64> {
    let order = 4 * len;
    let powers = std::iter::successors(Some(1usize), |power| Some(5 * power % order));
    powers.take(len / 2).map(|power| Complex64::from_polar(1.0, TAU * power as f64 / order as f64)).collect()
}

/// How `stages` stages are shared among `factors` matrices, as ranges of log2(len) - 1: equal shares, the rest to the longest
/// butterflies, whose product has half as many diagonals because it wraps around.
pub(super) fn shares(stages: usize, factors: usize) -> Vec<Range<usize>> {
    let mut start = 0;
    let share = |k: usize| {
        let size = (stages + k) / factors;
        start += size;
        start - size..start
    };
    (0..factors).map(share).filter(|range| !range.is_empty()).collect()
}

/// The matrices from w in bit-reversed order to the slots, the first one first. Their product is the transform.
pub(super) fn to_slots(log_slots: usize, factors: usize) -> Vec<Diagonals> {
    let n = 1 << log_slots;
    let product = |stages: Range<usize>| {
        let mut stages = stages.map(|k| stage(n, 2 << k));
        let first = stages.next().unwrap_or_else(|| Diagonals::zero(n));
        stages.fold(first, |product, next| next.after(&product))
    };
    shares(log_slots, factors).into_iter().map(product).collect()
}

/// The matrices from the slots to w in bit-reversed order, the first one first. Their product is n times the inverse
/// transform.
pub(super) fn to_coefficients(log_slots: usize, factors: usize) -> Vec<Diagonals> {
    let n = 1 << log_slots;
    let product = |stages: Range<usize>| {
        let mut stages = stages.rev().map(|k| inverse_stage(n, 2 << k));
        let first = stages.next().unwrap_or_else(|| Diagonals::zero(n));
        stages.fold(first, |product, next| next.after(&product))
    };
    shares(log_slots, factors).into_iter().rev().map(product).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The slots of w by definition: slot j is the sum of w_k z^(k 5^j) with z = exp(2 pi i / 4n).
    fn dense(w: &[Complex64]) -> Vec<Complex64> {
        let n = w.len();
        let mut power = 1usize;
        (0..n)
            .map(|_| {
                let root = |k: usize| {
                    Complex64::from_polar(1.0, TAU * (k * power % (4 * n)) as f64 / (4 * n) as f64)
                };
                let slot = w.iter().enumerate().map(|(k, value)| value * root(k)).sum();
                power = 5 * power % (4 * n);
                slot
            })
            .collect()
    }

    fn reversed(values: &[Complex64]) -> Vec<Complex64> {
        let bits = values.len().trailing_zeros();
        (0..values.len()).map(|i| values[i.reverse_bits() >> (usize::BITS - bits)]).collect()
    }

    fn largest_difference(a: &[Complex64], b: &[Complex64]) -> f64 {
        a.iter().zip(b).map(|(x, y)| (x - y).norm()).fold(0.0, f64::max)
    }

    #[test]
    fn the_factors_are_the_transform() {
        for log_slots in 1..8 {
            let n = 1usize << log_slots;
            let w: Vec<Complex64> =
                (0..n).map(|k| Complex64::new((k as f64).sin(), (3.0 * k as f64).cos())).collect();
            let slots = dense(&w);
            for factors in 1..=log_slots {
                let forward = to_slots(log_slots, factors);
                assert_eq!(forward.len(), factors);
                let found = forward.iter().fold(reversed(&w), |v, matrix| matrix.apply(&v));
                assert!(largest_difference(&found, &slots) < 1e-12 * n as f64);
                let backward = to_coefficients(log_slots, factors);
                let found = backward.iter().fold(slots.clone(), |v, m| m.clone().wrapped().apply(&v));
                let expected: Vec<Complex64> = reversed(&w).iter().map(|value| value * n as f64).collect();
                assert!(largest_difference(&found, &expected) < 1e-12 * (n * n) as f64);
            }
        }
    }

    #[test]
    fn merged_stages_have_few_diagonals() {
        assert_eq!(shares(15, 4), [0..3, 3..7, 7..11, 11..15]);
        let counts = |matrices: &[Diagonals]| matrices.iter().map(|m| m.iter().count()).collect::<Vec<_>>();
        let forward = to_slots(8, 2);
        assert_eq!(counts(&forward), [31, 31]);
        assert_eq!(forward[1].clone().wrapped().iter().count(), 16);
        assert_eq!(counts(&to_coefficients(8, 2)), [31, 31]);
    }
}
