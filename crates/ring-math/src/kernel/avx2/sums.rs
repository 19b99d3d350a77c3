//! Sums of products with one reduction per group of terms.
//!
//! For products of s by b bits, groups of 2^t terms with t = min(6, (106 - s - b) / 2) and u = 53 - t: adding
//! 2^(52 + u) >= 2^(s + b) splits each product x y into a multiple d of 2^u and a remainder l of size at most
//! 2^(u - 1), both exact. The sum D of the d is a multiple of 2^u up to 2^(s + b + t) <= 2^(53 + u), the sum L of
//! the l at most 2^52 in size: both exact. D is reduced by a quotient that two roundings of relative size 2^-53 and
//! one to an integer put at most 1/2 + 2^-52 D/p off. With p >= 2^(b - 1) and s, b <= 50 that leaves at most
//! p/2 + 2^(s + b + t - 52) <= 2^49 + 2^51, for s + b + t is at most 103 under the rule for t. L, this rest, and a
//! residue of size below p carried from the group before sum to less than 2^53.

use std::arch::x86_64::{
    __m256d, _MM_FROUND_NO_EXC, _MM_FROUND_TO_NEAREST_INT, _mm_cvtsi64_si128, _mm256_add_epi64,
    _mm256_add_pd, _mm256_blendv_pd, _mm256_castpd_si256, _mm256_castsi256_pd, _mm256_fmadd_pd,
    _mm256_fmsub_pd, _mm256_fnmadd_pd, _mm256_mul_pd, _mm256_or_pd, _mm256_round_pd, _mm256_set1_epi64x,
    _mm256_set1_pd, _mm256_setzero_pd, _mm256_sll_epi64, _mm256_srl_epi64, _mm256_srli_epi64,
    _mm256_sub_epi64, _mm256_sub_pd, _mm256_xor_pd,
};

use super::{
    super::{ConvertRow, FRACTION_BITS, FractionScale, MAX_TERMS},
    lanes::{Field, TWO_52, centred, from_words, load, product, reduce, store, to_words},
};
use crate::modulus::{Modulus, VECTOR_MODULUS_BITS};

/// Rounding to the nearest integer, quietly.
const NEAREST: i32 = _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC;

/// How many terms are summed before a reduction, and where their products are split.
struct Grouping {
    terms: usize,
    /// 2^(52 + u).
    split: f64,
}

impl Grouping {
    fn new(bits_left: u32, bits_right: u32) -> Self {
        let t = ((2 * 53 - bits_left - bits_right) / 2).min(MAX_TERMS.ilog2());
        Self { terms: 1 << t, split: TWO_52 * (1u64 << (53 - t)) as f64 }
    }
}

/// Adds the product x y to the sums `$high` and `$low`.
macro_rules! accumulate {
    ($high:ident, $low:ident, $split:ident, $x:expr, $y:expr) => {
        let (x, y) = ($x, $y);
        let d = _mm256_sub_pd(_mm256_fmadd_pd(x, y, $split), $split);
        $high = _mm256_add_pd($high, d);
        $low = _mm256_add_pd($low, _mm256_fmsub_pd(x, y, d));
    };
}

/// Moves the reduced total of a group to `$low` and empties `$high`.
macro_rules! settle {
    ($f:ident, $high:ident, $low:ident) => {
        let quotient = _mm256_round_pd::<NEAREST>(_mm256_mul_pd($high, $f.inverse));
        let rest = _mm256_fnmadd_pd(quotient, $f.p, $high);
        $low = reduce!($f, _mm256_add_pd(rest, $low));
        $high = _mm256_setzero_pd();
    };
}

/// out = sum of a_j b_j.
#[target_feature(enable = "avx2,fma")]
pub(super) fn inner_product(q: &Modulus, out: &mut [u64], terms: &[(&[u64], &[u64])]) {
    let f = Field::new(q);
    let grouping = Grouping::new(q.bits(), q.bits());
    let split = _mm256_set1_pd(grouping.split);
    let zero = _mm256_setzero_pd();
    for (i, o) in out.as_chunks_mut::<8>().0.iter_mut().enumerate() {
        let [o0, o1] = o.as_chunks_mut::<4>().0 else { return };
        let (mut high0, mut high1, mut low0, mut low1) = (zero, zero, zero, zero);
        for group in terms.chunks(grouping.terms) {
            for (a, b) in group {
                let [a0, a1] = a.as_chunks::<8>().0[i].as_chunks::<4>().0 else { return };
                let [b0, b1] = b.as_chunks::<8>().0[i].as_chunks::<4>().0 else { return };
                accumulate!(high0, low0, split, from_words!(f, load(a0)), from_words!(f, load(b0)));
                accumulate!(high1, low1, split, from_words!(f, load(a1)), from_words!(f, load(b1)));
            }
            settle!(f, high0, low0);
            settle!(f, high1, low1);
        }
        store(o0, to_words!(f, low0));
        store(o1, to_words!(f, low1));
    }
}

