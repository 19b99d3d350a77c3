//! Learning under encryption.

pub mod arithmetic;
pub mod baseline;
mod budget;
mod disclosure;
mod error;
pub mod knn;
pub mod metrics;
pub mod mlp;
mod session;

pub use budget::{Deviation, ErrorBudget};
pub use disclosure::Disclosure;
pub use error::MlError;
pub use session::Session;
