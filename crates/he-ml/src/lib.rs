#![doc = include_str!("../README.md")]

pub mod arithmetic;
pub mod baseline;
mod budget;
mod disclosure;
mod error;
pub mod knn;
pub mod linear_regression;
pub mod metrics;
pub mod mlp;
pub mod packing;
pub mod planner;
mod session;

pub use budget::{Deviation, ErrorBudget};
pub use disclosure::Disclosure;
pub use error::MlError;
pub use session::Session;
