//! Loops of basis conversion.

use super::{
    super::{Ahead, ConvertRow, FRACTION_BITS, FractionScale},
    vector::{WIDTH, groups, groups_mut},
};
use crate::modulus::{IFMA_BITS, IFMA_MASK, Modulus};
use core::arch::x86_64::{__m512i, _mm512_sll_epi64, _mm512_srli_epi64};

/// Halvings of the range of any sum: 64 terms of 50-bit sources reach 17p.
const MOST_FOLDS: u32 = 5;

/// How the corrections enter a sum.
mod correct {
    /// There are none.
    pub(super) const NOT: u8 = 0;
    /// Their products with the factor come from a table of eight in one register,
    pub(super) const LOOK_UP_8: u8 = 1;
    /// or of sixteen in two,
    pub(super) const LOOK_UP_16: u8 = 2;
    /// or are computed, as for one more source.
    pub(super) const MULTIPLY: u8 = 3;
}

#[target_feature(enable = "avx512f,avx512ifma")]
pub(super) fn convert_row(
    row: &ConvertRow<'_>,
    sources: &[&[u64]],
    correction: Option<&[u64]>,
    ahead: Ahead<'_>,
    out: &mut [u64],
) {
    match folds(row) {
        ..=1 => convert_folding::<1>(row, sources, correction, ahead, out),
        2 => convert_folding::<2>(row, sources, correction, ahead, out),
        _ => convert_folding::<MOST_FOLDS>(row, sources, correction, ahead, out),
    }
}

#[target_feature(enable = "avx512f,avx512ifma")]
fn convert_folding<const FOLDS: u32>(
    row: &ConvertRow<'_>,
    sources: &[&[u64]],
    correction: Option<&[u64]>,
    ahead: Ahead<'_>,
    out: &mut [u64],
) {
    // No correction exceeds the number of sources.
    match (correction, sources.len()) {
        (None, _) => convert::<FOLDS, { correct::NOT }>(row, sources, &[], ahead, out),
        (Some(words), ..8) => convert::<FOLDS, { correct::LOOK_UP_8 }>(row, sources, words, ahead, out),
        (Some(words), ..16) => convert::<FOLDS, { correct::LOOK_UP_16 }>(row, sources, words, ahead, out),
        (Some(words), _) => convert::<FOLDS, { correct::MULTIPLY }>(row, sources, words, ahead, out),
    }
}

/// The sum is low + 2^52 * high. A product of a correction and the Montgomery word of its factor, a few bits and at most 50,
/// goes to the low words whole: they have room for it beside the halves of the terms.
#[target_feature(enable = "avx512f,avx512ifma")]
fn convert<const FOLDS: u32, const CORRECT: u8>(
    row: &ConvertRow<'_>,
    sources: &[&[u64]],
    correction: &[u64],
    ahead: Ahead<'_>,
    out: &mut [u64],
) {
    let q = row.modulus;
    let (p, inverse) = (splat!(q.value()), splat!(q.inv52()));
    let correction_factor = splat!(row.correction_factor.mont);
    let correction = groups(correction);
    let mut wanted = Wanted::new(ahead);
    for (i, out) in groups_mut(out).iter_mut().enumerate() {
        wanted.fetch();
        // High starts at p so that the reduced value is positive.
        let (mut low, mut high) = ([zero!(); WIDTH], [p; WIDTH]);
        for k in 0..if CORRECT == correct::NOT { 0 } else { WIDTH } {
            let e = load!(&correction[i][k]);
            match CORRECT {
                correct::LOOK_UP_8 => low[k] = look_up!(row, e, true),
                correct::LOOK_UP_16 => low[k] = look_up!(row, e, false),
                _ => {
                    low[k] = mul_low!(low[k], e, correction_factor);
                    high[k] = mul_high!(high[k], e, correction_factor);
                }
            }
        }
        for (limb, factor) in sources.iter().zip(row.factors) {
            let (limb, factor) = (&groups(limb)[i], splat!(factor.mont));
            for k in 0..WIDTH {
                let y = load!(&limb[k]);
                low[k] = mul_low!(low[k], y, factor);
                high[k] = mul_high!(high[k], y, factor);
            }
        }
        for k in 0..WIDTH {
            store!(&mut out[k], reduce_row!(FOLDS, q, low[k], high[k], p, inverse));
        }
    }
}

/// The words of an [`Ahead`], a few lines of each limb at a time.
struct Wanted<'a> {
    lines: &'a [[u64; 8]],
    /// The next line of the first limb, and how far it is to the same line of the next limb.
    next: usize,
    step: usize,
}

