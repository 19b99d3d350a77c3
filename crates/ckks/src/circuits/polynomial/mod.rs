//! Polynomials of a ciphertext.
//!
//! A [`Polynomial`] has real coefficients in the power or the Chebyshev basis, the latter with an interval whose affine map
//! to [-1, 1] is part of it; a [`PolynomialVector`] has one polynomial for each slot.
//!
//! # Costs
//!
//! Evaluation is the baby-step giant-step scheme of Paterson and Stockmeyer (SIAM J. Comput. 1973) with the giant steps at
//! powers of two and the remainders of Bossuat, Mouchet, Troncoso-Pastoriza and Hubaux (EUROCRYPT 2021), so that a
//! polynomial of degree d takes ceil(log2(d + 1)) levels, multiplications by coefficients included. How far the baby steps
//! go is chosen by counting the products of every possibility for the coefficients at hand (zeros cost nothing, so odd
//! and even polynomials take fewer). All products of one node are summed before one relinearisation and rescaling.
//!
//! Two products of one node, with B_g and with B_(g/2), are one where the square of B_g is known: as a difference of
//! squares whose unwanted terms other coefficients make up for (see the module `squares`). That is so at every
//! node on the way to the leading coefficient, because the next giant step is that square, and at the last node for all
//! but the largest step.
//!
#![doc = include_str!("costs.md")]
//!
//! The leading coefficient fixes the larger part. Degree 2^k - 1 in k levels leaves no level for a coefficient except at
//! the start, so c x has to be multiplied by the basis polynomials of degrees 2, 4, ..., 2^(k-1) one after the other, and
//! these have to be computed: 2k - 2 products, 10 at degree 63. The other six there: T_3, T_5, T_6, T_7, which let each
//! node take eight coefficients for itself, and one difference of squares and one product for the lower half. Without
//! differences of squares the minimum over all baby steps is 18, or 17 for odd polynomials; a difference of squares has
//! terms of both parities, so odd polynomials get the same 16 from them.
//!
//! Where the last coefficient is not small beside the others, products on the way to it stand for T_3 and T_7 (see the
//! module `leads`): degree 63 then takes 16 products without differences of squares and fewer relinearisations, an odd one
//! 15, and degree 7 four instead of five. The table is for such polynomials. Even polynomials are polynomials of T_2 and
//! gain as much as full ones of half their degree; a term in x beside them changes nothing.
//!
//! Up to degree 2^k - 4 two products fewer are enough (14 at degree 60): to end k levels down, the last three coefficients
//! have to be multiplied in at the first or second level, by products of their own.
//!
//! # Scales
//!
//! Coefficients are encoded at the exact scale that lands each sum on the scale asked for: the result has the canonical
//! scale of its level, and no term is rounded to a scale that only nearly fits. A difference of squares has the scale of
//! its square; where that is not the one wanted, the coefficients are solved for once more, such that the same integers
//! stand for the right value at the scale wanted.
//!
//! # Noise
//!
//! The worst case of a result in the Chebyshev basis is that of the evaluation itself plus the slope of the polynomial times
//! that of its input, as long as the input's noise is small against the inverse square of the degree. Following the steps
//! instead would multiply the input's noise by the squares of the degrees of all products on the way.
//!
//! On average over the slots the polynomial of degree 63 of the tests loses 2.5 bits against a fresh ciphertext, half of
//! that to the differences of squares, which magnify what their factors are off.
//!
//! # The interval
//!
//! The map to [-1, 1] divides by half the interval's length h. For h up to 1 it is a multiplication by a small integer and
//! a change of what the scale stands for, free of levels and of noise. For larger h it is folded in the same way where
//! that costs at most [`Polynomial::fold_within`] bits (12 unless said): the bits lost are log2(h) times the largest
//! power of two up to the degree, because the powers of x then take more room than their canonical scale and the factors
//! next to them less. Beyond that the map takes one level. A ciphertext whose scale is smaller than the canonical one by
//! the factor h (encoded so, or left so by the product before) is mapped for free, whatever the degree.
//!
//! Values have to be real and lie in the interval. Where the tracked bound of a message does not show that (and an interval
//! around any number but 0 is more than a bound on the size can show), the result's worst-case noise counts as infinite: its
//! owner can decrypt it, and it cannot be published. A bound that is above the end by no more than the inverse square of the
//! degree is taken into account instead.

mod coefficient;
mod conjugates;
mod evaluate;
mod leads;
mod node;
mod plan;
mod powers;
mod slots;
mod squares;

use std::ops::RangeInclusive;

pub use plan::PolynomialCost;
pub use slots::PolynomialVector;

pub(super) use evaluate::Map;