/// out0 = sum of a_j b_j, out1 = sum of a_j c_j.
#[target_feature(enable = "avx2,fma")]
pub(super) fn inner_product_pair(
    q: &Modulus,
    out0: &mut [u64],
    out1: &mut [u64],
    terms: &[(&[u64], &[u64], &[u64])],
) {
    let f = Field::new(q);
    let grouping = Grouping::new(q.bits(), q.bits());
    let split = _mm256_set1_pd(grouping.split);
    let zero = _mm256_setzero_pd();
    let (out0, out1) = (out0.as_chunks_mut::<4>().0, out1.as_chunks_mut::<4>().0);
    for (i, (o0, o1)) in out0.iter_mut().zip(out1).enumerate() {
        let (mut high0, mut high1, mut low0, mut low1) = (zero, zero, zero, zero);
        for group in terms.chunks(grouping.terms) {
            for (a, b, c) in group {
                let digit = from_words!(f, load(&a.as_chunks::<4>().0[i]));
                let b = from_words!(f, load(&b.as_chunks::<4>().0[i]));
                let c = from_words!(f, load(&c.as_chunks::<4>().0[i]));
                accumulate!(high0, low0, split, digit, b);
                accumulate!(high1, low1, split, digit, c);
            }
            settle!(f, high0, low0);
            settle!(f, high1, low1);
        }
        store(o0, to_words!(f, low0));
        store(o1, to_words!(f, low1));
    }
}

/// See [`super::KernelOps::convert_row`]; the correction starts the first group, as if carried into it.
#[target_feature(enable = "avx2,fma")]
pub(super) fn convert_row(
    row: &ConvertRow<'_>,
    sources: &[&[u64]],
    correction: Option<&[u64]>,
    out: &mut [u64],
) {
    let q = row.modulus;
    let f = Field::new(q);
    let grouping = Grouping::new(row.source_bits.min(VECTOR_MODULUS_BITS), q.bits());
    let split = _mm256_set1_pd(grouping.split);
    let zero = _mm256_setzero_pd();
    let correction_factor = _mm256_set1_pd(centred(q, row.correction_factor.value));
    let mut limbs: [(&[[u64; 8]], f64); MAX_TERMS] = [(&[], 0.0); MAX_TERMS];
    let count = row.factors.len().min(MAX_TERMS);
    for ((slot, factor), limb) in limbs.iter_mut().zip(row.factors).zip(sources) {
        *slot = (limb.as_chunks::<8>().0, factor.value as f64);
    }
    for (i, o) in out.as_chunks_mut::<8>().0.iter_mut().enumerate() {
        let [o0, o1] = o.as_chunks_mut::<4>().0 else { return };
        let (mut high0, mut high1, mut low0, mut low1) = (zero, zero, zero, zero);
        if let Some(words) = correction {
            let [w0, w1] = words.as_chunks::<8>().0[i].as_chunks::<4>().0 else { return };
            low0 = product!(f, from_words!(f, load(w0)), correction_factor);
            low1 = product!(f, from_words!(f, load(w1)), correction_factor);
        }
        for group in limbs[..count].chunks(grouping.terms) {
            for (limb, factor) in group {
                let [x0, x1] = limb[i].as_chunks::<4>().0 else { return };
                let factor = _mm256_set1_pd(*factor);
                accumulate!(high0, low0, split, from_words!(f, load(x0)), factor);
                accumulate!(high1, low1, split, from_words!(f, load(x1)), factor);
            }
            settle!(f, high0, low0);
            settle!(f, high1, low1);
        }
        store(o0, to_words!(f, low0));
        store(o1, to_words!(f, low1));
    }
}

/// See [`super::KernelOps::quotients`]: products below 2^102 split at 2^52 by adding 2^104; the nearest multiple is one
/// too many where the remainder is negative.
#[target_feature(enable = "avx2,fma")]
pub(super) fn quotients(out: &mut [u64], sources: &[&[u64]], scales: &[FractionScale], start: u64) {
    let two52 = _mm256_set1_pd(TWO_52);
    let split = _mm256_set1_pd(TWO_52 * TWO_52);
    let start = _mm256_set1_epi64x(start.cast_signed());
    let lanes = out.as_chunks_mut::<4>().0;
    for (i, o) in lanes.iter_mut().enumerate() {
        let mut total = start;
        for (limb, scale) in sources.iter().zip(scales) {
            let reciprocal = _mm256_set1_pd(scale.reciprocal as f64);
            let left = _mm_cvtsi64_si128(i64::from(scale.shift_left));
            let right = _mm_cvtsi64_si128(i64::from(scale.shift_right));
            let y = _mm256_sll_epi64(_mm256_castpd_si256(load(&limb.as_chunks::<4>().0[i])), left);
            let y = _mm256_castsi256_pd(_mm256_srl_epi64(y, right));
            let y = _mm256_sub_pd(_mm256_or_pd(y, two52), two52);
            let high = _mm256_fmadd_pd(y, reciprocal, split);
            let remainder: __m256d = _mm256_fmsub_pd(y, reciprocal, _mm256_sub_pd(high, split));
            let nearest = _mm256_sub_epi64(_mm256_castpd_si256(high), _mm256_castpd_si256(split));
            let excess = _mm256_srli_epi64::<63>(_mm256_castpd_si256(remainder));
            total = _mm256_add_epi64(total, _mm256_sub_epi64(nearest, excess));
        }
        store(o, _mm256_castsi256_pd(_mm256_srli_epi64::<{ FRACTION_BITS as i32 }>(total)));
    }
}
