//! Learning under encryption.

pub mod arithmetic;
pub mod baseline;
mod error;
pub mod metrics;

pub use error::MlError;
