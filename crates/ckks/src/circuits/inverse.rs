//! Reciprocals and reciprocal square roots.
//!
//! [`Inverse`] is the division algorithm of Goldschmidt (as in Cheon, Kim, Kim, Lee, Lee, ASIACRYPT 2019): for x in
//! [s, l] with a known smallest value s, b = 1 - c x with c = 2 / (s + l) lies in [-r, r], r = (l - s) / (l + s), and
//! 1/x = c (1 + b) (1 + b^2) (1 + b^4) ... up to a relative error of r to the power 2^(d+1) after d factors beyond the first.
//! d + 2 levels and 2d products, d of them squares.
//!
//! [`InverseSqrt`] is Newton's iteration y <- y (3 - x y^2) / 2, from the polynomial with the smallest relative error on the
//! interval: 2 levels and 3 products an iteration.
//!
//! Both grow without limit near 0, and no bound on the size of x shows that it stays away from there: the worst-case noise of
//! a result counts as infinite, so that its owner can decrypt it and nobody can publish it.
//!
//! Relative errors by the ratio of the largest to the smallest value:
//!
#![doc = include_str!("inverse_costs.md")]

use std::ops::RangeInclusive;

use super::{
    approx::{Problem, solve},
    polynomial::{Polynomial, map_of},
    without_bound,
};
use crate::{error::CkksError, operations::Operations, scale::Level};

/// The most iterations: more than double precision can show.
const MAX_ITERATIONS: usize = 40;

/// 1/x on an interval of positive numbers.
///
/// ```
/// use ckks::{DryRun, ParameterSpec, circuits::Inverse};
/// let inverse = Inverse::new(0.25..=4.0, 5)?;
/// assert!((inverse.eval(0.5) - 2.0).abs() < 2.0 * inverse.worst_error());
/// assert!(inverse.worst_error() < 1e-3); // relative
///
/// let parameters = ParameterSpec::new(14).depth(inverse.depth()).check()?;
/// let dry = DryRun::new(&parameters);
/// inverse.evaluate(&dry, &dry.input(4.0))?;
/// assert_eq!((dry.plan().depth, dry.plan().products), (7, 10));
/// # Ok::<(), ckks::CkksError>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Inverse {
    interval: (f64, f64),
    iterations: usize,
}

impl Inverse {
    /// For values in `interval`, with `iterations` factors beyond the first.
    ///
    /// # Errors
    /// [`CkksError::Parameter`] unless both ends are finite and positive, the first below the second, or for more
    /// iterations than double precision could show.
    pub fn new(interval: RangeInclusive<f64>, iterations: usize) -> Result<Self, CkksError> {
        check(&interval, iterations)?;
        Ok(Self { interval: (*interval.start(), *interval.end()), iterations })
    }

    /// The factor c that brings c x close to 1.
    fn factor(&self) -> f64 {
        2.0 / (self.interval.0 + self.interval.1)
    }

    /// The largest relative error: what the product of all factors misses, at the ends of the interval.
    #[must_use]
    pub fn worst_error(&self) -> f64 {
        let (low, high) = self.interval;
        ((high - low) / (high + low)).powf(((self.iterations + 1) as f64).exp2())
    }

    /// Levels.
    #[must_use]
    pub fn depth(&self) -> usize {
        self.iterations + 1 + usize::from(self.iterations > 0)
    }

    /// The same in floating point.
    #[must_use]
    pub fn eval(&self, x: f64) -> f64 {
        let mut b = 1.0 - self.factor() * x;
        let mut a = self.factor() * (1.0 + b);
        for _ in 0..self.iterations {
            b *= b;
            a *= 1.0 + b;
        }
        a
    }

    /// 1/x for every slot of `x`, [`Self::depth`] levels lower.
    ///
    /// The result's tracked message bound takes for granted that the values of `x` lie in the interval. That they are not
    /// smaller is nothing that a bound on their size can show: the worst-case noise of the result is infinite.
    ///
    /// # Errors
    /// [`CkksError::OutOfLevels`] before anything is computed, [`CkksError::MissingKey`] without a relinearisation key,
    /// [`CkksError::Degree`] before relinearisation, [`CkksError::ContextMismatch`].
    pub fn evaluate<O: Operations>(&self, ops: &O, x: &O::Ciphertext) -> Result<O::Ciphertext, CkksError> {
        check_levels(ops, "inverse", x, self.depth())?;
        let (c, low) = (self.factor(), self.interval.0);
        // Both from x, at one level: b = 1 - c x and a = c (1 + b) = 2c - c^2 x.
        let mut b = ops.add_scalar(&ops.mul_scalar(x, -c)?, 1.0)?;
        b = ops.assume_bound(&b, 1.0)?;
        let mut a = ops.add_scalar(&ops.mul_scalar(x, -c * c)?, 2.0 * c)?;
        a = ops.assume_bound(&a, 2.0 * c)?;
        for _ in 0..self.iterations {
            b = ops.assume_bound(&ops.square_rescale(&b)?, 1.0)?;
            let factor = ops.add_scalar(&b, 1.0)?;
            let a_there = ops.align_to(&a, ops.level(&factor), ops.scale(&factor))?;
            a = ops.assume_bound(&ops.mul_rescale(&a_there, &factor)?, low.recip())?;
        }
        without_bound(ops, &a)
    }
}

