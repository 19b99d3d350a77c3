//! Polynomials in place of functions.
//!
//! An [`Approximation`] is a polynomial together with the interval it is for and its measured worst error there. Three
//! ways lead to one: interpolation in Chebyshev nodes, which is cheap and within a small factor of the best; least
//! squares, for the smallest error on average over values that are spread evenly; and minimax, for the smallest error at
//! worst, by the exchange algorithm of Remez. [`Function`] names the functions that models ask for.
//!
//! Worst errors of the minimax polynomials and the levels that they take (those of [`Polynomial::depth`], the map of the
//! interval included):
//!
#![doc = include_str!("errors.md")]
//!
//! A function that is odd up to a constant (sigmoid, tanh), or even up to a linear part (SiLU, GELU, ReLU), has an
//! approximation with that property on an interval around 0, and it takes fewer products: see
//! [`super::polynomial`].

mod fit;
mod functions;
mod remez;

use std::ops::RangeInclusive;

pub(super) use fit::peak;
pub use functions::Function;
pub(super) use remez::{Problem, solve};

use super::polynomial::{Map, Polynomial, map_of};
use crate::{error::CkksError, operations::Operations};

/// The largest degree that is fitted.
pub const MAX_DEGREE: usize = 511;

/// log2 of the part of the largest coefficient below which a coefficient is an artefact of rounding.
const LOG_ARTEFACT: f64 = -46.0;

/// A polynomial that approximates a function on an interval.
///
/// ```
/// use ckks::circuits::{Approximation, Function};
/// let sigmoid = Approximation::minimax(|x| 1.0 / (1.0 + (-x).exp()), -8.0..=8.0, 7)?;
/// assert!(sigmoid.worst_error() < 0.02);
/// assert!((sigmoid.eval(3.0) - 0.9526).abs() < 0.02);
/// assert_eq!(sigmoid, Function::Sigmoid.minimax(-8.0..=8.0, 7)?);
/// assert_eq!(sigmoid.depth(), 3);
/// # Ok::<(), ckks::CkksError>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Approximation {
    polynomial: Polynomial,
    interval: (f64, f64),
    worst_error: f64,
}

impl Approximation {
    /// The polynomial of `degree` that agrees with `f` in the Chebyshev nodes of `interval`.
    ///
    /// # Errors
    /// [`CkksError::Parameter`] for an interval that is not one or a degree above [`MAX_DEGREE`],
    /// [`CkksError::NonFinite`] where `f` is not finite.
    pub fn interpolate(
        f: impl Fn(f64) -> f64,
        interval: RangeInclusive<f64>,
        degree: usize,
    ) -> Result<Self, CkksError> {
        let g = on_unit(&f, &interval, degree)?;
        Self::measured(&f, interval, fit::interpolate(&g, degree)?)
    }

    /// The polynomial of `degree` with the smallest mean square error on `interval`.
    ///
    /// # Errors
    /// As [`Self::interpolate`].
    pub fn least_squares(
        f: impl Fn(f64) -> f64,
        interval: RangeInclusive<f64>,
        degree: usize,
    ) -> Result<Self, CkksError> {
        let g = on_unit(&f, &interval, degree)?;
        Self::measured(&f, interval, fit::least_squares(&g, degree)?)
    }

    /// The polynomial of `degree` with the smallest worst error on `interval`, for a continuous function.
    ///
    /// # Errors
    /// As [`Self::interpolate`].
    pub fn minimax(
        f: impl Fn(f64) -> f64,
        interval: RangeInclusive<f64>,
        degree: usize,
    ) -> Result<Self, CkksError> {
        let g = on_unit(&f, &interval, degree)?;
        let best = Self::measured(&f, interval.clone(), remez::minimax(&g, degree)?)?;
        // Where errors are as small as rounding, exchanges lead nowhere.
        let interpolated = Self::measured(&f, interval, fit::interpolate(&g, degree)?)?;
        Ok(if interpolated.worst_error < best.worst_error { interpolated } else { best })
    }

    fn measured(
        f: &impl Fn(f64) -> f64,
        interval: RangeInclusive<f64>,
        mut coefficients: Vec<f64>,
    ) -> Result<Self, CkksError> {
        let largest = coefficients.iter().fold(0.0f64, |largest, c| largest.max(c.abs()));
        for c in &mut coefficients {
            if c.abs() <= largest * LOG_ARTEFACT.exp2() {
                *c = 0.0;
            }
        }
        let (start, end) = (*interval.start(), *interval.end());
        let polynomial = Polynomial::chebyshev(interval, coefficients)?;
        let map = Map { centre: start / 2.0 + end / 2.0, half: end / 2.0 - start / 2.0 };
        let worst_error = fit::worst(polynomial.degree(), |y| {
            let x = (map.centre + map.half * y).clamp(start, end);
            f(x) - polynomial.eval(x)
        });
        finite(0, worst_error)?;
        Ok(Self { polynomial, interval: (start, end), worst_error })
    }

    /// The polynomial.
    #[must_use]
    pub fn polynomial(&self) -> &Polynomial {
        &self.polynomial
    }

    /// As [`Polynomial::fold_within`].
    #[must_use]
    pub fn fold_within(mut self, bits: f64) -> Self {
        self.polynomial = self.polynomial.fold_within(bits);
        self
    }

    /// Where the error was measured.
    #[must_use]
    pub fn interval(&self) -> RangeInclusive<f64> {
        self.interval.0..=self.interval.1
    }

    /// The largest distance from the function on the interval, as measured on a fine grid and refined at its peaks.
    #[must_use]
    pub fn worst_error(&self) -> f64 {
        self.worst_error
    }

    /// The polynomial's value, in floating point.
    #[must_use]
    pub fn eval(&self, x: f64) -> f64 {
        self.polynomial.eval(x)
    }

    /// As [`Polynomial::depth`].
    #[must_use]
    pub fn depth(&self) -> usize {
        self.polynomial.depth()
    }

    /// As [`Polynomial::evaluate`]. Values outside the interval give results that mean nothing.
    ///
    /// # Errors
    /// As [`Polynomial::evaluate`].
    pub fn evaluate<O: Operations>(&self, ops: &O, x: &O::Ciphertext) -> Result<O::Ciphertext, CkksError> {
        self.polynomial.evaluate(ops, x)
    }
}

/// `f` carried over from the interval to [-1, 1].
fn on_unit<'a>(
    f: &'a impl Fn(f64) -> f64,
    interval: &RangeInclusive<f64>,
    degree: usize,
) -> Result<impl Fn(f64) -> f64 + 'a, CkksError> {
    let map = map_of(interval)?;
    if degree > MAX_DEGREE {
        return Err(CkksError::Parameter {
            name: "degree",
            found: degree.to_string(),
            expected: format!("at most {MAX_DEGREE}"),
        });
    }
    let (start, end) = (*interval.start(), *interval.end());
    Ok(move |y: f64| f((map.centre + map.half * y).clamp(start, end)))
}

/// The value, if it is finite.
fn finite(index: usize, value: f64) -> Result<f64, CkksError> {
    if value.is_finite() {
        return Ok(value);
    }
    Err(CkksError::NonFinite { op: "approximation", index, value: value.to_string() })
}
