//! Four residues at a time, as integers in double-precision floats.
//!
//! A residue modulo p < 2^50 is any integer of its class, held exactly in an f64. With `h = fl(y w)` and one fused
//! multiply-add, `l = y w - h` is exact, so a product is reduced by `q = round(h / p)` as `(h - q p) + l`.
//!
//! Bounds, used wherever a comment says "product" (`EPS` = 2^-53 is one rounding):
//! let |y| <= Y <= 2^52 and |w| <= (p - 1)/2. The computed h * (1/p) carries two relative roundings, hence differs
//! from y w / p by at most (Y/2) (2 EPS + EPS^2), and stays below 2^51 in size, where adding 1.5 * 2^52 rounds to an
//! integer and subtracting it again is exact. So |q - y w / p| <= 1/2 + Y EPS, and the result r = y w - q p obeys
//! |r| <= (1/2 + Y EPS) p, which is below p also at Y = 2^52 - 1, because (1 - 1/p)(1 + EPS) < 1. The intermediate
//! h - q p is an integer of size at most |r| + |l| <= p + 2^48 < 2^53, hence exact, and so is the last sum.
//! The same holds for y, w in [0, p): then y w / p < 2^50 and |r| <= (1/2 + 1/4) p.
//!
//! No value is ever -0: a sum is -0 only when both terms are, words come in as 2^52 + x - 2^52, and `l` and the
//! differences here are +0 when they vanish. `to_words!` relies on it: it looks at the sign bit.

use std::arch::x86_64::{__m256d, _mm256_set1_pd};

use crate::modulus::Modulus;

/// 2^52: a float of this exponent has the integer part above it in its low bits.
pub(super) const TWO_52: f64 = (1u64 << 52) as f64;

/// Adding 1.5 * 2^52 to a float below 2^51 in size rounds it to an integer.
const ROUND: f64 = 1.5 * TWO_52;

/// The constants of one prime, one copy per lane.
#[derive(Clone, Copy)]
pub(super) struct Field {
    /// p.
    pub(super) p: __m256d,
    /// 1/p, rounded.
    pub(super) inverse: __m256d,
    /// 1.5 * 2^52.
    pub(super) round: __m256d,
    /// 2^52.
    pub(super) two52: __m256d,
    /// 2^52 + p.
    pub(super) two52_plus_p: __m256d,
}

impl Field {
    #[inline]
    #[target_feature(enable = "avx2,fma")]
    pub(super) fn new(q: &Modulus) -> Self {
        let p = q.value() as f64;
        Self {
            p: _mm256_set1_pd(p),
            inverse: _mm256_set1_pd(1.0 / p),
            round: _mm256_set1_pd(ROUND),
            two52: _mm256_set1_pd(TWO_52),
            two52_plus_p: _mm256_set1_pd(TWO_52 + p),
        }
    }
}

/// A canonical residue as the representative in (-p/2, p/2).
#[inline]
pub(super) fn centred(q: &Modulus, w: u64) -> f64 {
    q.centre(w) as f64
}

/// Four words as they lie in memory; no conversion.
#[inline(always)]
pub(super) fn load(words: &[u64; 4]) -> __m256d {
    bytemuck::must_cast(*words)
}

/// Four table entries.
#[inline(always)]
pub(super) fn load_floats(floats: &[f64; 4]) -> __m256d {
    bytemuck::must_cast(*floats)
}

/// Four words back to memory; no conversion.
#[inline(always)]
pub(super) fn store(words: &mut [u64; 4], v: __m256d) {
    *words = bytemuck::must_cast(v);
}

/// Words below 2^52 to floats.
macro_rules! from_words {
    ($f:ident, $words:expr) => {
        _mm256_sub_pd(_mm256_or_pd($words, $f.two52), $f.two52)
    };
}

/// Floats in (-p, p) to canonical words: adds p where the sign is set.
macro_rules! to_words {
    ($f:ident, $r:expr) => {{
        let r = $r;
        let lift = _mm256_blendv_pd($f.two52, $f.two52_plus_p, r);
        _mm256_xor_pd(_mm256_add_pd(r, lift), $f.two52)
    }};
}

/// x - round(x / p) p for |x| <= 2^53: at most (1/2 + 2^-52 |x| / p) p in size.
macro_rules! reduce {
    ($f:ident, $x:expr) => {{
        let x = $x;
        let q = _mm256_sub_pd(_mm256_fmadd_pd(x, $f.inverse, $f.round), $f.round);
        _mm256_fnmadd_pd(q, $f.p, x)
    }};
}

/// The product bounded at the top of this file.
macro_rules! product {
    ($f:ident, $y:expr, $w:expr) => {{
        let (y, w) = ($y, $w);
        let h = _mm256_mul_pd(y, w);
        let l = _mm256_fmsub_pd(y, w, h);
        let q = _mm256_sub_pd(_mm256_fmadd_pd(h, $f.inverse, $f.round), $f.round);
        _mm256_add_pd(_mm256_fnmadd_pd(q, $f.p, h), l)
    }};
}

/// A factor w and its companion w/p.
macro_rules! twiddle {
    ($f:ident, $w:expr) => {{
        let w = $w;
        (w, _mm256_mul_pd(w, $f.inverse))
    }};
}

/// As `product!`, with a companion w/p for the quotient, which shortens the chain of dependent operations. The
/// companion carries two roundings and the quotient no other, so the bounds are the same.
macro_rules! product_with {
    ($f:ident, $y:expr, $w:expr) => {{
        let (y, (w, companion)) = ($y, $w);
        let h = _mm256_mul_pd(y, w);
        let q = _mm256_sub_pd(_mm256_fmadd_pd(y, companion, $f.round), $f.round);
        let l = _mm256_fmsub_pd(y, w, h);
        _mm256_add_pd(_mm256_fnmadd_pd(q, $f.p, h), l)
    }};
}

/// y w + s for 0 <= |s| <= p: the quotient is that of fl(h + s), one more rounding than in `product!`; for |y| <= p
/// and |w| <= p it is off by at most 1/2 + 3/8, so that the result stays below p in size.
macro_rules! product_plus {
    ($f:ident, $y:expr, $w:expr, $s:expr) => {{
        let (y, w, s) = ($y, $w, $s);
        let h = _mm256_mul_pd(y, w);
        let l = _mm256_add_pd(_mm256_fmsub_pd(y, w, h), s);
        let sum = _mm256_add_pd(h, s);
        let q = _mm256_sub_pd(_mm256_fmadd_pd(sum, $f.inverse, $f.round), $f.round);
        _mm256_add_pd(_mm256_fnmadd_pd(q, $f.p, h), l)
    }};
}

/// Rows to columns of a 4 x 4 matrix.
macro_rules! transpose {
    ($a:ident, $b:ident, $c:ident, $d:ident) => {
        let (ab0, ab1) = (_mm256_unpacklo_pd($a, $b), _mm256_unpackhi_pd($a, $b));
        let (cd0, cd1) = (_mm256_unpacklo_pd($c, $d), _mm256_unpackhi_pd($c, $d));
        $a = _mm256_permute2f128_pd::<0x20>(ab0, cd0);
        $b = _mm256_permute2f128_pd::<0x20>(ab1, cd1);
        $c = _mm256_permute2f128_pd::<0x31>(ab0, cd0);
        $d = _mm256_permute2f128_pd::<0x31>(ab1, cd1);
    };
}

pub(super) use {from_words, product, product_plus, product_with, reduce, to_words, transpose, twiddle};
