//! Passes of the forward transform.
//!
//! A pass of radix 8 (4, 2) does three (two, one) stages on values that lie 1/8 (1/4, 1/2) of the block apart. The last
//! six stages are one pass over 64 consecutive values in eight registers: three stages between registers, a transpose,
//! three more stages, and the transpose back.

use super::{
    convert::Centring,
    tables::{TAIL_LINES, Twiddle},
};
use crate::modulus::{IFMA_BITS, IFMA_MASK, Modulus};
use core::arch::x86_64::__m512i;

/// What a pass has to do first with the operands that are not multiplied in its first stage.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Entry {
    /// Nothing: there is room for this pass' stages.
    Free,
    /// They are canonical: add the offset.
    Canonical,
    /// They have used up their room: reduce them to within p of the offset.
    Full,
    /// As `Full`, but the last stage's operands instead of the first's (passes of radix 4 only).
    Late,
}

/// Vectors of one prime that every pass needs.
#[derive(Clone, Copy)]
pub(super) struct Constants {
    /// Zero, from memory so that the compiler copies a register (free) instead of clearing one (an executed operation).
    pub(super) zero: __m512i,
    pub(super) p: __m512i,
    pub(super) two_p: __m512i,
    pub(super) four_p: __m512i,
    pub(super) eight_p: __m512i,
    /// 2^52 - p: multiplying by it subtracts multiples of p in the low 52 bits.
    pub(super) minus_p: __m512i,
    /// The low 52 bits.
    pub(super) mask: __m512i,
    /// 1 in every lane.
    pub(super) unit: __m512i,
    /// The offset of lazy values, a multiple k p.
    pub(super) offset: __m512i,
    /// 1 - k, the start of a quotient that leaves the offset behind.
    pub(super) offset_quotient: __m512i,
    /// floor(2^52 / p).
    pub(super) reciprocal: __m512i,
    /// p^-1 mod 2^52.
    pub(super) inverse: __m512i,
    /// ceil(2^(52+b) / p) - 2^52, b the bits of p.
    pub(super) exact: __m512i,
    /// Bits b to 51.
    pub(super) quotient_mask: __m512i,
    /// p * 2^(52-b).
    pub(super) aligned_p: __m512i,
}

/// The constants of an exact division by p, of b bits, that `canonical` needs: ceil(2^(52+b) / p) - 2^52, bits b to 51, and
/// p * 2^(52-b).
pub(super) fn exact_division(p: u64) -> [u64; 3] {
    let bits = u64::BITS - p.leading_zeros();
    let exact = (1u128 << (IFMA_BITS + bits)).div_ceil(u128::from(p)) - (1u128 << IFMA_BITS);
    [exact as u64, IFMA_MASK & !((1u64 << bits) - 1), p << (IFMA_BITS - bits)]
}

impl Constants {
    #[target_feature(enable = "avx512f")]
    pub(super) fn new(q: &Modulus, offset: u32) -> Self {
        let p = q.value();
        let [exact, quotient_mask, aligned_p] = exact_division(p);
        Self {
            zero: zero!(),
            p: splat!(p),
            two_p: splat!(2 * p),
            four_p: splat!(4 * p),
            eight_p: splat!(8 * p),
            minus_p: splat!((1u64 << IFMA_BITS) - p),
            mask: splat!(IFMA_MASK),
            unit: splat!(1u64),
            offset: splat!(u64::from(offset) * p),
            offset_quotient: splat!(1 - i64::from(offset)),
            reciprocal: splat!((1u64 << IFMA_BITS) / p),
            inverse: splat!(q.inv52()),
            exact: splat!(exact),
            quotient_mask: splat!(quotient_mask),
            aligned_p: splat!(aligned_p),
        }
    }
}

