//! The file readers, on small files made by the tests.

#![expect(clippy::expect_used, reason = "helpers of tests")]

mod accepted;
mod files;
mod refused;
