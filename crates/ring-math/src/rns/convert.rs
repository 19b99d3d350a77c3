//! Conversion of residues from one list of primes to another (Bajard, Eynard, Hasan and Zucca, SAC 2016; with the
//! correction of Halevi, Polyakov and Shoup, CT-RSA 2019, in fixed point, so that every kernel gives the same bytes).
//!
//! With Q the product of the source primes q_j and y_j = x * (Q/q_j)^-1 mod q_j, the sum over j of y_j * (Q/q_j) is
//! x + eQ with 0 <= e < L. The quotient e is floor(sum of y_j / q_j), computed from `FRACTION_BITS`-bit fractions.

use std::{ops::Range, sync::Arc};

use crate::{
    buffer::{LINE_WORDS, Line},
    error::RingError,
    kernel::{
        Ahead, ConvertRow, FRACTION_BITS, FractionScale, Kernel, KernelOps, LISTED_CORRECTIONS, MAX_TERMS,
    },
    modulus::{IFMA_BITS, Modulus, PreparedScalar, VECTOR_MODULUS_BITS},
    ntt::InverseScale,
    parallel,
    ring::ResidueRing,
    rns::RnsBasis,
};

/// Residues are brought to this many bits before they are multiplied by a 52-bit reciprocal, both within reach of every
/// kernel's multiplier.
const RESIDUE_BITS: u32 = VECTOR_MODULUS_BITS;

/// Largest error of one fraction in units of 2^-49: two from bits of the residue that are cut off (primes above 50 bits
/// only), one from the product's floor together with the reciprocal's. A fraction is never too large, so the quotient can
/// be wrong only when x/Q lies within 64 * 3 * 2^-49 < 2^-41 of the rounding point, and the result is then the
/// representative just outside the wanted interval.
const FRACTION_ERROR: u64 = 3;

/// Words of the sources and quotients that [`BasisConverter::convert_limbs`] works on at a time: with the outputs' share they
/// fit the nearest cache.
const TILE_WORDS: usize = 3 << 10;

/// Rows that are computed from one reading of the sources: more gain nothing, and their outputs would push each other out of
/// the nearest cache, where equal places of eight limbs fit.
const ROWS_TOGETHER: usize = 8;

/// Sources that are read where they lie: equal places of limbs compete for the same lines of the nearest cache, which has
/// eight for each place. More than these, beside quotients and an output, are copied next to each other first.
const UNCOPIED_SOURCES: usize = 5;

/// No words.
const EMPTY: &[u64] = &[];

/// Which representative modulo Q is carried over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lift {
    /// x + eQ for some 0 <= e < L: no correction, the cheapest.
    Fast,
    /// x in [0, Q); values within 2^-41 Q of the upper end may come out as x - Q, so that small ones are always right.
    Exact,
    /// x in [-Q/2, Q/2).
    Centred,
}

/// The words `range` of each limb of `n` words, in `parts`.
fn parts_of<'a, 'p>(
    limbs: &'a [u64],
    n: usize,
    range: Range<usize>,
    parts: &'p mut [&'a [u64]; MAX_TERMS],
) -> &'p [&'a [u64]] {
    let mut count = 0;
    for (part, limb) in parts.iter_mut().zip(limbs.chunks_exact(n)) {
        *part = &limb[range.clone()];
        count += 1;
    }
    &parts[..count]
}

/// One row of the conversion matrix, for one target prime.
struct Row {
    ring: Arc<ResidueRing>,
    factors: Vec<PreparedScalar>,
    minus_product: PreparedScalar,
    /// The first products of a quotient and the Montgomery word of `minus_product`.
    corrections: [[u64; LINE_WORDS]; LISTED_CORRECTIONS / LINE_WORDS],
}

/// Precomputed conversion from one basis to another.
pub struct BasisConverter {
    source: RnsBasis,
    target: RnsBasis,
    /// (Q/q_j)^-1 mod q_j.
    cofactor_inverses: Vec<PreparedScalar>,
    /// The same constants folded into the inverse transforms of the source rings.
    cofactor_scales: Vec<InverseScale>,
    fractions: Vec<FractionScale>,
    rows: Vec<Row>,
    source_bits: u32,
}

