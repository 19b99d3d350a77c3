//! Learning under encryption.

pub mod arithmetic;
pub mod baseline;
mod error;
pub mod linear_regression;
pub mod metrics;
pub mod packing;

pub use error::MlError;