use self::{coefficient::degree, evaluate::evaluate, plan::Planned};
use super::approx::MAX_DEGREE;
use crate::{error::CkksError, operations::Operations};

/// Bits of precision that the map of the interval may cost before it takes a level instead, unless said.
pub const DEFAULT_FOLD_BITS: f64 = 12.0;

/// Bits that always may be lost to the map: scales differ by such amounts from level to level.
const FREE_BITS: f64 = 0.5;

/// What a polynomial is a linear combination of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Basis {
    /// 1, x, x^2, ...
    Power,
    /// The Chebyshev polynomials of the first kind T_0, T_1, T_2, ..., on an interval that is mapped to [-1, 1].
    Chebyshev,
}

impl Basis {
    /// The value of the basis polynomial of degree `i` at `x`.
    #[cfg(test)]
    fn element(self, i: usize, x: f64) -> f64 {
        let mut p = vec![0.0; i + 1];
        p[i] = 1.0;
        self.eval(&p, x)
    }

    /// The sum of the coefficients times the basis polynomials at `x`: Horner's rule, or Clenshaw's.
    pub(super) fn eval(self, coefficients: &[f64], x: f64) -> f64 {
        match self {
            Self::Power => coefficients.iter().rev().fold(0.0, |sum, c| sum * x + c),
            Self::Chebyshev => {
                let tail = coefficients.iter().skip(1).rev();
                let (b1, b2) = tail.fold((0.0, 0.0), |(b1, b2), c| (2.0 * x * b1 - b2 + c, b1));
                coefficients.first().unwrap_or(&0.0) + x * b1 - b2
            }
        }
    }
}

/// A polynomial with real coefficients.
///
/// ```
/// use ckks::{DryRun, Operations, ParameterSpec, circuits::Polynomial};
///
/// // 1/2 + T_1(x/4)/2 - T_3(x/4)/16, for values from -4 to 4.
/// let p = Polynomial::chebyshev(-4.0..=4.0, vec![0.5, 0.5, 0.0, -0.0625])?;
/// assert_eq!(p.eval(4.0), 0.9375);
///
/// let parameters = ParameterSpec::new(13).depth(2).check()?;
/// let dry = DryRun::new(&parameters); // an Evaluator does the same to ciphertexts
/// let y = p.evaluate(&dry, &dry.input(4.0))?;
/// assert_eq!((p.depth(), y.level().0, dry.plan().products), (2, 0, p.cost().products));
/// # Ok::<(), ckks::CkksError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Polynomial {
    basis: Basis,
    interval: Option<(f64, f64)>,
    map: Map,
    coefficients: Vec<f64>,
    planned: Planned<f64>,
    fold_bits: f64,
}

impl Polynomial {
    /// c_0 + c_1 x + c_2 x^2 + ...
    ///
    /// # Errors
    /// [`CkksError::Parameter`] without a coefficient or above degree [`MAX_DEGREE`], [`CkksError::NonFinite`].
    pub fn power(coefficients: impl Into<Vec<f64>>) -> Result<Self, CkksError> {
        Self::new(Basis::Power, None, Map::IDENTITY, coefficients.into())
    }

    /// c_0 + c_1 T_1(y) + c_2 T_2(y) + ... with y the image of x under the affine map from `interval` to [-1, 1].
    ///
    /// Values to evaluate it on have to be real and lie in the interval: outside of it the polynomial grows like its highest
    /// power.
    ///
    /// # Errors
    /// As [`Self::power`]; [`CkksError::Parameter`] for an interval that is empty, a point, or not finite.
    pub fn chebyshev(
        interval: RangeInclusive<f64>,
        coefficients: impl Into<Vec<f64>>,
    ) -> Result<Self, CkksError> {
        let map = map_of(&interval)?;
        Self::new(Basis::Chebyshev, Some((*interval.start(), *interval.end())), map, coefficients.into())
    }

    fn new(
        basis: Basis,
        interval: Option<(f64, f64)>,
        map: Map,
        mut coefficients: Vec<f64>,
    ) -> Result<Self, CkksError> {
        check_coefficients(&coefficients)?;
        coefficients.truncate(degree(&coefficients).unwrap_or(0) + 1);
        if coefficients.len() > MAX_DEGREE + 1 {
            return Err(CkksError::Parameter {
                name: "degree",
                found: (coefficients.len() - 1).to_string(),
                expected: format!("at most {MAX_DEGREE}"),
            });
        }
        let planned = Planned::new(basis, &coefficients);
        Ok(Self { basis, interval, map, coefficients, planned, fold_bits: DEFAULT_FOLD_BITS })
    }

