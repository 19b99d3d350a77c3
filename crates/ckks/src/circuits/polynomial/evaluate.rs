//! Evaluation on ciphertexts, at exact scales.

use super::{Basis, coefficient::Coefficient, plan::Planned, powers::Powers};
use crate::{
    circuits::without_bound,
    encoder::Packing,
    error::CkksError,
    operations::Operations,
    scale::{Level, Scale},
};

/// The operation's name in errors.
pub(super) const OP: &str = "polynomial evaluation";

/// Coefficients that ciphertexts can be multiplied by.
pub(super) trait Operand: Coefficient {
    /// The sum of the ciphertexts times their coefficients, at `level` and `scale`.
    fn combine<O: Operations>(
        ops: &O,
        terms: &[(&O::Ciphertext, &Self)],
        level: Level,
        scale: Scale,
    ) -> Result<O::Ciphertext, CkksError>;
    /// a + self.
    fn add<O: Operations>(&self, ops: &O, a: &O::Ciphertext) -> Result<O::Ciphertext, CkksError>;
}

impl Operand for f64 {
    fn combine<O: Operations>(
        ops: &O,
        terms: &[(&O::Ciphertext, &Self)],
        level: Level,
        scale: Scale,
    ) -> Result<O::Ciphertext, CkksError> {
        let terms: Vec<(&O::Ciphertext, f64)> = terms.iter().map(|(a, c)| (*a, **c)).collect();
        ops.linear_combination(&terms, level, scale)
    }

    fn add<O: Operations>(&self, ops: &O, a: &O::Ciphertext) -> Result<O::Ciphertext, CkksError> {
        ops.add_scalar(a, *self)
    }
}

impl Operand for Vec<f64> {
    fn combine<O: Operations>(
        ops: &O,
        terms: &[(&O::Ciphertext, &Self)],
        level: Level,
        scale: Scale,
    ) -> Result<O::Ciphertext, CkksError> {
        let mut sum: Option<O::Ciphertext> = None;
        for (a, values) in terms {
            let packing = Packing { level, scale: scale / ops.scale(a), slots: ops.slots(a) };
            let term = ops.mul_plain(&ops.drop_to(a, level)?, &ops.encode(values, &packing)?)?;
            sum = Some(match sum.take() {
                None => term,
                Some(sum) => ops.add(&sum, &term)?,
            });
        }
        // Without terms: what the evaluator says of that.
        sum.map_or_else(|| ops.linear_combination(&[], level, scale), Ok)
    }

    fn add<O: Operations>(&self, ops: &O, a: &O::Ciphertext) -> Result<O::Ciphertext, CkksError> {
        let packing = Packing { level: ops.level(a), scale: ops.scale(a), slots: ops.slots(a) };
        ops.add_plain(a, &ops.encode(self, &packing)?)
    }
}

/// The affine map from an interval to [-1, 1].
#[derive(Clone, Copy, Debug, PartialEq)]
pub(in crate::circuits) struct Map {
    /// Middle of the interval.
    pub(in crate::circuits) centre: f64,
    /// Half its length.
    pub(in crate::circuits) half: f64,
}

impl Map {
    pub(super) const IDENTITY: Self = Self { centre: 0.0, half: 1.0 };

    pub(super) fn apply(&self, x: f64) -> f64 {
        (x - self.centre) / self.half
    }

    /// How far from [-1, 1] the images of real numbers up to `bound` in size may lie.
    fn excess(&self, bound: f64) -> f64 {
        ((bound + self.centre.abs()) / self.half - 1.0).max(0.0)
    }
}

impl<C: Coefficient> Planned<C> {
    /// The levels that an evaluation takes on a ciphertext whose scale is 2^`excess` times the canonical one after a change
    /// of what it stands for: those of the products, and one for the map where that would cost more than `fold_bits`.
    pub(super) fn levels(&self, excess: f64, fold_bits: f64) -> usize {
        let lost = self.root.largest_giant() as f64 * excess;
        self.cost.depth + usize::from(lost > fold_bits)
    }
}

