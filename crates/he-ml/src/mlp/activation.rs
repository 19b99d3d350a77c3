//! What stands for the function between the layers.

use std::fmt;

use ckks::circuits::{Approximation, Polynomial, PolynomialVector};
use datasets::Matrix;

use crate::{
    arithmetic::{Complex64, SlotArithmetic},
    baseline::{Activation, Network},
    error::MlError,
};

/// The largest degree of an approximation: eight levels.
pub const MAX_DEGREE: usize = 255;

/// A polynomial in place of an [`Activation`]: the function itself where it is one, else an approximation on an interval
/// around 0 with its worst error.
#[derive(Clone, Debug, PartialEq)]
pub struct ActivationPolynomial {
    function: Activation,
    approximation: Option<OnInterval>,
}

/// An approximation on [-bound, bound].
#[derive(Clone, Debug, PartialEq)]
struct OnInterval {
    bound: f64,
    worst_error: f64,
    /// In units of the bound: a polynomial on [-1, 1].
    polynomial: Polynomial,
}

/// How an activation enters the circuit.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Form {
    /// Itself.
    Linear,
    /// factor (z + shift)^2 + constant.
    Square { factor: f64, shift: f64, constant: f64 },
    /// A polynomial on [-bound, bound].
    Polynomial { bound: f64 },
}

impl ActivationPolynomial {
    /// An activation that is a polynomial itself: the identity, the square, z^2 / 4 + z / 2.
    ///
    /// # Errors
    /// [`MlError::Hyperparameter`] for any other.
    pub fn exact(function: Activation) -> Result<Self, MlError> {
        if function.is_polynomial() {
            return Ok(Self { function, approximation: None });
        }
        Err(MlError::Hyperparameter {
            name: "activation",
            value: function.to_string(),
            why: "it is no polynomial; choose a degree and an interval for one that is close to it"
                .to_owned(),
        })
    }

    /// The polynomial of `degree` with the smallest worst error on [-`bound`, `bound`].
    ///
    /// # Errors
    /// [`MlError::Hyperparameter`] for an activation that is a polynomial itself, for a degree of 0 or above
    /// [`MAX_DEGREE`], and for a bound that is not positive and finite; the errors of [`Approximation::minimax`].
    pub fn approximate(function: Activation, degree: usize, bound: f64) -> Result<Self, MlError> {
        if function.is_polynomial() {
            return Err(MlError::Hyperparameter {
                name: "activation",
                value: function.to_string(),
                why: "it is a polynomial and needs no approximation".to_owned(),
            });
        }
        if !(1..=MAX_DEGREE).contains(&degree) {
            let why = format!("a polynomial that is worth its levels has a degree from 1 to {MAX_DEGREE}");
            return Err(MlError::Hyperparameter { name: "degree", value: degree.to_string(), why });
        }
        if !(bound.is_finite() && bound > 0.0) {
            let why = "the interval is [-bound, bound], and bound a positive finite number".to_owned();
            return Err(MlError::Hyperparameter { name: "bound", value: bound.to_string(), why });
        }
        let fitted = Approximation::minimax(|z| function.value(z), -bound..=bound, degree)?;
        // The circuit divides by the bound before: what is evaluated is a polynomial on [-1, 1].
        let polynomial = Polynomial::chebyshev(-1.0..=1.0, fitted.polynomial().coefficients())?;
        let approximation = Some(OnInterval { bound, worst_error: fitted.worst_error(), polynomial });
        Ok(Self { function, approximation })
    }

    /// The function that is stood for.
    #[must_use]
    pub fn function(&self) -> Activation {
        self.function
    }

    /// B of the interval [-B, B] on which the polynomial holds; `None` where it is the function.
    #[must_use]
    pub fn bound(&self) -> Option<f64> {
        self.approximation.as_ref().map(|on| on.bound)
    }

    /// The largest difference from the function on the interval.
    #[must_use]
    pub fn worst_error(&self) -> f64 {
        self.approximation.as_ref().map_or(0.0, |on| on.worst_error)
    }

    /// The degree of the polynomial.
    #[must_use]
    pub fn degree(&self) -> usize {
        match (&self.approximation, self.function) {
            (Some(on), _) => on.polynomial.degree(),
            (None, Activation::Identity) => 1,
            (None, _) => 2,
        }
    }

    /// Levels that it takes within a network, output weights included unless they are encrypted.
    #[must_use]
    pub fn depth(&self) -> usize {
        match self.form() {
            Form::Linear => 0,
            Form::Square { .. } => 1,
            Form::Polynomial { .. } => self.approximation.as_ref().map_or(0, |on| on.polynomial.depth()),
        }
    }

