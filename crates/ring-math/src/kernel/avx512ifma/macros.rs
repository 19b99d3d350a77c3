//! Building blocks of the loops. Macros, because helper functions with `#[target_feature]` are not always inlined.

/// Eight words as a vector.
macro_rules! load {
    ($words:expr) => {
        bytemuck::must_cast::<[u64; 8], core::arch::x86_64::__m512i>(*$words)
    };
}

/// Writes a vector to eight words.
macro_rules! store {
    ($words:expr, $vector:expr) => {
        *$words = bytemuck::must_cast::<core::arch::x86_64::__m512i, [u64; 8]>($vector)
    };
}

/// One word in every lane.
macro_rules! splat {
    ($word:expr) => {
        core::arch::x86_64::_mm512_set1_epi64(($word) as i64)
    };
}

macro_rules! zero {
    () => {
        core::arch::x86_64::_mm512_setzero_si512()
    };
}

macro_rules! add {
    ($a:expr, $b:expr) => {
        core::arch::x86_64::_mm512_add_epi64($a, $b)
    };
}

macro_rules! sub {
    ($a:expr, $b:expr) => {
        core::arch::x86_64::_mm512_sub_epi64($a, $b)
    };
}

/// acc + low52(a * b).
macro_rules! mul_low {
    ($acc:expr, $a:expr, $b:expr) => {
        core::arch::x86_64::_mm512_madd52lo_epu64($acc, $a, $b)
    };
}

/// acc + high52(a * b).
macro_rules! mul_high {
    ($acc:expr, $a:expr, $b:expr) => {
        core::arch::x86_64::_mm512_madd52hi_epu64($acc, $a, $b)
    };
}

/// x mod-ish: x - m where that is not negative, else x, for x in [0, 2m); also x + m for x in [-m, 0) when `m` is
/// given negated.
macro_rules! fold {
    ($x:expr, $m:expr) => {{
        let x = $x;
        core::arch::x86_64::_mm512_min_epu64(x, sub!(x, $m))
    }};
}

/// As [`fold`] for [0, 2m), off the multipliers' ports: twice the operations, but a minimum or a comparison keeps a multiplier
/// waiting (on Zen 4) and these do not. For loops that do little but multiply.
macro_rules! fold_beside_multipliers {
    ($x:expr, $m:expr) => {{
        let (x, m) = ($x, $m);
        let folded: core::arch::x86_64::__m512i;
        #[expect(unsafe_code, reason = "the compiler makes a comparison of the same operations as intrinsics")]
        // SAFETY: works on registers only, with instructions that the enclosing function is compiled for.
        unsafe {
            core::arch::asm!(
                "vpsubq {d}, {x}, {m}",
                "vpsraq {sign}, {d}, 63",
                "vpandq {sign}, {sign}, {m}",
                "vpaddq {d}, {d}, {sign}",
                x = in(zmm_reg) x,
                m = in(zmm_reg) m,
                d = out(zmm_reg) folded,
                sign = out(zmm_reg) _,
                options(pure, nomem, nostack, preserves_flags),
            );
        }
        folded
    }};
}

/// From (-p, p) to [0, p): a negative word is a huge unsigned one.
macro_rules! unsign {
    ($x:expr, $p:expr) => {{
        let x = $x;
        core::arch::x86_64::_mm512_min_epu64(x, add!(x, $p))
    }};
}

/// As [`unsign`], off the multipliers' ports: see [`fold_beside_multipliers`].
macro_rules! unsign_beside_multipliers {
    ($x:expr, $p:expr) => {{
        let (x, p) = ($x, $p);
        let unsigned: core::arch::x86_64::__m512i;
        #[expect(unsafe_code, reason = "the compiler makes a comparison of the same operations as intrinsics")]
        // SAFETY: works on registers only, with instructions that the enclosing function is compiled for.
        unsafe {
            core::arch::asm!(
                "vpsraq {u}, {x}, 63",
                "vpandq {u}, {u}, {p}",
                "vpaddq {u}, {u}, {x}",
                x = in(zmm_reg) x,
                p = in(zmm_reg) p,
                u = out(zmm_reg) unsigned,
                options(pure, nomem, nostack, preserves_flags),
            );
        }
        unsigned
    }};
}

