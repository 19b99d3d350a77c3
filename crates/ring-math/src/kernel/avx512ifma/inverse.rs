//! Passes of the inverse transform.
//!
//! A pass of radix R takes the values at the R roots w * zeta^r (r in bit-reversed order, zeta a primitive R-th root of
//! unity) back to R coefficients: a size-R inverse transform with the constants i^-1, s^-1 and (i s)^-1, where s is a
//! primitive 8th root and i = s^2, then a product of output j with w^-j. Between passes lazy values are signed, in
//! (-p, p); strict ones lie in [0, 2p).

use super::{
    forward::{Constants, RUNS_AHEAD},
    tables::{TAIL_LINES, Twiddle},
};
use core::arch::x86_64::__m512i;

/// 1, i^-1, s^-1, (i s)^-1 of one prime.
#[derive(Clone, Copy)]
pub(super) struct Units {
    i: (__m512i, __m512i),
    s: (__m512i, __m512i),
    is: (__m512i, __m512i),
    /// The prepared constant 1, a product with which is a reduction.
    one: (__m512i, __m512i),
}

impl Units {
    #[target_feature(enable = "avx512f")]
    pub(super) fn new(units: &[Twiddle; 4]) -> Self {
        let [one, i, s, is] = units.map(|t| (splat!(t.value), splat!(t.quotient)));
        Self { i, s, is, one }
    }
}

/// (x, y) -> (x + y, x - y), free growth (lazy) or [0, 2p) to [0, 2p) (strict).
macro_rules! plain {
    ($lazy:expr, $c:ident, $v:ident, $i:literal, $j:literal) => {{
        let (x, y) = ($v[$i], $v[$j]);
        if $lazy {
            $v[$i] = add!(x, y);
            $v[$j] = sub!(x, y);
        } else {
            $v[$i] = fold!(add!(x, y), $c.two_p);
            $v[$j] = fold!(sub!(add!(x, $c.two_p), y), $c.two_p);
        }
    }};
}

/// As `plain`, but the difference goes to a multiplier next: made non-negative with `offset` (lazy), or left in
/// [0, 4p) (strict).
macro_rules! plain_to_multiplier {
    ($lazy:expr, $c:ident, $v:ident, $i:literal, $j:literal, $offset:expr) => {{
        let (x, y) = ($v[$i], $v[$j]);
        if $lazy {
            $v[$i] = add!(x, y);
            $v[$j] = sub!(add!(x, $offset), y);
        } else {
            $v[$i] = fold!(add!(x, y), $c.two_p);
            $v[$j] = sub!(add!(x, $c.two_p), y);
        }
    }};
}

/// (x, y) -> (x + w y, x - w y), both staying operands of sums.
macro_rules! twisted {
    ($lazy:expr, $c:ident, $v:ident, $i:literal, $j:literal, $w:expr) => {{
        let (w, wq) = $w;
        let x = $v[$i];
        if $lazy {
            let sum = shoup!($c, x, $v[$j], w, wq);
            $v[$i] = sum;
            $v[$j] = sub!(add!(x, x), sum);
        } else {
            let t = montgomery!($c.p, $v[$j], w, wq, $c.p, $c.zero);
            $v[$i] = fold!(add!(x, t), $c.two_p);
            $v[$j] = fold!(sub!(add!(x, $c.two_p), t), $c.two_p);
        }
    }};
}

/// As `twisted`, but both results go to a multiplier next: non-negative and below 2^52.
macro_rules! twisted_to_multipliers {
    ($lazy:expr, $c:ident, $v:ident, $i:literal, $j:literal, $w:expr, $offset:expr) => {{
        let (w, wq) = $w;
        if $lazy {
            let x = add!($v[$i], $offset);
            let sum = shoup!($c, x, $v[$j], w, wq);
            $v[$i] = sum;
            $v[$j] = sub!(add!(x, x), sum);
        } else {
            let x = $v[$i];
            let t = montgomery!($c.p, $v[$j], w, wq, $c.p, $c.zero);
            $v[$i] = add!(x, t);
            $v[$j] = sub!(add!(x, $c.two_p), t);
        }
    }};
}

