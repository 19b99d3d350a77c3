//! Loops of basis conversion.

use super::super::{Ahead, ConvertRow, FRACTION_BITS, FractionScale};
use crate::modulus::{IFMA_BITS, IFMA_MASK, Modulus};
use core::arch::x86_64::{
    __m512i, _mm512_cmpgt_epu64_mask, _mm512_mask_add_epi64, _mm512_sll_epi64, _mm512_srli_epi64,
};

/// Vectors handled together, so that a factor is fetched once for all of them.
const WIDTH: usize = 4;

#[target_feature(enable = "avx512f,avx512ifma")]
pub(super) fn convert_row(
    row: &ConvertRow<'_>,
    sources: &[u64],
    correction: Option<&[u64]>,
    ahead: Ahead<'_>,
    out: &mut [u64],
) {
    let q = row.modulus;
    let (p, inverse) = (splat!(q.value()), splat!(q.inv52()));
    let rows = out.as_chunks_mut::<8>().0;
    let lines = rows.len();
    let sources = sources.as_chunks::<8>().0;
    let correction = correction.map(|words| words.as_chunks::<8>().0);
    let correction_factor = splat!(row.correction_factor.mont);
    let folds = folds(row);
    let wanted = ahead.limbs.as_chunks::<8>().0;
    let (limb_lines, start) = (ahead.n / 8, ahead.at / 8);
    let mut i = 0;
    while i < lines {
        for limb in (limb_lines * ahead.first..wanted.len()).step_by((limb_lines * ahead.step).max(1)) {
            prefetch_near!(wanted, limb + start + i, WIDTH);
        }
        // The sum is low + 2^52 * high; high starts at p so that the reduced value is positive.
        let (mut low, mut high) = ([zero!(); WIDTH], [p; WIDTH]);
        for (limb, factor) in sources.chunks_exact(lines).zip(row.factors) {
            let factor = splat!(factor.mont);
            let Some(limb) = limb[i..].first_chunk::<WIDTH>() else { continue };
            for k in 0..WIDTH {
                let y = load!(&limb[k]);
                low[k] = mul_low!(low[k], y, factor);
                high[k] = mul_high!(high[k], y, factor);
            }
        }
        if let Some(words) = correction.and_then(|words| words[i..].first_chunk::<WIDTH>()) {
            for k in 0..WIDTH {
                let e = load!(&words[k]);
                low[k] = mul_low!(low[k], e, correction_factor);
                high[k] = mul_high!(high[k], e, correction_factor);
            }
        }
        for k in 0..WIDTH {
            let carried = add!(high[k], _mm512_srli_epi64::<52>(low[k]));
            let m = mul_low!(zero!(), low[k], inverse);
            let mut x = sub!(carried, mul_high!(zero!(), m, p));
            for shift in (0..folds).rev() {
                x = fold!(x, splat!(q.value() << shift));
            }
            store!(&mut rows[i + k], x);
        }
        i += WIDTH;
    }
}

/// The reduced sum lies in (0, (2 + L * 2^(source_bits - 52)) p): the number of halvings of its range that reach p.
fn folds(row: &ConvertRow<'_>) -> u32 {
    let per_term = f64::from(1 << row.source_bits.min(20))
        * 2f64.powi(row.source_bits.saturating_sub(20) as i32 - IFMA_BITS as i32);
    let range = 1.0 + row.factors.len() as f64 * per_term;
    // One more p of room for the carries of the low halves and for the correction words.
    let slack = 2f64.powi(-20);
    (range + slack).log2().ceil() as u32
}

/// Residues of at most 50 bits need no shift to the right.
#[target_feature(enable = "avx512f,avx512ifma")]
pub(super) fn quotients(out: &mut [u64], sources: &[u64], scales: &[FractionScale], start: u64) {
    let rows = out.as_chunks_mut::<8>().0;
    let lines = rows.len();
    let sources = sources.as_chunks::<8>().0;
    let mut i = 0;
    while i < lines {
        let mut sum = [splat!(start); WIDTH];
        for (limb, scale) in sources.chunks_exact(lines).zip(scales) {
            let reciprocal = splat!(scale.reciprocal);
            let shift = core::arch::x86_64::_mm_cvtsi32_si128(scale.shift_left as i32);
            let Some(limb) = limb[i..].first_chunk::<WIDTH>() else { continue };
            for k in 0..WIDTH {
                sum[k] = mul_high!(sum[k], _mm512_sll_epi64(load!(&limb[k]), shift), reciprocal);
            }
        }
        for k in 0..WIDTH {
            store!(&mut rows[i + k], _mm512_srli_epi64::<FRACTION_BITS>(sum[k]));
        }
        i += WIDTH;
    }
}

/// A residue of the upper half stands for itself less `from`. Where half of `from` is below q that is one conditional
/// sum; else a multiple of q keeps the difference positive for Barrett's reduction.
#[target_feature(enable = "avx512f,avx512ifma")]
pub(super) fn lift_centred(q: &Modulus, from: &Modulus, out: &mut [u64], a: &[u64]) {
    let (q, from) = (q.value(), from.value());
    let half = splat!(from / 2);
    let words = out.as_chunks_mut::<8>().0.iter_mut().zip(a.as_chunks::<8>().0);
    if from / 2 < q {
        let shift = splat!(q.wrapping_sub(from));
        for (o, x) in words {
            let x = load!(x);
            store!(o, _mm512_mask_add_epi64(x, _mm512_cmpgt_epu64_mask(x, half), x, shift));
        }
        return;
    }
    let (c, shift) = (Barrett::new(q), splat!(from.next_multiple_of(q) - from));
    for (o, x) in words {
        let x = load!(x);
        let centred = _mm512_mask_add_epi64(x, _mm512_cmpgt_epu64_mask(x, half), x, shift);
        store!(o, canonical!(c, centred));
    }
}

/// What [`canonical`] needs.
struct Barrett {
    zero: __m512i,
    p: __m512i,
    minus_p: __m512i,
    mask: __m512i,
    reciprocal: __m512i,
}

impl Barrett {
    #[target_feature(enable = "avx512f")]
    fn new(p: u64) -> Self {
        Self {
            zero: zero!(),
            p: splat!(p),
            minus_p: splat!((1u64 << IFMA_BITS) - p),
            mask: splat!(IFMA_MASK),
            reciprocal: splat!((1u64 << IFMA_BITS) / p),
        }
    }
}
