//! Basis conversion of several rows at once, for few sources.
//!
//! A column is two vectors of every source. It stays in registers while all rows are computed from it, the quotients first: the
//! sources are read once and nothing but the outputs is written. Rows one after the other would read the sources as often
//! as there are rows, at two cycles a line of the second-level cache, the time of the two multiplications with it.

use super::{
    super::{ConvertRow, FRACTION_BITS, FractionScale},
    convert::folds,
};
use core::arch::x86_64::{__m512i, _mm512_sllv_epi64, _mm512_srli_epi64};

/// Vectors of one source in a column.
const WIDTH: usize = 2;

/// A limb as parts of columns.
type Parts = [[[u64; 8]; WIDTH]];

/// Columns ahead of the one worked on that are fetched: they take longer than the latency of the third-level cache.
const COLUMNS_AHEAD: usize = 4;

/// See [`super::KernelOps::convert_rows`]. Ten sources fill twenty registers, beside four sums and their constants.
#[target_feature(enable = "avx512f,avx512ifma")]
pub(super) fn convert_rows(
    rows: &[ConvertRow<'_>],
    sources: &[u64],
    scales: &[FractionScale],
    start: u64,
    out: &mut [u64],
) -> bool {
    macro_rules! by_count {
        ($($count:literal)+) => {
            match (scales.len(), rows.iter().map(folds).max()) {
                $(
                    ($count, Some(..=1)) => convert_columns::<$count, 1>(rows, sources, scales, start, out),
                    ($count, Some(2)) => convert_columns::<$count, 2>(rows, sources, scales, start, out),
                )+
                _ => return false,
            }
        };
    }
    by_count!(2 3 4 5 6 7 8 9 10);
    true
}

#[target_feature(enable = "avx512f,avx512ifma")]
fn convert_columns<const SOURCES: usize, const FOLDS: u32>(
    rows: &[ConvertRow<'_>],
    sources: &[u64],
    scales: &[FractionScale],
    start: u64,
    out: &mut [u64],
) {
    let sources: &Parts = sources.as_chunks().0.as_chunks().0;
    let out: &mut Parts = out.as_chunks_mut().0.as_chunks_mut().0;
    let columns = sources.len() / SOURCES;
    let limbs: [&Parts; SOURCES] = core::array::from_fn(|j| &sources[columns * j..columns * (j + 1)]);
    let Some(scales) = scales.first_chunk::<SOURCES>() else { return };
    let shifts: [__m512i; SOURCES] = core::array::from_fn(|j| splat!(scales[j].shift_left));
    let reciprocals: [__m512i; SOURCES] = core::array::from_fn(|j| splat!(scales[j].reciprocal));
    for i in 0..columns {
        let mut y = [[zero!(); WIDTH]; SOURCES];
        // Two sums each, which do not wait for one another.
        let mut sums = [[splat!(start), zero!()]; WIDTH];
        for j in 0..SOURCES {
            let part = &limbs[j][i];
            prefetch!(part, COLUMNS_AHEAD * WIDTH, WIDTH);
            for k in 0..WIDTH {
                y[j][k] = load!(&part[k]);
                let sum = &mut sums[k][j % 2];
                *sum = mul_high!(*sum, _mm512_sllv_epi64(y[j][k], shifts[j]), reciprocals[j]);
            }
        }
        let e: [__m512i; WIDTH] =
            core::array::from_fn(|k| _mm512_srli_epi64::<FRACTION_BITS>(add!(sums[k][0], sums[k][1])));
        for (row, out) in rows.iter().zip(out.chunks_exact_mut(columns)) {
            let (p, inverse) = (splat!(row.modulus.value()), splat!(row.modulus.inv52()));
            let Some(factors) = row.factors.first_chunk::<SOURCES>() else { return };
            // High starts at p so that the reduced value is positive.
            let (mut low, mut high) = ([zero!(); WIDTH], [p; WIDTH]);
            for k in 0..WIDTH {
                low[k] = look_up!(row, e[k], SOURCES < 8);
            }
            for (y, factor) in y.iter().zip(factors) {
                let factor = splat!(factor.mont);
                for k in 0..WIDTH {
                    low[k] = mul_low!(low[k], y[k], factor);
                    high[k] = mul_high!(high[k], y[k], factor);
                }
            }
            let part = &mut out[i];
            prefetch!(part, COLUMNS_AHEAD * WIDTH, WIDTH);
            for k in 0..WIDTH {
                store!(&mut part[k], reduce_row!(FOLDS, row.modulus, low[k], high[k], p, inverse));
            }
        }
    }
}