/// As `plain`, but both results go to a multiplier next.
macro_rules! plain_to_multipliers {
    ($lazy:expr, $c:ident, $v:ident, $i:literal, $j:literal, $offset:expr) => {{
        let y = $v[$j];
        if $lazy {
            let x = add!($v[$i], $offset);
            $v[$i] = add!(x, y);
            $v[$j] = sub!(x, y);
        } else {
            let x = $v[$i];
            $v[$i] = add!(x, y);
            $v[$j] = sub!(add!(x, $c.two_p), y);
        }
    }};
}

/// The size-8 inverse transform, values in bit-reversed order to coefficients in natural order, ready for multipliers.
///
/// Lazy ranges, inputs in (-p, p): after the first stage +-2p, or (0, 4p) for 3 and 7; after the second +-4p for 0, 2, 4,
/// +-3p for 1 and 3, (0, 8p) for 5, 6, 7; after the third (0, 16p).
macro_rules! inverse_8 {
    ($lazy:expr, $c:ident, $u:ident, $v:ident) => {{
        plain!($lazy, $c, $v, 0, 1);
        plain_to_multiplier!($lazy, $c, $v, 2, 3, $c.two_p);
        plain!($lazy, $c, $v, 4, 5);
        plain_to_multiplier!($lazy, $c, $v, 6, 7, $c.two_p);
        plain!($lazy, $c, $v, 0, 2);
        twisted!($lazy, $c, $v, 1, 3, $u.i);
        plain_to_multiplier!($lazy, $c, $v, 4, 6, $c.four_p);
        twisted_to_multipliers!($lazy, $c, $v, 5, 7, $u.i, $c.four_p);
        plain_to_multipliers!($lazy, $c, $v, 0, 4, $c.eight_p);
        twisted_to_multipliers!($lazy, $c, $v, 2, 6, $u.i, $c.eight_p);
        twisted_to_multipliers!($lazy, $c, $v, 1, 5, $u.s, $c.eight_p);
        twisted_to_multipliers!($lazy, $c, $v, 3, 7, $u.is, $c.eight_p);
    }};
}

/// The product that ends a pass: [-p, p) when lazy, (0, 2p) when strict, [0, p) at the end of the transform.
macro_rules! finish {
    ($lazy:expr, $last:expr, $c:ident, $x:expr, $w:expr, $wq:expr) => {
        if $lazy && $last {
            let product = shoup!($c, $c.p, $x, $w, $wq); // in [0, 2p)
            fold!(core::arch::x86_64::_mm512_and_si512(product, $c.mask), $c.p)
        } else if $lazy {
            shoup!($c, $c.zero, $x, $w, $wq)
        } else if $last {
            unsign!(montgomery!($c.zero, $x, $w, $wq, $c.p, $c.zero), $c.p)
        } else {
            montgomery!($c.p, $x, $w, $wq, $c.p, $c.zero)
        }
    };
}

/// Output 0 of a pass, whose factor is 1: only reduced.
macro_rules! reduce {
    ($lazy:expr, $c:ident, $x:expr, $one:expr) => {{
        let x = $x;
        if $lazy {
            subtract_multiple!($c, x, mul_high!($c.unit, x, $c.reciprocal))
        } else {
            montgomery!($c.p, x, $one.0, $one.1, $c.p, $c.zero)
        }
    }};
}

/// The end of output 0 of a pass: its factor is 1, but for the last pass.
macro_rules! finish_first {
    ($lazy:expr, $last:expr, $c:ident, $u:ident, $x:expr, $tw:expr) => {
        if $last {
            finish!($lazy, $last, $c, $x, splat!($tw.value), splat!($tw.quotient))
        } else {
            reduce!($lazy, $c, $x, $u.one)
        }
    };
}