/// acc + y * w mod p, with the product in (-p, p), for y in [0, 2^52) and the prepared constant (w, wq).
macro_rules! montgomery {
    ($acc:expr, $y:expr, $w:expr, $wq:expr, $p:expr) => {
        montgomery!($acc, $y, $w, $wq, $p, zero!())
    };
    ($acc:expr, $y:expr, $w:expr, $wq:expr, $p:expr, $zero:expr) => {{
        let y = $y;
        let m = mul_low!($zero, y, $wq);
        sub!(mul_high!($acc, y, $w), mul_high!($zero, m, $p))
    }};
}

/// x + (y * w mod p), with the product in [-p, p), correct in the low 52 bits, for y in [0, 2^52) and Shoup's constants
/// (w, floor(w * 2^52 / p)): the quotient is at most one too small (Harvey, 2014), and one is added to it for free.
macro_rules! shoup {
    ($c:ident, $x:expr, $y:expr, $w:expr, $wq:expr) => {{
        let y = $y;
        let quotient = mul_high!($c.unit, y, $wq);
        mul_low!(mul_low!($x, y, $w), quotient, $c.minus_p)
    }};
}

/// w from its companion floor(w * 2^52 / p) = (w * 2^52 - rest) / p with 0 < rest < p: the high half of companion * p is
/// w - 1, exactly.
macro_rules! factor_of_companion {
    ($c:ident, $companion:expr) => {
        mul_high!($c.unit, $companion, $c.p)
    };
}

/// The word of a twiddle's pair that tables leave out: the factor from Shoup's companion (lazy), Montgomery's companion
/// from the factor (strict).
macro_rules! other_of_pair {
    ($lazy:expr, $c:ident, $stored:expr) => {
        if $lazy { factor_of_companion!($c, $stored) } else { mul_low!($c.zero, $stored, $c.inverse) }
    };
}

/// x - quotient * p, correct in the low 52 bits.
macro_rules! subtract_multiple {
    ($c:ident, $x:expr, $quotient:expr) => {
        mul_low!($x, $quotient, $c.minus_p)
    };
}

/// From [0, 2kp), with noise above the 52nd bit, to [0, p) and clean. The quotient is exact, so that nothing is left to
/// fold: with b the bits of p and m = ceil(2^(52+b) / p), floor(x m / 2^(52+b)) = floor(x / p) for every x < 2^52 (Granlund
/// and Montgomery, 1994). m has 53 bits; its top bit is the accumulator.
macro_rules! canonical {
    ($c:ident, $x:expr) => {{
        use core::arch::x86_64::_mm512_and_si512;
        let x = $x;
        let quotient = _mm512_and_si512(mul_high!(x, x, $c.exact), $c.quotient_mask);
        _mm512_and_si512(sub!(x, mul_high!($c.zero, quotient, $c.aligned_p)), $c.mask)
    }};
}

/// Splits a block of vectors into equal parts and names their common length.
macro_rules! parts {
    ($block:expr => $length:ident, $($part:ident),+; $radix:literal) => {
        let $length = $block.len() / $radix;
        let mut rest = $block;
        $(
            let ($part, after) = rest.split_at_mut($length);
            rest = after;
        )+
        let _ = rest;
    };
}

/// What a residue becomes by a [`super::convert::Centring`].
macro_rules! centred {
    ($x:expr, $centring:expr) => {{
        use core::arch::x86_64::{_mm512_cmpgt_epu64_mask, _mm512_mask_add_epi64};
        let x = $x;
        _mm512_mask_add_epi64(
            x,
            _mm512_cmpgt_epu64_mask(x, splat!($centring.half)),
            x,
            splat!($centring.shift),
        )
    }};
}

