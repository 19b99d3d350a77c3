//! Functions that models ask for.

use std::{f64::consts::FRAC_1_SQRT_2, fmt, ops::RangeInclusive};

use super::Approximation;
use crate::error::CkksError;

/// A function with a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Function {
    /// 1 / (1 + exp(-x)).
    Sigmoid,
    /// The hyperbolic tangent.
    Tanh,
    /// The exponential function.
    Exp,
    /// x times the sigmoid of x.
    Silu,
    /// x times the distribution function of the normal distribution (Hendrycks, Gimpel, arXiv 1606.08415).
    Gelu,
    /// x where it is positive, 0 elsewhere. Its corner makes approximations converge slowly: the error falls like one over
    /// the degree.
    Relu,
}

impl Function {
    /// All of them.
    pub const ALL: [Self; 6] = [Self::Sigmoid, Self::Tanh, Self::Exp, Self::Silu, Self::Gelu, Self::Relu];

    /// The value at `x`.
    #[must_use]
    pub fn eval(self, x: f64) -> f64 {
        match self {
            Self::Sigmoid => sigmoid(x),
            Self::Tanh => x.tanh(),
            Self::Exp => x.exp(),
            Self::Silu => x * sigmoid(x),
            Self::Gelu => x * 0.5 * libm::erfc(-x * FRAC_1_SQRT_2),
            Self::Relu => x.max(0.0),
        }
    }

    /// The name, in lower case.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Sigmoid => "sigmoid",
            Self::Tanh => "tanh",
            Self::Exp => "exp",
            Self::Silu => "silu",
            Self::Gelu => "gelu",
            Self::Relu => "relu",
        }
    }

    /// As [`Approximation::interpolate`].
    ///
    /// # Errors
    /// As [`Approximation::interpolate`].
    pub fn interpolate(
        self,
        interval: RangeInclusive<f64>,
        degree: usize,
    ) -> Result<Approximation, CkksError> {
        Approximation::interpolate(|x| self.eval(x), interval, degree)
    }

    /// As [`Approximation::least_squares`].
    ///
    /// # Errors
    /// As [`Approximation::least_squares`].
    pub fn least_squares(
        self,
        interval: RangeInclusive<f64>,
        degree: usize,
    ) -> Result<Approximation, CkksError> {
        Approximation::least_squares(|x| self.eval(x), interval, degree)
    }

    /// As [`Approximation::minimax`].
    ///
    /// # Errors
    /// As [`Approximation::minimax`].
    pub fn minimax(self, interval: RangeInclusive<f64>, degree: usize) -> Result<Approximation, CkksError> {
        Approximation::minimax(|x| self.eval(x), interval, degree)
    }
}

/// Its name.
impl fmt::Display for Function {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

fn sigmoid(x: f64) -> f64 {
    1.0 / (1.0 + (-x).exp())
}