impl BasisConverter {
    /// Prepares the conversion from `source` to `target`.
    ///
    /// # Errors
    /// [`RingError::BasisMismatch`] for different ring degrees, [`RingError::RepeatedPrime`] for a prime in both,
    /// [`RingError::LengthMismatch`] for more than [`MAX_TERMS`] source primes.
    pub fn new(source: &RnsBasis, target: &RnsBasis) -> Result<Self, RingError> {
        if source.log_n() != target.log_n() {
            return Err(source.mismatch(target));
        }
        if source.len() > MAX_TERMS {
            return Err(RingError::LengthMismatch {
                what: "source primes of a conversion",
                found: source.len(),
                expected: MAX_TERMS,
            });
        }
        if let Some(modulus) = source.primes().find(|&p| target.primes().any(|t| t == p)) {
            return Err(RingError::RepeatedPrime { modulus });
        }
        let cofactor = |ring: &ResidueRing, skip: Option<usize>| {
            let q = ring.modulus();
            let others = source.primes().enumerate().filter(|&(j, _)| Some(j) != skip);
            others.fold(1, |acc, (_, p)| q.mul(acc, q.reduce(p)))
        };
        let mut cofactor_inverses = Vec::with_capacity(source.len());
        let mut cofactor_scales = Vec::with_capacity(source.len());
        for (j, ring) in source.rings().iter().enumerate() {
            let inverse = ring.modulus().inv(cofactor(ring, Some(j)))?;
            cofactor_inverses.push(ring.modulus().prepare(inverse));
            cofactor_scales.push(ring.inverse_scale(inverse));
        }
        let rows = target
            .rings()
            .iter()
            .map(|ring| {
                let q = ring.modulus();
                let minus_product = q.prepare(q.neg(cofactor(ring, None)));
                Row {
                    ring: Arc::clone(ring),
                    factors: (0..source.len()).map(|j| q.prepare(cofactor(ring, Some(j)))).collect(),
                    minus_product,
                    // Only primes of vector kernels need them, and those do not overflow.
                    corrections: std::array::from_fn(|i| {
                        let e = |lane| (LINE_WORDS * i + lane) as u64;
                        std::array::from_fn(|lane| minus_product.mont.wrapping_mul(e(lane)))
                    }),
                }
            })
            .collect();
        Ok(Self {
            source: source.clone(),
            target: target.clone(),
            cofactor_inverses,
            cofactor_scales,
            fractions: source.rings().iter().map(|ring| FractionScale::new(ring.modulus())).collect(),
            rows,
            source_bits: source.rings().iter().map(|ring| ring.modulus().bits()).max().unwrap_or(0),
        })
    }

    /// The basis converted from.
    #[must_use]
    pub fn source(&self) -> &RnsBasis {
        &self.source
    }

    /// The basis converted to.
    #[must_use]
    pub fn target(&self) -> &RnsBasis {
        &self.target
    }

    /// Multiplies limb j of `limbs` (coefficients) by (Q/q_j)^-1 modulo q_j, which [`Self::convert`] expects.
    ///
    /// # Errors
    /// [`RingError::LengthMismatch`].
    pub fn scale(&self, limbs: &mut [u64]) -> Result<(), RingError> {
        self.check_source(limbs.len())?;
        parallel::for_each_limb(limbs, self.source.n(), |j, limb| {
            let ring = self.source.ring(j);
            ring.ops().mul_scalar_assign(ring.modulus(), limb, &self.cofactor_inverses[j]);
        });
        Ok(())
    }

    /// Transforms limb j of `limbs` to coefficients already scaled for [`Self::convert`], at the cost of the
    /// transform alone.
    ///
    /// # Errors
    /// [`RingError::LengthMismatch`].
    pub fn inverse_and_scale(&self, limbs: &mut [u64]) -> Result<(), RingError> {
        self.check_source(limbs.len())?;
        parallel::for_each_limb(limbs, self.source.n(), |j, limb| {
            // The length was checked above, which is all that can fail.
            let _ = self.source.ring(j).inverse_scaled(limb, &self.cofactor_scales[j]);
        });
        Ok(())
    }

    /// [`Self::inverse_and_scale`] for source limb `j` alone.
    ///
    /// # Errors
    /// [`RingError::LengthMismatch`], also for a limb the source does not have.
    pub fn inverse_and_scale_limb(&self, j: usize, limb: &mut [u64]) -> Result<(), RingError> {
        let scale = self.limb_scale(j)?;
        self.source.ring(j).inverse_scaled(limb, scale)
    }

    /// As [`Self::inverse_and_scale_limb`], of values that stay where they are.
    ///
    /// # Errors
    /// As [`Self::inverse_and_scale_limb`].
    pub fn inverse_and_scale_limb_into(
        &self,
        j: usize,
        out: &mut [u64],
        values: &[u64],
    ) -> Result<(), RingError> {
        let scale = self.limb_scale(j)?;
        self.source.ring(j).inverse_scaled_into(out, values, scale)
    }

