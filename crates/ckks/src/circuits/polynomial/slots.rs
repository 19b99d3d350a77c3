//! A polynomial for each slot.

use super::{
    Basis, Polynomial,
    coefficient::degree,
    evaluate::{Map, evaluate},
    plan::{Planned, PolynomialCost},
};
use crate::{error::CkksError, operations::Operations};

/// One polynomial for each slot, all in one basis and on one interval. Coefficients become plaintexts instead of
/// numbers; levels and products are those of a [`Polynomial`] of the largest degree.
///
/// ```
/// use ckks::circuits::{Polynomial, PolynomialVector};
/// let slots = [Polynomial::power([0.0, 1.0])?, Polynomial::power([1.0, 0.0, -2.0])?];
/// let vector = PolynomialVector::new(&slots)?; // x in slot 0, 1 - 2 x^2 in slot 1, 0 in all others
/// assert_eq!((vector.degree(), vector.depth()), (2, 2));
/// assert_eq!(vector.eval(&[3.0, 3.0]), [3.0, -17.0]);
/// # Ok::<(), ckks::CkksError>(())
/// ```
#[derive(Clone, Debug)]
pub struct PolynomialVector {
    basis: Basis,
    map: Map,
    /// By degree; each a coefficient for each slot.
    coefficients: Vec<Vec<f64>>,
    planned: Planned<Vec<f64>>,
    slots: usize,
    fold_bits: f64,
}

impl PolynomialVector {
    /// Takes the polynomial of slot i from place i; slots beyond the last are zero.
    ///
    /// # Errors
    /// [`CkksError::Parameter`] without a polynomial, or for polynomials in different bases or on different intervals.
    pub fn new(polynomials: &[Polynomial]) -> Result<Self, CkksError> {
        let Some(first) = polynomials.first() else {
            return Err(CkksError::Parameter {
                name: "polynomials",
                found: "none".to_owned(),
                expected: "one for each slot, at least one".to_owned(),
            });
        };
        let other = polynomials.iter().position(|p| (p.basis, p.interval) != (first.basis, first.interval));
        if let Some(slot) = other {
            let found = &polynomials[slot];
            return Err(CkksError::Parameter {
                name: "polynomials",
                found: format!("the {:?} basis on {:?} in slot {slot}", found.basis, found.interval()),
                expected: format!("the {:?} basis on {:?} as in slot 0", first.basis, first.interval()),
            });
        }
        let most = polynomials.iter().map(Polynomial::degree).max().unwrap_or(0);
        let coefficient = |p: &Polynomial, i: usize| p.coefficients.get(i).copied().unwrap_or(0.0);
        let mut coefficients: Vec<Vec<f64>> =
            (0..=most).map(|i| polynomials.iter().map(|p| coefficient(p, i)).collect()).collect();
        coefficients.truncate(degree(&coefficients).unwrap_or(0) + 1);
        Ok(Self {
            basis: first.basis,
            map: first.map,
            planned: Planned::new(first.basis, &coefficients),
            coefficients,
            slots: polynomials.len(),
            fold_bits: first.fold_bits,
        })
    }

    /// The largest degree.
    #[must_use]
    pub fn degree(&self) -> usize {
        self.coefficients.len() - 1
    }

    /// As [`Polynomial::depth`].
    #[must_use]
    pub fn depth(&self) -> usize {
        self.planned.levels(self.map.half.log2(), self.fold_bits)
    }

    /// As [`Polynomial::cost`].
    #[must_use]
    pub fn cost(&self) -> PolynomialCost {
        self.planned.cost
    }

    /// The value of each slot's polynomial at that slot's value, in floating point; 0 where there is no polynomial.
    #[must_use]
    pub fn eval(&self, values: &[f64]) -> Vec<f64> {
        let slot = |(i, x): (usize, &f64)| {
            let coefficients: Vec<f64> =
                self.coefficients.iter().map(|c| c.get(i).copied().unwrap_or(0.0)).collect();
            self.basis.eval(&coefficients, self.map.apply(*x))
        };
        values.iter().enumerate().map(slot).collect()
    }

    /// As [`Polynomial::evaluate`].
    ///
    /// # Errors
    /// As [`Polynomial::evaluate`], and [`CkksError::TooManySlots`] with more polynomials than `x` has slots.
    pub fn evaluate<O: Operations>(&self, ops: &O, x: &O::Ciphertext) -> Result<O::Ciphertext, CkksError> {
        let max = ops.slots(x);
        if self.slots > max {
            return Err(CkksError::TooManySlots { found: self.slots, max });
        }
        evaluate(ops, x, self.basis, &self.planned, &self.map, self.fold_bits)
    }
}
