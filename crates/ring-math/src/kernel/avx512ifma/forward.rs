//! Passes of the forward transform.
//!
//! A pass of radix 8 (4, 2) does three (two, one) stages on values that lie 1/8 (1/4, 1/2) of the block apart. The last
//! six stages are one pass over 64 consecutive values in eight registers: three stages between registers, a transpose,
//! three more stages, and the transpose back.

use super::plan::Twiddle;
use crate::modulus::Modulus;
use core::arch::x86_64::__m512i;

/// What a pass has to do first with the operands that are not multiplied in its first stage.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Entry {
    /// Nothing: there is room for this pass' stages.
    Free,
    /// They are canonical: add the offset 8p.
    Canonical,
    /// They have used up their room: reduce them to (7p, 9p).
    Full,
}

/// Vectors of one prime that every pass needs.
#[derive(Clone, Copy)]
pub(super) struct Constants {
    pub(super) p: __m512i,
    pub(super) two_p: __m512i,
    pub(super) four_p: __m512i,
    pub(super) eight_p: __m512i,
    /// p^-1 mod 2^52.
    pub(super) inverse: __m512i,
    /// The prepared constant 1, a product with which is a reduction.
    pub(super) one: __m512i,
    pub(super) one_quotient: __m512i,
}

impl Constants {
    #[target_feature(enable = "avx512f")]
    pub(super) fn new(q: &Modulus) -> Self {
        let (p, one) = (q.value(), q.prepare(1));
        Self {
            p: splat!(p),
            two_p: splat!(2 * p),
            four_p: splat!(4 * p),
            eight_p: splat!(8 * p),
            inverse: splat!(q.inv52()),
            one: splat!(one.mont),
            one_quotient: splat!(one.mont_quotient),
        }
    }
}

/// (x, y) -> (x + w y, x - w y). Lazy: both grow by p on either side. Strict: [0, 4p) to [0, 4p).
macro_rules! butterfly {
    ($lazy:expr, $c:ident, $v:ident, $i:literal, $j:literal, $w:expr, $wq:expr) => {{
        if $lazy {
            let t = montgomery!(zero!(), $v[$j], $w, $wq, $c.p);
            $v[$j] = sub!($v[$i], t);
            $v[$i] = add!($v[$i], t);
        } else {
            let t = montgomery!($c.p, $v[$j], $w, $wq, $c.p); // in (0, 2p)
            let x = fold!($v[$i], $c.two_p);
            $v[$j] = sub!(add!(x, $c.two_p), t);
            $v[$i] = add!(x, t);
        }
    }};
}