    fn limb_scale(&self, j: usize) -> Result<&InverseScale, RingError> {
        self.cofactor_scales.get(j).ok_or(RingError::LengthMismatch {
            what: "source limbs",
            found: j + 1,
            expected: self.source.len(),
        })
    }

    /// The quotients e of the scaled residues `scaled`, one word per coefficient, for [`Self::convert_limb`]; zero
    /// words for [`Lift::Fast`].
    ///
    /// # Errors
    /// [`RingError::LengthMismatch`].
    pub fn quotients(&self, lift: Lift, scaled: &[u64], out: &mut [u64]) -> Result<(), RingError> {
        self.check_source(scaled.len())?;
        self.check_limb("quotients", out.len())?;
        match self.start(lift) {
            Some(start) => {
                let mut limbs = [EMPTY; MAX_TERMS];
                let limbs = parts_of(scaled, out.len(), 0..out.len(), &mut limbs);
                self.source_ops().quotients(out, limbs, &self.fractions, start);
            }
            None => out.fill(0),
        }
        Ok(())
    }

    /// What the sum of fractions starts at; none for a lift without a quotient.
    fn start(&self, lift: Lift) -> Option<u64> {
        match lift {
            Lift::Fast => None,
            Lift::Exact => Some(FRACTION_ERROR * self.source.len() as u64),
            Lift::Centred => Some(1 << (FRACTION_BITS - 1)),
        }
    }

    /// Converts the scaled residues `scaled` to limb `k` of the target; `quotients` as [`Self::quotients`] gave them,
    /// or `None` for [`Lift::Fast`].
    ///
    /// # Errors
    /// [`RingError::LengthMismatch`].
    pub fn convert_limb(
        &self,
        k: usize,
        scaled: &[u64],
        quotients: Option<&[u64]>,
        out: &mut [u64],
    ) -> Result<(), RingError> {
        self.check_source(scaled.len())?;
        self.check_limb("output", out.len())?;
        if let Some(words) = quotients {
            self.check_limb("quotients", words.len())?;
        }
        let row = self.rows.get(k).ok_or(RingError::LengthMismatch {
            what: "target limbs",
            found: k + 1,
            expected: self.rows.len(),
        })?;
        let mut limbs = [EMPTY; MAX_TERMS];
        let limbs = parts_of(scaled, out.len(), 0..out.len(), &mut limbs);
        self.ops(row).convert_row(&self.kernel_row(row), limbs, quotients, Ahead::default(), out);
        Ok(())
    }

    /// Converts the scaled residues `scaled` to the limbs of the target from number `first` on, as many as `out` holds.
    /// All of them are computed tile by tile, so that the source is read once, and computes the quotients on the way.
    ///
    /// # Errors
    /// [`RingError::LengthMismatch`], also for limbs the target does not have.
    pub fn convert_limbs(
        &self,
        lift: Lift,
        first: usize,
        scaled: &[u64],
        out: &mut [u64],
    ) -> Result<(), RingError> {
        self.check_source(scaled.len())?;
        let n = self.source.n();
        let count = out.len() / n;
        let rows = self.rows.get(first..first + count).filter(|_| out.len() == n * count);
        let rows = rows.ok_or(RingError::LengthMismatch {
            what: "words from the first target limb on",
            found: out.len(),
            expected: n * self.rows.len().saturating_sub(first),
        })?;
        let start = self.start(lift);
        if start.is_some_and(|start| self.convert_together(rows, scaled, start, out)) {
            return Ok(());
        }
        let sources = self.source.len();
        let copied = sources > UNCOPIED_SOURCES;
        // A power of two of at least 32 words, the most that a kernel takes at a time, since there are at most 64 sources.
        let length = n.min(1 << (TILE_WORDS / (sources + 1)).ilog2());
        let mut tile = [Line::default(); TILE_WORDS / LINE_WORDS];
        let (tile, quotients) = bytemuck::cast_slice_mut(&mut tile).split_at_mut(sources * length);
        let quotients = &mut quotients[..length];
        for at in (0..n).step_by(length) {
            let mut parts = [EMPTY; MAX_TERMS];
            let parts = if copied {
                for (words, limb) in tile.chunks_exact_mut(length).zip(scaled.chunks_exact(n)) {
                    words.copy_from_slice(&limb[at..at + length]);
                }
                parts_of(tile, length, 0..length, &mut parts)
            } else {
                parts_of(scaled, n, at..at + length, &mut parts)
            };
            if let Some(start) = start {
                self.source_ops().quotients(quotients, parts, &self.fractions, start);
            }
            let correction = start.map(|_| &*quotients);
            // The rows share the next tile's sources out among them.
            let next = Ahead { limbs: scaled, n, first: 0, step: count, at: at + length };
            for (k, (row, limb)) in rows.iter().zip(out.chunks_exact_mut(n)).enumerate() {
                let words = &mut limb[at..at + length];
                let ahead = Ahead { first: k, ..next };
                self.ops(row).convert_row(&self.kernel_row(row), parts, correction, ahead, words);
            }
        }
        Ok(())
    }

