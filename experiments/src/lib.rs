//! The workloads that `sweep` runs.

pub mod workloads;
