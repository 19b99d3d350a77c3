//! The same models without encryption: what encrypted runs are held against.
//!
//! Nothing here knows of polynomials that stand in for functions, of slots or of ciphertexts.

mod kernel;
mod linear;
mod neighbours;
mod network;
mod polynomial;
mod train;
mod weights;

pub(crate) use kernel::check_kernel;
pub use kernel::{KernelRegressor, largest_squared_distance};
pub use linear::LinearModel;
pub use neighbours::{NearestNeighbours, Ties, squared_distance};
pub(crate) use neighbours::{check_k, mean_of_nearest};
pub use network::{Activation, Network};
pub use polynomial::{degree_two, degree_two_features};
pub use train::{Training, TrainingRun};
