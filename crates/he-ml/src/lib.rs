//! Learning under encryption.

mod error;
pub mod metrics;

pub use error::MlError;