    /// Converts to the limbs of `rows` column by column, where the kernel of all rings can; says whether it did.
    fn convert_together(&self, rows: &[Row], scaled: &[u64], start: u64, out: &mut [u64]) -> bool {
        let (ops, n) = (self.source_ops(), self.source.n());
        if !rows.iter().all(|row| self.ops(row).name() == ops.name()) {
            return false;
        }
        rows.chunks(ROWS_TOGETHER).zip(out.chunks_mut(n * ROWS_TOGETHER)).all(|(rows, out)| {
            let kernel_rows: [ConvertRow<'_>; ROWS_TOGETHER] =
                std::array::from_fn(|k| self.kernel_row(&rows[k.min(rows.len() - 1)]));
            ops.convert_rows(&kernel_rows[..rows.len()], scaled, &self.fractions, start, out)
        })
    }

    /// Converts the scaled residues `scaled` to all limbs of the target. `quotients` is work space of N words.
    ///
    /// # Errors
    /// [`RingError::LengthMismatch`].
    pub fn convert(
        &self,
        lift: Lift,
        scaled: &[u64],
        quotients: &mut [u64],
        out: &mut [u64],
    ) -> Result<(), RingError> {
        let n = self.target.n();
        if out.len() != n * self.target.len() {
            let expected = n * self.target.len();
            return Err(RingError::LengthMismatch { what: "output limbs", found: out.len(), expected });
        }
        self.quotients(lift, scaled, quotients)?;
        let correction = (lift != Lift::Fast).then_some(&*quotients);
        let mut limbs = [EMPTY; MAX_TERMS];
        let limbs = parts_of(scaled, n, 0..n, &mut limbs);
        parallel::for_each_limb(out, n, |k, limb| {
            let row = &self.rows[k];
            self.ops(row).convert_row(&self.kernel_row(row), limbs, correction, Ahead::default(), limb);
        });
        Ok(())
    }

    fn kernel_row<'a>(&self, row: &'a Row) -> ConvertRow<'a> {
        ConvertRow {
            modulus: row.ring.modulus(),
            factors: &row.factors,
            correction_factor: &row.minus_product,
            corrections: &row.corrections,
            source_bits: self.source_bits,
        }
    }

    /// The target ring's kernel, or the portable one when a source prime is too wide for a vector kernel.
    fn ops(&self, row: &Row) -> &'static dyn KernelOps {
        let wide = self.source_bits > VECTOR_MODULUS_BITS;
        if wide { Kernel::scalar().ops() } else { row.ring.ops() }
    }

    /// The source rings' kernel, or the portable one when a source prime is too wide for a vector kernel.
    fn source_ops(&self) -> &'static dyn KernelOps {
        let wide = self.source_bits > VECTOR_MODULUS_BITS;
        if wide { Kernel::scalar().ops() } else { self.source.ring(0).ops() }
    }

    fn check_source(&self, found: usize) -> Result<(), RingError> {
        let expected = self.source.n() * self.source.len();
        if found == expected {
            return Ok(());
        }
        Err(RingError::LengthMismatch { what: "source limbs", found, expected })
    }

    fn check_limb(&self, what: &'static str, found: usize) -> Result<(), RingError> {
        let expected = self.source.n();
        if found == expected { Ok(()) } else { Err(RingError::LengthMismatch { what, found, expected }) }
    }
}

impl FractionScale {
    /// With s = bits(q) - 1: (y * 2^(50 - bits)) * floor(2^(52 + s) / q) / 2^52 is y/q in units of 2^-49.
    fn new(q: &Modulus) -> Self {
        let bits = q.bits();
        let reciprocal = (1u128 << (IFMA_BITS + bits - 1)) / u128::from(q.value());
        Self {
            shift_left: RESIDUE_BITS.saturating_sub(bits),
            shift_right: bits.saturating_sub(RESIDUE_BITS),
            reciprocal: reciprocal as u64,
        }
    }
}

impl std::fmt::Debug for BasisConverter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "BasisConverter({:?} -> {:?})", self.source, self.target)
    }
}