    /// The polynomial's value at `z`.
    #[must_use]
    pub fn value(&self, z: f64) -> f64 {
        self.approximation
            .as_ref()
            .map_or_else(|| self.function.value(z), |on| on.polynomial.eval(z / on.bound))
    }

    pub(super) fn form(&self) -> Form {
        match (&self.approximation, self.function) {
            (Some(on), _) => Form::Polynomial { bound: on.bound },
            (None, Activation::Square) => Form::Square { factor: 1.0, shift: 0.0, constant: 0.0 },
            // z^2 / 4 + z / 2 = (z + 1)^2 / 4 - 1 / 4.
            (None, Activation::Quadratic) => Form::Square { factor: 0.25, shift: 1.0, constant: -0.25 },
            (None, _) => Form::Linear,
        }
    }

    /// What the clear run says when a hidden unit leaves the interval: it counts in units of the bound.
    pub(super) fn in_units(&self) -> String {
        format!("{self}, in units of {}", self.bound().unwrap_or(1.0))
    }

    /// The value at each slot, which holds z over the bound.
    pub(super) fn evaluate<A: SlotArithmetic>(&self, on: &A, z: &A::Vector) -> Result<A::Vector, MlError> {
        match &self.approximation {
            Some(approximation) => on.polynomial(z, &approximation.polynomial),
            None => Ok(z.clone()),
        }
    }

    /// The polynomial in z over the bound times `weight`; `None` where the activation is a polynomial itself.
    pub(super) fn times(&self, weight: f64) -> Result<Option<Polynomial>, MlError> {
        let Some(approximation) = &self.approximation else { return Ok(None) };
        let coefficients = approximation.polynomial.coefficients().iter().map(|c| c * weight);
        Ok(Some(Polynomial::chebyshev(-1.0..=1.0, coefficients.collect::<Vec<_>>())?))
    }

    /// The value at each slot, which holds z over the bound, times the weight of the slot.
    pub(super) fn weighted(&self, weights: &[f64]) -> Result<Option<PolynomialVector>, MlError> {
        let polynomials = weights.iter().map(|&weight| self.times(weight)).collect::<Result<Vec<_>, _>>()?;
        let polynomials: Option<Vec<_>> = polynomials.into_iter().collect();
        Ok(polynomials.map(|polynomials| PolynomialVector::new(&polynomials)).transpose()?)
    }

    /// Whether it stands for the activation of `network`.
    pub(super) fn check_function(&self, network: &Network) -> Result<(), MlError> {
        if self.function() == network.activation() {
            return Ok(());
        }
        Err(MlError::Hyperparameter {
            name: "activation",
            value: self.function().to_string(),
            why: format!("the network was trained with {}", network.activation()),
        })
    }

    /// Whether every hidden unit of `network` stays within the interval of the approximation, for all rows: for whoever
    /// has both the network and the rows.
    ///
    /// # Errors
    /// [`MlError::OutsideApproximation`] with the largest value that a unit takes in, [`MlError::Shape`] for another
    /// number of features.
    pub fn check_rows(&self, network: &Network, rows: &Matrix) -> Result<(), MlError> {
        let found = network.largest_pre_activation(rows)?;
        match self.bound() {
            Some(bound) if found > bound => Err(MlError::OutsideApproximation {
                function: self.to_string(),
                interval: (-bound, bound),
                found,
            }),
            _ => Ok(()),
        }
    }
}

impl Form {
    /// What the diagonals of a unit with the output weight `weight` are multiplied by.
    pub(super) fn factor(self, weight: f64) -> Complex64 {
        match self {
            Self::Linear => weight.into(),
            // Imaginary for a negative weight.
            Self::Square { factor, .. } => Complex64::from(weight * factor).sqrt(),
            Self::Polynomial { bound } => bound.recip().into(),
        }
    }

    /// What is added to what a unit takes in.
    pub(super) fn shift(self) -> f64 {
        match self {
            Self::Square { shift, .. } => shift,
            Self::Linear | Self::Polynomial { .. } => 0.0,
        }
    }

    /// What is added to what a unit gives out, before its output weight.
    pub(super) fn constant(self) -> f64 {
        match self {
            Self::Square { constant, .. } => constant,
            Self::Linear | Self::Polynomial { .. } => 0.0,
        }
    }

    /// Whether output weights are left over, not being part of the diagonals.
    pub(super) fn leaves_second(self) -> bool {
        matches!(self, Self::Polynomial { .. })
    }
}

impl fmt::Display for ActivationPolynomial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.approximation {
            Some(on) => {
                write!(f, "{} by degree {} on [-{}, {}]", self.function, self.degree(), on.bound, on.bound)
            }
            None => write!(f, "{}", self.function),
        }
    }
}
