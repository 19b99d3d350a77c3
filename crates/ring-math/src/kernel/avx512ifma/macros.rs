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

/// From (-p, p) to [0, p): a negative word is a huge unsigned one.
macro_rules! unsign {
    ($x:expr, $p:expr) => {{
        let x = $x;
        core::arch::x86_64::_mm512_min_epu64(x, add!(x, $p))
    }};
}

/// acc + y * w mod p, with the product in (-p, p), for y in [0, 2^52) and the prepared constant (w, wq).
macro_rules! montgomery {
    ($acc:expr, $y:expr, $w:expr, $wq:expr, $p:expr) => {{
        let y = $y;
        let m = mul_low!(zero!(), y, $wq);
        sub!(mul_high!($acc, y, $w), mul_high!(zero!(), m, $p))
    }};
}

/// Transposes eight vectors of eight words; its own inverse.
macro_rules! transpose {
    ($v:ident) => {{
        use core::arch::x86_64::{_mm512_shuffle_i64x2, _mm512_unpackhi_epi64, _mm512_unpacklo_epi64};
        let t0 = _mm512_unpacklo_epi64($v[0], $v[1]);
        let t1 = _mm512_unpackhi_epi64($v[0], $v[1]);
        let t2 = _mm512_unpacklo_epi64($v[2], $v[3]);
        let t3 = _mm512_unpackhi_epi64($v[2], $v[3]);
        let t4 = _mm512_unpacklo_epi64($v[4], $v[5]);
        let t5 = _mm512_unpackhi_epi64($v[4], $v[5]);
        let t6 = _mm512_unpacklo_epi64($v[6], $v[7]);
        let t7 = _mm512_unpackhi_epi64($v[6], $v[7]);
        // 0x88 takes 128-bit lanes 0 and 2 of both operands, 0xDD lanes 1 and 3.
        let s0 = _mm512_shuffle_i64x2::<0x88>(t0, t2);
        let s1 = _mm512_shuffle_i64x2::<0x88>(t4, t6);
        let s2 = _mm512_shuffle_i64x2::<0xDD>(t0, t2);
        let s3 = _mm512_shuffle_i64x2::<0xDD>(t4, t6);
        let s4 = _mm512_shuffle_i64x2::<0x88>(t1, t3);
        let s5 = _mm512_shuffle_i64x2::<0x88>(t5, t7);
        let s6 = _mm512_shuffle_i64x2::<0xDD>(t1, t3);
        let s7 = _mm512_shuffle_i64x2::<0xDD>(t5, t7);
        $v[0] = _mm512_shuffle_i64x2::<0x88>(s0, s1);
        $v[4] = _mm512_shuffle_i64x2::<0xDD>(s0, s1);
        $v[2] = _mm512_shuffle_i64x2::<0x88>(s2, s3);
        $v[6] = _mm512_shuffle_i64x2::<0xDD>(s2, s3);
        $v[1] = _mm512_shuffle_i64x2::<0x88>(s4, s5);
        $v[5] = _mm512_shuffle_i64x2::<0xDD>(s4, s5);
        $v[3] = _mm512_shuffle_i64x2::<0x88>(s6, s7);
        $v[7] = _mm512_shuffle_i64x2::<0xDD>(s6, s7);
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
