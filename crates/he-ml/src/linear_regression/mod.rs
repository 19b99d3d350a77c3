//! Linear and ridge regression on encrypted tables.
//!
//! Three ways, named for what they reveal ([`Mode::reveals`]):
//!
//! - **plaintext**: nothing is encrypted; what the others are compared with ([`crate::baseline::LinearModel`]).
//! - **aggregate_decrypt**: the server sums up second moments of encrypted columns, the key owner decrypts the sums
//!   and solves the normal equations. Cheap, any number of rows; the owner of the key learns the moments.
//! - **encrypted**: rows go in encrypted, weights come out encrypted ([`LinearRegression`]). The key owner learns the
//!   weights and nothing else.

mod chebyshev;
mod circuit;
mod cube;
mod iterations;
mod moments;
mod residual;
mod spec;
mod system;

pub use circuit::{Solution, Weights};
pub use spec::{LinearRegression, LinearRegressionSpec, Mode, Solver, TableShape};
