//! The values of a planned polynomial's nodes: sums of products with basis polynomials.

use super::{Basis, conjugates::Conjugates, evaluate::Operand, plan::Node, powers::Powers};
use crate::{
    error::CkksError,
    operations::Operations,
    scale::{Level, Scale},
};

/// A difference of squares at a scale that is larger than the wanted one by more bits than this is given up for the products
/// that it stands for: what is left of the squares' noise would be larger by as many bits.
const MAX_LOST_BITS: f64 = 3.0;

impl<O: Operations> Powers<'_, O> {
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
    pub(super) fn combination<C: Operand>(
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

    /// `value` with what is known of the node's values on the interval.
    fn bounded<C: Operand>(&self, value: &O::Ciphertext, node: &Node<C>) -> Result<O::Ciphertext, CkksError> {
        match self.basis {
            Basis::Chebyshev => self.ops.assume_bound(value, node.bound(&|i| self.spread.element(i))),
            Basis::Power => Ok(value.clone()),
        }
    }
}
