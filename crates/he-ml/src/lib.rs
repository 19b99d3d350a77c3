#![doc = include_str!("../README.md")]

pub mod arithmetic;
pub mod baseline;
mod error;
pub mod linear_regression;
pub mod metrics;
pub mod packing;
pub mod planner;

pub use error::MlError;
