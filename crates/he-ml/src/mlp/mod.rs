//! Inference with networks of one hidden layer.
//!
//! The queries are encrypted; the weights are known to the computing party or encrypted as well, in which case it knows
//! the shape of the network and the function between its layers and nothing else. The key owner decrypts one number for
//! each query, the prediction: [`crate::Disclosure::Predictions`]. (Places of a vector that no query takes hold the prediction
//! for a row of zeros.)
//!
//! # Packing
//!
//! Hidden units lie on the outermost axis of slots, queries on the inner one, and the features of the queries repeat along
//! the outermost axis. The first layer is then a sum of diagonals of its matrix times rotations of the input (Halevi and
//! Shoup, CRYPTO 2014), in baby and giant steps; the output is a sum over the outermost axis, without a mask.
//!
//! [`ByFeature`] gives each feature a vector of its own instead: thousands of queries at a time, or rings of toys.
//!
//! # Folding
//!
//! Everything that is constant in a unit is multiplied into the diagonals before they are used. A linear activation takes
//! the output weight along, so that the whole network is one level deep. A quadratic one, a (z + s)^2 + c, takes the
//! square root of a times the output weight, which is imaginary where that is negative: its square in the complex slot
//! has the right sign, and the network is two levels deep. Other functions are polynomials on an interval [-B, B], for
//! which the diagonals are divided by B; the output weights are part of their coefficients, one polynomial for each
//! slot, unless the weights are encrypted.

mod activation;
mod by_feature;
mod circuit;
mod layout;

pub use activation::{ActivationPolynomial, MAX_DEGREE};
pub use by_feature::ByFeature;
pub use circuit::{DEFAULT_OUTPUT_BOUND, EncryptedWeights, MlpCircuit, Weights};
pub use layout::MlpLayout;
