//! From TOML files and `--set` assignments to a checked [`Sweep`].
//!
//! `node` parses TOML into a tree in which every key and value knows where it was written; `layers` composes such
//! trees (`extends`, `--set`, suites); `section` reads one table strictly; `spec` checks the whole; `write` prints a
//! composed tree back as TOML.

mod axes;
mod layers;
mod node;
mod parameters;
mod plots;
mod section;
mod spec;
mod write;

pub(crate) use axes::Axis;
pub(crate) use layers::load;
pub(crate) use node::{Item, Node};
pub(crate) use plots::{PlotSpec, Scale, Statistic};
pub(crate) use spec::{Limits, Measure, OnInsecure, Output, Security, Spec, Sweep};