/// Three stages on eight vectors, given seven twiddles in the order of the stages.
macro_rules! radix_8 {
    ($lazy:expr, $c:ident, $v:ident, $w:ident, $q:ident) => {{
        butterfly!($lazy, $c, $v, 0, 4, $w[0], $q[0]);
        butterfly!($lazy, $c, $v, 1, 5, $w[0], $q[0]);
        butterfly!($lazy, $c, $v, 2, 6, $w[0], $q[0]);
        butterfly!($lazy, $c, $v, 3, 7, $w[0], $q[0]);
        butterfly!($lazy, $c, $v, 0, 2, $w[1], $q[1]);
        butterfly!($lazy, $c, $v, 1, 3, $w[1], $q[1]);
        butterfly!($lazy, $c, $v, 4, 6, $w[2], $q[2]);
        butterfly!($lazy, $c, $v, 5, 7, $w[2], $q[2]);
        butterfly!($lazy, $c, $v, 0, 1, $w[3], $q[3]);
        butterfly!($lazy, $c, $v, 2, 3, $w[4], $q[4]);
        butterfly!($lazy, $c, $v, 4, 5, $w[5], $q[5]);
        butterfly!($lazy, $c, $v, 6, 7, $w[6], $q[6]);
    }};
}

/// Residues modulo some number: a first pass of radix 8 may take what they become by centring as its operands.
#[derive(Clone, Copy, Default)]
pub(super) struct Origin<'a> {
    pub(super) residues: &'a [[u64; 8]],
    pub(super) centring: Centring,
}

