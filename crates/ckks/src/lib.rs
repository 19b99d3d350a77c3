//! RNS-CKKS.

mod error;
pub mod params;
mod scale;

pub use error::CkksError;
pub use params::{ParameterSpec, Parameters, SecurityLevel};
pub use scale::{LOG_SCALE_TOLERANCE, Level, Scale};