/// 1/sqrt(x) on an interval of positive numbers.
///
/// ```
/// use ckks::circuits::InverseSqrt;
/// let inverse = InverseSqrt::new(0.5..=8.0, 3, 2)?; // degree 3, two iterations
/// assert!((inverse.eval(4.0) - 0.5).abs() < 0.5 * inverse.worst_error());
/// assert!(inverse.worst_error() < 1e-2 && inverse.depth() == 2 + 2 * 2);
/// # Ok::<(), ckks::CkksError>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct InverseSqrt {
    seed: Polynomial,
    iterations: usize,
    interval: (f64, f64),
    worst_error: f64,
}

impl InverseSqrt {
    /// For values in `interval`, from a polynomial of `degree`, with `iterations` of Newton's method.
    ///
    /// # Errors
    /// [`CkksError::Parameter`] unless both ends are finite and positive, the first below the second; for a degree of 0 or
    /// above that of [`super::approx::MAX_DEGREE`]; for more iterations than double precision could show; or when the
    /// polynomial is not close enough for the iteration to converge.
    pub fn new(interval: RangeInclusive<f64>, degree: usize, iterations: usize) -> Result<Self, CkksError> {
        check(&interval, iterations)?;
        if !(1..=super::approx::MAX_DEGREE).contains(&degree) {
            return Err(CkksError::Parameter {
                name: "degree",
                found: degree.to_string(),
                expected: format!("from 1 to {}", super::approx::MAX_DEGREE),
            });
        }
        let map = map_of(&interval)?;
        let (low, high) = (*interval.start(), *interval.end());
        let x = |y: f64| (map.centre + map.half * y).clamp(low, high);
        let (target, weight) = (|y: f64| x(y).sqrt().recip(), |y: f64| x(y).sqrt());
        let degrees: Vec<usize> = (0..=degree).collect();
        let solution =
            solve(&Problem { target: &target, weight: &weight, degrees: &degrees, interval: (-1.0, 1.0) })?;
        let mut error = solution.error;
        // A relative error of e becomes at most (3 e^2 + e^3) / 2, which has to be less than e.
        if error * (3.0 + error) >= 2.0 && iterations > 0 {
            return Err(CkksError::Parameter {
                name: "degree",
                found: format!("{degree}, with which the seed is off by up to {error:.2} of its value"),
                expected: "a larger degree or a shorter interval".to_owned(),
            });
        }
        for _ in 0..iterations {
            error = error * error * (3.0 + error) / 2.0;
        }
        let seed = Polynomial::chebyshev(interval, solution.coefficients)?;
        Ok(Self { seed, iterations, interval: (low, high), worst_error: error })
    }

    /// The largest relative error.
    #[must_use]
    pub fn worst_error(&self) -> f64 {
        self.worst_error
    }

    /// The polynomial that the iteration starts from.
    #[must_use]
    pub fn seed(&self) -> &Polynomial {
        &self.seed
    }

    /// Levels.
    #[must_use]
    pub fn depth(&self) -> usize {
        self.seed.depth() + 2 * self.iterations
    }

    /// The same in floating point.
    #[must_use]
    pub fn eval(&self, x: f64) -> f64 {
        (0..self.iterations).fold(self.seed.eval(x), |y, _| y * (1.5 - 0.5 * x * y * y))
    }

    /// 1/sqrt(x) for every slot of `x`, [`Self::depth`] levels lower.
    ///
    /// The result's message bound and worst-case noise are those of [`Inverse::evaluate`].
    ///
    /// # Errors
    /// As [`Inverse::evaluate`].
    pub fn evaluate<O: Operations>(&self, ops: &O, x: &O::Ciphertext) -> Result<O::Ciphertext, CkksError> {
        check_levels(ops, "inverse square root", x, self.depth())?;
        let (low, high) = self.interval;
        let bound = 2.0 / low.sqrt();
        let mut y = ops.assume_bound(&self.seed.evaluate(ops, x)?, bound)?;
        if self.iterations == 0 {
            return without_bound(ops, &y);
        }
        // There is a level to spare for the half: y is lower than x.
        let half = ops.assume_bound(&ops.mul_scalar(x, 0.5)?, high / 2.0)?;
        for _ in 0..self.iterations {
            let level = ops.level(&y);
            let there = ops.align_to(&half, level, ops.parameters().default_scale(level))?;
            let left = ops.assume_bound(&ops.mul_rescale(&there, &y)?, high * bound)?;
            let square = ops.assume_bound(&ops.square_rescale(&y)?, bound * bound)?;
            let product = ops.mul_unrelinearized(&left, &square)?;
            let lifted = ops.drop_to(&y, ops.level(&product))?;
            let term = ops.mul_scalar_at(&lifted, 1.5, ops.scale(&product) / ops.scale(&y))?;
            y = ops.assume_bound(&ops.relinearize_rescale(&ops.sub(&term, &product)?)?, bound)?;
        }
        without_bound(ops, &y)
    }
}

fn check(interval: &RangeInclusive<f64>, iterations: usize) -> Result<(), CkksError> {
    map_of(interval)?;
    if *interval.start() <= 0.0 {
        return Err(CkksError::Parameter {
            name: "interval",
            found: format!("{} to {}", interval.start(), interval.end()),
            expected: "positive numbers".to_owned(),
        });
    }
    if iterations > MAX_ITERATIONS {
        return Err(CkksError::Parameter {
            name: "iterations",
            found: iterations.to_string(),
            expected: format!("at most {MAX_ITERATIONS}"),
        });
    }
    Ok(())
}

/// Fails unless `x` has `needed` levels left.
pub(super) fn check_levels<O: Operations>(
    ops: &O,
    op: &'static str,
    x: &O::Ciphertext,
    needed: usize,
) -> Result<(), CkksError> {
    let Level(left) = ops.level(x);
    if left < needed { Err(CkksError::OutOfLevels { op, needed, left }) } else { Ok(()) }
}
