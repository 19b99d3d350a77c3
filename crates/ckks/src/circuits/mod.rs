//! Circuits: what a computation is built of, above single operations.
//!
//! Everything here is written against [`crate::Operations`] and uses nothing but its public methods, so that each circuit
//! runs on ciphertexts and in a [`crate::DryRun`] alike: levels, keys, noise and costs are known before any key exists.

pub mod approx;
pub mod compare;
pub mod inverse;
pub mod linear;
pub mod polynomial;

pub use approx::{Approximation, Function};
pub use compare::Sign;
pub use inverse::{Inverse, InverseSqrt};
pub use linear::{EncodedTransform, EncryptedTransform, LinearTransform};
pub use polynomial::{Basis, Polynomial, PolynomialCost, PolynomialVector};

use crate::{error::CkksError, operations::Operations};

/// The result of a circuit whose analysis does not cover all values that its input may have: nothing is known of its
/// worst-case noise. Whoever holds the key can decrypt it, and it cannot be published.
fn without_bound<O: Operations>(ops: &O, a: &O::Ciphertext) -> Result<O::Ciphertext, CkksError> {
    ops.add_noise_bound(a, f64::INFINITY)
}
