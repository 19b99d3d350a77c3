//! RNS-CKKS.

mod context;
pub mod encoder;
mod error;
pub mod noise;
pub mod params;
mod plaintext;
mod precision;
mod scale;

pub use context::Context;
pub use encoder::{Complex64, Encoder, EncoderScratch};
pub use error::CkksError;
pub use params::{ParameterSpec, Parameters, SecurityLevel};
pub use plaintext::Plaintext;
pub use precision::{PartBits, PrecisionStats};
pub use scale::{LOG_SCALE_TOLERANCE, Level, Scale};
