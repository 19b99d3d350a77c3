//! Forward passes of the lazy regime.
//!
//! The three multiplications of a butterfly wait for each other, and a processor looks ahead by little more than one stage of a
//! pass. So two groups of values go through the stages side by side, one of them a stage or two behind the other: what waits
//! for a result stands beside what does not. The compiler would put such an order back into that of the groups, and
//! [`two_butterflies`] keeps it.

use super::{
    forward::{Constants, Entry, Origin},
    tables::Twiddle,
};
use core::arch::x86_64::__m512i;

/// A butterfly of `$v` and one of `$u`, as [`butterfly`] does them, operation by operation in turn.
macro_rules! two_butterflies {
    ($c:ident, $v:ident, $i:literal, $j:literal, $w:expr, $q:expr,
     $u:ident, $k:literal, $l:literal, $w2:expr, $q2:expr) => {{
        let (mut x, mut y, mut x2, mut y2) = ($v[$i], $v[$j], $u[$k], $u[$l]);
        #[expect(unsafe_code, reason = "an order of instructions that intrinsics do not fix")]
        // SAFETY: works on registers only, with instructions that the enclosing function is compiled for.
        unsafe {
            core::arch::asm!(
                "vmovdqa64 {t}, {unit}",
                "vmovdqa64 {t2}, {unit}",
                "vpmadd52huq {t}, {y}, {q}",
                "vpmadd52huq {t2}, {y2}, {q2}",
                "vpaddq {d}, {x}, {x}",
                "vpaddq {d2}, {x2}, {x2}",
                "vpmadd52luq {x}, {y}, {w}",
                "vpmadd52luq {x2}, {y2}, {w2}",
                "vpmadd52luq {x}, {t}, {minus_p}",
                "vpmadd52luq {x2}, {t2}, {minus_p}",
                "vpsubq {y}, {d}, {x}",
                "vpsubq {y2}, {d2}, {x2}",
                x = inout(zmm_reg) x,
                y = inout(zmm_reg) y,
                x2 = inout(zmm_reg) x2,
                y2 = inout(zmm_reg) y2,
                t = out(zmm_reg) _,
                d = out(zmm_reg) _,
                t2 = out(zmm_reg) _,
                d2 = out(zmm_reg) _,
                w = in(zmm_reg) $w,
                q = in(zmm_reg) $q,
                w2 = in(zmm_reg) $w2,
                q2 = in(zmm_reg) $q2,
                unit = in(zmm_reg) $c.unit,
                minus_p = in(zmm_reg) $c.minus_p,
                options(nomem, nostack, preserves_flags),
            );
        }
        ($v[$i], $v[$j], $u[$k], $u[$l]) = (x, y, x2, y2);
    }};
}