/// A pass of radix 8 over `block`; `tw[j]` multiplies output j.
#[target_feature(enable = "avx512f,avx512ifma")]
pub(super) fn pass_8<const LAZY: bool, const LAST: bool>(
    c: &Constants,
    u: &Units,
    block: &mut [[u64; 8]],
    tw: &[Twiddle],
) {
    let tw: &[Twiddle; 8] = match tw.first_chunk() {
        Some(tw) => tw,
        None => return,
    };
    parts!(block => length, b0, b1, b2, b3, b4, b5, b6, b7; 8);
    for i in 0..length {
        let mut v = [
            load!(&b0[i]),
            load!(&b1[i]),
            load!(&b2[i]),
            load!(&b3[i]),
            load!(&b4[i]),
            load!(&b5[i]),
            load!(&b6[i]),
            load!(&b7[i]),
        ];
        inverse_8!(LAZY, c, u, v);
        macro_rules! put_first {
            ($part:ident) => {
                store!(&mut $part[i], finish_first!(LAZY, LAST, c, u, v[0], tw[0]))
            };
        }
        macro_rules! put {
            ($($part:ident $j:literal),+) => {
                $(store!(&mut $part[i], finish!(LAZY, LAST, c, v[$j], splat!(tw[$j].value), splat!(tw[$j].quotient)));)+
            };
        }
        put_first!(b0);
        put!(b1 1, b2 2, b3 3, b4 4, b5 5, b6 6, b7 7);
    }
}

/// A pass of radix 4 over `block`; `tw[j]` multiplies output j.
#[target_feature(enable = "avx512f,avx512ifma")]
pub(super) fn pass_4<const LAZY: bool, const LAST: bool>(
    c: &Constants,
    u: &Units,
    block: &mut [[u64; 8]],
    tw: &[Twiddle],
) {
    let (w, q): ([__m512i; 4], [__m512i; 4]) =
        (core::array::from_fn(|i| splat!(tw[i].value)), core::array::from_fn(|i| splat!(tw[i].quotient)));
    parts!(block => length, b0, b1, b2, b3; 4);
    for i in 0..length {
        let mut v = [load!(&b0[i]), load!(&b1[i]), load!(&b2[i]), load!(&b3[i])];
        plain!(LAZY, c, v, 0, 1);
        plain_to_multiplier!(LAZY, c, v, 2, 3, c.two_p);
        plain_to_multipliers!(LAZY, c, v, 0, 2, c.four_p);
        twisted_to_multipliers!(LAZY, c, v, 1, 3, u.i, c.four_p);
        store!(&mut b0[i], finish_first!(LAZY, LAST, c, u, v[0], tw[0]));
        store!(&mut b1[i], finish!(LAZY, LAST, c, v[1], w[1], q[1]));
        store!(&mut b2[i], finish!(LAZY, LAST, c, v[2], w[2], q[2]));
        store!(&mut b3[i], finish!(LAZY, LAST, c, v[3], w[3], q[3]));
    }
}

/// A pass of radix 2 over `block`; `tw[j]` multiplies output j.
#[target_feature(enable = "avx512f,avx512ifma")]
pub(super) fn pass_2<const LAZY: bool, const LAST: bool>(
    c: &Constants,
    block: &mut [[u64; 8]],
    tw: &[Twiddle],
) {
    let (w, q): ([__m512i; 2], [__m512i; 2]) =
        (core::array::from_fn(|i| splat!(tw[i].value)), core::array::from_fn(|i| splat!(tw[i].quotient)));
    parts!(block => length, b0, b1; 2);
    for i in 0..length {
        let mut v = [load!(&b0[i]), load!(&b1[i])];
        plain_to_multipliers!(LAZY, c, v, 0, 1, c.two_p);
        store!(&mut b0[i], finish!(LAZY, LAST, c, v[0], w[0], q[0]));
        store!(&mut b1[i], finish!(LAZY, LAST, c, v[1], w[1], q[1]));
    }
}

