//! Loops of basis conversion.

use super::super::{ConvertRow, FractionScale};
use crate::modulus::{IFMA_BITS, Modulus};
use core::arch::x86_64::{
    _mm512_cmpgt_epu64_mask, _mm512_mask_sub_epi64, _mm512_sll_epi64, _mm512_srli_epi64,
};

/// Vectors handled together, so that a factor is fetched once for all of them.
const WIDTH: usize = 4;

#[target_feature(enable = "avx512f,avx512ifma")]
pub(super) fn convert_row(
    row: &ConvertRow<'_>,
    sources: &[u64],
    correction: Option<&[u64]>,
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
    let mut i = 0;
    while i < lines {
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

#[target_feature(enable = "avx512f,avx512ifma")]
pub(super) fn add_fractions(sum: &mut [u64], a: &[u64], scale: &FractionScale) {
    let reciprocal = splat!(scale.reciprocal);
    let shift = core::arch::x86_64::_mm_cvtsi32_si128(scale.shift_left as i32);
    for (o, y) in sum.as_chunks_mut::<8>().0.iter_mut().zip(a.as_chunks::<8>().0) {
        store!(o, mul_high!(load!(o), _mm512_sll_epi64(load!(y), shift), reciprocal));
    }
}

#[target_feature(enable = "avx512f,avx512ifma")]
pub(super) fn lift_centred(q: &Modulus, from: &Modulus, out: &mut [u64], a: &[u64]) {
    let one = q.prepare(1);
    let (p, w, wq) = (splat!(q.value()), splat!(one.mont), splat!(one.mont_quotient));
    let (two_p, wrap, half) =
        (splat!(2 * q.value()), splat!(q.reduce(from.value())), splat!(from.value() / 2));
    for (o, x) in out.as_chunks_mut::<8>().0.iter_mut().zip(a.as_chunks::<8>().0) {
        let x = load!(x);
        let reduced = montgomery!(two_p, x, w, wq, p); // in (p, 3p)
        let negative = _mm512_cmpgt_epu64_mask(x, half);
        let centred = _mm512_mask_sub_epi64(reduced, negative, reduced, wrap); // in (0, 3p)
        store!(o, fold!(fold!(centred, two_p), p));
    }
}
