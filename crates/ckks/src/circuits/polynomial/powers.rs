//! The basis polynomials of a ciphertext.

use std::collections::BTreeMap;

use super::{
    Basis,
    evaluate::{OP, Operand, Spread, whole},
    leads::Leads,
    plan::{Node, Planned, factors},
};
use crate::{
    error::CkksError,
    operations::Operations,
    scale::{Level, Scale},
};

/// Bits that a factor may have more than its level's canonical scale: differences between levels of one run are far below.
const SETTLE_BITS: f64 = 0.75;

/// What a step adds to a noise: on average and at worst, in units of the value.
#[derive(Clone, Copy, Default)]
pub(super) struct Error {
    pub(super) std: f64,
    pub(super) bound: f64,
}

impl Error {
    pub(super) fn of<O: Operations>(ops: &O, a: &O::Ciphertext) -> Self {
        let (noise, scale) = (ops.noise(a), ops.scale(a).to_f64());
        Self { std: noise.std() / scale, bound: noise.bound() / scale }
    }
}

/// Basis polynomials of one ciphertext.
pub(super) struct Powers<'a, O: Operations> {
    pub(super) ops: &'a O,
    pub(super) basis: Basis,
    pub(super) spread: Spread,
    /// What stands for some of the basis polynomials.
    pub(super) leads: &'a Leads,
    pub(super) elements: BTreeMap<usize, O::Ciphertext>,
    /// Of a basis polynomial that was computed as a square: the noise of that step alone. The noise of a difference of
    /// squares is that of its parts, because what B_g is off cancels: the square that is subtracted is that of the same
    /// ciphertext.
    steps: BTreeMap<usize, Error>,
}

impl<'a, O: Operations> Powers<'a, O> {
    /// Computes the basis polynomials that `planned` lists, each from smaller ones; `first` is that of degree 1. What stands
    /// for others is computed for the result at the level and scale `out`.
    pub(super) fn new<C: Operand>(
        ops: &'a O,
        basis: Basis,
        spread: Spread,
        first: O::Ciphertext,
        planned: &'a Planned<C>,
        out: (Level, Scale),
    ) -> Result<Self, CkksError> {
        let elements = BTreeMap::from([(1, first)]);
        let mut powers = Self { ops, basis, spread, leads: &planned.leads, elements, steps: BTreeMap::new() };
        if planned.leads.is_empty() {
            planned.elements.iter().try_for_each(|&i| powers.compute(i))?;
            return Ok(powers);
        }
        // The scales on the way follow from those of the giant steps, and the other elements may need what is there.
        let (giants, others): (Vec<usize>, Vec<usize>) =
            planned.elements.iter().partition(|i| i.is_power_of_two());
        giants.into_iter().try_for_each(|i| powers.compute(i))?;
        let mut leads = Vec::new();
        powers.locate(&planned.root, out, &mut leads)?;
        let mut others = others.into_iter().peekable();
        for (degree, node, (level, scale)) in leads.into_iter().rev() {
            while let Some(i) = others.next_if(|&i| i < degree) {
                powers.compute(i)?;
            }
            let lead = powers.evaluate(node, level, scale)?;
            powers.elements.insert(degree, lead);
        }
        others.try_for_each(|i| powers.compute(i))?;
        Ok(powers)
    }

    /// Lists the leads below `node`, the largest first, with the levels and scales that they end at when `node` ends at `out`.
    fn locate<'b, C: Operand>(
        &self,
        node: &'b Node<C>,
        out: (Level, Scale),
        leads: &mut Vec<(usize, &'b Node<C>, (Level, Scale))>,
    ) -> Result<(), CkksError> {
        leads.extend(node.lead.map(|degree| (degree, node, out)));
        let Some((giant, inner)) = node.products.iter().max_by_key(|(giant, _)| giant) else { return Ok(()) };
        self.locate(inner, self.factor(*giant, out)?.1, leads)
    }

    /// The basis polynomial of degree `giant` for a product that ends at `out`, and the level and scale of the other factor.
    pub(super) fn factor(
        &self,
        giant: usize,
        (level, scale): (Level, Scale),
    ) -> Result<(O::Ciphertext, (Level, Scale)), CkksError> {
        let above = Level(level.0 + 1);
        let whole = scale.mul_by_primes(&self.ops.parameters().groups()[above.0].primes);
        let giant = self.settled(giant, above)?;
        let other = whole / self.ops.scale(&giant);
        Ok((giant, (above, other)))
    }

    /// The ciphertext taken as exact, and what it is off; as it is where its worst case is not known.
    pub(super) fn exact(&self, a: &O::Ciphertext) -> (O::Ciphertext, Error) {
        let error = Error::of(self.ops, a);
        if error.bound.is_finite() {
            (self.ops.without_noise(a), error)
        } else {
            (a.clone(), Error::default())
        }
    }