/// `inverse_8` on `x`, woven with the transposition of `v`.
macro_rules! inverse_8_weave {
    ($lazy:expr, $c:ident, $u:ident, $x:ident, $v:ident) => {
        weave_transpose!($v, unchanged, [
            plain!($lazy, $c, $x, 0, 1);
            plain_to_multiplier!($lazy, $c, $x, 2, 3, $c.two_p);
            plain!($lazy, $c, $x, 4, 5);
            plain_to_multiplier!($lazy, $c, $x, 6, 7, $c.two_p);
            plain!($lazy, $c, $x, 0, 2);
            twisted!($lazy, $c, $x, 1, 3, $u.i);
            plain_to_multiplier!($lazy, $c, $x, 4, 6, $c.four_p);
            twisted_to_multipliers!($lazy, $c, $x, 5, 7, $u.i, $c.four_p);
            plain_to_multipliers!($lazy, $c, $x, 0, 4, $c.eight_p);
            twisted_to_multipliers!($lazy, $c, $x, 2, 6, $u.i, $c.eight_p);
            twisted_to_multipliers!($lazy, $c, $x, 1, 5, $u.s, $c.eight_p);
            twisted_to_multipliers!($lazy, $c, $x, 3, 7, $u.is, $c.eight_p);
        ])
    };
}

/// The first six stages over runs of 64 values, those of `rows` or, for an even number of runs, of `values`; `tables` has
/// [`TAIL_LINES`] lines for each run.
#[target_feature(enable = "avx512f,avx512ifma")]
pub(super) fn tail<const LAZY: bool>(
    c: &Constants,
    u: &Units,
    rows: &mut [[u64; 8]],
    values: Option<&[[u64; 8]]>,
    tables: &[[u64; 8]],
) {
    macro_rules! finish_columns {
        ($v:ident, $table:ident) => {
            $v[0] = reduce!(LAZY, c, $v[0], u.one);
            for j in 1..8 {
                let stored = load!(&$table[1 + j]);
                let other = other_of_pair!(LAZY, c, stored);
                let (w, q) = if LAZY { (other, stored) } else { (stored, other) };
                $v[j] = finish!(LAZY, false, c, $v[j], w, q);
            }
        };
    }
    macro_rules! finish_rows {
        ($v:ident, $table:ident, $rows:ident) => {
            store!(&mut $rows[0], reduce!(LAZY, c, $v[0], u.one));
            for j in 1..8 {
                let (w, q) = (splat!($table[0][j]), splat!($table[1][j]));
                store!(&mut $rows[j], finish!(LAZY, false, c, $v[j], w, q));
            }
        };
    }
    let (pairs, single) = rows.as_chunks_mut::<8>().0.as_chunks_mut::<2>();
    let (table_pairs, rest) = tables.as_chunks::<TAIL_LINES>().0.as_chunks::<2>();
    macro_rules! pair {
        ($from_a:ident, $from_b:ident => $a:ident, $b:ident, $table_a:ident, $table_b:ident) => {
            prefetch!($table_a, RUNS_AHEAD * TAIL_LINES, 2 * TAIL_LINES);
            prefetch!($from_a, RUNS_AHEAD * 8, 2 * 8);
            let mut v: [__m512i; 8] = core::array::from_fn(|i| load!(&$from_a[i]));
            transpose!(v);
            let mut x: [__m512i; 8] = core::array::from_fn(|i| load!(&$from_b[i]));
            inverse_8_weave!(LAZY, c, u, v, x);
            finish_columns!(v, $table_a);
            inverse_8_weave!(LAZY, c, u, x, v);
            finish_columns!(x, $table_b);
            inverse_8_weave!(LAZY, c, u, v, x);
            finish_rows!(v, $table_a, $a);
            inverse_8!(LAZY, c, u, x);
            finish_rows!(x, $table_b, $b);
        };
    }
    let pairs = pairs.iter_mut().zip(table_pairs);
    match values {
        None => {
            for ([a, b], [table_a, table_b]) in pairs {
                pair!(a, b => a, b, table_a, table_b);
            }
        }
        Some(values) => {
            for ([from_a, from_b], ([a, b], [table_a, table_b])) in
                values.as_chunks::<8>().0.as_chunks::<2>().0.iter().zip(pairs)
            {
                pair!(from_a, from_b => a, b, table_a, table_b);
            }
        }
    }
    // A ring of 64 has one run only.
    for (a, table) in single.iter_mut().zip(rest) {
        let mut v: [__m512i; 8] = core::array::from_fn(|i| load!(&a[i]));
        transpose!(v);
        inverse_8!(LAZY, c, u, v);
        finish_columns!(v, table);
        transpose!(v);
        inverse_8!(LAZY, c, u, v);
        finish_rows!(v, table, a);
    }
}
