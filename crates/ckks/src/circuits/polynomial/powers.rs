//! The basis polynomials of a ciphertext, and sums of products with them.

use std::collections::BTreeMap;

use super::{
    Basis,
    evaluate::{OP, Operand, Spread, whole},
    leads::Leads,
    plan::{Node, Planned, SquaresNode, factors},
    squares::multiplicity,
};
use crate::{
    error::CkksError,
    operations::Operations,
    scale::{Level, Scale},
};

/// A difference of squares at a scale that is larger than the wanted one by more bits than this is given up for the products
/// that it stands for: what is left of the squares' noise would be larger by as many bits.
const MAX_LOST_BITS: f64 = 3.0;

/// Bits that a factor may have more than its level's canonical scale: differences between levels of one run are far below.
const SETTLE_BITS: f64 = 0.75;

/// What a step adds to a noise: on average and at worst, in units of the value.
#[derive(Clone, Copy, Default)]
struct Error {
    std: f64,
    bound: f64,
}

impl Error {
    fn of<O: Operations>(ops: &O, a: &O::Ciphertext) -> Self {
        let (noise, scale) = (ops.noise(a), ops.scale(a).to_f64());
        Self { std: noise.std() / scale, bound: noise.bound() / scale }
    }
}

/// The factors of a difference of squares, and what their noise makes of it.
struct Conjugates<C> {
    factors: (C, C),
    error: Error,
}

