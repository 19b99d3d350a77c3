//! Residue number systems: lists of primes, conversion between them, and division by some of them.

mod basis;
mod convert;
mod rescale;

pub use basis::RnsBasis;
pub use convert::{BasisConverter, Lift};
pub use rescale::Rescaler;