/// Evaluates the polynomial of `planned` on `x`.
pub(super) fn evaluate<O: Operations, C: Operand>(
    ops: &O,
    x: &O::Ciphertext,
    basis: Basis,
    planned: &Planned<C>,
    map: &Map,
    fold_bits: f64,
) -> Result<O::Ciphertext, CkksError> {
    let parameters = ops.parameters();
    let level = ops.level(x);
    let canonical = |level: Level| parameters.default_scale(level);
    let excess = (ops.scale(x).log2() - canonical(level).log2()) + map.half.log2();
    let needed = planned.levels(excess, fold_bits);
    let left = level.0;
    let Some(out) = left.checked_sub(needed).map(Level) else {
        return Err(CkksError::OutOfLevels { op: OP, needed, left });
    };
    if planned.cost.depth == 0 {
        let zero = ops.mul_integer(x, 0)?;
        return planned.root.constant.as_ref().map_or(Ok(zero.clone()), |c| c.add(ops, &zero));
    }
    let bounded = basis == Basis::Chebyshev;
    // The largest distances from the interval, mapped to [-1, 1]: of the message, and with the noise as part of it.
    let excess = Spread { distance: map.excess(ops.noise(x).message_bound()), degree: planned.degree };
    let noise = ops.noise(x).bound() / ops.scale(x).to_f64() / map.half;
    let both = Spread { distance: excess.distance + noise, ..excess };
    let absorbed = bounded && both.is_small();
    // Farther out the polynomial takes any size; the message bounds of those inside are kept for who decrypts.
    let inside = !bounded || excess.is_small();
    let excess = if inside { excess } else { Spread { distance: 0.0, ..excess } };
    let spread = if absorbed { both } else { excess };
    let exact = if absorbed { ops.noise_as_message(x) } else { x.clone() };
    let first = mapped(ops, &exact, map, planned.cost.depth + out.0)?;
    let first = if bounded { ops.assume_bound(&first, spread.element(1))? } else { first };
    let powers = Powers::new(ops, basis, spread, first, planned, (out, canonical(out)))?;
    let result = powers.evaluate(&planned.root, out, canonical(out))?;
    if !inside {
        return without_bound(ops, &result);
    }
    if !absorbed {
        return Ok(result);
    }
    // What the polynomial makes of the noise of x: its slope times it, near the interval.
    let magnified = planned.slope * spread.growth() * noise * ops.scale(&result).to_f64();
    let result = ops.assume_bound(&result, planned.root.bound(&|i| excess.element(i)))?;
    ops.add_noise_bound(&result, magnified)
}

/// Values no further than `distance` from [-1, 1] in the complex plane, for polynomials up to a degree.
///
/// They lie in the ellipse with foci -1 and 1 whose half axes are 1 + distance and its companion, and there a polynomial of
/// degree d is at most rho^d times as large as on [-1, 1], rho being the sum of the half axes (Bernstein); T_k is at most
/// cosh(k arcosh(1 + distance)).
#[derive(Clone, Copy)]
pub(super) struct Spread {
    distance: f64,
    degree: usize,
}

impl Spread {
    /// Whether a polynomial of the degree grows by less than a factor of e.
    fn is_small(&self) -> bool {
        self.degree as f64 * (1.0 + self.distance).acosh() < 1.0
    }

    pub(super) fn element(&self, i: usize) -> f64 {
        (i as f64 * (1.0 + self.distance).acosh()).cosh()
    }

    fn growth(&self) -> f64 {
        (self.degree as f64 * (1.0 + self.distance).acosh()).exp()
    }
}

/// The ciphertext that the map leads to, at `level`: that of `x`, or the one below.
fn mapped<O: Operations>(
    ops: &O,
    x: &O::Ciphertext,
    map: &Map,
    level: usize,
) -> Result<O::Ciphertext, CkksError> {
    let centred = if map.centre == 0.0 { x.clone() } else { ops.add_scalar(x, -map.centre)? };
    if level < ops.level(x).0 {
        return ops.mul_scalar(&centred, map.half.recip());
    }
    // x / h at the scale s h k is k times the same integers.
    let factor = map.half * ops.scale(x).to_f64() / ops.parameters().default_scale(ops.level(x)).to_f64();
    let k = whole(factor.recip());
    if map.half == 1.0 && k == 1.0 {
        return Ok(centred);
    }
    ops.mul_scalar_at(&centred, map.half.recip(), Scale::new(map.half * k)?)
}

/// The largest whole number up to `x`, at least 1.
pub(super) fn whole(x: f64) -> f64 {
    if x >= 2.0 { x.floor() } else { 1.0 }
}