/// Basis polynomials of one ciphertext.
pub(super) struct Powers<'a, O: Operations> {
    ops: &'a O,
    basis: Basis,
    spread: Spread,
    /// What stands for some of the basis polynomials.
    leads: &'a Leads,
    elements: BTreeMap<usize, O::Ciphertext>,
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
    fn factor(
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
    fn exact(&self, a: &O::Ciphertext) -> (O::Ciphertext, Error) {
        let error = Error::of(self.ops, a);
        if error.bound.is_finite() {
            (self.ops.without_noise(a), error)
        } else {
            (a.clone(), Error::default())
        }
    }

    fn add_error(&self, a: &O::Ciphertext, error: Error) -> Result<O::Ciphertext, CkksError> {
        let scale = self.ops.scale(a).to_f64();
        self.ops.add_noise(a, error.std * scale, error.bound * scale)
    }

    /// B_2g as what the square of the ciphertext of B_g is, with the noise of that step alone.
    fn square(&self, giant: usize) -> Result<O::Ciphertext, CkksError> {
        let double = self.get(2 * giant)?;
        match self.steps.get(&(2 * giant)) {
            Some(&step) if Error::of(self.ops, double).bound.is_finite() => {
                self.add_error(&self.ops.without_noise(double), step)
            }
            _ => Ok(double.clone()),
        }
    }

    fn get(&self, i: usize) -> Result<&O::Ciphertext, CkksError> {
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
    fn settled(&self, i: usize, level: Level) -> Result<O::Ciphertext, CkksError> {
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

    /// The value of `node` at `level` and `scale`.
    pub(super) fn evaluate<C: Operand>(
        &self,
        node: &Node<C>,
        level: Level,
        scale: Scale,
    ) -> Result<O::Ciphertext, CkksError> {
        let ops = self.ops;
        if let Some(lead) = node.lead.and_then(|degree| self.elements.get(&degree)) {
            return Ok(lead.clone());
        }
        let above = Level(level.0 + 1);
        let primes = &ops.parameters().groups()[above.0].primes;
        let Some(squares) = &node.squares else {
            let sum = self.sum(node, above, scale.mul_by_primes(primes), 1.0)?;
            return self.bounded(&sum, node);
        };
        // A square dictates the scale. At another one, the same integers stand for a multiple of the polynomial.
        let (whole, integer) = self.square_scale(squares.giant, above, scale.mul_by_primes(primes))?;
        let own = whole.div_by_primes(primes);
        if own == scale {
            return self.bounded(&self.sum(node, above, whole, integer)?, node);
        }
        let ratio = scale / own;
        let single = squares.without_squares(self.basis);
        let there = |i: &usize| self.elements.contains_key(i);
        if ratio.log2() < -MAX_LOST_BITS && single.elements(self.basis).iter().all(there) {
            return self.evaluate(&single, level, scale);
        }
        let multiple = squares.rescaled(self.basis, ratio.to_f64());
        let sum = self.sum(&multiple, above, whole, integer)?;
        self.bounded(&ops.mul_scalar_at(&sum, ratio.to_f64().recip(), ratio)?, node)
    }

    /// The scale of the factors of a difference of squares with B_g, g = `giant`, at the level `above`: that of B_g, unless a
    /// level is left to bring it to the canonical one.
    fn factor_scale(&self, giant: usize, above: Level) -> Result<Scale, CkksError> {
        let giant = self.get(giant)?;
        let canonical = self.ops.parameters().default_scale(above);
        Ok(if self.ops.level(giant) > above { canonical } else { self.ops.scale(giant) })
    }

    /// The scale before rescaling of a square at [`Self::factor_scale`] times a whole number, which is the other result: the
    /// one that makes it the square that is there, or brings it close to `wanted`.
    fn square_scale(&self, giant: usize, above: Level, wanted: Scale) -> Result<(Scale, f64), CkksError> {
        let ops = self.ops;
        let (square, double) = (self.factor_scale(giant, above)?.squared(), self.get(2 * giant)?);
        let integer = if ops.level(double) < above {
            let there = ops.scale(double).mul_by_primes(&ops.parameters().groups()[above.0].primes);
            (there / square).to_f64().round().max(1.0)
        } else {
            whole((wanted / square).to_f64())
        };
        Ok((square * Scale::new(integer)?, integer))
    }

    /// The node's value before its bound is noted. Products have the scale `whole` before they are rescaled, and a
    /// difference of squares has it after multiplication by `integer`.
    fn sum<C: Operand>(
        &self,
        node: &Node<C>,
        above: Level,
        whole: Scale,
        integer: f64,
    ) -> Result<O::Ciphertext, CkksError> {
        let ops = self.ops;
        let mut inner = Vec::with_capacity(node.products.len());
        for (giant, node) in &node.products {
            let giant = self.settled(*giant, above)?;
            inner.push((self.evaluate(node, above, whole / ops.scale(&giant))?, giant));
        }
        let squares = node.squares.as_deref();
        let conjugates = squares.map(|squares| self.conjugates(squares, above, integer)).transpose()?;
        let mut pairs: Vec<(&O::Ciphertext, &O::Ciphertext)> = inner.iter().map(|(a, b)| (a, b)).collect();
        pairs.extend(conjugates.iter().map(|Conjugates { factors: (a, b), .. }| (a, b)));
        let (terms, constant) = self.leads.expand(&node.terms);
        let addend = self.addend(node, &terms, above, whole)?;
        let divided = match (pairs.is_empty(), addend) {
            (false, None) => ops.sum_of_products_rescale(&pairs)?,
            (false, Some(addend)) => ops.sum_of_products_plus_rescale(&pairs, &addend)?,
            (true, Some(addend)) => ops.rescale(&addend)?,
            (true, None) => ops.rescale(&ops.linear_combination(&[(self.get(1)?, 0.0)], above, whole)?)?,
        };
        let result = match (squares, &conjugates) {
            (Some(squares), Some(made)) => self.complete(squares, above, &divided, made.error)?,
            _ => divided,
        };
        let result = node.constant.as_ref().map_or(Ok(result.clone()), |c| c.add(ops, &result))?;
        constant.map_or(Ok(result.clone()), |c| c.add(ops, &result))
    }

    /// The sum of basis polynomials, or of what stands for them, times their coefficients.
    fn combination<C: Operand>(
        &self,
        terms: &[(usize, C)],
        level: Level,
        scale: Scale,
    ) -> Result<O::Ciphertext, CkksError> {
        let terms =
            terms.iter().map(|(i, c)| Ok((self.get(*i)?, c))).collect::<Result<Vec<_>, CkksError>>()?;
        C::combine(self.ops, &terms, level, scale)
    }

    /// What is added to a node's products before they are rescaled: `terms`, and a square.
    fn addend<C: Operand>(
        &self,
        node: &Node<C>,
        terms: &[(usize, C)],
        above: Level,
        whole: Scale,
    ) -> Result<Option<O::Ciphertext>, CkksError> {
        let ops = self.ops;
        let linear = (!terms.is_empty()).then(|| self.combination(terms, above, whole)).transpose()?;
        let Some(squares) = &node.squares else { return Ok(linear) };
        let double = self.square(squares.giant)?;
        if ops.level(&double) < above {
            return Ok(linear);
        }
        let square = ops.linear_combination(&[(&double, -self.multiple(squares))], above, whole)?;
        linear.map_or(Ok(square.clone()), |linear| ops.add(&linear, &square)).map(Some)
    }

    /// B_g + v - w and its conjugate, multiplied by m and by `integer`, and what the noise of the parts makes of
    /// their product.
    fn conjugates<C: Operand>(
        &self,
        squares: &SquaresNode<C>,
        above: Level,
        integer: f64,
    ) -> Result<Conjugates<O::Ciphertext>, CkksError> {
        let (ops, m) = (self.ops, f64::from(squares.factor));
        let (giant, giant_off) = self.exact(self.get(squares.giant)?);
        let scale = self.factor_scale(squares.giant, above)?;
        let (giant, step) = if ops.scale(&giant) == scale {
            (ops.drop_to(&giant, above)?, Error::default())
        } else {
            let before = Level(above.0 + 1);
            let whole = scale.mul_by_primes(&ops.parameters().groups()[before.0].primes);
            self.exact(&ops.rescale(&ops.linear_combination(&[(&giant, 1.0)], before, whole)?)?)
        };
        let (first, first_off) = self.exact(&self.evaluate(&squares.first, above, scale)?);
        let (second, second_off) = self.exact(&self.evaluate(&squares.second, above, scale)?);
        let sum = ops.add(&giant, &first)?;
        // m (B_g + v)^2 - m w^2 - m B_g^2, with B_g off by e, v by f and w by h, is off by 2m (v e + (B_g + v) f - w h) and
        // m (f^2 + h^2).
        let weights = [(&first, giant_off), (&sum, step), (&sum, first_off), (&second, second_off)];
        let error = weights.into_iter().fold(Error::default(), |total, (weight, off)| {
            let noise = ops.noise(weight);
            Error {
                std: total.std.hypot(2.0 * m * noise.message_rms() * off.std),
                bound: total.bound + 2.0 * m * noise.message_bound() * off.bound,
            }
        });
        let squared = m * ((step.bound + first_off.bound).powi(2) + second_off.bound.powi(2));
        let error = Error { bound: error.bound + squared, ..error };
        let element = |i: usize| self.spread.element(i);
        let bounds = [element(squares.giant), squares.first.bound(&element), squares.second.bound(&element)];
        let bounded = |a: &O::Ciphertext| match self.basis {
            Basis::Chebyshev => ops.assume_bound(a, bounds.iter().sum()),
            Basis::Power => Ok(a.clone()),
        };
        let (below, beyond) = (bounded(&ops.sub(&sum, &second)?)?, bounded(&ops.add(&sum, &second)?)?);
        let beyond = ops.mul_scalar_at(&beyond, m, Scale::new(integer)?)?;
        Ok(Conjugates { factors: (below, beyond), error })
    }

    /// The multiple of B_2g in m B_g^2.
    fn multiple<C>(&self, squares: &SquaresNode<C>) -> f64 {
        f64::from(squares.factor / multiplicity(self.basis))
    }

    /// `value` minus what m B_g^2 still has in it: the multiple of B_2g, unless that was taken off before, and m/2 of
    /// m T_g^2. `error` is what the noise of the factors did to it.
    fn complete<C>(
        &self,
        squares: &SquaresNode<C>,
        above: Level,
        value: &O::Ciphertext,
        error: Error,
    ) -> Result<O::Ciphertext, CkksError> {
        let ops = self.ops;
        let double = self.square(squares.giant)?;
        let multiple = self.multiple(squares);
        let value = if ops.level(&double) < above {
            &ops.sub(value, &ops.mul_integer(&double, multiple as i64)?)?
        } else {
            value
        };
        let value = self.add_error(value, error)?;
        match self.basis {
            Basis::Chebyshev => ops.add_scalar(&value, -multiple),
            Basis::Power => Ok(value),
        }
    }

    /// `value` with what is known of the node's values on the interval.
    fn bounded<C: Operand>(&self, value: &O::Ciphertext, node: &Node<C>) -> Result<O::Ciphertext, CkksError> {
        match self.basis {
            Basis::Chebyshev => self.ops.assume_bound(value, node.bound(&|i| self.spread.element(i))),
            Basis::Power => Ok(value.clone()),
        }
    }
}
