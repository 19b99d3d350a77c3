//! Digits of a polynomial, centred and carried over to all primes of QP.

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
    /// Quotients of the converters, one limb for each digit (unused for digits of one prime).
    pub(crate) quotients: &'a [u64],
}

/// The digits of a polynomial, either carried over limb by limb when they are needed, or all beforehand.
#[derive(Clone, Copy)]
pub(crate) enum Decomposed<'a> {
    /// To be carried over when a limb is worked on.
    Fresh(Prepared<'a>),
    /// Carried over by [`lift_all`]: for each limb of QP one limb per digit. The digit's own limbs are in `values`.
    Lifted {
        /// Transform values of the polynomial's limbs.
        values: &'a [u64],
        /// What [`lift_all`] wrote.
        lifted: &'a [u64],
    },
}

/// Number of words of the coefficients and quotients of [`prepare`] together.
pub(crate) fn prepared_words(tables: &LevelTables) -> usize {
    tables.q.n() * (tables.q.len() + tables.digits.len())
}

/// Computes the coefficients and quotients of the polynomial with the transform values `values`.
pub(crate) fn prepare(tables: &LevelTables, values: &[u64], coefficients: &mut [u64], quotients: &mut [u64]) {
    let n = tables.q.n();
    parallel::for_each_limb(coefficients, n, |i, limb| {
        limb.copy_from_slice(&values[n * i..n * (i + 1)]);
        inverse_limb(tables, i, limb);
    });
    finish_quotients(tables, coefficients, quotients);
}

/// As [`prepare`], after `fill(i, limb)` has written each limb of `values`.
pub(crate) fn prepare_with(
    tables: &LevelTables,
    values: &mut [u64],
    coefficients: &mut [u64],
    quotients: &mut [u64],
    fill: impl Fn(usize, &mut [u64]) + Sync + Send,
) {
    let n = tables.q.n();
    parallel::for_each_limb_pair(values, coefficients, n, |i, values, coefficients| {
        fill(i, values);
        coefficients.copy_from_slice(values);
        inverse_limb(tables, i, coefficients);
    });
    finish_quotients(tables, coefficients, quotients);
}

fn inverse_limb(tables: &LevelTables, i: usize, limb: &mut [u64]) {
    // Digits are runs of primes in order, so that one of them holds limb i.
    let Some(digit) = tables.digits.iter().find(|digit| digit.range.contains(&i)) else { return };
    by_construction(match &digit.converter {
        None => tables.q.ring(i).inverse(limb),
        Some(converter) => converter.inverse_and_scale_limb(i - digit.range.start, limb),
    });
}

fn finish_quotients(tables: &LevelTables, coefficients: &[u64], quotients: &mut [u64]) {
    let n = tables.q.n();
    parallel::for_each_limb(quotients, n, |j, out| {
        let digit = &tables.digits[j];
        if let Some(converter) = &digit.converter {
            let scaled = &coefficients[n * digit.range.start..n * digit.range.end];
            by_construction(converter.quotients(Lift::Centred, scaled, out));
        }
    });
}

/// Writes digit `j`, carried over to limb `i` of QP (not one of its own), as transform values that only an inner
/// product may read.
pub(crate) fn lift(tables: &LevelTables, digits: &Prepared<'_>, j: usize, i: usize, out: &mut [u64]) {
    let n = tables.q.n();
    let digit = &tables.digits[j];
    let ring = tables.qp.ring(i);
    let scaled = &digits.coefficients[n * digit.range.start..n * digit.range.end];
    by_construction(match &digit.converter {
        None => ring.lift_centred(out, scaled, tables.q.modulus(digit.range.start)),
        Some(converter) => {
            let quotients = &digits.quotients[n * j..n * (j + 1)];
            converter.convert_limb(digit.target(i), scaled, Some(quotients), out)
        }
    });
    by_construction(ring.forward_unreduced(out));
}

/// Words that [`lift_all`] writes.
pub(crate) fn lifted_words(tables: &LevelTables) -> usize {
    tables.q.n() * tables.qp.len() * tables.digits.len()
}

/// Carries every digit over to every limb of QP but its own.
pub(crate) fn lift_all(tables: &LevelTables, digits: &Prepared<'_>, lifted: &mut [u64]) {
    let n = tables.q.n();
    parallel::for_each_limb(lifted, n * tables.digits.len(), |i, limbs| {
        for (j, out) in limbs.chunks_exact_mut(n).enumerate() {
            if !tables.digits[j].range.contains(&i) {
                lift(tables, digits, j, i, out);
            }
        }
    });
}
