//! Bootstrapping: a ciphertext with no level left becomes one with several, without being decrypted.

mod bootstrapper;
mod dft;
mod factor;
mod failure;
mod noise;
mod parameters;
mod planner;
pub mod presets;
mod sine;
mod spec;
mod two_passes;

pub use bootstrapper::Bootstrapper;
pub use failure::overflow_log2;
pub use parameters::BootstrapParameters;
pub use planner::{PlannedRefresh, RefreshRequirements, plan_refresh};
pub use spec::BootstrapSpec;