/// Vector number `$i` of each of eight parts.
macro_rules! load_8 {
    ($i:expr; $($part:ident),+) => {
        [$(load!(&$part[$i])),+]
    };
}

/// As [`load_8`], centred.
macro_rules! lifted_8 {
    ($parts:ident, $centring:expr, $i:expr) => {
        core::array::from_fn::<core::arch::x86_64::__m512i, 8, _>(|k| {
            centred!(load!(&$parts[k][$i]), $centring)
        })
    };
}

/// Asks for the `count` cache lines that start `ahead` elements after the start of `lines`; no address can fault.
macro_rules! prefetch {
    ($lines:expr, $ahead:expr, $count:expr) => {{
        use core::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
        let start = $lines.as_ptr().wrapping_add($ahead);
        for k in 0..$count {
            _mm_prefetch::<_MM_HINT_T0>(start.wrapping_add(k).cast());
        }
    }};
}

/// As [`prefetch`], into the second-level cache only.
macro_rules! prefetch_near {
    ($lines:expr, $ahead:expr, $count:expr) => {{
        use core::arch::x86_64::{_MM_HINT_T1, _mm_prefetch};
        let start = $lines.as_ptr().wrapping_add($ahead);
        for k in 0..$count {
            _mm_prefetch::<_MM_HINT_T1>(start.wrapping_add(k).cast());
        }
    }};
}

/// Twelve steps of one block woven with the transposition of another, two shuffles a step, each vector of `$v` going
/// through `$first` beforehand: multiplications and shuffles have ports of their own, but run at the same time only where
/// they stand side by side.
macro_rules! weave_transpose {
    ($v:ident, $first:ident, [$($step:stmt;)+]) => {
        weave_transpose!(@ $v, $first, $($step;)+);
    };
    (@ $v:ident, $first:ident, $s1:stmt; $s2:stmt; $s3:stmt; $s4:stmt; $s5:stmt; $s6:stmt; $s7:stmt; $s8:stmt; $s9:stmt;
     $s10:stmt; $s11:stmt; $s12:stmt;) => {{
        use core::arch::x86_64::{_mm512_shuffle_i64x2, _mm512_unpackhi_epi64, _mm512_unpacklo_epi64};
        let (a, b) = ($first!($v[0]), $first!($v[1]));
        let (t0, t1) = (_mm512_unpacklo_epi64(a, b), _mm512_unpackhi_epi64(a, b));
        $s1
        let (a, b) = ($first!($v[2]), $first!($v[3]));
        let (t2, t3) = (_mm512_unpacklo_epi64(a, b), _mm512_unpackhi_epi64(a, b));
        $s2
        let (a, b) = ($first!($v[4]), $first!($v[5]));
        let (t4, t5) = (_mm512_unpacklo_epi64(a, b), _mm512_unpackhi_epi64(a, b));
        $s3
        let (a, b) = ($first!($v[6]), $first!($v[7]));
        let (t6, t7) = (_mm512_unpacklo_epi64(a, b), _mm512_unpackhi_epi64(a, b));
        $s4
        // 0x88 takes 128-bit lanes 0 and 2 of both operands, 0xDD lanes 1 and 3.
        let (s0, s1) = (_mm512_shuffle_i64x2::<0x88>(t0, t2), _mm512_shuffle_i64x2::<0x88>(t4, t6));
        $s5
        let (s2, s3) = (_mm512_shuffle_i64x2::<0xDD>(t0, t2), _mm512_shuffle_i64x2::<0xDD>(t4, t6));
        $s6
        let (s4, s5) = (_mm512_shuffle_i64x2::<0x88>(t1, t3), _mm512_shuffle_i64x2::<0x88>(t5, t7));
        $s7
        let (s6, s7) = (_mm512_shuffle_i64x2::<0xDD>(t1, t3), _mm512_shuffle_i64x2::<0xDD>(t5, t7));
        $s8
        ($v[0], $v[4]) = (_mm512_shuffle_i64x2::<0x88>(s0, s1), _mm512_shuffle_i64x2::<0xDD>(s0, s1));
        $s9
        ($v[2], $v[6]) = (_mm512_shuffle_i64x2::<0x88>(s2, s3), _mm512_shuffle_i64x2::<0xDD>(s2, s3));
        $s10
        ($v[1], $v[5]) = (_mm512_shuffle_i64x2::<0x88>(s4, s5), _mm512_shuffle_i64x2::<0xDD>(s4, s5));
        $s11
        ($v[3], $v[7]) = (_mm512_shuffle_i64x2::<0x88>(s6, s7), _mm512_shuffle_i64x2::<0xDD>(s6, s7));
        $s12
    }};
}