impl<'a> Origin<'a> {
    /// The eight parts that the pass takes an operand each from.
    pub(super) fn parts(self) -> ([&'a [[u64; 8]]; 8], Centring) {
        let length = self.residues.len() / 8;
        (core::array::from_fn(|k| &self.residues[k * length..(k + 1) * length]), self.centring)
    }
}

/// A pass of radix 8 over `block` in the strict regime; [`super::lazy`] has that of the other. Its operands are those of
/// `block` or of `origin`.
#[target_feature(enable = "avx512f,avx512ifma")]
pub(super) fn pass_8(c: &Constants, block: &mut [[u64; 8]], origin: Option<Origin<'_>>, tw: &[Twiddle]) {
    let (w, q): ([__m512i; 7], [__m512i; 7]) =
        (core::array::from_fn(|i| splat!(tw[i].value)), core::array::from_fn(|i| splat!(tw[i].quotient)));
    let (eighths, centring) = origin.unwrap_or_default().parts();
    parts!(block => length, b0, b1, b2, b3, b4, b5, b6, b7; 8);
    macro_rules! run {
        ($i:ident, $operands:expr) => {
            for $i in 0..length {
                let mut v = $operands;
                radix_8!(false, c, v, w, q);
                store!(&mut b0[$i], v[0]);
                store!(&mut b1[$i], v[1]);
                store!(&mut b2[$i], v[2]);
                store!(&mut b3[$i], v[3]);
                store!(&mut b4[$i], v[4]);
                store!(&mut b5[$i], v[5]);
                store!(&mut b6[$i], v[6]);
                store!(&mut b7[$i], v[7]);
            }
        };
    }
    match origin {
        // From 50 bits at most, they are below four primes of 49, as this regime wants.
        Some(_) => run!(i, lifted_8!(eighths, centring, i)),
        None => run!(i, load_8!(i; b0, b1, b2, b3, b4, b5, b6, b7)),
    }
}

/// A pass of radix 4 over `block` in the strict regime.
#[target_feature(enable = "avx512f,avx512ifma")]
pub(super) fn pass_4(c: &Constants, block: &mut [[u64; 8]], tw: &[Twiddle]) {
    let (w, q): ([__m512i; 3], [__m512i; 3]) =
        (core::array::from_fn(|i| splat!(tw[i].value)), core::array::from_fn(|i| splat!(tw[i].quotient)));
    parts!(block => length, b0, b1, b2, b3; 4);
    for i in 0..length {
        let mut v = [load!(&b0[i]), load!(&b1[i]), load!(&b2[i]), load!(&b3[i])];
        butterfly!(false, c, v, 0, 2, w[0], q[0]);
        butterfly!(false, c, v, 1, 3, w[0], q[0]);
        butterfly!(false, c, v, 0, 1, w[1], q[1]);
        butterfly!(false, c, v, 2, 3, w[2], q[2]);
        store!(&mut b0[i], v[0]);
        store!(&mut b1[i], v[1]);
        store!(&mut b2[i], v[2]);
        store!(&mut b3[i], v[3]);
    }
}

/// A pass of radix 2 over `block`, only ever the first one.
#[target_feature(enable = "avx512f,avx512ifma")]
pub(super) fn pass_2<const LAZY: bool>(c: &Constants, block: &mut [[u64; 8]], entry: Entry, tw: &[Twiddle]) {
    let (w, q) = (splat!(tw[0].value), splat!(tw[0].quotient));
    parts!(block => length, b0, b1; 2);
    for i in 0..length {
        let mut v = [load!(&b0[i]), load!(&b1[i])];
        enter!(LAZY, entry, c, v, 1);
        butterfly!(LAZY, c, v, 0, 1, w, q);
        store!(&mut b0[i], v[0]);
        store!(&mut b1[i], v[1]);
    }
}

/// `radix_8` on `u`, woven with the transposition of `v`.
macro_rules! radix_8_weave {
    ($lazy:expr, $c:ident, $u:ident, $w:ident, $q:ident, $v:ident, $first:ident) => {
        weave_transpose!($v, $first, [
            butterfly!($lazy, $c, $u, 0, 4, $w[0], $q[0]);
            butterfly!($lazy, $c, $u, 1, 5, $w[0], $q[0]);
            butterfly!($lazy, $c, $u, 2, 6, $w[0], $q[0]);
            butterfly!($lazy, $c, $u, 3, 7, $w[0], $q[0]);
            butterfly!($lazy, $c, $u, 0, 2, $w[1], $q[1]);
            butterfly!($lazy, $c, $u, 1, 3, $w[1], $q[1]);
            butterfly!($lazy, $c, $u, 4, 6, $w[2], $q[2]);
            butterfly!($lazy, $c, $u, 5, 7, $w[2], $q[2]);
            butterfly!($lazy, $c, $u, 0, 1, $w[3], $q[3]);
            butterfly!($lazy, $c, $u, 2, 3, $w[4], $q[4]);
            butterfly!($lazy, $c, $u, 4, 5, $w[5], $q[5]);
            butterfly!($lazy, $c, $u, 6, 7, $w[6], $q[6]);
        ])
    };
}

/// Factors of one run's rows, in every lane.
macro_rules! row_factors {
    ($table:ident, $line:literal) => {
        core::array::from_fn::<__m512i, 7, _>(|i| splat!($table[$line][i]))
    };
}

/// Factors of one run's columns and their companions: one of a pair is loaded, the other computed from it.
macro_rules! column_factors {
    ($lazy:expr, $c:ident, $table:ident) => {{
        let stored: [__m512i; 7] = core::array::from_fn(|i| load!(&$table[2 + i]));
        let other: [__m512i; 7] = core::array::from_fn(|i| other_of_pair!($lazy, $c, stored[i]));
        if $lazy { (other, stored) } else { (stored, other) }
    }};
}

/// Runs ahead of the one worked on whose table is fetched: the time of three covers the latency of memory.
pub(super) const RUNS_AHEAD: usize = 3;

/// The last six stages over runs of 64 values; `tables` has [`TAIL_LINES`] lines for each run.
#[target_feature(enable = "avx512f,avx512ifma")]
pub(super) fn tail<const LAZY: bool, const CANONICAL: bool>(
    c: &Constants,
    rows: &mut [[u64; 8]],
    entry: Entry,
    tables: &[[u64; 8]],
) {
    macro_rules! output {
        ($x:expr) => {{
            let x = $x;
            match (LAZY, CANONICAL) {
                (true, true) => canonical!(c, x),
                (true, false) => x,
                (false, _) => fold!(fold!(x, c.two_p), c.p),
            }
        }};
    }
    macro_rules! run {
        ($entry:expr) => {{
            let (pairs, single) = rows.as_chunks_mut::<8>().0.as_chunks_mut::<2>();
            let (table_pairs, rest) = tables.as_chunks::<TAIL_LINES>().0.as_chunks::<2>();
            // Runs go in pairs (a, b) whose phases alternate; b's output is left to be woven with the next pair's rows.
            let mut pairs = pairs.iter_mut().zip(table_pairs);
            if let Some(([mut_a, mut_b], [mut_table_a, mut_table_b])) = pairs.next() {
                let (mut a, mut b, mut table_a, mut table_b) = (mut_a, mut_b, mut_table_a, mut_table_b);
                let mut v: [__m512i; 8] = core::array::from_fn(|i| load!(&a[i]));
                let (w, q) = (row_factors!(table_a, 0), row_factors!(table_a, 1));
                enter!(LAZY, $entry, c, v, 4);
                radix_8!(LAZY, c, v, w, q);
                loop {
                    prefetch!(table_a, RUNS_AHEAD * TAIL_LINES, 2 * TAIL_LINES);
                    let mut u: [__m512i; 8] = core::array::from_fn(|i| load!(&b[i]));
                    let (w, q) = (row_factors!(table_b, 0), row_factors!(table_b, 1));
                    enter!(LAZY, $entry, c, u, 4);
                    radix_8_weave!(LAZY, c, u, w, q, v, unchanged);
                    let (w, q) = column_factors!(LAZY, c, table_a);
                    radix_8_weave!(LAZY, c, v, w, q, u, unchanged);
                    let (w, q) = column_factors!(LAZY, c, table_b);
                    radix_8_weave!(LAZY, c, u, w, q, v, output);
                    for (row, x) in a.iter_mut().zip(v) {
                        store!(row, x);
                    }
                    let Some(([next_a, next_b], [next_table_a, next_table_b])) = pairs.next() else {
                        for x in &mut u {
                            *x = output!(*x);
                        }
                        transpose!(u);
                        for (row, x) in b.iter_mut().zip(u) {
                            store!(row, x);
                        }
                        break;
                    };
                    v = core::array::from_fn(|i| load!(&next_a[i]));
                    let (w, q) = (row_factors!(next_table_a, 0), row_factors!(next_table_a, 1));
                    enter!(LAZY, $entry, c, v, 4);
                    radix_8_weave!(LAZY, c, v, w, q, u, output);
                    for (row, x) in b.iter_mut().zip(u) {
                        store!(row, x);
                    }
                    (a, b, table_a, table_b) = (next_a, next_b, next_table_a, next_table_b);
                }
            }
            // A ring of 64 has one run only.
            for (a, table) in single.iter_mut().zip(rest) {
                let mut v: [__m512i; 8] = core::array::from_fn(|i| load!(&a[i]));
                let (w, q) = (row_factors!(table, 0), row_factors!(table, 1));
                enter!(LAZY, $entry, c, v, 4);
                radix_8!(LAZY, c, v, w, q);
                transpose!(v);
                let (w, q) = column_factors!(LAZY, c, table);
                radix_8!(LAZY, c, v, w, q);
                for x in &mut v {
                    *x = output!(*x);
                }
                transpose!(v);
                for (row, x) in a.iter_mut().zip(v) {
                    store!(row, x);
                }
            }
        }};
    }
    match entry {
        Entry::Free | Entry::Late => run!(Entry::Free),
        Entry::Canonical => run!(Entry::Canonical),
        Entry::Full => run!(Entry::Full),
    }
}
