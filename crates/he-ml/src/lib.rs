//! Learning under encryption.

pub mod baseline;
mod error;
pub mod metrics;

pub use error::MlError;