impl<'a> Wanted<'a> {
    fn new(ahead: Ahead<'a>) -> Self {
        let limb_lines = ahead.n / 8;
        let lines = ahead.limbs.as_chunks().0;
        Self { lines, next: limb_lines * ahead.first + ahead.at / 8, step: (limb_lines * ahead.step).max(1) }
    }

    /// Asks for as many lines of each limb as a step of the conversion writes.
    #[target_feature(enable = "avx512f")]
    fn fetch(&mut self) {
        let mut line = self.next;
        while line < self.lines.len() {
            prefetch_near!(self.lines, line, WIDTH);
            line += self.step;
        }
        self.next += WIDTH;
    }
}

/// The reduced sum lies in (0, (2 + L * 2^(source_bits - 52)) p): the number of halvings of its range that reach p.
pub(super) fn folds(row: &ConvertRow<'_>) -> u32 {
    let per_term = f64::from(1 << row.source_bits.min(20))
        * 2f64.powi(row.source_bits.saturating_sub(20) as i32 - IFMA_BITS as i32);
    let range = 1.0 + row.factors.len() as f64 * per_term;
    // One more p of room for the carries of the low halves and for the correction words.
    let slack = 2f64.powi(-20);
    (range + slack).log2().ceil() as u32
}

/// Residues of at most 50 bits need no shift to the right.
#[target_feature(enable = "avx512f,avx512ifma")]
pub(super) fn quotients(out: &mut [u64], sources: &[&[u64]], scales: &[FractionScale], start: u64) {
    for (i, out) in groups_mut(out).iter_mut().enumerate() {
        let mut sum = [splat!(start); WIDTH];
        for (limb, scale) in sources.iter().zip(scales) {
            let (limb, reciprocal) = (&groups(limb)[i], splat!(scale.reciprocal));
            let shift = core::arch::x86_64::_mm_cvtsi32_si128(scale.shift_left as i32);
            for k in 0..WIDTH {
                sum[k] = mul_high!(sum[k], _mm512_sll_epi64(load!(&limb[k]), shift), reciprocal);
            }
        }
        for k in 0..WIDTH {
            store!(&mut out[k], _mm512_srli_epi64::<FRACTION_BITS>(sum[k]));
        }
    }
}

/// How residues modulo one number become representatives, modulo q, of the centred integers they stand for.
#[derive(Clone, Copy, Default)]
pub(super) struct Centring {
    /// Half the number.
    pub(super) half: u64,
    /// What is added to residues of the upper half.
    pub(super) shift: u64,
    /// Whether the results are below q. Else they are not negative, but below the next multiple of q above the number.
    pub(super) canonical: bool,
}

impl Centring {
    /// A residue of the upper half stands for itself less `from`. Where half of `from` is below q, q makes that canonical; else
    /// the next multiple of q above `from` makes it positive.
    pub(super) fn new(q: &Modulus, from: &Modulus) -> Self {
        let (q, from) = (q.value(), from.value());
        let canonical = from / 2 < q;
        let shift = if canonical { q.wrapping_sub(from) } else { from.next_multiple_of(q) - from };
        Self { half: from / 2, shift, canonical }
    }
}

/// Centred, and divided exactly where that leaves more than q.
#[target_feature(enable = "avx512f,avx512ifma")]
pub(super) fn lift_centred(q: &Modulus, from: &Modulus, out: &mut [u64], a: &[u64]) {
    let centring = Centring::new(q, from);
    let words = out.as_chunks_mut::<8>().0.iter_mut().zip(a.as_chunks::<8>().0);
    if centring.canonical {
        for (o, x) in words {
            store!(o, centred!(load!(x), centring));
        }
        return;
    }
    let c = Division::new(q.value());
    for (o, x) in words {
        store!(o, canonical!(c, centred!(load!(x), centring)));
    }
}

/// What [`canonical`] needs.
struct Division {
    zero: __m512i,
    mask: __m512i,
    exact: __m512i,
    quotient_mask: __m512i,
    aligned_p: __m512i,
}

impl Division {
    #[target_feature(enable = "avx512f")]
    fn new(p: u64) -> Self {
        let [exact, quotient_mask, aligned_p] = super::forward::exact_division(p).map(|word| splat!(word));
        Self { zero: zero!(), mask: splat!(IFMA_MASK), exact, quotient_mask, aligned_p }
    }
}
