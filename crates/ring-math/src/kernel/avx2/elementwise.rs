//! Loops that treat each word by itself.

use std::arch::x86_64::{
    __m256d, __m256i, _mm256_add_epi64, _mm256_add_pd, _mm256_blendv_pd, _mm256_castpd_si256,
    _mm256_castsi256_pd, _mm256_fmadd_pd, _mm256_fmsub_pd, _mm256_fnmadd_pd, _mm256_mul_pd, _mm256_or_pd,
    _mm256_permutevar8x32_epi32, _mm256_set1_epi64x, _mm256_set1_pd, _mm256_setzero_si256, _mm256_sub_epi64,
    _mm256_sub_pd, _mm256_xor_pd,
};

use super::lanes::{Field, centred, from_words, load, product, product_plus, reduce, store, to_words};
use crate::modulus::{Modulus, PreparedScalar};

/// Operations of two canonical operands.
#[derive(Clone, Copy)]
pub(super) enum Binary {
    /// a + b
    Add,
    /// a - b
    Sub,
    /// a b
    Mul,
}

/// Operations of two canonical operands and a constant.
#[derive(Clone, Copy)]
pub(super) enum ByScalar {
    /// a + b c
    Add,
    /// (a - b) c
    SubMul,
}

/// x + y, less p unless that is negative.
macro_rules! add {
    ($p:ident, $x:expr, $y:expr) => {{
        let sum = _mm256_add_epi64(_mm256_castpd_si256($x), _mm256_castpd_si256($y));
        let less = _mm256_castsi256_pd(_mm256_sub_epi64(sum, $p));
        _mm256_blendv_pd(less, _mm256_castsi256_pd(sum), less)
    }};
}

/// x - y, plus p when that is negative.
macro_rules! sub {
    ($p:ident, $x:expr, $y:expr) => {{
        let difference = _mm256_sub_epi64($x, $y);
        let more = _mm256_castsi256_pd(_mm256_add_epi64(difference, $p));
        let difference = _mm256_castsi256_pd(difference);
        _mm256_blendv_pd(difference, more, difference)
    }};
}

macro_rules! mul {
    ($f:ident, $x:expr, $y:expr) => {
        to_words!($f, product!($f, from_words!($f, $x), from_words!($f, $y)))
    };
}

/// (x - y) c; the two exponents cancel in the difference.
macro_rules! sub_mul {
    ($f:ident, $x:expr, $y:expr, $c:ident) => {{
        let difference = _mm256_sub_pd(_mm256_or_pd($x, $f.two52), _mm256_or_pd($y, $f.two52));
        to_words!($f, product!($f, difference, $c))
    }};
}

/// Four words at a time: `$o` = `$body` for vectors `$x` and `$y` of `$a` and `$b`.
macro_rules! zip_into {
    ($out:ident, $a:ident, $b:ident, |$x:ident, $y:ident| $body:expr) => {{
        let (out, a, b) = ($out.as_chunks_mut::<4>().0, $a.as_chunks::<4>().0, $b.as_chunks::<4>().0);
        for ((o, x), y) in out.iter_mut().zip(a).zip(b) {
            let ($x, $y) = (load(x), load(y));
            store(o, $body);
        }
    }};
}

/// As `zip_into!`, in place of the first operand.
macro_rules! zip_assign {
    ($a:ident, $b:ident, |$x:ident, $y:ident| $body:expr) => {{
        for (o, y) in $a.as_chunks_mut::<4>().0.iter_mut().zip($b.as_chunks::<4>().0) {
            let ($x, $y) = (load(o), load(y));
            store(o, $body);
        }
    }};
}

/// out = a op b.
#[target_feature(enable = "avx2,fma")]
pub(super) fn binary(op: Binary, q: &Modulus, out: &mut [u64], [a, b]: [&[u64]; 2]) {
    let f = Field::new(q);
    let p = _mm256_set1_epi64x(q.value() as i64);
    match op {
        Binary::Add => zip_into!(out, a, b, |x, y| add!(p, x, y)),
        Binary::Sub => {
            zip_into!(out, a, b, |x, y| sub!(p, _mm256_castpd_si256(x), _mm256_castpd_si256(y)));
        }
        Binary::Mul => zip_into!(out, a, b, |x, y| mul!(f, x, y)),
    }
}

/// a = a op b.
#[target_feature(enable = "avx2,fma")]
pub(super) fn binary_assign(op: Binary, q: &Modulus, a: &mut [u64], b: &[u64]) {
    let f = Field::new(q);
    let p = _mm256_set1_epi64x(q.value() as i64);
    match op {
        Binary::Add => zip_assign!(a, b, |x, y| add!(p, x, y)),
        Binary::Sub => zip_assign!(a, b, |x, y| sub!(p, _mm256_castpd_si256(x), _mm256_castpd_si256(y))),
        Binary::Mul => zip_assign!(a, b, |x, y| mul!(f, x, y)),
    }
}

/// a = -a.
#[target_feature(enable = "avx2,fma")]
pub(super) fn neg_assign(q: &Modulus, a: &mut [u64]) {
    let p = _mm256_set1_epi64x(q.value() as i64);
    for x in a.as_chunks_mut::<4>().0 {
        store(x, sub!(p, _mm256_setzero_si256(), _mm256_castpd_si256(load(x))));
    }
}

