//! Clocks and memory of this process, from the operating system.

pub(crate) mod clock;
pub(crate) mod memory;
