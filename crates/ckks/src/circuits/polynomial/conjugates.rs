//! Differences of squares on ciphertexts, as products of conjugates.

use super::{
    Basis,
    evaluate::{Operand, whole},
    plan::SquaresNode,
    powers::{Error, Powers},
    squares::multiplicity,
};
use crate::{
    error::CkksError,
    operations::Operations,
    scale::{Level, Scale},
};

/// The factors of a difference of squares, and what their noise makes of it.
pub(super) struct Conjugates<C> {
    pub(super) factors: (C, C),
    pub(super) error: Error,
}

impl<O: Operations> Powers<'_, O> {
    /// The scale of the factors of a difference of squares with B_g, g = `giant`, at the level `above`: that of B_g, unless a
    /// level is left to bring it to the canonical one.
    fn factor_scale(&self, giant: usize, above: Level) -> Result<Scale, CkksError> {
        let giant = self.get(giant)?;
        let canonical = self.ops.parameters().default_scale(above);
        Ok(if self.ops.level(giant) > above { canonical } else { self.ops.scale(giant) })
    }

    /// The scale before rescaling of a square at [`Self::factor_scale`] times a whole number, which is the other result: the
    /// one that makes it the square that is there, or brings it close to `wanted`.
    pub(super) fn square_scale(
        &self,
        giant: usize,
        above: Level,
        wanted: Scale,
    ) -> Result<(Scale, f64), CkksError> {
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

    /// B_g + v - w and its conjugate, multiplied by m and by `integer`, and what the noise of the parts makes of
    /// their product.
    pub(super) fn conjugates<C: Operand>(
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
    pub(super) fn multiple<C>(&self, squares: &SquaresNode<C>) -> f64 {
        f64::from(squares.factor / multiplicity(self.basis))
    }

    /// `value` minus what m B_g^2 still has in it: the multiple of B_2g, unless that was taken off before, and m/2 of
    /// m T_g^2. `error` is what the noise of the factors did to it.
    pub(super) fn complete<C>(
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
}