/// The identity, for [`weave_transpose`].
macro_rules! unchanged {
    ($x:expr) => {
        $x
    };
}

/// Transposes eight vectors of eight words; its own inverse.
macro_rules! transpose {
    ($v:ident) => {
        weave_transpose!($v, unchanged, [(); (); (); (); (); (); (); (); (); (); (); ();])
    };
}

/// (x, y) -> (x + w y, x - w y). Lazy: both grow by p on either side, and bits above the 52nd are noise. Strict: [0, 4p)
/// to [0, 4p), clean.
macro_rules! butterfly {
    ($lazy:expr, $c:ident, $v:ident, $i:literal, $j:literal, $w:expr, $wq:expr) => {{
        let (x, y) = ($v[$i], $v[$j]);
        if $lazy {
            let sum = shoup!($c, x, y, $w, $wq);
            $v[$j] = sub!(add!(x, x), sum);
            $v[$i] = sum;
        } else {
            let t = montgomery!($c.p, y, $w, $wq, $c.p, $c.zero); // in (0, 2p)
            let x = fold!(x, $c.two_p);
            $v[$j] = sub!(add!(x, $c.two_p), t);
            $v[$i] = add!(x, t);
        }
    }};
}

/// From (0, 2^52), with noise above, to within p of the offset.
macro_rules! reduce_to_offset {
    ($c:ident, $x:expr) => {{
        let x = $x;
        subtract_multiple!($c, x, mul_high!($c.offset_quotient, x, $c.reciprocal))
    }};
}

/// Applies the entry rule to the operands of the first stage that are not multiplied.
macro_rules! enter {
    ($lazy:expr, $entry:expr, $c:ident, $v:ident, $count:literal) => {
        if $lazy {
            for x in &mut $v[..$count] {
                match $entry {
                    Entry::Free | Entry::Late => {}
                    Entry::Canonical => *x = add!(*x, $c.offset),
                    Entry::Full => *x = reduce_to_offset!($c, *x),
                }
            }
        }
    };
}

/// The products of the quotients `$e` and the correction factor, from a table of eight or of sixteen.
macro_rules! look_up {
    ($row:expr, $e:expr, $eight:expr) => {{
        use core::arch::x86_64::{_mm512_permutex2var_epi64, _mm512_permutexvar_epi64};
        let [first, second] = $row.corrections;
        if $eight {
            _mm512_permutexvar_epi64($e, load!(first))
        } else {
            _mm512_permutex2var_epi64(load!(first), $e, load!(second))
        }
    }};
}

/// (low + 2^52 * high) / 2^52 mod p, high having started at p and the sum lying below 2^folds * p, to [0, p).
macro_rules! reduce_row {
    ($folds:expr, $q:expr, $low:expr, $high:expr, $p:ident, $inverse:ident) => {{
        let low = $low;
        let carried = add!($high, core::arch::x86_64::_mm512_srli_epi64::<52>(low));
        let m = mul_low!(zero!(), low, $inverse);
        let mut x = sub!(carried, mul_high!(zero!(), m, $p));
        for shift in (0..$folds).rev() {
            x = fold_beside_multipliers!(x, splat!($q.value() << shift));
        }
        x
    }};
}