    pub(super) fn add_error(&self, a: &O::Ciphertext, error: Error) -> Result<O::Ciphertext, CkksError> {
        let scale = self.ops.scale(a).to_f64();
        self.ops.add_noise(a, error.std * scale, error.bound * scale)
    }

    /// B_2g as what the square of the ciphertext of B_g is, with the noise of that step alone.
    pub(super) fn square(&self, giant: usize) -> Result<O::Ciphertext, CkksError> {
        let double = self.get(2 * giant)?;
        match self.steps.get(&(2 * giant)) {
            Some(&step) if Error::of(self.ops, double).bound.is_finite() => {
                self.add_error(&self.ops.without_noise(double), step)
            }
            _ => Ok(double.clone()),
        }
    }

    pub(super) fn get(&self, i: usize) -> Result<&O::Ciphertext, CkksError> {
        // The plan lists elements after the ones they are computed from.
        self.elements.get(&i).ok_or(CkksError::Parameter {
            name: "degree of a basis polynomial",
            found: i.to_string(),
            expected: "one that was planned".to_owned(),
        })
    }

    /// The basis polynomial of degree `i` for a product at `level`. Along a chain whose scales fall it may come from a level
    /// with a larger scale, which would be missing in the scale of what it is multiplied by; it is brought next to the canonical
    /// one then, which takes one of the levels it is above. By a whole number, so that its value stays exactly what it was: what
    /// a factor of few bits is rounded by would be wrong in the same way in all slots.
    pub(super) fn settled(&self, i: usize, level: Level) -> Result<O::Ciphertext, CkksError> {
        let (ops, element) = (self.ops, self.get(i)?);
        let canonical = ops.parameters().default_scale(level);
        let excess = ops.scale(element).log2() - canonical.log2();
        if excess > SETTLE_BITS && ops.level(element) > level {
            let before = Level(level.0 + 1);
            let primes = &ops.parameters().groups()[before.0].primes;
            let factor = (canonical.mul_by_primes(primes) / ops.scale(element)).to_f64().round().max(1.0);
            let there = ops.drop_to(element, before)?;
            return ops.rescale(&ops.mul_scalar_at(&there, 1.0, Scale::new(factor)?)?);
        }
        Ok(element.clone())
    }

    /// Computes the basis polynomial of degree `i` from smaller ones.
    fn compute(&mut self, i: usize) -> Result<(), CkksError> {
        let (a, b) = factors(i);
        let ops = self.ops;
        let level = ops.level(self.get(a)?).min(ops.level(self.get(b)?));
        let (left, right) = (self.settled(a, level)?, self.settled(b, level)?);
        let (exact, error) = self.exact(&left);
        let (left, right) = if a == b { (&exact, &exact) } else { (&left, &right) };
        let (rms, bound) = (ops.noise(left).message_rms(), ops.noise(left).message_bound());
        let below = level.below().ok_or(CkksError::OutOfLevels { op: OP, needed: 1, left: 0 })?;
        // A scale that has become too small by a factor is brought back by a multiplication by an integer.
        let parameters = ops.parameters();
        let wanted = parameters.default_scale(below).mul_by_primes(&parameters.groups()[level.0].primes);
        let k = whole((wanted / (ops.scale(left) * ops.scale(right))).to_f64());
        let double = if self.basis == Basis::Chebyshev { 2.0 } else { 1.0 };
        let left = if k > 1.0 {
            &ops.mul_scalar_at(left, double, Scale::new(k)?)?
        } else if double > 1.0 {
            &ops.mul_integer(left, 2)?
        } else {
            left
        };
        let mut element = if self.basis == Basis::Chebyshev && a > b {
            // T_(a+b) = 2 T_a T_b - T_(a-b).
            let scale = ops.scale(left) * ops.scale(right);
            let (terms, constant) = self.leads.expand(&[(a - b, -1.0)]);
            let lower = self.combination(&terms, level, scale)?;
            let element = ops.sum_of_products_plus_rescale(&[(left, right)], &lower)?;
            constant.map_or(Ok(element.clone()), |c| ops.add_scalar(&element, c))?
        } else {
            ops.mul_rescale(left, right)?
        };
        if self.basis == Basis::Chebyshev {
            if a == b {
                element = ops.add_scalar(&element, -1.0)?;
            }
            element = ops.assume_bound(&element, self.spread.element(i))?;
        }
        if a == b {
            self.steps.insert(i, Error::of(ops, &element));
            // The square of x + e is off by 2 x e + e^2.
            let std = 2.0 * double * rms * error.std;
            element = self.add_error(
                &element,
                Error { std, bound: double * (2.0 * bound + error.bound) * error.bound },
            )?;
        }
        self.elements.insert(i, element);
        Ok(())
    }
}
