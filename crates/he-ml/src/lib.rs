//! Learning under encryption.

pub mod arithmetic;
mod error;
pub mod metrics;

pub use error::MlError;
