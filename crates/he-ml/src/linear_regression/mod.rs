//! Linear and ridge regression on encrypted tables.
//!
//! Three ways, named for what they reveal ([`Mode::reveals`]):
//!
//! - **plaintext**: nothing is encrypted; what the others are compared with ([`crate::baseline::LinearModel`]).
//! - **aggregate_decrypt**: the server sums up second moments of encrypted columns, the key owner decrypts the sums
//!   and solves the normal equations ([`aggregate`]). Cheap, any number of rows; the owner of the key learns the moments.
//! - **encrypted**: rows go in encrypted, standardised or scaled by public ranges ([`Rows`]), weights come out encrypted
//!   ([`LinearRegression`]). The key owner learns the weights and nothing else.

pub mod aggregate;
mod chebyshev;
mod circuit;
mod correlation;
mod cube;
mod iterations;
mod moments;
mod ranged;
mod residual;
mod session;
mod spec;
mod standardise;
mod system;

pub use circuit::{Iterate, Observer, Solution, Weights};
pub use ranged::{PublicRanges, Ranged};
pub use session::{
    EncryptedTable, EncryptedWeights, KeyOwner, Server, generate_keys, generate_refreshing_keys,
};
pub use spec::{
    DEFAULT_FLOOR, DEFAULT_VARIANCE_FLOOR, LinearRegression, LinearRegressionSpec, Mode, Rows, Solver,
    TableShape,
};
pub use standardise::Standardised;

/// No weight that anybody would use exceeds this, on standardised columns or on ones scaled by their ranges, nor do the
/// sums on the way to one.
const LARGEST_WEIGHT: f64 = 16.0;
