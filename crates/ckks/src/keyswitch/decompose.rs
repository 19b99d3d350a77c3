//! Digits of a polynomial, centred and carried over to all primes of QP.

use std::ops::Range;

use ring_math::{Lift, parallel};

use super::by_construction;
use crate::context::LevelTables;

/// A polynomial ready to be cut into digits: what [`prepare`] leaves.
#[derive(Clone, Copy)]
pub(crate) struct Prepared<'a> {
    /// Transform values of its limbs.
    pub(crate) values: &'a [u64],
    /// Coefficients, each limb scaled as its digit's converter wants.
    pub(crate) coefficients: &'a [u64],
}

/// The digits of a polynomial, either carried over in groups of limbs when they are needed, or all beforehand.
#[derive(Clone, Copy)]
pub(crate) enum Decomposed<'a> {
    /// To be carried over when a group of limbs is worked on.
    Fresh(Prepared<'a>),
    /// Carried over by [`lift_all`]. The digits' own limbs are in `values`.
    Lifted {
        /// Transform values of the polynomial's limbs.
        values: &'a [u64],
        /// What [`lift_all`] wrote.
        lifted: &'a [u64],
    },
}

impl Decomposed<'_> {
    /// Transform values of the polynomial's limbs.
    pub(super) fn values(&self) -> &[u64] {
        match self {
            Self::Fresh(prepared) => prepared.values,
            Self::Lifted { values, .. } => values,
        }
    }
}

/// Number of words of the coefficients of [`prepare`].
pub(crate) fn prepared_words(tables: &LevelTables) -> usize {
    tables.q.n() * tables.q.len()
}

/// Computes the coefficients of the polynomial with the transform values `values`.
pub(crate) fn prepare<'a>(
    tables: &LevelTables,
    values: &'a [u64],
    coefficients: &'a mut [u64],
) -> Prepared<'a> {
    let n = tables.q.n();
    parallel::for_each_limb(coefficients, n, |i, limb| {
        limb.copy_from_slice(&values[n * i..n * (i + 1)]);
        inverse_limb(tables, i, limb);
    });
    Prepared { values, coefficients }
}

/// As [`prepare`], after `fill(i, limb)` has written each limb of `values`.
pub(crate) fn prepare_with<'a>(
    tables: &LevelTables,
    values: &'a mut [u64],
    coefficients: &'a mut [u64],
    fill: impl Fn(usize, &mut [u64]) + Sync + Send,
) -> Prepared<'a> {
    let n = tables.q.n();
    parallel::for_each_limb_pair(values, coefficients, n, |i, values, coefficients| {
        fill(i, values);
        coefficients.copy_from_slice(values);
        inverse_limb(tables, i, coefficients);
    });
    Prepared { values, coefficients }
}

/// One limb of what [`prepare`] computes, in place.
pub(crate) fn inverse_limb(tables: &LevelTables, i: usize, limb: &mut [u64]) {
    // Digits are runs of primes in order, so that one of them holds limb i.
    let Some(digit) = tables.digits.iter().find(|digit| digit.range.contains(&i)) else { return };
    by_construction(match &digit.converter {
        None => tables.q.ring(i).inverse(limb),
        Some(converter) => converter.inverse_and_scale_limb(i - digit.range.start, limb),
    });
}

/// Carries digit `j` over to the limbs `limbs` of QP but its own, as coefficients; `out` holds one limb for each of
/// `limbs`.
fn lift_digit(tables: &LevelTables, digits: &Prepared<'_>, j: usize, limbs: Range<usize>, out: &mut [u64]) {
    let n = tables.q.n();
    let digit = &tables.digits[j];
    let scaled = &digits.coefficients[n * digit.range.start..n * digit.range.end];
    let before = limbs.start..limbs.end.min(digit.range.start);
    let after = limbs.start.max(digit.range.end)..limbs.end;
    for run in [before, after] {
        if run.is_empty() {
            continue;
        }
        let out = &mut out[n * (run.start - limbs.start)..n * (run.end - limbs.start)];
        if let Some(converter) = &digit.converter {
            by_construction(converter.convert_limbs(Lift::Centred, digit.target(run.start), scaled, out));
            continue;
        }
        let from = tables.q.modulus(digit.range.start);
        for (i, limb) in run.zip(out.chunks_exact_mut(n)) {
            by_construction(tables.qp.ring(i).lift_centred(limb, scaled, from));
        }
    }
}

/// Carries every digit over to the limbs `limbs` of QP but its own, as coefficients: digit after digit, one limb for each of
/// `limbs`.
pub(crate) fn lift_run(tables: &LevelTables, digits: &Prepared<'_>, limbs: &Range<usize>, out: &mut [u64]) {
    for (j, out) in out.chunks_exact_mut(tables.q.n() * limbs.len()).enumerate() {
        lift_digit(tables, digits, j, limbs.clone(), out);
    }
}

/// Words that [`lift_all`] writes.
pub(crate) fn lifted_words(tables: &LevelTables) -> usize {
    tables.q.n() * tables.qp.len() * tables.digits.len()
}

/// Carries every digit over to every limb of QP but its own, as transform values that only an inner product may read:
/// for each digit one limb for each prime of QP.
pub(crate) fn lift_all(tables: &LevelTables, digits: &Prepared<'_>, lifted: &mut [u64]) {
    let n = tables.q.n();
    for (j, limbs) in lifted.chunks_exact_mut(n * tables.qp.len()).enumerate() {
        let own = &tables.digits[j].range;
        parallel::for_each_run(limbs, (n, group_limbs(tables, 1)), |first, limbs| {
            lift_digit(tables, digits, j, first..first + limbs.len() / n, limbs);
            for (i, limb) in (first..).zip(limbs.chunks_exact_mut(n)).filter(|(i, _)| !own.contains(i)) {
                by_construction(tables.qp.ring(i).forward_unreduced(limb));
            }
        });
    }
}

/// Words that a thread's group of limbs may take: half of the 32 MiB that two cores share. By measurement at N = 2^16, where
/// two threads with two thirds of it each, so that all fits, took 6% longer.
const GROUP_WORDS: usize = 2 << 20;

/// Limbs that gain next to nothing by being carried over together with more, when their sources come from memory or the
/// shared cache each time.
const MAX_GROUP: usize = 8;

/// The same for sources that stay in the core's own cache: by measurement at N = 2^14 and 2^15, where 1, 2 and 8 limbs
/// took up to a tenth longer.
const MAX_GROUP_IN_CACHE: usize = 3;

/// Words of the cache of one core: 1 MiB.
const CORE_CACHE_WORDS: usize = 1 << 17;

/// The most limbs of QP to carry over together when `columns` polynomials are carried over to each: the more, the less
/// often the sources are read. Digits of one prime gain nothing by it.
pub(crate) fn group_limbs(tables: &LevelTables, columns: usize) -> usize {
    if tables.digits.iter().all(|digit| digit.converter.is_none()) {
        return 1;
    }
    let widest = tables.digits.iter().map(|digit| digit.range.len()).max().unwrap_or(1);
    let in_cache = tables.q.n() * widest <= CORE_CACHE_WORDS;
    let most = if in_cache { MAX_GROUP_IN_CACHE } else { MAX_GROUP };
    (GROUP_WORDS / (tables.q.n() * columns)).clamp(1, most)
}
