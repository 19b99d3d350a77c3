//! Networks with one hidden layer and one output.

use std::fmt;

use datasets::Matrix;
use serde::{Deserialize, Serialize};

use crate::error::MlError;

/// The function between the layers, exactly.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Activation {
    /// z: the network is then a linear model.
    Identity,
    /// z^2.
    Square,
    /// z^2 / 4 + z / 2: the square that is close to [`Self::Relu`] around 0.
    Quadratic,
    /// The hyperbolic tangent.
    Tanh,
    /// 1 / (1 + e^-z).
    Sigmoid,
    /// z / (1 + e^-z).
    Silu,
    /// max(0, z).
    Relu,
}

impl Activation {
    /// All of them.
    pub const ALL: [Self; 7] =
        [Self::Identity, Self::Square, Self::Quadratic, Self::Tanh, Self::Sigmoid, Self::Silu, Self::Relu];

    /// The name, as in files.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Identity => "identity",
            Self::Square => "square",
            Self::Quadratic => "quadratic",
            Self::Tanh => "tanh",
            Self::Sigmoid => "sigmoid",
            Self::Silu => "silu",
            Self::Relu => "relu",
        }
    }

    /// The value at `z`.
    #[must_use]
    pub fn value(self, z: f64) -> f64 {
        match self {
            Self::Identity => z,
            Self::Square => z * z,
            Self::Quadratic => 0.25 * z * z + 0.5 * z,
            Self::Tanh => z.tanh(),
            Self::Sigmoid => sigmoid(z),
            Self::Silu => z * sigmoid(z),
            Self::Relu => z.max(0.0),
        }
    }

    /// Whether it is a polynomial, which encryption can compute as it is.
    #[must_use]
    pub fn is_polynomial(self) -> bool {
        matches!(self, Self::Identity | Self::Square | Self::Quadratic)
    }

    /// The derivative at `z`; 0 for [`Self::Relu`] at 0.
    #[must_use]
    pub fn derivative(self, z: f64) -> f64 {
        match self {
            Self::Identity => 1.0,
            Self::Square => 2.0 * z,
            Self::Quadratic => 0.5 * z + 0.5,
            Self::Tanh => 1.0 - z.tanh() * z.tanh(),
            Self::Sigmoid => sigmoid(z) * (1.0 - sigmoid(z)),
            Self::Silu => sigmoid(z) * (1.0 + z * (1.0 - sigmoid(z))),
            Self::Relu => f64::from(u8::from(z > 0.0)),
        }
    }
}

impl fmt::Display for Activation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

fn sigmoid(z: f64) -> f64 {
    1.0 / (1.0 + (-z).exp())
}

/// act(x W1 + b1) . w2 + b2, with x a row of p features and h hidden units.
#[derive(Clone, Debug, PartialEq)]
pub struct Network {
    pub(super) inputs: usize,
    pub(super) hidden: usize,
    /// W1 row after row, b1, w2, b2.
    pub(super) parameters: Vec<f64>,
    pub(super) activation: Activation,
}

impl Network {
    /// Puts a network together: `first` is W1 (one row for each feature, one column for each hidden unit), `bias` b1,
    /// `second` w2, `output_bias` b2.
    ///
    /// # Errors
    /// [`MlError::Shape`] when they do not fit one another, [`MlError::NonFinite`].
    pub fn new(
        first: &Matrix,
        bias: &[f64],
        second: &[f64],
        output_bias: f64,
        activation: Activation,
    ) -> Result<Self, MlError> {
        let (inputs, hidden) = (first.n_rows(), first.n_cols());
        MlError::check_size("length of b1", bias.len(), hidden)?;
        MlError::check_size("length of w2", second.len(), hidden)?;
        let parameters = [first.as_slice(), bias, second, &[output_bias]].concat();
        MlError::check_finite("weights", &parameters)?;
        Ok(Self { inputs, hidden, parameters, activation })
    }

    /// Number of features.
    #[must_use]
    pub fn inputs(&self) -> usize {
        self.inputs
    }

    /// Number of hidden units.
    #[must_use]
    pub fn hidden(&self) -> usize {
        self.hidden
    }

    /// The function between the layers.
    #[must_use]
    pub fn activation(&self) -> Activation {
        self.activation
    }

    /// The entry of W1 from a feature to a hidden unit.
    ///
    /// # Panics
    /// As a slice does, for an index out of range.
    #[must_use]
    pub fn first(&self, feature: usize, unit: usize) -> f64 {
        assert!(unit < self.hidden, "unit {unit} of {}", self.hidden);
        self.first_layer()[feature * self.hidden + unit]
    }

    fn first_layer(&self) -> &[f64] {
        &self.parameters[..self.inputs * self.hidden]
    }

    /// b1.
    #[must_use]
    pub fn bias(&self) -> &[f64] {
        &self.parameters[self.inputs * self.hidden..][..self.hidden]
    }

    /// w2.
    #[must_use]
    pub fn second(&self) -> &[f64] {
        &self.parameters[(self.inputs + 1) * self.hidden..][..self.hidden]
    }

    /// b2.
    #[must_use]
    pub fn output_bias(&self) -> f64 {
        self.parameters[(self.inputs + 2) * self.hidden]
    }

    /// What the hidden units take in, x W1 + b1.
    pub(super) fn pre_activations_into(&self, row: &[f64], z: &mut [f64]) {
        z.copy_from_slice(self.bias());
        for (x, weights) in row.iter().zip(self.first_layer().chunks_exact(self.hidden)) {
            for (z, w) in z.iter_mut().zip(weights) {
                *z += x * w;
            }
        }
    }

    /// The largest absolute value that any hidden unit takes in, over all rows: what the interval of an approximation
    /// has to hold.
    ///
    /// # Errors
    /// [`MlError::Shape`] for another number of features.
    pub fn largest_pre_activation(&self, rows: &Matrix) -> Result<f64, MlError> {
        MlError::check_size("number of features", rows.n_cols(), self.inputs)?;
        let mut z = vec![0.0; self.hidden];
        let mut largest = 0.0_f64;
        for row in rows.rows() {
            self.pre_activations_into(row, &mut z);
            largest = z.iter().fold(largest, |a, z| a.max(z.abs()));
        }
        Ok(largest)
    }

    /// The outputs for the rows of a matrix.
    ///
    /// # Errors
    /// [`MlError::Shape`] for another number of features.
    pub fn predict(&self, rows: &Matrix) -> Result<Vec<f64>, MlError> {
        MlError::check_size("number of features", rows.n_cols(), self.inputs)?;
        let mut z = vec![0.0; self.hidden];
        let mut one = |row: &[f64]| {
            self.pre_activations_into(row, &mut z);
            let terms = z.iter().zip(self.second()).map(|(z, w)| self.activation.value(*z) * w);
            terms.sum::<f64>() + self.output_bias()
        };
        Ok(rows.rows().map(&mut one).collect())
    }
}