/// Applies the entry rule to the operands of the first stage that are not multiplied.
macro_rules! enter {
    ($lazy:expr, $entry:expr, $c:ident, $v:ident, $count:literal) => {
        if $lazy {
            for x in &mut $v[..$count] {
                match $entry {
                    Entry::Free => {}
                    Entry::Canonical => *x = add!(*x, $c.eight_p),
                    Entry::Full => *x = montgomery!($c.eight_p, *x, $c.one, $c.one_quotient, $c.p),
                }
            }
        }
    };
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

/// A pass of radix 8 over `block`.
#[target_feature(enable = "avx512f,avx512ifma")]
pub(super) fn pass_8<const LAZY: bool>(c: &Constants, block: &mut [[u64; 8]], entry: Entry, tw: &[Twiddle]) {
    let (w, q): ([__m512i; 7], [__m512i; 7]) =
        (core::array::from_fn(|i| splat!(tw[i].value)), core::array::from_fn(|i| splat!(tw[i].quotient)));
    macro_rules! run {
        ($entry:expr) => {{
            parts!(block => length, b0, b1, b2, b3, b4, b5, b6, b7; 8);
            for i in 0..length {
                let mut v = [
                    load!(&b0[i]), load!(&b1[i]), load!(&b2[i]), load!(&b3[i]),
                    load!(&b4[i]), load!(&b5[i]), load!(&b6[i]), load!(&b7[i]),
                ];
                enter!(LAZY, $entry, c, v, 4);
                radix_8!(LAZY, c, v, w, q);
                store!(&mut b0[i], v[0]);
                store!(&mut b1[i], v[1]);
                store!(&mut b2[i], v[2]);
                store!(&mut b3[i], v[3]);
                store!(&mut b4[i], v[4]);
                store!(&mut b5[i], v[5]);
                store!(&mut b6[i], v[6]);
                store!(&mut b7[i], v[7]);
            }
        }};
    }
    match entry {
        Entry::Free => run!(Entry::Free),
        Entry::Canonical => run!(Entry::Canonical),
        Entry::Full => run!(Entry::Full),
    }
}

/// A pass of radix 4 over `block`.
#[target_feature(enable = "avx512f,avx512ifma")]
pub(super) fn pass_4<const LAZY: bool>(c: &Constants, block: &mut [[u64; 8]], entry: Entry, tw: &[Twiddle]) {
    let (w, q): ([__m512i; 3], [__m512i; 3]) =
        (core::array::from_fn(|i| splat!(tw[i].value)), core::array::from_fn(|i| splat!(tw[i].quotient)));
    macro_rules! run {
        ($entry:expr) => {{
            parts!(block => length, b0, b1, b2, b3; 4);
            for i in 0..length {
                let mut v = [load!(&b0[i]), load!(&b1[i]), load!(&b2[i]), load!(&b3[i])];
                enter!(LAZY, $entry, c, v, 2);
                butterfly!(LAZY, c, v, 0, 2, w[0], q[0]);
                butterfly!(LAZY, c, v, 1, 3, w[0], q[0]);
                butterfly!(LAZY, c, v, 0, 1, w[1], q[1]);
                butterfly!(LAZY, c, v, 2, 3, w[2], q[2]);
                store!(&mut b0[i], v[0]);
                store!(&mut b1[i], v[1]);
                store!(&mut b2[i], v[2]);
                store!(&mut b3[i], v[3]);
            }
        }};
    }
    match entry {
        Entry::Free => run!(Entry::Free),
        Entry::Canonical => run!(Entry::Canonical),
        Entry::Full => run!(Entry::Full),
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

/// The last six stages over runs of 64 values; `tables` has [`super::plan::TAIL_LINES`] lines for each run.
#[target_feature(enable = "avx512f,avx512ifma")]
pub(super) fn tail<const LAZY: bool, const CANONICAL: bool>(
    c: &Constants,
    rows: &mut [[u64; 8]],
    entry: Entry,
    tables: &[[u64; 8]],
) {
    macro_rules! run {
        ($entry:expr) => {
            for (rows, table) in rows.as_chunks_mut::<8>().0.iter_mut().zip(tables.as_chunks::<8>().0) {
                let mut v: [__m512i; 8] = core::array::from_fn(|i| load!(&rows[i]));
                {
                    let w: [__m512i; 7] = core::array::from_fn(|i| splat!(table[0][i]));
                    let q: [__m512i; 7] = core::array::from_fn(|i| mul_low!(zero!(), w[i], c.inverse));
                    enter!(LAZY, $entry, c, v, 4);
                    radix_8!(LAZY, c, v, w, q);
                }
                transpose!(v);
                {
                    let w: [__m512i; 7] = core::array::from_fn(|i| load!(&table[1 + i]));
                    let q: [__m512i; 7] = core::array::from_fn(|i| mul_low!(zero!(), w[i], c.inverse));
                    radix_8!(LAZY, c, v, w, q);
                }
                for x in &mut v {
                    if CANONICAL && LAZY {
                        *x = unsign!(montgomery!(zero!(), *x, c.one, c.one_quotient, c.p), c.p);
                    } else if CANONICAL || !LAZY {
                        *x = fold!(fold!(*x, c.two_p), c.p);
                    }
                }
                transpose!(v);
                for (row, x) in rows.iter_mut().zip(v) {
                    store!(row, x);
                }
            }
        };
    }
    match entry {
        Entry::Free => run!(Entry::Free),
        Entry::Canonical => run!(Entry::Canonical),
        Entry::Full => run!(Entry::Full),
    }
}
