//! Predictions from the training rows that are close to a query, by encrypted distances.
//!
//! Two ways, which differ in what the owner of the key learns ([`crate::Disclosure`] is part of each result):
//!
//! - [`ClientSelect`]: squared distances are computed under encryption, the key owner decrypts them and takes the k
//!   nearest. One level, exact neighbours, and **all training rows revealed** to the key owner as soon as there are more
//!   queries than features. Right where the key owner owns the training rows as well, and nowhere else.
//! - [`KernelCircuit`]: a weighted mean over all rows with weights (1 - d^2/D)^(2^m), without a comparison. The key owner
//!   decrypts two numbers for each query: a weighted sum of targets and the sum of weights.
//!
//! Both regress; on labels 0 and 1 both give the share of ones, and [`labels`] turns shares into classes.
//!
//! # Packing
//!
//! Training rows lie on the outermost axis of slots, queries on the inner one, each vector holds one feature; the
//! squared distances of one vector of queries to one vector of rows take one product for each feature and a single
//! relinearisation, and sums over rows need no mask.

mod client_select;
mod distances;
mod guard;
mod kernel;
mod layout;

pub use client_select::{ClientSelect, Selected};
pub use distances::squared_distances;
pub use guard::{Outside, QueryGuard, squared_diagonal};
pub use kernel::{KernelBlock, KernelCircuit, RadiusSource, WeightedMean};
pub use layout::NeighbourLayout;

/// The class for each share of ones: 1 from one half on, else 0.
#[must_use]
pub fn labels(shares: &[f64]) -> Vec<f64> {
    shares.iter().map(|&share| f64::from(u8::from(share >= 0.5))).collect()
}