/// A pass of radix 8 over `block`, an even number of vectors for each of its eight parts. Its operands are those of `block`,
/// or those of `origin`, for which `entry` does not count.
#[target_feature(enable = "avx512f,avx512ifma")]
pub(super) fn pass_8(
    c: &Constants,
    block: &mut [[u64; 8]],
    origin: Option<Origin<'_>>,
    entry: Entry,
    tw: &[Twiddle],
) {
    let (w, q): ([__m512i; 7], [__m512i; 7]) =
        (core::array::from_fn(|i| splat!(tw[i].value)), core::array::from_fn(|i| splat!(tw[i].quotient)));
    let (eighths, centring) = origin.unwrap_or_default().parts();
    parts!(block => length, b0, b1, b2, b3, b4, b5, b6, b7; 8);
    macro_rules! fetch {
        ($lifted:literal, $entry:expr, $i:expr) => {{
            let i = $i;
            let mut v = if $lifted {
                lifted_8!(eighths, centring, i)
            } else {
                load_8!(i; b0, b1, b2, b3, b4, b5, b6, b7)
            };
            enter!(true, $entry, c, v, 4);
            v
        }};
    }
    macro_rules! put {
        ($i:expr, $v:ident) => {{
            let i = $i;
            store!(&mut b0[i], $v[0]);
            store!(&mut b1[i], $v[1]);
            store!(&mut b2[i], $v[2]);
            store!(&mut b3[i], $v[3]);
            store!(&mut b4[i], $v[4]);
            store!(&mut b5[i], $v[5]);
            store!(&mut b6[i], $v[6]);
            store!(&mut b7[i], $v[7]);
        }};
    }
    macro_rules! run {
        ($lifted:literal, $entry:expr) => {{
            let mut a = fetch!($lifted, $entry, 0);
            butterfly!(true, c, a, 0, 4, w[0], q[0]);
            butterfly!(true, c, a, 1, 5, w[0], q[0]);
            butterfly!(true, c, a, 2, 6, w[0], q[0]);
            butterfly!(true, c, a, 3, 7, w[0], q[0]);
            let mut i = 0;
            loop {
                let mut b = fetch!($lifted, $entry, i + 1);
                two_butterflies!(c, a, 0, 2, w[1], q[1], b, 0, 4, w[0], q[0]);
                two_butterflies!(c, a, 1, 3, w[1], q[1], b, 1, 5, w[0], q[0]);
                two_butterflies!(c, a, 4, 6, w[2], q[2], b, 2, 6, w[0], q[0]);
                two_butterflies!(c, a, 5, 7, w[2], q[2], b, 3, 7, w[0], q[0]);
                two_butterflies!(c, a, 0, 1, w[3], q[3], b, 0, 2, w[1], q[1]);
                two_butterflies!(c, a, 2, 3, w[4], q[4], b, 1, 3, w[1], q[1]);
                two_butterflies!(c, a, 4, 5, w[5], q[5], b, 4, 6, w[2], q[2]);
                two_butterflies!(c, a, 6, 7, w[6], q[6], b, 5, 7, w[2], q[2]);
                put!(i, a);
                i += 2;
                if i >= length {
                    butterfly!(true, c, b, 0, 1, w[3], q[3]);
                    butterfly!(true, c, b, 2, 3, w[4], q[4]);
                    butterfly!(true, c, b, 4, 5, w[5], q[5]);
                    butterfly!(true, c, b, 6, 7, w[6], q[6]);
                    put!(i - 1, b);
                    break;
                }
                a = fetch!($lifted, $entry, i);
                two_butterflies!(c, b, 0, 1, w[3], q[3], a, 0, 4, w[0], q[0]);
                two_butterflies!(c, b, 2, 3, w[4], q[4], a, 1, 5, w[0], q[0]);
                two_butterflies!(c, b, 4, 5, w[5], q[5], a, 2, 6, w[0], q[0]);
                two_butterflies!(c, b, 6, 7, w[6], q[6], a, 3, 7, w[0], q[0]);
                put!(i - 1, b);
            }
        }};
    }
    match (origin, entry) {
        (Some(_), _) if centring.canonical => run!(true, Entry::Canonical),
        (Some(_), _) => run!(true, Entry::Full),
        (None, Entry::Free | Entry::Late) => run!(false, Entry::Free),
        (None, Entry::Canonical) => run!(false, Entry::Canonical),
        (None, Entry::Full) => run!(false, Entry::Full),
    }
}

/// A pass of radix 4 over `block`.
#[target_feature(enable = "avx512f,avx512ifma")]
pub(super) fn pass_4(c: &Constants, block: &mut [[u64; 8]], entry: Entry, tw: &[Twiddle]) {
    let (w, q): ([__m512i; 3], [__m512i; 3]) =
        (core::array::from_fn(|i| splat!(tw[i].value)), core::array::from_fn(|i| splat!(tw[i].quotient)));
    parts!(block => length, b0, b1, b2, b3; 4);
    macro_rules! fetch {
        ($entry:expr, $i:expr) => {{
            let i = $i;
            let mut v = [load!(&b0[i]), load!(&b1[i]), load!(&b2[i]), load!(&b3[i])];
            enter!(true, $entry, c, v, 2);
            v
        }};
    }
    macro_rules! put {
        ($i:expr, $v:ident) => {{
            let i = $i;
            store!(&mut b0[i], $v[0]);
            store!(&mut b1[i], $v[1]);
            store!(&mut b2[i], $v[2]);
            store!(&mut b3[i], $v[3]);
        }};
    }
    macro_rules! between {
        ($entry:expr, $v:ident) => {
            if $entry == Entry::Late {
                $v[0] = reduce_to_offset!(c, $v[0]);
                $v[2] = reduce_to_offset!(c, $v[2]);
            }
        };
    }
    macro_rules! run {
        ($entry:expr) => {{
            let mut a = fetch!($entry, 0);
            butterfly!(true, c, a, 0, 2, w[0], q[0]);
            butterfly!(true, c, a, 1, 3, w[0], q[0]);
            for i in 1..length {
                let mut b = fetch!($entry, i);
                between!($entry, a);
                two_butterflies!(c, a, 0, 1, w[1], q[1], b, 0, 2, w[0], q[0]);
                two_butterflies!(c, a, 2, 3, w[2], q[2], b, 1, 3, w[0], q[0]);
                put!(i - 1, a);
                a = b;
            }
            between!($entry, a);
            butterfly!(true, c, a, 0, 1, w[1], q[1]);
            butterfly!(true, c, a, 2, 3, w[2], q[2]);
            put!(length - 1, a);
        }};
    }
    match entry {
        Entry::Free => run!(Entry::Free),
        Entry::Canonical => run!(Entry::Canonical),
        Entry::Full => run!(Entry::Full),
        Entry::Late => run!(Entry::Late),
    }
}