/// acc += a b.
#[target_feature(enable = "avx2,fma")]
pub(super) fn mul_add_assign(q: &Modulus, acc: &mut [u64], a: &[u64], b: &[u64]) {
    let f = Field::new(q);
    let (acc, a, b) = (acc.as_chunks_mut::<4>().0, a.as_chunks::<4>().0, b.as_chunks::<4>().0);
    for ((s, x), y) in acc.iter_mut().zip(a).zip(b) {
        let (x, y) = (from_words!(f, load(x)), from_words!(f, load(y)));
        let r = product_plus!(f, x, y, from_words!(f, load(s)));
        store(s, to_words!(f, r));
    }
}

/// a *= c, for words below 2^52.
#[target_feature(enable = "avx2,fma")]
pub(super) fn mul_scalar_assign(q: &Modulus, a: &mut [u64], c: &PreparedScalar) {
    let f = Field::new(q);
    let c = _mm256_set1_pd(centred(q, c.value));
    for x in a.as_chunks_mut::<4>().0 {
        let r = product!(f, from_words!(f, load(x)), c);
        store(x, to_words!(f, r));
    }
}

/// a = a + b c or (a - b) c.
#[target_feature(enable = "avx2,fma")]
pub(super) fn by_scalar(op: ByScalar, q: &Modulus, a: &mut [u64], b: &[u64], c: &PreparedScalar) {
    let f = Field::new(q);
    let c = _mm256_set1_pd(centred(q, c.value));
    match op {
        ByScalar::Add => zip_assign!(a, b, |x, y| {
            to_words!(f, product_plus!(f, from_words!(f, y), c, from_words!(f, x)))
        }),
        ByScalar::SubMul => zip_assign!(a, b, |x, y| sub_mul!(f, x, y, c)),
    }
}

/// out = (a - b) c.
#[target_feature(enable = "avx2,fma")]
pub(super) fn sub_mul_scalar_into(q: &Modulus, out: &mut [u64], a: &[u64], b: &[u64], c: &PreparedScalar) {
    let f = Field::new(q);
    let c = _mm256_set1_pd(centred(q, c.value));
    zip_into!(out, a, b, |x, y| sub_mul!(f, x, y, c));
}

/// out = a, lifted from [0, from) to (-from/2, from/2) and reduced modulo q.
#[target_feature(enable = "avx2,fma")]
pub(super) fn lift_centred(q: &Modulus, from: &Modulus, out: &mut [u64], a: &[u64]) {
    let f = Field::new(q);
    let zero = _mm256_set1_pd(0.0);
    let half = _mm256_set1_pd((from.value() / 2) as f64);
    let from = _mm256_set1_pd(from.value() as f64);
    for (o, x) in out.as_chunks_mut::<4>().0.iter_mut().zip(a.as_chunks::<4>().0) {
        let x = from_words!(f, load(x));
        let wrap = _mm256_blendv_pd(zero, from, _mm256_sub_pd(half, x));
        // At most 2^49 in size, so the quotient by p >= 3 is off by less than 1/2 + 2^-4.
        let r = reduce!(f, _mm256_sub_pd(x, wrap));
        store(o, to_words!(f, r));
    }
}

/// Selects 64-bit lanes from a block of eight: positions within each half as pairs of 32-bit lanes, and a sign bit
/// where the upper half is meant.
#[derive(Clone, Copy)]
struct Selector {
    lanes: __m256i,
    upper: __m256d,
}

#[target_feature(enable = "avx2")]
fn selector(lanes: &[u64; 4]) -> Selector {
    let pair = |lane: u64| (2 * (lane & 3)) | ((2 * (lane & 3) + 1) << 32);
    Selector {
        lanes: bytemuck::must_cast(lanes.map(pair)),
        upper: bytemuck::must_cast(lanes.map(|lane| lane << 61)),
    }
}

/// See [`super::KernelOps::permute_blocks`].
#[target_feature(enable = "avx2")]
pub(super) fn permute_blocks(out: &mut [u64], a: &[u64], map: &[u32], patterns: &[[u64; 8]; 8]) {
    let mut selectors = [[selector(&[0; 4]); 2]; 8];
    for (pair, pattern) in selectors.iter_mut().zip(patterns) {
        for (s, lanes) in pair.iter_mut().zip(pattern.as_chunks::<4>().0) {
            *s = selector(lanes);
        }
    }
    let (blocks, sources) = (out.as_chunks_mut::<8>().0, a.as_chunks::<8>().0);
    for (block, &entry) in blocks.iter_mut().zip(map) {
        let [low, high] = sources[(entry >> 3) as usize].as_chunks::<4>().0 else { return };
        let (low, high) = (_mm256_castpd_si256(load(low)), _mm256_castpd_si256(load(high)));
        for (o, s) in block.as_chunks_mut::<4>().0.iter_mut().zip(&selectors[(entry & 7) as usize]) {
            let from_low = _mm256_castsi256_pd(_mm256_permutevar8x32_epi32(low, s.lanes));
            let from_high = _mm256_castsi256_pd(_mm256_permutevar8x32_epi32(high, s.lanes));
            store(o, _mm256_blendv_pd(from_low, from_high, s.upper));
        }
    }
}