    /// Lets the map of the interval cost up to `bits` bits of precision before it takes a level; 0 for none (half a bit is
    /// always allowed).
    #[must_use]
    pub fn fold_within(mut self, bits: f64) -> Self {
        self.fold_bits = bits.max(FREE_BITS);
        self
    }

    /// The same polynomial with a product for each giant step and each basis polynomial, without differences of squares or
    /// products that stand for others: one or two products more at some degrees, and about a bit more precise.
    #[must_use]
    pub fn without_squares(mut self) -> Self {
        self.planned = Planned::without_squares(self.basis, &self.coefficients);
        self
    }

    /// `factor` times the polynomial plus `offset`.
    ///
    /// # Errors
    /// [`CkksError::NonFinite`] when a coefficient is no longer finite.
    pub fn affine(&self, factor: f64, offset: f64) -> Result<Self, CkksError> {
        let mut coefficients: Vec<f64> = self.coefficients.iter().map(|c| factor * c).collect();
        coefficients[0] += offset;
        let mut changed = Self::new(self.basis, self.interval, self.map, coefficients)?;
        changed.fold_bits = self.fold_bits;
        Ok(changed)
    }

    /// What the polynomial is a linear combination of.
    #[must_use]
    pub fn basis(&self) -> Basis {
        self.basis
    }

    /// The coefficients, that of degree 0 first; the last one is not zero unless it is the only one.
    #[must_use]
    pub fn coefficients(&self) -> &[f64] {
        &self.coefficients
    }

    /// The interval of a polynomial in the Chebyshev basis.
    #[must_use]
    pub fn interval(&self) -> Option<RangeInclusive<f64>> {
        self.interval.map(|(start, end)| start..=end)
    }

    /// The degree.
    #[must_use]
    pub fn degree(&self) -> usize {
        self.coefficients.len() - 1
    }

    /// The value at `x`, in floating point.
    #[must_use]
    pub fn eval(&self, x: f64) -> f64 {
        self.basis.eval(&self.coefficients, self.map.apply(x))
    }

    /// Levels that [`Self::evaluate`] takes for a ciphertext at the canonical scale of its level: ceil(log2(degree + 1)),
    /// and one more where the map of the interval cannot be folded.
    #[must_use]
    pub fn depth(&self) -> usize {
        self.planned.levels(self.map.half.log2(), self.fold_bits)
    }

    /// What an evaluation costs, without the map.
    #[must_use]
    pub fn cost(&self) -> PolynomialCost {
        self.planned.cost
    }

    /// The polynomial of every slot of `x`: [`Self::depth`] levels lower, at the canonical scale of that level.
    ///
    /// The result's tracked bounds take for granted that the values of `x` are real and, in the Chebyshev basis, lie in the
    /// interval; where the message bound of `x` does not show the latter, the worst-case noise of the result is infinite.
    ///
    /// # Errors
    /// [`CkksError::OutOfLevels`] before anything is computed, [`CkksError::MissingKey`] without a relinearisation key,
    /// [`CkksError::Degree`] before relinearisation, [`CkksError::Overflow`] for coefficients too large for the modulus,
    /// [`CkksError::ContextMismatch`].
    pub fn evaluate<O: Operations>(&self, ops: &O, x: &O::Ciphertext) -> Result<O::Ciphertext, CkksError> {
        evaluate(ops, x, self.basis, &self.planned, &self.map, self.fold_bits)
    }
}

/// Two polynomials are equal when they are written in the same way.
impl PartialEq for Polynomial {
    fn eq(&self, other: &Self) -> bool {
        self.basis == other.basis
            && self.interval == other.interval
            && self.coefficients == other.coefficients
    }
}

pub(super) fn map_of(interval: &RangeInclusive<f64>) -> Result<Map, CkksError> {
    let (start, end) = (*interval.start(), *interval.end());
    let map = Map { centre: start / 2.0 + end / 2.0, half: end / 2.0 - start / 2.0 };
    if map.centre.is_finite() && map.half.is_finite() && map.half > 0.0 {
        return Ok(map);
    }
    Err(CkksError::Parameter {
        name: "interval",
        found: format!("{start} to {end}"),
        expected: "finite ends, the first below the second".to_owned(),
    })
}

fn check_coefficients(coefficients: &[f64]) -> Result<(), CkksError> {
    if coefficients.is_empty() {
        return Err(CkksError::Parameter {
            name: "coefficients of a polynomial",
            found: "none".to_owned(),
            expected: "at least one".to_owned(),
        });
    }
    match coefficients.iter().position(|c| !c.is_finite()) {
        None => Ok(()),
        Some(index) => {
            Err(CkksError::NonFinite { op: "polynomial", index, value: coefficients[index].to_string() })
        }
    }
}
