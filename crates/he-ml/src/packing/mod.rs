//! How tables lie in slots.
//!
//! The outermost axis is summed cyclically without a mask and leaves the sum at all of its places, for log2 of its
//! length rotations and no level; an inner axis takes a mask, a level and as many rotations again. So the axis that is
//! summed most goes outermost, which for a table is that of its rows.

mod blocks;
mod layout;

pub use blocks::RowBlocks;
pub use layout::{Axis, Layout};
