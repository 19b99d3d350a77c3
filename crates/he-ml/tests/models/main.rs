//! The models: in the clear against other programs, under encryption against the clear.

#![expect(clippy::expect_used, clippy::unwrap_used, reason = "helpers of a test")]

mod baseline;
mod common;
mod knn;
mod mlp;
